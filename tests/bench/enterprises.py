"""A ledger of 100,000 enterprises from the file to the last row, against a bare `executemany` of the same rows; then a
page of the list, and a search for part of a name, with all of them there."""

import uuid
from typing import Any

from django.db import connection, transaction

from zhiben.core.access.acting import Acting
from zhiben.core.batches import in_batches
from zhiben.core.org import services as org
from zhiben.core.org.credit_code import check_character
from zhiben.core.org.models import RegionLevel, UnitKind
from zhiben.modules.registry.models import Enterprise

from . import data
from .figures import note, say, stopwatch
from .ledgers import BATCH, bring_in

ENTERPRISES = 100_000
TOWNS = 50
EVERY_FIFTH = 5
"""Has no code, as in life: it is matched by name and address."""
HEADS = (
    "企业名称", "统一社会信用代码", "乡镇", "地址", "行业领域", "行业代码", "规模", "从业人数", "法定代表人", "联系电话",
)  # fmt: skip
SECTORS = ("工贸", "商贸餐饮", "危险化学品", "建筑施工", "消防")
CODES = ("C26", "H62", "C34", "E47", "F52")
TRADES = "鑫源", "宏达", "永兴", "福星", "瑞丰", "金桥", "恒通", "华盛", "顺发", "万和"
KINDS = "机械厂", "餐馆", "化工有限公司", "建材有限公司", "超市"
LOOKED_FOR = "鑫源机械厂77"


def measure() -> None:
    by = data.acting(data.BUSY_OFFICE)
    _open_towns(by)
    rows = ledger(ENTERPRISES)
    with stopwatch() as bare:
        _insert_bare(rows)
    note("裸写完毕，开始导入")
    done = bring_in("registry.enterprises", "企业", HEADS, rows, by=by)
    assert Enterprise.objects.count() == ENTERPRISES
    done.say("enterprises", bare=bare.seconds, against="a bare executemany of the same rows into one table")
    visible = Enterprise.objects.visible_to(by)
    with stopwatch() as listing:
        assert len(list(visible.order_by("name", "id").select_related("unit__region", "supervising_unit")[:50])) == 50
    with stopwatch() as searching:
        assert visible.filter(name__icontains=LOOKED_FOR).order_by("name", "id")[:50]
    say(f"enterprises.page.{connection.vendor}", listing.seconds * 1000, "ms")
    say(f"enterprises.search.{connection.vendor}", searching.seconds * 1000, "ms")


def ledger(count: int) -> list[tuple[Any, ...]]:
    rows = []
    for number in range(count):
        first_17 = f"91990121MA{number:07d}"
        rows.append(
            (
                f"{TRADES[number // 5 % 10]}{KINDS[number % 5]}{number}",
                "" if number % EVERY_FIFTH == 0 else first_17 + check_character(first_17),
                f"第{number % TOWNS}镇",
                f"第{number % TOWNS}镇人民路 {number} 号",
                SECTORS[number % 5],
                CODES[number % 5],
                "小型",
                number % 300,
                "石宏",
                "13800000003",
            )
        )
    return rows


def _open_towns(by: Acting) -> None:
    to: dict[str, Any] = {"by": data.FOUNDER, "now": data.MADE_AT}
    for number in range(TOWNS):
        town = org.open_region(name=f"第{number}镇", level=RegionLevel.TOWN, parent=by.unit.region, **to)
        org.open_unit(name=f"第{number}镇人民政府", kind=UnitKind.TOWN, region=town, **to)


def _insert_bare(rows: list[tuple[Any, ...]]) -> None:
    """The ten cells of each row and a key, in a table of their own, which then goes again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_enterprise (id char(32) PRIMARY KEY, "
            + ", ".join(f"c{at} {'integer' if at == 7 else 'varchar(200)'}" for at in range(len(HEADS)))
            + ")"
        )
        marks = ", ".join(["%s"] * (len(HEADS) + 1))
        for batch in in_batches(rows, BATCH):
            with transaction.atomic():
                cursor.executemany(
                    f"INSERT INTO bench_enterprise VALUES ({marks})",
                    [(uuid.uuid4().hex, *row) for row in batch],
                )
        cursor.execute("DROP TABLE bench_enterprise")
