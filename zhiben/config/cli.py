"""The operator's command `zhiben`: Chinese help by area; every other word is a Django management command."""

import contextlib
import os
import re
import sys
from collections.abc import Sequence

AREAS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "运行",
        (
            ("run", "启动整个系统：网页、后台作业、定时处理"),
            ("web", "只启动网页服务"),
            ("worker", "只启动后台作业"),
            ("sweeper", "只启动定时处理：提醒、升级、事件、封存"),
            ("redirect", "HTTP 端口：转到 HTTPS，提供证书安装页"),
        ),
    ),
    (
        "数据",
        (
            ("migrate", "建立或升级数据库表"),
            ("upgrade", "升级：备份、升级数据库、检查；--dry-run 只试不改"),
            ("backup make --to 目录", "在运行中备份数据库、文件和审计目录；可加密"),
            ("backup list|verify", "列出可用的备份；核对一份备份，--deep 再试恢复"),
            ("restore 备份", "从备份恢复并证明；--drill 在另一台机器上演练"),
            ("database roles", "PostgreSQL 的所有者、应用、只读三个角色；--apply 授权"),
            ("import 种类 文件", "导入人员、单位、任务等表格；--check 只检查，--good-rows 跳过问题行"),
            ("search rebuild", "重建检索索引；平时不需要"),
            ("demo", "写入演示数据（只在演示环境）"),
        ),
    ),
    (
        "账号与区域",
        (
            ("accounts begin", "新系统第一步：设立区域、单位和三名管理员，给出一次性密码"),
            ("accounts create|reset|close|reopen|unlock|list", "开设账号、重置密码、停用、恢复、解锁、列出"),
            ("regions import 文件", "导入统计用区划代码表（CSV）；加 --check 只检查"),
        ),
    ),
    (
        "方案",
        (("plans extract 文件… --out 目录", "读取行动方案，每个文件写出一个 JSON；不需要数据库"),),
    ),
    (
        "隐患",
        (
            ("hazards import 文件", "导入隐患台账；--check 只检查，--good-rows 跳过问题行"),
            ("hazards dual-prevention --out 文件", "把待送的双重预防隐患数据写入文件"),
            ("criteria load", "写入或更新判定标准目录；升级时自动执行"),
            ("criteria judge 文件.csv --out 文件.jsonl", "为每条隐患描述找出可能适用的判定情形；不需要数据库"),
        ),
    ),
    (
        "HTTPS",
        (
            ("certificate make --host 主机", "建立单位自己的证书机构，签发服务器证书"),
            ("certificate renew|use|show", "续期、换上外部颁发的证书、查看"),
        ),
    ),
    (
        "审计",
        (
            ("audit verify", "核对全部审计记录，指出第一处被改、被删或被插入的记录"),
            ("audit seal", "封存前一天的审计记录"),
            ("audit export --out 文件", "导出审计记录，供 tools/verify_trail.py 在别的电脑上核验"),
        ),
    ),
    (
        "检查与文档",
        (
            ("doctor", "安装检查：逐项说明好坏和处理办法；--json 供监控读取"),
            ("check --deploy", "检查设置能否用于正式环境"),
            ("docs", "生成 docs/generated/ 下的状态图、权限表和模块图"),
        ),
    ),
)


SERVICES = ("run", "web", "worker", "sweeper", "redirect")
"""Their log is for a collector. Every other command speaks to a person, in sentences."""
BY_THE_OWNER = (("migrate",), ("database",), ("restore",), ("upgrade",), ("backup", "verify"))
"""Commands that connect as the owner of the tables, where the application has a role of its own. Verifying a backup in
depth makes a database, which the application may not."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code. `plans extract` and `criteria judge` read files only: no Django, no database."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words in (["help"], ["-h"], ["--help"]):
        sys.stdout.write(overview())
        return 0
    if words[:2] == ["plans", "extract"]:
        from zhiben.modules.plans.extract import main as extract

        return extract(words[2:])
    if words[:2] == ["criteria", "judge"]:
        from zhiben.modules.criteria.command import main as judge

        return judge(words[2:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiben.config.settings")
    if words[0] not in SERVICES:
        os.environ.setdefault("ZHIBEN_LOG_LEVEL", "WARNING")
    owner = os.environ.get("ZHIBEN_MIGRATION_DATABASE_URL")
    if owner and any(tuple(words[: len(command)]) == command for command in BY_THE_OWNER):
        os.environ["DATABASE_URL"] = owner
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from environs import EnvError

    from zhiben.config.prometheus import folders

    try:
        _ = settings.ZHIBEN_DATA  # the settings are read here
    except EnvError as wrong:
        named = re.search(r'"(\w+)"', str(wrong))
        variable = f"环境变量 {named[1]}" if named else "某个环境变量"
        sys.stderr.write(f"{variable} 的值看不懂，请照 docs/operations.md 改正，或删除这个变量。\n")
        return 1
    with contextlib.suppress(OSError):  # check zhiben.E008 says what is wrong with it
        settings.ZHIBEN_DATA.mkdir(parents=True, exist_ok=True)
    if words[0] in folders.COMMANDS and not {"-h", "--help"} & set(words):
        folders.begin(words[0])
    execute_from_command_line(["zhiben", *words])
    return 0


def overview() -> str:
    lines = ["治本：安全生产治理平台", "", "用法：zhiben 命令 [选项]", ""]
    for area, commands in AREAS:
        lines.append(area)
        lines += [f"  zhiben {words}{_space(words)}{meaning}" for words, meaning in commands]
        lines.append("")
    lines.append("某个命令的选项：zhiben 命令 --help。全部环境变量见 docs/operations.md。")
    return "\n".join(lines) + "\n"


def _space(words: str) -> str:
    """Up to where the meanings stand. A Chinese character takes two columns of a terminal."""
    columns = len(words) + sum(1 for letter in words if ord(letter) > 0x2E80)
    return " " * max(34 - columns, 2)
