"""A list of 100,000 people from the file to the last row, the way a page or a command does it, against a bare insert."""

from typing import Any

from django.db import connection, transaction

from zhiben.core.access.acting import Acting
from zhiben.core.batches import in_batches
from zhiben.core.org import services as org
from zhiben.core.org.models import Person, Post, ProposedPost
from zhiben.core.org.roles import Role

from . import data
from .figures import note, stopwatch
from .ledgers import BATCH, bring_in

PEOPLE = 100_000
WITH_LOGIN = 10
"""Every tenth gets an account."""
HEADS = ("姓名", "手机号码", "单位名称", "职务", "登录名")
FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
GIVEN = "安宁清和知远若溪长庚望舒维桢景行怀瑾允执自强守正致思齐云帆明德立志承泽文博子涵雨泽浩然嘉懿煜城懿轩烨伟苑博"


def measure() -> None:
    by = _keeper()
    with stopwatch() as bare:
        for batch in in_batches(_people(), BATCH):
            with transaction.atomic():
                Person.objects.bulk_create(Person(name=name, mobile=mobile) for name, mobile, *_ in batch)
    Person.objects.filter(mobile__startswith="17")._raw_delete(connection.alias)  # type: ignore[attr-defined]
    note("裸写完毕，开始导入")
    done = bring_in("org.people", "人员", HEADS, _people(), by=by)
    assert ProposedPost.objects.count() == PEOPLE
    done.say("people", bare=bare.seconds, against="a bare bulk insert of the same persons")


def _keeper() -> Acting:
    office = data.acting(data.BUSY_OFFICE).unit
    to: dict[str, Any] = {"by": data.FOUNDER, "now": data.MADE_AT}
    person = org.register_person(name="压测管理员", **to)
    org.appoint(person=person, unit=office, role=Role.SYSTEM_ADMINISTRATOR, **to)
    return Acting(person, Post.objects.select_related("unit__region").get(person=person))


def _people() -> list[tuple[str, ...]]:
    return [
        (
            FAMILY[number % 20] + GIVEN[number // 20 % 50] + GIVEN[number // 1000 % 50],
            f"17{number:09d}"[:11],
            f"第{number % data.UNITS}单位",
            "科员",
            f"bench.{number}" if number % WITH_LOGIN == 0 else "",
        )
        for number in range(300_000_000, 300_000_000 + PEOPLE)
    ]
