"""The worker is killed with SIGKILL in the middle of an import: nothing is lost, nothing doubles."""

import signal
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from zhiben.conftest import Cast
from zhiben.core.exchange import services
from zhiben.core.exchange.models import ImportRun
from zhiben.core.jobs.running import run_pending
from zhiben.core.jobs.tests.test_worker import PATIENCE, WorkerHouse

from .conftest import HEADS

pytestmark = pytest.mark.django_db(transaction=True)


class ImportHouse(WorkerHouse):
    program = "zhiben.core.exchange.tests.worker_process"

    def titles(self, beginning: str) -> int:
        return self.ask_database(f"SELECT count(*) FROM errands_errand WHERE title LIKE '{beginning}%'")[0][0]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ImportHouse]:
    house = ImportHouse(tmp_path)
    yield house
    house.stop()


def test_killed_in_the_middle_each_run_goes_on_at_the_exact_chunk(
    house: ImportHouse, cast: Cast, now: datetime, checked: Callable[..., ImportRun]
) -> None:
    good, every = (
        checked([HEADS, *[[f"{name}{n}", "", "柳溪镇"] for n in range(2, 2502)]]) for name in ("逐批", "全部")
    )
    run_pending()
    for run in (good, every):
        run.refresh_from_db()
        services.confirm(run=run, all_or_nothing=run == every, by=cast.office, now=now)
    house.share()
    assert house.start().wait(PATIENCE) == -signal.SIGKILL
    assert house.titles("逐批") in (0, 1000), "whole chunks, and each with its mark"
    assert house.titles("逐批") == (house.ask_database("SELECT sum(new) FROM exchange_importchunk")[0][0] or 0)
    assert house.start().wait(PATIENCE) == -signal.SIGKILL
    assert house.titles("全部") == 0, "all or nothing"
    house.start()
    house.wait_until(lambda: house.ask_database("SELECT stage FROM exchange_importrun") == [("done",), ("done",)])
    assert house.ask_database("SELECT count(*), count(DISTINCT title) FROM errands_errand") == [(5000, 5000)]
    assert house.ask_database("SELECT sum(new) FROM exchange_importchunk") == [(5000,)]
    lines = "SELECT count(*) FROM audit_auditline WHERE record_type = 'exchange.importrun'"
    assert house.ask_database(lines) == [(2,)]
