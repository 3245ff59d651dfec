"""A ledger of 10,000 hazards of 1,000 enterprises from the file to the last row, duplicates found and the trail written,
against bare rows by COPY or `executemany`; the same with all rows of one enterprise."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from zhiben.core import clock
from zhiben.core.access.acting import Acting
from zhiben.core.batches import in_batches
from zhiben.core.bulk import insert_rows
from zhiben.core.ids import new_id
from zhiben.core.org.models import Region
from zhiben.modules.hazards.models import OPEN_STATUSES, Hazard, HazardLink, HazardStatus
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.services import NewEnterprise, register_enterprises

from . import data
from .figures import note, say, stopwatch
from .floor import marks, written_bare
from .ledgers import BATCH, Imported, bring_in

ROWS = 10_000
ENTERPRISES = 1_000
COMPARED_WITH = 50.0
"""Findings a second that CISO Assistant imports on this class of machine; DefectDojo 27."""
HEADS = (
    "被检查单位", "检查日期", "隐患部位", "存在问题", "隐患级别", "检查类型", "检查人", "整改期限", "整改责任人", "是否整改", "整改完成时间",
)  # fmt: skip
PLACES = (
    "配电室", "一号仓库", "二号仓库", "氨制冷机房", "总装车间", "喷涂车间", "危化品储存间", "锅炉房", "办公楼二层", "食堂后厨",
    "厂区东侧通道", "污水处理站", "粉尘除尘间", "叉车充电区", "空压机房", "罐区",
)  # fmt: skip
THINGS = (
    "配电箱门缺失", "灭火器过期", "消防通道堆放托盘", "可燃气体探测器失效", "安全出口上锁", "特种作业人员未持证", "除尘器未设置泄爆",
    "液氨管道无标识", "防护罩缺失", "应急照明不亮", "动火作业未审批", "有限空间未设警示", "钢瓶未固定", "电线私拉乱接",
    "压力表超期未检", "疏散指示损坏",
)  # fmt: skip
HOW = ("，当场指出", "，现场已拍照", "，与上次检查情况相同", "，负责人在场", "")
STATES = ("已整改", "整改中", "限期整改", "已销号", "未整改")


def measure() -> None:
    by = data.acting(data.BUSY_OFFICE)
    enterprises = open_enterprises(by)
    rows = ledger(ROWS, [each.name for each in enterprises])
    name = f"import.hazards.{connection.vendor}"
    with stopwatch() as bare:
        insert_bare(by, enterprises)
    note(f"{ROWS} 条隐患：裸写 {ROWS / bare.seconds:.0f} 行/秒；开始导入")
    before = marks()
    done = imported(rows, by)
    assert Hazard.objects.count() == ROWS
    done.say("hazards", bare=bare.seconds, against=f"the same rows bare, by {_bare_way()}")
    say(f"{name}.times", done.a_second, "rows/s", baseline=COMPARED_WITH, against="CISO Assistant; DefectDojo does 27")
    note(f"提出 {HazardLink.objects.count()} 对相似隐患")
    seconds, written, tables = written_bare(before, ROWS)
    everything = f"the {written} rows that it left in {tables} tables, bare, by {_bare_way()} into the same indexes"
    say(f"{name}.floor", done.a_second, "rows/s", baseline=ROWS / seconds, against=everything)
    again = imported(rows, by)
    assert not again.run.chunks.filter(new__gt=0).exists()
    say(f"{name}.again", again.a_second, "rows/s", against="the same file once more: nothing changes")
    [enterprise] = register(["独一家机械厂"], by)
    of_one = imported(ledger(ROWS, [enterprise.name]), by)
    assert enterprise.hazards.count() == ROWS
    say(f"{name}.one_enterprise", of_one.a_second, "rows/s", baseline=done.a_second, against="1,000 enterprises")


def open_enterprises(by: Acting) -> list[Enterprise]:
    return register(
        [
            f"{number // 10 % 50}街{'机械化工建材食品家具'[number % 5 * 2 :][:2]}厂{number}"
            for number in range(ENTERPRISES)
        ],
        by,
    )


def register(names: list[str], by: Acting) -> list[Enterprise]:
    region = Region.objects.get(path=by.unit.region_path)
    with transaction.atomic():
        return register_enterprises(
            enterprises=[NewEnterprise(name=name, region=region, sector="industry") for name in names],
            by=by,
            now=clock.now(),
        )


def ledger(count: int, names: list[str]) -> list[tuple[Any, ...]]:
    """Every tenth row says nearly what another one of its enterprise says."""
    today = clock.local_day(clock.now())
    rows = []
    for number in range(count):
        place, thing = PLACES[number * 7 % 16], THINGS[(number * 5 + number // 16) % 16]
        found = today - timedelta(days=number * 13 % 300 + 20)
        state = STATES[number % 5]
        rows.append(
            (
                names[number * 3 % len(names)],
                found,
                f"{place}{number // 1000 + 1}号位",
                f"{place}{thing}，共 {number % 97 + 1} 处{HOW[number % 5]}",
                "一般",
                "日常检查",
                "石宏、安宁",
                found + timedelta(days=30) if state in ("整改中", "限期整改") else "",
                "云安",
                state,
                found + timedelta(days=9) if state in ("已整改", "已销号") else "",
            )
        )
    return rows


def imported(rows: list[tuple[Any, ...]], by: Acting) -> Imported:
    return bring_in("hazards.hazards", "隐患台账", HEADS, rows, by=by)


def insert_bare(by: Acting, enterprises: list[Enterprise]) -> None:
    """The rows of the one table and nothing else; taken back afterwards."""
    with transaction.atomic():
        for batch in in_batches(bare_hazards(ROWS, by, enterprises), BATCH):
            insert_rows(Hazard, batch)
        transaction.set_rollback(True)


def bare_hazards(count: int, by: Acting, enterprises: list[Enterprise]) -> Iterator[Hazard]:
    """Hazards that nobody recorded, for what needs many of them: four in five closed."""
    now = clock.now()
    today = clock.local_day(now)
    for number in range(count):
        enterprise = enterprises[number * 7919 % len(enterprises)]
        place, thing = PLACES[number * 7 % 16], THINGS[(number * 5 + number // 16) % 16]
        found_on = today - timedelta(days=number * 31 % 1500)
        closed = number % 5 != 0
        yield Hazard(
            id=new_id(),
            number=f"990000-bench-{number:08d}",
            status=HazardStatus.CLOSED if closed else OPEN_STATUSES[number // 5 % len(OPEN_STATUSES)],
            enterprise_id=enterprise.pk,
            responsible_unit_id=enterprise.unit_id,
            supervising_unit_id=enterprise.supervising_unit_id,
            closing_unit_id=enterprise.supervising_unit_id,
            region_path=enterprise.region_path,
            sector=enterprise.sector,
            place=f"{place}{number // 977 % 40 + 1}号位",
            description=f"{place}{thing}，共 {number % 97 + 1} 处{HOW[number % 5]}",
            level="major" if number % 50 == 0 else "general",
            channel="inspection",
            found_on=found_on,
            reported_at=now,
            rectify_by=found_on + timedelta(days=30),
            closed_at=now - timedelta(days=number % 700) if closed else None,
            changed_at=now,
        )


def _bare_way() -> str:
    return "COPY" if connection.vendor == "postgresql" else "executemany"
