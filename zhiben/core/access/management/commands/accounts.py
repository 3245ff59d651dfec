"""`zhiben accounts begin|create|reset|close|reopen|unlock|list`: what an operator does before anybody can log in."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.core.accounts import services as accounts
from zhiben.core.accounts.models import User
from zhiben.core.org import services as org
from zhiben.core.org.models import Person, Region, RegionLevel, Unit, UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.refusal import Refused

OPERATOR = Machine("命令行操作员")
LEVELS = {"province": RegionLevel.PROVINCE, "city": RegionLevel.CITY, "county": RegionLevel.COUNTY}
ADMINISTRATORS = (
    ("sysadmin", "系统管理员", Role.SYSTEM_ADMINISTRATOR),
    ("secadmin", "安全保密管理员", Role.SECURITY_ADMINISTRATOR),
    ("auditor", "安全审计员", Role.AUDIT_ADMINISTRATOR),
)


class Command(BaseCommand):
    help = "账号：begin 新系统第一步，create 开设，reset 重置密码，close 停用，reopen 恢复，unlock 解锁，list 列出"

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        beginning = commands.add_parser("begin", help="新系统第一步：设立区域、管理单位和三名管理员，给出一次性密码")
        beginning.add_argument("--region", required=True, help="区域名称，如 澄溪县")
        beginning.add_argument("--level", choices=LEVELS, default="county", help="区域层级，默认 county(县级)")
        beginning.add_argument("--code", default="", help="12 位区划代码，可不填")
        beginning.add_argument("--unit", required=True, help="管理员所在单位全称，如 澄溪县人民政府")
        creating = commands.add_parser("create", help="开设账号，给出一次性密码")
        creating.add_argument("username", help="登录名")
        creating.add_argument("--person", help="姓名；填写后登记人员并关联账号")
        creating.add_argument("--unit", help="单位全称；与 --role 一起填写，任命岗位")
        creating.add_argument("--role", choices=Role.values, help="角色")
        for name, words in (
            ("reset", "重置密码，给出新的一次性密码"),
            ("close", "停用账号"),
            ("reopen", "恢复账号"),
            ("unlock", "解除登录锁定"),
        ):
            commands.add_parser(name, help=words).add_argument("username", help="登录名")
        commands.add_parser("list", help="列出账号")

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        try:
            with transaction.atomic():
                getattr(self, f"_{command}")(now=clock.now(), **options)
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal

    def _begin(self, *, region: str, level: str, code: str, unit: str, now: datetime, **options: Any) -> None:
        if Region.objects.exists():
            raise CommandError("系统中已有区域和单位，不需要再次初始化。开设账号请用 zhiben accounts create。")
        to: dict[str, Any] = {"by": OPERATOR, "now": now}
        place = org.open_region(name=region, level=LEVELS[level], code=code, **to)
        where = org.open_unit(name=unit, kind=UnitKind.GOVERNMENT, region=place, **to)
        for username, name, role in ADMINISTRATORS:
            password = self._open(username, name, where, role, now)
            self.stdout.write(f"{name}  登录名 {username}  一次性密码 {password}")
        self.stdout.write("请把三个密码分别交给三个人，首次登录时须修改。密码只显示这一次。")

    def _create(
        self, *, username: str, person: str | None, unit: str | None, role: str | None, now: datetime, **options: Any
    ) -> None:
        if (unit is None) != (role is None) or (unit and not person):
            raise CommandError("任命岗位需要同时填写 --person、--unit 和 --role。")
        where = self._unit(unit) if unit else None
        password = self._open(username, person, where, Role(role) if role else None, now)
        self.stdout.write(f"登录名 {username}  一次性密码 {password}")
        self.stdout.write("首次登录时须修改密码。密码只显示这一次。")

    def _reset(self, *, username: str, now: datetime, **options: Any) -> None:
        password = accounts.reset_password(user=self._user(username), by=OPERATOR, now=now)
        self.stdout.write(f"登录名 {username}  新的一次性密码 {password}")

    def _close(self, *, username: str, now: datetime, **options: Any) -> None:
        accounts.close_account(user=self._user(username), by=OPERATOR, now=now)
        self.stdout.write(f"已停用 {username}")

    def _reopen(self, *, username: str, now: datetime, **options: Any) -> None:
        accounts.reopen_account(user=self._user(username), by=OPERATOR, now=now)
        self.stdout.write(f"已恢复 {username}")

    def _unlock(self, *, username: str, now: datetime, **options: Any) -> None:
        accounts.unlock(user=self._user(username), by=OPERATOR, now=now)
        self.stdout.write(f"已解除 {username} 的登录锁定")

    def _list(self, **options: Any) -> None:
        for user in User.objects.order_by("username"):
            person = Person.objects.filter(user=user).first()
            state = "可登录" if user.is_active else "已停用"
            self.stdout.write(f"{user.username}\t{person or '未关联人员'}\t{state}")

    def _open(self, username: str, name: str | None, unit: Unit | None, role: Role | None, now: datetime) -> str:
        opened = accounts.open_account(username=username, by=OPERATOR, now=now)
        if name:
            person = org.register_person(name=name, username=username, by=OPERATOR, now=now)
            if unit and role:
                org.appoint(person=person, unit=unit, role=role, by=OPERATOR, now=now)
        return opened.password

    def _user(self, username: str) -> User:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"没有登录名为“{username}”的账号。用 zhiben accounts list 查看全部账号。")
        return user

    def _unit(self, name: str) -> Unit:
        unit = Unit.objects.filter(name=name, valid_to=None).first()
        if unit is None:
            raise CommandError(f"没有全称为“{name}”的单位，请先登记单位。")
        return unit
