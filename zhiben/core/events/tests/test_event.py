"""An event goes into the outbox and comes out the same."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import pytest
from django.db import models

from zhiben.core.audit.canonical import to_json
from zhiben.core.events.models import OutboxEvent
from zhiben.core.events.services import Event, announce_many

from .conftest import NOW, TaskCompleted, completed


class Grade(models.TextChoices):
    RED = "red", "红"


class Side(Enum):
    LEFT = 1


@dataclass(frozen=True, kw_only=True)
class EverythingHappened(Event):
    on: date
    moments: list[datetime]
    share: Decimal
    uuid: UUID | None
    grade: Grade
    side: Side
    names: frozenset[str]
    data: dict[str, int]
    added_later: str = "没有"


def test_every_kind_of_field_survives_the_outbox():
    import json

    event = EverythingHappened(
        record_type="t", record_id="1", at=NOW, actor_id=3, on=date(2026, 3, 1),
        moments=[datetime(2026, 3, 1, 8, tzinfo=UTC)], share=Decimal("0.50"), uuid=UUID(int=5), grade=Grade.RED,
        side=Side.LEFT, names=frozenset({"乙", "甲"}), data={"条": 2},
    )  # fmt: skip
    assert EverythingHappened.from_data(json.loads(to_json(event.to_data()))) == event


@pytest.mark.django_db
def test_many_are_kept_as_they_would_be_one_by_one():
    events = [
        completed("1", title="“一”\n"),
        Event(record_type="t", record_id="2", at=NOW),
        completed("3", units=(1, 2)),
    ]
    announce_many(events)
    kept = OutboxEvent.objects.values_list("name", "record_id", "data")
    assert list(kept) == [(each.name, each.record_id, each.to_data()) for each in events]


def test_an_event_written_by_an_older_program_is_still_read():
    data = completed(title="整治").to_data()
    del data["units"]
    data["a_field_dropped_since"] = 1
    assert TaskCompleted.from_data(data) == completed(title="整治")


def test_an_event_is_named_by_its_module_and_class():
    assert completed().name == "conftest.TaskCompleted"


def test_two_events_cannot_share_a_name():
    namespace = {"__module__": "zhiben.modules.one.events", "__qualname__": "Told"}
    type("Told", (Event,), dict(namespace))
    type("Told", (Event,), dict(namespace))
    with pytest.raises(TypeError, match="two events"):
        type("Told", (Event,), {**namespace, "__module__": "other.one.events"})
