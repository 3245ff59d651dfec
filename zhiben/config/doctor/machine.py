"""The machine: Python, folders, memory, clock, the programs beside us, ports."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from zhiben.config.settings import ROOT
from zhiben.core import clock
from zhiben.core.files import office

from .finding import Finding, bad, ok, warn

PYTHON_NEEDED = (3, 11)
MEMORY_NEEDED_MB = 1024
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""No machine that runs this program can honestly say it is earlier."""


def python() -> Iterator[Finding]:
    shown = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= PYTHON_NEEDED:
        yield ok("Python", shown)
    else:
        yield bad("Python", shown, "需要 3.11 或更高版本，请安装后重新运行 make setup")


def data_folder() -> Iterator[Finding]:
    folder = settings.ZHIBEN_DATA
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        yield bad(
            "数据目录",
            f"{folder} 不能写入：{problem.strerror}",
            "请 chown 给运行本系统的用户，或用 ZHIBEN_DATA 另指一处",
        )
        return
    yield ok("数据目录", str(folder))
    open_to_all = folder.stat().st_mode & 0o007
    if open_to_all and not settings.ZHIBEN_DEMO:
        yield warn("数据目录权限", "本机任何用户都能进入", f"请运行 chmod 750 {folder}")
    free = shutil.disk_usage(folder).free // 2**20
    if free < settings.ZHIBEN_LEAST_FREE_MB:
        yield bad("磁盘", f"只剩 {free} MB", "请清理或扩容；低于 ZHIBEN_LEAST_FREE_MB 时 /readyz 也会报告")
    elif free < 5 * settings.ZHIBEN_LEAST_FREE_MB:
        yield warn("磁盘", f"剩余 {free} MB", "请尽早安排扩容")
    else:
        yield ok("磁盘", f"剩余 {free // 1024} GB")


def memory() -> Iterator[Finding]:
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(lines["MemAvailable"].split()[0]) // 1024
    except (OSError, KeyError, ValueError):
        return
    if free < MEMORY_NEEDED_MB:
        yield warn("内存", f"可用 {free} MB", "转换文件和识别扫描件时可能不够，建议至少留出 1 GB")
    else:
        yield ok("内存", f"可用 {free} MB")


def time_of_day() -> Iterator[Finding]:
    now = clock.machine_now()
    shown = now.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M:%S")
    if now < EARLIEST:
        yield bad("时间", f"本机时间是 {shown}", "请校正系统时间（timedatectl），否则期限、证书和封存都会出错")
    else:
        yield ok("时间", f"北京时间 {shown}（以手表核对）")
    if time.strftime("%z") != "+0800":
        yield warn(
            "时区",
            f"系统时区是 {time.tzname[0]}",
            "不影响办理；日志和定时备份的钟点会不同，建议 timedatectl set-timezone Asia/Shanghai",
        )
    if shutil.which("timedatectl"):
        shown = _output(["timedatectl", "show", "-p", "NTPSynchronized", "--value"])
        if shown == "no":
            yield warn("对时", "没有和时间服务器同步", "请在 /etc/systemd/timesyncd.conf 里设单位的时间服务器")


def front_end() -> Iterator[Finding]:
    manifest = ROOT / "zhiben/core/web/static/build/manifest.json"
    if manifest.exists():
        yield ok("前端", "已构建")
    else:
        yield bad("前端", "没有构建，页面不会有样式", "请运行 make setup；没有网络时见运维手册的离线安装")


def programs() -> Iterator[Finding]:
    if office.soffice():
        yield ok("LibreOffice", "可以生成 PDF 和预览")
    else:
        yield warn(
            "LibreOffice",
            "没有安装，公文只能导出 Word",
            "请安装：apt install libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui",
        )
    if importlib.util.find_spec("rapidocr"):
        yield ok("扫描件识别", "已安装")
    else:
        yield warn("扫描件识别", "没有安装，扫描的 PDF 不能识别", "需要时请运行 make setup OCR=1")


def fonts() -> Iterator[Finding]:
    if not shutil.which("fc-list"):
        yield warn("字体", "没有 fc-list，看不到装了哪些字体", "请安装：apt install fontconfig fonts-noto-cjk")
        return
    chinese = _output(["fc-list", ":lang=zh-cn", "family"])
    if not chinese:
        yield bad("中文字体", "没有安装，生成的 PDF 会是方框", "请安装：apt install fonts-noto-cjk")
        return
    yield ok("中文字体", chinese.splitlines()[0].split(",")[0])
    missing = [name for name in ("仿宋", "小标宋", "楷体", "黑体") if name not in chinese]
    if missing:
        yield warn(
            "公文字体",
            f"没有{'、'.join(missing)}，PDF 用替代字体排版，Word 不受影响",
            "单位有正版字体时，请放到 /usr/local/share/fonts 后运行 fc-cache",
        )


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
