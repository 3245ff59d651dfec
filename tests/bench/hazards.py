"""A ledger of 10,000 hazards of 1,000 enterprises from the file to the last row, duplicates found and the trail written,
against bare rows by COPY or `executemany`; the same with all rows of one enterprise."""

import gc
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db import connection, transaction

from zhiben.core import clock
from zhiben.core.access.acting import Acting
from zhiben.core.batches import in_batches
from zhiben.core.bulk import insert_rows
from zhiben.core.exchange import services
from zhiben.core.exchange.models import ImportRun, Stage
from zhiben.core.files.services import receive_upload
from zhiben.core.ids import new_id
from zhiben.core.jobs.running import run_pending
from zhiben.core.org.models import Region
from zhiben.modules.hazards.models import OPEN_STATUSES, Hazard, HazardLink, HazardStatus
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.services import NewEnterprise, register_enterprises

from . import data
from .figures import note, say, stopwatch
from .importing import BATCH, peak

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
    name, against = (
        f"import.hazards.{connection.vendor}",
        f"the same rows bare, by {_bare_way()}, {BATCH} a transaction",
    )
    with stopwatch() as bare:
        insert_bare(by, enterprises)
    note(f"{ROWS} 条隐患：裸写 {ROWS / bare.seconds:.0f} 行/秒；开始导入")
    before = peak()
    checking, carrying = imported(rows, by)
    seconds = checking + carrying
    assert Hazard.objects.count() == ROWS
    say(name, ROWS / seconds, "rows/s", baseline=ROWS / bare.seconds, against=against)
    say(f"{name}.times", ROWS / seconds, "rows/s", baseline=COMPARED_WITH, against="CISO Assistant; DefectDojo does 27")
    say(f"{name}.check", checking, "s")
    say(f"{name}.carry_out", carrying, "s")
    say(f"{name}.memory", peak(), "MB", baseline=before, against="the same process before the import")
    note(f"提出 {HazardLink.objects.count()} 对相似隐患")
    checking, again = imported(rows, by, same=True)
    say(f"{name}.again", ROWS / (checking + again), "rows/s", against="the same file once more: nothing changes")
    one = ledger(ROWS, ["独一家机械厂"])
    [enterprise] = register(["独一家机械厂"], by)
    checking, carrying = imported(one, by)
    assert enterprise.hazards.count() == ROWS
    say(
        f"{name}.one_enterprise",
        ROWS / (checking + carrying),
        "rows/s",
        baseline=ROWS / seconds,
        against="1,000 enterprises",
    )


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


def imported(rows: list[tuple[Any, ...]], by: Acting, *, same: bool = False) -> tuple[float, float]:
    """Seconds of checking and of carrying out, through what the page and the command call."""
    gc.collect()
    with tempfile.TemporaryDirectory() as folder, book(Path(folder), rows).open("rb") as file:
        with stopwatch() as checking:
            run = _checked(file, by)
        with stopwatch() as carrying:
            services.confirm(run=run, all_or_nothing=False, version=run.version, by=by, now=clock.now())
            run_pending()
            run.refresh_from_db()
    assert run.stage == Stage.DONE, run.error
    assert not run.rows.filter(is_bad=True).exists(), run.rows.filter(is_bad=True).first().sentences
    assert not same or run.chunks.filter(new__gt=0).count() == 0
    return checking.seconds, carrying.seconds


def _checked(file: Any, by: Acting) -> ImportRun:
    now = clock.now()
    upload = receive_upload(file, name="隐患台账.xlsx", by=by, now=now)
    run = services.begin_import(key="hazards.hazards", upload=upload, by=by, now=now)
    services.map_columns(run=run, mapping=run.columns, by=by, now=now)
    run_pending()
    run.refresh_from_db()
    assert run.stage == Stage.CHECKED, run.error
    bad = run.rows.filter(is_bad=True).first()
    assert bad is None, bad.sentences
    return run


def book(folder: Path, rows: list[tuple[Any, ...]]) -> Path:
    path = folder / "hazards.xlsx"
    written = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet, day = written.add_worksheet("台账"), written.add_format({"num_format": "yyyy-mm-dd"})
    for number, row in enumerate([HEADS, *rows]):
        for at, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(number, at, cell, day)
            else:
                sheet.write(number, at, cell)
    written.close()
    return path


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
