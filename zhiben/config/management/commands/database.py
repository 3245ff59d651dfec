"""`zhiben database roles`: who may do what in PostgreSQL."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, transaction

from zhiben.config.database import roles as cut
from zhiben.core.refusal import Refused


class Command(BaseCommand):
    help = "PostgreSQL 角色：roles 查看；--apply 由表的所有者授权；--sql 输出给数据库管理员执行的语句"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        roles = commands.add_parser("roles", help="所有者、应用、只读三个角色的权限")
        roles.add_argument("--application", default="zhiben_app", help="应用的角色，默认 zhiben_app")
        roles.add_argument("--reader", default="zhiben_reader", help="只读角色，默认 zhiben_reader")
        roles.add_argument("--owner", help="执行 migrate 的角色，默认是当前连接的角色")
        way = roles.add_mutually_exclusive_group()
        way.add_argument("--sql", action="store_true", help="只输出语句，不执行")
        way.add_argument("--apply", action="store_true", help="执行授权（先由数据库管理员建好角色）")

    def handle(self, *args: Any, command: str, sql: bool, apply: bool, **options: Any) -> None:
        roles = cut.Roles(options["application"], options["reader"], options["owner"])
        try:
            if sql:
                cut.refuse_other_databases(connection)
                for statement in (*cut.creating(connection, roles), *cut.granting(connection, roles)):
                    self.stdout.write(f"{statement};")
            elif apply:
                with transaction.atomic():
                    count = len(cut.apply(connection, roles))
                self.stdout.write(
                    f"已授权：{roles.application} 读写、留痕只追加，{roles.reader} 只读（{count} 条语句）"
                )
            else:
                self.show()
        except Refused as refusal:
            raise CommandError(refusal.sentence) from None
        except OperationalError as problem:
            raise CommandError(
                f"连不上数据库，请检查 DATABASE_URL 或 ZHIBEN_MIGRATION_DATABASE_URL：{problem}"
            ) from None

    def show(self) -> None:
        found = cut.too_much(connection)
        for sentence in found:
            self.stdout.write(f"✗ {sentence}")
        self.stdout.write("请运行 zhiben database roles --apply" if found else "当前角色没有多余的权限")
