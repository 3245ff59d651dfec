"""`zhiben restore`. Exit codes: 0 restored and proved, 1 restored but something differs, 2 not done."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from zhiben.config.backup.cipher import decrypting
from zhiben.config.backup.layout import Backup, read_backup
from zhiben.config.backup.restoring import Restored, refuse_unless_restorable, restore
from zhiben.config.backup.surroundings import RESTORED
from zhiben.core import clock
from zhiben.core.refusal import Refused

from .backup import add_decryption


class Command(BaseCommand):
    help = "从一份备份恢复数据库、文件和审计目录，并证明恢复的就是备份时的数据"
    requires_system_checks: list[str] = []
    """An unfinished restore stops every other command, and is mended by this one."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="一份备份的目录，如 /backup/20260310T020000Z")
        parser.add_argument("--drill", action="store_true", help="恢复演练：本机从此不向外发送任何消息")
        parser.add_argument("--replace", action="store_true", help="替换数据库里现有的数据；还要写 --yes-replace")
        parser.add_argument("--yes-replace", metavar="库名", help="要被替换的数据库的名字，以免选错")
        parser.add_argument("--no-migrate", action="store_true", help="备份来自旧版本时，先不升级数据库")
        add_decryption(parser)

    def handle(
        self,
        *args: Any,
        path: Path,
        drill: bool,
        replace: bool,
        yes_replace: str | None,
        no_migrate: bool,
        identity: Path | None,
        passphrase_file: Path | None,
        **options: Any,
    ) -> None:
        try:
            backup = read_backup(path)
            cipher = decrypting(backup.folder.parent, identity=identity, passphrase_file=passphrase_file)
            refuse_unless_restorable(backup, replace=(yes_replace or "") if replace else None, drill=drill)
            done = restore(
                backup, cipher, drill=drill, migrate=not no_migrate, now=clock.machine_now(), say=self.stdout.write
            )
        except Refused as refused:
            raise CommandError(refused.sentence, returncode=2) from refused
        self._tell(backup, done, drill)
        if done.differences or not done.verification.ok:
            sys.exit(1)

    def _tell(self, backup: Backup, done: Restored, drill: bool) -> None:
        manifest, verification = backup.manifest, done.verification
        for difference in done.differences:
            self.stdout.write(f"✗ {difference}")
        for finding in verification.findings[:20]:
            self.stdout.write(f"✗ {finding.sentence}")
        if done.differences or not verification.ok:
            self.stdout.write("恢复出来的数据与备份时不一致，请不要使用，改用另一份备份再恢复一次。")
            return
        last, seal = manifest.trail["last_line"], manifest.trail["last_seal"]
        moment = backup.finished_at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M")
        self.stdout.write(f"\n已从 {moment} 的备份恢复，并证明：")
        self.stdout.write(f"  · {len(manifest.counts)} 张表共 {sum(manifest.counts.values())} 行，与备份时逐表相同")
        self.stdout.write(
            f"  · 文件 {manifest.files['count'] - len(manifest.files['lost'])} 个，内容都与名称（SHA-256）相符"
        )
        self.stdout.write(f"  · 留痕 {manifest.trail['lines']} 条、封存 {verification.days} 次，核对通过")
        if last:
            self.stdout.write(f"  · 最后一条留痕：第 {last['id']} 号“{last['label']}”，摘要 {last['digest'][:16]}…")
        if seal:
            self.stdout.write(f"  · 最后一次封存：{seal['day']}，根 {seal['root'][:16]}…，签名有效")
        if manifest.files["lost"]:
            self.stdout.write(f"  备份时已有 {len(manifest.files['lost'])} 个文件的内容丢失，无法恢复。")
        if done.migrated:
            self.stdout.write(f"  备份来自版本 {manifest.version}，已执行 {done.migrated} 个数据库升级。")
        if done.without_keys:
            self.stdout.write(
                f"  备份没有加密，不含密钥：请把另行保管的 seal.key、sealed.key 放进 {settings.ZHIBEN_AUDIT_ROOT}/keys，"
                "并设置原来的 ZHIBEN_SECRET_KEY，再启动系统。"
            )
        else:
            self.stdout.write(f"  原来的设置和密钥在 {settings.ZHIBEN_DATA / RESTORED}，核对后写入服务的环境变量。")
        self.stdout.write(
            "这是演练：本机不向外发送任何消息。要转为正式使用，请不带 --drill 再恢复一次。"
            if drill
            else "所有人需要重新登录。现在可以启动系统。备份之后已发出的消息可能会再发一次。"
        )
