"""`zhiben upgrade`: backup, migrations, checks; with `--dry-run` only what would happen, tried on a copy of the data.

Exit codes: 0 upgraded (or the trial succeeded), 1 it failed on the way, 2 it was not begun."""

from argparse import ArgumentParser
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from zhiben.config.backup.cipher import encrypting
from zhiben.config.backup.making import make_backup
from zhiben.config.backup.restoring import target_name
from zhiben.config.backup.state import said
from zhiben.config.backup.upgrading import LARGE, Planned, bytes_free, bytes_needed, planned, try_on_copy
from zhiben.core import clock
from zhiben.core.audit import guard
from zhiben.core.refusal import Refused

from .backup import add_encryption, amount


class Command(BaseCommand):
    help = "升级：先备份，再升级数据库并检查；--dry-run 只说明会做什么，并在数据的副本上试一遍"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="不改动任何数据，在副本上试升级")
        parser.add_argument("--without-backup", action="store_true", help="不先备份（已用别的方法备份时）")
        parser.add_argument("--to", type=Path, default=settings.ZHIBEN_BACKUP_ROOT, help="升级前的备份放在哪里")
        add_encryption(parser)

    def handle(self, *args: Any, dry_run: bool, without_backup: bool, **options: Any) -> None:
        try:
            plans = planned()
            self._tell(plans)
            if dry_run:
                self._try(plans)
                return
            if not plans:
                self.stdout.write("数据库已是最新，重新启动各个服务后即使用新版本。")
                return
            if (needed := bytes_needed(plans)) > bytes_free():
                raise Refused(f"磁盘只剩 {amount(bytes_free())}，升级大约需要 {amount(needed)}。请先清理磁盘。")
            kept = None if without_backup else self._backup(**options)
        except Refused as refused:
            raise CommandError(refused.sentence, returncode=2) from refused
        self._carry_out(kept)

    def _tell(self, plans: list[Planned]) -> None:
        self.stdout.write(f"程序版本 {version('zhiben')}，数据库 {target_name()} 有 {len(plans)} 个升级未执行")
        for plan in plans:
            self.stdout.write(f"  {plan.name}（{plan.statements} 条 SQL）")
            for operation in plan.operations:
                self.stdout.write(f"    · {operation}")
            for touched in plan.touched:
                slow = "，数据量大，请安排在无人使用时" if touched.rows >= LARGE else ""
                self.stdout.write(f"    表 {touched.table}（约 {touched.rows} 行）：{touched.how}{slow}")
        if plans:
            self.stdout.write(
                f"  最多另需磁盘 {amount(bytes_needed(plans))}，数据目录所在磁盘剩余 {amount(bytes_free())}"
            )
        self.stdout.write(f"  {said(clock.machine_now())[1]}")

    def _try(self, plans: list[Planned]) -> None:
        if not plans:
            self.stdout.write("没有要试的升级，数据没有改动。")
            return
        trial = try_on_copy()
        if not trial.ok:
            raise CommandError(f"在副本上试升级没有成功，真实数据没有改动：\n{trial.output[-3000:]}", returncode=1)
        self.stdout.write(f"在数据的副本上试升级成功，用时 {trial.seconds:.0f} 秒；真实数据没有改动。")

    def _backup(self, *, to: Path, encrypt_to: list[str], passphrase_file: Path | None, **options: Any) -> Path:
        to = to.absolute()
        to.mkdir(parents=True, exist_ok=True, mode=0o700)
        cipher = encrypting(to, recipients=encrypt_to, passphrase_file=passphrase_file)
        made = make_backup(to, cipher, now=clock.machine_now())
        self.stdout.write(f"已备份到 {made.backup.folder}")
        if made.taken.lost:
            self.stderr.write(f"注意：有 {len(made.taken.lost)} 个文件的内容在服务器上已经丢失，备份里没有。")
        return made.backup.folder

    def _carry_out(self, kept: Path | None) -> None:
        try:
            call_command("migrate", verbosity=0, interactive=False)
            if absent := guard.missing(connection):
                raise RuntimeError(f"留痕的触发器 {'、'.join(absent)} 没有装上")
            call_command("check", databases=["default"], stdout=self.stdout)
        except Exception as failure:
            back = (
                f"zhiben restore {kept} --replace --yes-replace {target_name()}" if kept else "用您自己的备份恢复数据库"
            )
            raise CommandError(
                f"升级中途失败：{failure}\n请不要启动系统。要退回去：先换回原来的程序版本，然后{'运行 ' if kept else ''}{back}。"
                "要继续：排除原因后再运行一次 zhiben upgrade，已完成的步骤不会重做。",
                returncode=1,
            ) from failure
        self.stdout.write("升级完成。请重新启动 web、worker、sweeper（或 zhiben run），再看 /readyz 是否都正常。")
