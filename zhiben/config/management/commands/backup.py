"""`zhiben backup make|list|verify`. Exit codes: 0 all well, 1 done but something is wrong, 2 not done."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from zhiben.config.backup.checking import problems_of
from zhiben.config.backup.cipher import decrypting, encrypting
from zhiben.config.backup.layout import finished, read_backup, unfinished
from zhiben.config.backup.making import make_backup
from zhiben.config.backup.surroundings import kept_apart
from zhiben.core import clock
from zhiben.core.refusal import Refused

SHOWN = 20
"""A backup whose disk is dying is not told file by file."""


class Command(BaseCommand):
    help = "备份：make 在运行中做一份备份，list 列出可用的备份，verify 核对一份备份"

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        making = commands.add_parser("make", help="在运行中备份数据库、文件、审计目录和设置")
        making.add_argument(
            "--to", type=Path, default=settings.ZHIBEN_BACKUP_ROOT, help="备份放在哪个目录，最好在另一块磁盘"
        )
        add_encryption(making)
        making.add_argument("--keep", type=int, help="做完后只保留最近几份")
        listing = commands.add_parser("list", help="列出可用的备份")
        listing.add_argument("--in", dest="root", type=Path, default=settings.ZHIBEN_BACKUP_ROOT, help="备份目录")
        verifying = commands.add_parser("verify", help="核对一份备份；发现问题时退出码为 1")
        verifying.add_argument("path", type=Path, help="一份备份的目录，如 /backup/20260310T020000Z")
        verifying.add_argument("--deep", action="store_true", help="再试恢复到一个临时数据库，并核对全部留痕")
        add_decryption(verifying)

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        try:
            getattr(self, f"_{command}")(**options)
        except Refused as refused:
            raise CommandError(refused.sentence, returncode=2) from refused

    def _make(
        self, *, to: Path, encrypt_to: list[str], passphrase_file: Path | None, keep: int | None, **options: Any
    ) -> None:
        if keep is not None and keep < 1:
            raise Refused("--keep 至少是 1：不能把最后一份好的备份也删掉。")
        to = to.absolute()
        to.mkdir(parents=True, exist_ok=True, mode=0o700)
        cipher = encrypting(to, recipients=encrypt_to, passphrase_file=passphrase_file)
        made = make_backup(to, cipher, keep=keep, now=clock.machine_now(), progress=self._progress)
        manifest, taken = made.backup.manifest, made.taken
        self.stdout.write(
            f"备份完成：{made.backup.folder}\n"
            f"  数据库 {sum(manifest.counts.values())} 行，留痕 {manifest.trail['lines']} 条；"
            f"文件 {taken.count} 个（{amount(taken.bytes)}），其中新增 {taken.copied} 个（{amount(taken.copied_bytes)}）"
        )
        if made.removed:
            self.stdout.write(f"  已删除较早的 {len(made.removed)} 份：{'、'.join(made.removed)}")
        if not manifest.recipients:
            self.stdout.write("  没有加密，所以不含以下密钥，请另行妥善保管：\n    " + "\n    ".join(kept_apart()))
        if taken.lost:
            self.stderr.write(
                f"有 {len(taken.lost)} 个文件的内容在服务器上丢失或损坏，没有备份到，例如 {taken.lost[0]}。"
                "请检查磁盘，并从更早的备份找回。"
            )
            sys.exit(1)

    def _list(self, *, root: Path, **options: Any) -> None:
        for backup in finished(root):
            manifest = backup.manifest
            moment = backup.finished_at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M")
            lost = f"，缺 {len(manifest.files['lost'])} 个文件" if manifest.files["lost"] else ""
            encrypted = "，已加密" if manifest.recipients else ""
            self.stdout.write(
                f"{backup.folder}  {moment}  {manifest.database}，{amount(backup.size)}，"
                f"文件 {manifest.files['count']} 个，版本 {manifest.version}{encrypted}{lost}"
            )
        for folder in unfinished(root):
            self.stdout.write(f"{folder}  没有做完，不能使用")
        if not finished(root):
            self.stdout.write(f"{root} 里没有可用的备份。请运行 zhiben backup make。")

    def _verify(
        self, *, path: Path, deep: bool, identity: Path | None, passphrase_file: Path | None, **options: Any
    ) -> None:
        backup = read_backup(path)
        cipher = decrypting(backup.folder.parent, identity=identity, passphrase_file=passphrase_file)
        if deep and backup.manifest.recipients and not cipher.identities:
            raise Refused("这份备份是加密的，--deep 还需要 --identity 密钥文件 或 --passphrase-file 口令文件。")
        found = 0
        for problem in problems_of(backup, cipher, deep=deep, progress=self._progress):
            found += 1
            if found <= SHOWN:
                self.stdout.write(f"✗ {problem}")
        if found > SHOWN:
            self.stdout.write(f"……另有 {found - SHOWN} 处未列出")
        if found:
            self.stdout.write(f"备份 {backup.name} 有 {found} 处问题")
            sys.exit(1)
        depth = "已试恢复，留痕全部核对无误" if deep else "各部分齐全，内容与写入时相符"
        unread = "；没有给出密钥，加密内容没有解开核对" if backup.manifest.recipients and not cipher.identities else ""
        self.stdout.write(f"备份 {backup.name} 完好：{depth}{unread}")

    def _progress(self, done: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r文件 {done} 个", ending="")


def add_encryption(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--encrypt-to", action="append", default=[], metavar="age1…", help="加密给这个 age 公钥，可写多次"
    )
    parser.add_argument("--passphrase-file", type=Path, help="用这个文件里的口令加密")


def add_decryption(parser: ArgumentParser) -> None:
    parser.add_argument("--identity", type=Path, help="加密的备份：age 密钥文件")
    parser.add_argument("--passphrase-file", type=Path, help="加密的备份：口令文件")


def amount(size: int) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024  # type: ignore[assignment]
    return f"{size:.1f} GB"
