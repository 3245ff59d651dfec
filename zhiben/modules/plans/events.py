"""What this module tells the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from zhiben.core.access.acting import By
from zhiben.core.events.event import Event

from .models import PlanVersion


@dataclass(frozen=True, kw_only=True)
class PlanRead(Event):
    """A document has become a draft and waits to be checked."""

    label = "方案已读入"


@dataclass(frozen=True, kw_only=True)
class PlanPublished(Event):
    """A version is in force and its tasks are on their way."""

    label = "方案已发布"

    plan_id: int
    number: int

    @classmethod
    def of_step(cls, record: PlanVersion, *, by: By, now: datetime, data: Mapping[str, Any]) -> Self:
        base = Event.of_step(record, by=by, now=now, data=data)
        return cls(
            record_type=base.record_type, record_id=base.record_id, at=base.at, actor_id=base.actor_id,
            plan_id=record.plan_id, number=record.number,
        )  # fmt: skip
