"""A list of 100,000 people from the file to the last row, the way a page or a command does it, against a bare insert."""

import resource
import sys
import tempfile
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
from zhiben.core.org.models import Person, Post, ProposedPost
from zhiben.core.org.roles import Role

from . import data
from .figures import note, say, stopwatch

PEOPLE = 100_000
WITH_LOGIN = 10
"""Every tenth gets an account."""
BATCH = 1000
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
    note("名单已写成文件，开始导入")
    with tempfile.TemporaryDirectory() as folder, (_book(Path(folder))).open("rb") as file:
        before = peak()
        with stopwatch() as checking:
            run = _checked(file, by)
        with stopwatch() as carrying:
            _carry_out(run, by)
    assert ProposedPost.objects.count() == PEOPLE
    seconds = checking.seconds + carrying.seconds
    against = f"a bare bulk insert of the same persons, {BATCH} a transaction"
    name = f"import.people.{connection.vendor}"
    say(name, PEOPLE / seconds, "rows/s", baseline=PEOPLE / bare.seconds, against=against)
    say(f"{name}.check", checking.seconds, "s")
    say(f"{name}.carry_out", carrying.seconds, "s")
    say(f"{name}.memory", peak(), "MB", baseline=before, against="the same process before the import")


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


def _book(folder: Path) -> Path:
    path = folder / "people.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("人员")
    for number, row in enumerate([HEADS, *_people()]):
        for at, cell in enumerate(row):
            sheet.write_string(number, at, cell)
    book.close()
    return path


def _checked(file: Any, by: Acting) -> ImportRun:
    now = clock.now()
    upload = receive_upload(file, name="人员.xlsx", by=by, now=now)
    run = services.begin_import(key="org.people", upload=upload, by=by, now=now)
    services.map_columns(run=run, mapping=run.columns, by=by, now=now)
    run_pending()
    run.refresh_from_db()
    assert run.stage == Stage.CHECKED, run.error
    assert not run.rows.filter(is_bad=True).exists(), run.rows.filter(is_bad=True).first().sentences
    return run


def _carry_out(run: ImportRun, by: Acting) -> None:
    services.confirm(run=run, all_or_nothing=False, version=run.version, by=by, now=clock.now())
    run_pending()
    run.refresh_from_db()
    assert run.stage == Stage.DONE, run.error


def peak() -> float:
    """Megabytes this process has held at most."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / 1024 if sys.platform.startswith("linux") else size / 2**20
