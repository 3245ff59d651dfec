from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from zhiben.core.events import event as event_module
from zhiben.core.events import handlers
from zhiben.core.events.services import Event

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class TaskCompleted(Event):
    """An event of a module, as a module would declare it."""

    title: str = ""
    completed_on: date | None = None
    units: tuple[int, ...] = ()


@pytest.fixture(autouse=True)
def only_the_handlers_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "LATER", {})
    monkeypatch.setattr(handlers, "ON", {})
    monkeypatch.setattr("zhiben.core.events.services.LATER", handlers.LATER)
    monkeypatch.setattr("zhiben.core.events.services.ON", handlers.ON)
    monkeypatch.setattr(event_module, "EVENT_TYPES", dict(event_module.EVENT_TYPES))
    monkeypatch.setattr("zhiben.core.events.delivery.EVENT_TYPES", event_module.EVENT_TYPES)


def completed(record_id: str = "1", **given) -> TaskCompleted:
    return TaskCompleted(record_type="tasks.task", record_id=record_id, at=NOW, **given)
