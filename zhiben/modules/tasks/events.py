"""What happens to tasks and duties, for whoever gave rise to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from zhiben.core.access.acting import By, Machine
from zhiben.core.events.event import Event


def _person_of(by: By) -> int | None:
    return None if isinstance(by, Machine) else by.person.pk


@dataclass(frozen=True, kw_only=True)
class TaskEvent(Event):
    """What every event of a task carries, so that a listener need not read the task."""

    title: str
    origin_type: str
    origin_id: str
    responsible_unit_id: int
    supervising_unit_id: int | None
    due_on: date
    progress: int
    reason: str = ""

    @classmethod
    def of_step(cls, task: Any, *, by: By, now: datetime, data: Mapping[str, Any]) -> Self:
        return cls(
            record_type=task._meta.label_lower,
            record_id=str(task.pk),
            at=now,
            actor_id=_person_of(by),
            title=task.title,
            origin_type=task.origin_type,
            origin_id=task.origin_id,
            responsible_unit_id=task.responsible_unit_id,
            supervising_unit_id=task.supervising_unit_id,
            due_on=task.due_on,
            progress=task.progress,
            reason=str(data.get("reason", "")),
        )


class TaskDispatched(TaskEvent):
    label = "任务已交办"


class TaskAccepted(TaskEvent):
    label = "任务已接收"


class TaskReturned(TaskEvent):
    label = "任务被退回"


class TaskReassigned(TaskEvent):
    label = "任务已改派"


class TaskFedBack(TaskEvent):
    label = "任务有新进展"


class TaskExtended(TaskEvent):
    label = "任务已延期"


class TaskSubmitted(TaskEvent):
    label = "任务已报送办结"


class TaskSentBack(TaskEvent):
    label = "任务被退回补充"


class TaskCompleted(TaskEvent):
    label = "任务已办结"


class TaskWithdrawn(TaskEvent):
    label = "任务已撤回"


class TaskOverdue(TaskEvent):
    """The morning after its day, once."""

    label = "任务已逾期"


@dataclass(frozen=True, kw_only=True)
class OccurrenceEvent(Event):
    obligation_id: str
    title: str
    period_label: str
    origin_type: str
    origin_id: str
    responsible_unit_id: int | None
    due_on: date

    @classmethod
    def of_step(cls, occurrence: Any, *, by: By, now: datetime, data: Mapping[str, Any]) -> Self:
        return cls(
            record_type=occurrence._meta.label_lower,
            record_id=str(occurrence.pk),
            at=now,
            actor_id=_person_of(by),
            obligation_id=str(occurrence.obligation_id),
            title=occurrence.title,
            period_label=occurrence.period_label,
            origin_type=occurrence.obligation.origin_type,
            origin_id=occurrence.obligation.origin_id,
            responsible_unit_id=occurrence.responsible_unit_id,
            due_on=occurrence.due_on,
        )


class OccurrenceDone(OccurrenceEvent):
    label = "定期工作已完成"


class OccurrenceMissed(OccurrenceEvent):
    label = "定期工作逾期未完成"
