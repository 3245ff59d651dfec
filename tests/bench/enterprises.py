"""A ledger of 100,000 enterprises from the file to the last row, against a bare `executemany` of the same rows; then a
page of the list, and a search for part of a name, with all of them there."""

import tempfile
import uuid
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db import connection, transaction

from zhiben.core import clock
from zhiben.core.access.acting import Acting
from zhiben.core.batches import in_batches
from zhiben.core.exchange import services
from zhiben.core.exchange.models import ImportRun, Stage
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.org import services as org
from zhiben.core.org.credit_code import check_character
from zhiben.core.org.models import RegionLevel, UnitKind
from zhiben.modules.registry.models import Enterprise

from . import data
from .figures import note, say, stopwatch
from .importing import BATCH, peak

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
    note("台账已写成文件，开始导入")
    with tempfile.TemporaryDirectory() as folder, book(Path(folder), rows).open("rb") as file:
        before = peak()
        with stopwatch() as checking:
            run = check(file, by)
        with stopwatch() as carrying:
            carry_out(run, by)
    assert Enterprise.objects.count() == ENTERPRISES
    seconds = checking.seconds + carrying.seconds
    name = f"import.enterprises.{connection.vendor}"
    against = f"a bare executemany of the same rows into one table, {BATCH} a transaction"
    say(name, ENTERPRISES / seconds, "rows/s", baseline=ENTERPRISES / bare.seconds, against=against)
    say(f"{name}.check", checking.seconds, "s")
    say(f"{name}.carry_out", carrying.seconds, "s")
    say(f"{name}.memory", peak(), "MB", baseline=before, against="the same process before the import")
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


def book(folder: Path, rows: list[tuple[Any, ...]]) -> Path:
    path = folder / "enterprises.xlsx"
    written = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = written.add_worksheet("企业")
    for number, row in enumerate([HEADS, *rows]):
        for at, cell in enumerate(row):
            sheet.write(number, at, cell)
    written.close()
    return path


def check(file: Any, by: Acting) -> ImportRun:
    now = clock.now()
    upload = receive_upload(file, name="企业.xlsx", by=by, now=now)
    run = services.begin_import(key="registry.enterprises", upload=upload, by=by, now=now)
    services.map_columns(run=run, mapping=run.columns, by=by, now=now)
    run_pending()
    run.refresh_from_db()
    assert run.stage == Stage.CHECKED, run.error
    bad = run.rows.filter(is_bad=True).first()
    assert bad is None, bad.sentences
    return run


def carry_out(run: ImportRun, by: Acting) -> None:
    services.confirm(run=run, all_or_nothing=False, version=run.version, by=by, now=clock.now())
    run_pending()
    run.refresh_from_db()
    assert run.stage == Stage.DONE, run.error
    assert not run.rows.filter(is_bad=True).exists()


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
