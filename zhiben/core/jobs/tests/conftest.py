from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from zhiben.core import clock
from zhiben.core.jobs import definitions
from zhiben.core.jobs.loop import stopping


class Clock:
    """The clock of a test: it moves only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Clock:
    watch = Clock()
    monkeypatch.setattr(clock, "now", lambda: watch.now)
    return watch


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Callable:
    """`@declare("name")`: a job known in this test only."""
    monkeypatch.setattr(definitions, "JOBS", dict(definitions.JOBS))
    for module in ("services", "queue", "running"):
        monkeypatch.setattr(f"zhiben.core.jobs.{module}.JOBS", definitions.JOBS)
    return definitions.job


@pytest.fixture
def asked_to_stop():
    yield stopping.set
    stopping.clear()
