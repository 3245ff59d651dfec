"""Prepares a clone to run: the Python environment, then the front end. Needs nothing that must be installed first.

Run by `make setup`; does nothing, quickly, when nothing has changed. Only the standard library, and syntax old enough
that an outdated Python can still say what is wrong.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
TOOLS = ROOT / "var" / "tools"
FRONTEND = ROOT / "frontend"
BUILD = ROOT / "zhiben" / "core" / "web" / "static" / "build"

PYTHON_NEEDED = (3, 11)
NODE_NEEDED = 20
UV_NEEDED = (0, 13)
UV_REQUIREMENT = "uv>=0.13,<1"


class NotReady(Exception):
    """Carries the Chinese sentence that says what to install."""


def main():
    options = argparse.ArgumentParser(description="准备治本的运行环境")
    options.add_argument("--ocr", action="store_true", help="同时安装扫描件识别（约 500 MB）")
    options.add_argument("--production", action="store_true", help="不安装开发和测试用的依赖")
    chosen = options.parse_args()
    try:
        need_python()
        sync_environment(find_uv(), ocr=chosen.ocr, production=chosen.production)
        build_front_end()
    except NotReady as problem:
        sys.exit("准备未完成：%s" % problem)
    except subprocess.CalledProcessError as problem:
        command = " ".join(str(word) for word in problem.cmd)
        sys.exit(
            "准备未完成：「%s」失败（退出码 %s）。请看上面的输出；网络不通时请配置代理或镜像后重试。"
            % (command, problem.returncode)
        )


def need_python():
    if sys.version_info < PYTHON_NEEDED:
        raise NotReady(
            "需要 Python %d.%d 或更高版本，现在是 %s。"
            "Debian/Ubuntu 可运行 sudo apt install python3，其他系统见 python.org。"
            % (*PYTHON_NEEDED, sys.version.split()[0])
        )


def find_uv():
    """The path of a uv new enough for the lock file: the system's, else one that pip puts under var/."""
    own = TOOLS / "bin" / "uv"
    for candidate in (shutil.which("uv"), own):
        if candidate and uv_version(candidate) >= UV_NEEDED:
            return str(candidate)
    say("安装 uv(Python 依赖管理工具)……")
    if not create_tools_environment():
        return pip_install_for_user()
    run([TOOLS / "bin" / "python", "-m", "pip", "install", "--quiet", UV_REQUIREMENT])
    return str(own)


def create_tools_environment():
    """A small environment for uv alone, so that nothing of the system's Python is touched. False where Debian
    ships Python without `ensurepip`."""
    if (TOOLS / "bin" / "pip").exists():
        return True
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(TOOLS)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    if made.returncode != 0:
        shutil.rmtree(str(TOOLS), ignore_errors=True)
    return made.returncode == 0


def pip_install_for_user():
    """Where no environment can be made: into the user's own folder, past the mark `EXTERNALLY-MANAGED`, which
    protects the system's packages and not the user's folder."""
    plain = [sys.executable, "-m", "pip", "install", "--quiet", "--user", UV_REQUIREMENT]
    if subprocess.run(plain, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        try:
            run([*plain, "--break-system-packages"])
        except subprocess.CalledProcessError:
            raise NotReady(
                "装不上 uv：系统的 Python 既没有 venv 也没有 pip。"
                "Debian/Ubuntu 请运行 sudo apt install python3-venv 后重试。"
            )
    found = subprocess.run(
        [sys.executable, "-c", "import uv; print(uv.find_uv_bin())"], stdout=subprocess.PIPE, check=True
    )
    return found.stdout.decode().strip()


def uv_version(path):
    """(0, 0) when it does not start: an unusable uv is the same as none."""
    try:
        shown = subprocess.run([str(path), "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError):
        return (0, 0)
    found = re.search(r"(\d+)\.(\d+)", shown.stdout.decode())
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def sync_environment(uv, ocr, production):
    """Exactly what uv.lock says. What an earlier `--ocr` installed stays, whatever comes later."""
    if not (VENV / "bin" / "zhiben").exists():
        say("安装 Python 依赖……")
    command = [uv, "sync", "--frozen", "--quiet", "--python", python_for_environment()]
    if ocr:
        command += ["--extra", "ocr"]
    else:
        command += ["--inexact"]
    if production:
        command += ["--no-dev"]
    run(command)


def python_for_environment():
    """The environment keeps the interpreter it was made with: another one would throw it away."""
    existing = VENV / "bin" / "python"
    return str(existing) if existing.exists() else sys.executable


def build_front_end():
    """`npm ci` when the lock file changed, `npm run build` when any source changed, else nothing."""
    if not (FRONTEND / "package.json").exists():
        return
    packages = FRONTEND / "node_modules" / ".made-from"
    built = BUILD / ".made-from"
    lock = fingerprint([FRONTEND / "package-lock.json", FRONTEND / "package.json"])
    sources = fingerprint(sorted(source_files())) + icons_named_in_pages()
    if unchanged(built, sources):
        return
    need_node()
    if not unchanged(packages, lock):
        say("安装前端依赖……")
        run(["npm", "ci", "--no-fund", "--no-audit", "--loglevel", "error"], folder=FRONTEND)
        packages.write_text(lock)
    say("构建前端……")
    run(["npm", "run", "--silent", "build", "--", "--logLevel", "warn"], folder=FRONTEND)
    run([VENV / "bin" / "python", "-m", "whitenoise.compress", "--quiet", BUILD])
    built.write_text(sources)


def source_files():
    for folder, folders, names in os.walk(str(FRONTEND)):
        folders[:] = [name for name in folders if name not in ("node_modules", ".vite", "coverage")]
        for name in names:
            yield Path(folder) / name


def icons_named_in_pages():
    """The build draws only the icons that pages name, so naming another one is a change of the front end."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "zhiben").rglob("*")):
        if path.suffix in (".html", ".py"):
            for line in path.read_bytes().splitlines():
                if b"icon" in line:
                    digest.update(line.strip())
    return digest.hexdigest()


def fingerprint(paths):
    digest = hashlib.sha256()
    for path in paths:
        if path.exists():
            digest.update(str(path.relative_to(ROOT)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def unchanged(stamp, expected):
    return stamp.exists() and stamp.read_text() == expected


def need_node():
    path = shutil.which("node")
    version = ""
    if path and shutil.which("npm"):
        version = subprocess.run([path, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    found = re.match(r"v(\d+)", version)
    if not found or int(found.group(1)) < NODE_NEEDED:
        raise NotReady(
            "需要 Node.js %d 或更高版本（含 npm）来构建前端，现在%s。请从 https://nodejs.org 安装长期支持版后重试。"
            % (NODE_NEEDED, "是 " + version if version else "没有找到")
        )


def run(command, folder=ROOT):
    environment = dict(os.environ)
    environment.pop("VIRTUAL_ENV", None)
    subprocess.run([str(word) for word in command], cwd=str(folder), env=environment, check=True)


def say(sentence):
    print(sentence, flush=True)


if __name__ == "__main__":
    main()
