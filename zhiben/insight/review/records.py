"""The records behind one figure of a review: how each stood then, and how it stands now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from zhiben.core.calendar import full_day
from zhiben.core.org.models import Unit
from zhiben.modules.tasks.models import ObligationOccurrence, OccurrenceStatus, Task, TaskStatus
from zhiben.modules.tasks.standing import Standing as IndicatorStanding

from .measures import Measure, Standing
from .months import Period
from .reading import Review

A_PAGE = 200
GONE = "已不在本岗位的查看范围"


@dataclass(frozen=True)
class Shown:
    """One line of the list. `address` is empty where this post may not open the record now."""

    name: str
    address: str
    unit: str
    due: str
    then: str
    now: str
    detail: str = ""


def shown(review: Review, measure: Measure, records: Sequence[Any]) -> list[Shown]:
    """In a number of queries that does not depend on how many records there are."""
    if measure.of == "turns":
        return _turns(review, records)
    keys = {record.key if measure.of == "tasks" else record.task for record in records}
    tasks = {task.pk: task for task in Task.objects.filter(pk__in=keys).select_related("responsible_unit")}
    visible = set(Task.objects.visible_to(review.acting).filter(pk__in=keys).values_list("pk", flat=True))
    units = _names(records)
    found = []
    for record in records:
        task = tasks[record.key if measure.of == "tasks" else record.task]
        opens = task.pk in visible
        found.append(
            Shown(
                name=task.title,
                address=task.get_absolute_url() if opens else "",
                unit=units.get(record.unit, ""),
                due=full_day(record.due_on) if hasattr(record, "due_on") else "",
                then=_then(record, review.period),
                now=_now(task, record, review) if opens else GONE,
                detail=getattr(record, "text", "") or getattr(record, "sentence", ""),
            )
        )
    return found


def _then(record: Any, period: Period) -> str:
    if isinstance(record, Standing):
        word = str(TaskStatus(record.status).label)
        late = record.status in ("running", "pending") and record.due_on < period.day
        return f"{word}，逾期 {(period.day - record.due_on).days} 天" if late else word
    if hasattr(record, "reached_on"):
        return f"{full_day(record.reached_on)}完成" if record.reached_on else "未完成"
    return str(IndicatorStanding(record.standing).label)


def _now(task: Task, record: Any, review: Review) -> str:
    """The state, and what else is different from then."""
    said = [str(task.get_status_display())]
    if task.is_overdue(review.today):
        said.append(f"逾期 {(review.today - task.due_on).days} 天")
    if isinstance(record, Standing):
        if task.due_on != record.due_on:
            said.append(f"期限改为{full_day(task.due_on)}")
        if task.responsible_unit_id != record.unit:
            said.append(f"改由{task.responsible_unit}承办")
    return "，".join(said)


def _turns(review: Review, records: Sequence[Any]) -> list[Shown]:
    rows = ObligationOccurrence.objects.visible_to(review.acting).in_bulk([record.key for record in records])
    units = _names(records)
    return [
        Shown(
            name=record.title,
            address=reverse("occurrences:detail", args=[record.key]) if record.key in rows else "",
            unit=units.get(record.unit, ""),
            due=full_day(record.due_on),
            then=_turn_then(record),
            now=str(rows[record.key].get_status_display()) if record.key in rows else GONE,
        )
        for record in records
    ]


def _turn_then(record: Any) -> str:
    if record.status == "done":
        return f"{full_day(record.done_on)}完成" if record.done_on else "已完成"
    return str(OccurrenceStatus.MISSED.label)


def _names(records: Sequence[Any]) -> Mapping[int, str]:
    keys = {record.unit for record in records}
    return {unit.pk: str(unit) for unit in Unit.objects.filter(pk__in=keys)}
