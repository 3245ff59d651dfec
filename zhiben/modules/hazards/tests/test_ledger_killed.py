"""The worker that brings in a ledger is killed with SIGKILL at row 700 of 1,000; another one goes on. So it is with two
hands, of which the second one ends with its worker; and where it is killed itself, the first one goes on alone."""

import random
import signal
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Count

from zhiben.conftest import assembled_cast
from zhiben.core.audit.models import AuditLine
from zhiben.core.audit.verification import verify
from zhiben.core.exchange import services
from zhiben.core.exchange.models import ImportRun, Stage
from zhiben.core.exchange.summary import counts_of
from zhiben.core.exchange.tests.conftest import book_of
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.jobs.tests.test_worker import PATIENCE, WorkerHouse
from zhiben.core.notify.models import Notification
from zhiben.core.search.index import found
from zhiben.core.search.models import SearchEntry
from zhiben.core.workflow.models import OpenDeadline, WorkItem
from zhiben.modules.hazards.models import Hazard, HazardLink, HazardNumber

pytestmark = pytest.mark.django_db(transaction=True)
ROWS, OFTEN = 1000, 100
RECORD = "hazards.hazard"


class LedgerHouse(WorkerHouse):
    program = "zhiben.modules.hazards.tests.ledger_process"

    def count(self, table: str) -> int:
        return self.ask_database(f"SELECT count(*) FROM {table}")[0][0]

    def fetch_back(self) -> None:
        """What the workers have done is there for the test, too."""
        if connection.vendor == "sqlite":
            with sqlite3.connect(self.file) as copy:
                copy.backup(connection.connection)
            copy.close()


@pytest.fixture
def cast(transactional_db):
    return assembled_cast()


@pytest.fixture
def house(tmp_path, settings):
    folder = tmp_path / "var"
    folder.mkdir(exist_ok=True)
    settings.ZHIBEN_FILES_ROOT = folder / "files"
    house = LedgerHouse(folder)
    yield house
    house.stop()


def ledger(name):
    """A thousand rows that say different things of different places, but for every hundredth: the same gate again."""
    dice = random.Random(7)
    heads = ["被检查单位", "检查日期", "隐患部位", "存在问题", "整改期限"]
    rows = [
        [name, datetime(2026, 3, 2), f"{dice.randbytes(6).hex()} 间", f"护栏缺失 {dice.randbytes(12).hex()}", ""]
        for _ in range(ROWS)
    ]
    for number in range(0, ROWS, OFTEN):
        rows[number][2:4] = "东门", f"地磅边缘塌陷 2 处{'！' * (number // OFTEN)}"
    return book_of([heads, *rows]), rows


def is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("hands", [1, 2])
def test_every_row_is_there_once_with_all_that_belongs_to_it(house, cast, plant, now, hands):
    house.environment["ZHIBEN_SECOND_HAND"] = str(hands - 1)
    content, rows = ledger(plant.name)
    by = {"by": cast.town, "now": now}
    run = services.begin_import(key="hazards.hazards", upload=receive_upload(content, name="台账.xlsx", **by), **by)
    run = services.map_columns(run=run, mapping=run.columns, **by)
    run_pending()
    run.refresh_from_db()
    services.confirm(run=run, all_or_nothing=False, **by)
    house.share()

    assert house.start().wait(PATIENCE) == -signal.SIGKILL, (house.folder / "log").read_text()[-4000:]
    whole = house.count("hazards_hazard")
    assert whole == 600, "three chunks of five, and nothing of the fourth"
    assert house.ask_database("SELECT sum(new) FROM exchange_importchunk") == [(whole,)]
    assert house.ask_database(f"SELECT count(*) FROM audit_auditline WHERE record_type = '{RECORD}'") == [(whole,)]
    assert not house.count("notify_notification")

    if hands == 2:
        second = (house.folder / "hand").read_text()
        house.wait_until(lambda: not is_alive(second))
        assert (house.folder / "prepared").read_text() == "||||"

    house.start()
    house.wait_until(lambda: house.ask_database("SELECT stage FROM exchange_importrun") == [(Stage.DONE,)])
    house.stop()
    house.fetch_back()
    assert counts_of(ImportRun.objects.get()).has_happened == "已新增 1000 条，更新 0 条。"
    hazards = list(Hazard.objects.order_by("number").values_list("number", "place", "description"))
    assert [(place, what) for _, place, what in hazards] == [(each[2], each[3]) for each in rows]
    numbers = [int(number[-6:]) for number, *_ in hazards]
    assert numbers == list(range(1, ROWS + 1)), "what was rolled back leaves no gap"
    assert HazardNumber.objects.get().last == ROWS
    lines = AuditLine.objects.filter(record_type=RECORD)
    assert (lines.count(), set(lines.values_list("seq", flat=True))) == (ROWS, {1})
    assert set(lines.values_list("record_id", flat=True)) == {
        str(pk) for pk in Hazard.objects.values_list("pk", flat=True)
    }
    assert verify().findings == []
    for kept in (WorkItem, OpenDeadline, SearchEntry):
        each = kept.objects.filter(record_type=RECORD).values("record_id").annotate(n=Count("pk"))
        assert len(each) == ROWS, kept
        assert len({row["n"] for row in each}) == 1, kept
    for number in (1, 599, 601, 699, 999):
        assert len(found(Hazard, rows[number][3], most=10)) == 1
    assert HazardLink.objects.count() == 0 + 1 + 2 + 3 + 4 + 5 * 5, (
        "each with the five latest before it, across the gap"
    )
    told = list(Notification.objects.filter(key=f"import:{run.pk}").values_list("person", "title"))
    desk = cast.bureau_officer.person.pk, cast.bureau_leader.person.pk
    assert sorted(told) == [(person, f"台账导入后有 {ROWS} 条隐患待您办理") for person in sorted(desk)]
