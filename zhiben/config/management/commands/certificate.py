"""`zhiben certificate make|renew|use|show`: HTTPS with the office's own authority, or with a certificate it was given."""

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from zhiben.config.certificates import folder, services
from zhiben.config.certificates.hosts import for_visitors
from zhiben.config.certificates.reading import Served, fingerprint, read_served, said_about_chain
from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.core.refusal import Refused

OPERATOR = Machine("运维命令")


class Command(BaseCommand):
    help = "HTTPS 证书：make 建立内部证书机构，renew 续期，use 换上外部颁发的证书，show 查看"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        making = commands.add_parser("make", help="建立单位自己的证书机构，并签发服务器证书（内网使用）")
        making.add_argument("--host", action="append", default=[], help="域名或 IP，可写多次；不写则用 ZHIBEN_HOSTS")
        making.add_argument("--domain", action="append", default=[], help="以后可能增加的域名，如 example.gov.cn")
        making.add_argument("--network", action="append", default=[], help="以后可能增加的网段，如 10.1.0.0/16")
        making.add_argument("--office", default="安全生产治理平台", help="单位名称，安装证书时会显示")
        making.add_argument("--encrypt", action="store_true", help="用口令保护证书机构的私钥（之后不能自动续期）")
        making.add_argument("--replace", action="store_true", help="另建一个；各台电脑和手机要重新安装")
        renewing = commands.add_parser("renew", help="由内部证书机构续期（到期前 30 天内也会自动续）")
        renewing.add_argument("--host", action="append", default=[], help="改变主机名时写全；不写则不变")
        using = commands.add_parser("use", help="换上外部颁发的证书：PEM、DER 或 PFX")
        using.add_argument("certificate", type=Path, help="证书文件（含中间证书）或 PFX 文件")
        using.add_argument("key", type=Path, nargs="?", help="私钥文件；PFX 或私钥同在一个文件时不写")
        for one in (making, renewing, using):
            one.add_argument("--passphrase-file", type=Path, help="口令所在的文件；不写时在终端提示输入")
        commands.add_parser("show", help="给谁、到哪天、还剩几天、指纹")

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        try:
            getattr(self, f"_{command}")(**options)
        except Refused as refusal:
            raise CommandError(refusal.sentence) from None

    def _make(self, **options: Any) -> None:
        services.make_certificates(
            office=options["office"],
            hosts=options["host"] or for_visitors(settings.ALLOWED_HOSTS),
            domains=options["domain"],
            networks=options["network"],
            passphrase=self._new_passphrase(options["passphrase_file"]) if options["encrypt"] else b"",
            replace=options["replace"],
            by=OPERATOR,
            now=clock.machine_now(),
        )
        self._show()
        self.stdout.write(
            "\n下一步：设 ZHIBEN_HTTPS=1 后重启；请用户打开安装页 /install/，核对上面的证书机构指纹后安装。\n"
            f"请备份 {folder.folder()}，私钥不要发给任何人。"
        )

    def _renew(self, **options: Any) -> None:
        passphrase = self._passphrase(options["passphrase_file"], asked=folder.authority)
        services.renew_certificate(hosts=options["host"], passphrase=passphrase, by=OPERATOR, now=clock.machine_now())
        self._show()
        self.stdout.write("网页服务会在一分钟内自动换上新证书，不必重启。")

    def _use(self, *, certificate: Path, key: Path | None, **options: Any) -> None:
        content = self._content(certificate)
        key_content = self._content(key) if key else b""
        passphrase = self._passphrase(
            options["passphrase_file"],
            asked=lambda word: read_served(content, key_content, word),
        )
        served = services.use_certificate(
            content=content, key_content=key_content, passphrase=passphrase, by=OPERATOR, now=clock.machine_now()
        )
        self._show()
        for sentence in said_about_chain(served):
            self.stdout.write(f"注意：{sentence}")

    def _show(self, **options: Any) -> None:
        if not folder.has_server():
            raise Refused(
                "还没有证书。内网可运行 zhiben certificate make --host 主机名；已有证书可运行 zhiben certificate use 证书 私钥"
            )
        served = folder.served()
        for name, value in self._lines(served):
            self.stdout.write(f"{name}：{value}")
        for sentence in served.concerns(for_visitors(settings.ALLOWED_HOSTS), clock.machine_now()):
            self.stdout.write(f"注意：{sentence}")

    def _lines(self, served: Served) -> list[tuple[str, str]]:
        days = served.days_left(clock.machine_now())
        lines = [
            ("主机", "、".join(str(host) for host in served.hosts)),
            ("颁发者", served.issuer),
            ("有效期至", f"{served.ends_at:%Y-%m-%d}（{f'还有 {days} 天' if days >= 0 else '已到期'}）"),
            ("服务器证书指纹", served.fingerprint),
        ]
        if folder.has_authority() and served.is_issued_by(authority := folder.authority_certificate()):
            lines.append(("证书机构指纹", fingerprint(authority)))
            lines.append(("证书机构有效期至", f"{authority.not_valid_after_utc:%Y-%m-%d}"))
            lines.append(("自动续期", "是，到期前 30 天" if folder.renews_by_itself() else "否，请按时运行 renew"))
        return lines

    def _content(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as problem:
            raise Refused(f"读不了文件 {path}：{problem.strerror}。请检查文件名和权限") from None

    def _new_passphrase(self, file: Path | None) -> bytes:
        if file:
            return self._content(file).strip()
        word = getpass.getpass("给私钥设一个口令：")
        if word != getpass.getpass("再输一次："):
            raise Refused("两次输入的口令不一样，请重新运行")
        if not word:
            raise Refused("口令不能为空，请重新运行；不需要口令时不要加 --encrypt")
        return word.encode()

    def _passphrase(self, file: Path | None, *, asked: Any) -> bytes:
        """Asked for at the terminal only where the key turns out to need one."""
        if file:
            return self._content(file).strip()
        try:
            asked(b"")
        except Refused as refusal:
            if "口令" in refusal.sentence and sys.stdin.isatty():
                return getpass.getpass("私钥的口令：").encode()
        return b""
