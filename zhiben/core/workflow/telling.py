"""Tells people that something has come to them, and why. The sentence names the record and the step; the page behind
it says the rest. Nobody is told of what they did themselves."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.directory import Directory
from zhiben.core.access.scope import Confidentiality
from zhiben.core.notify.kinds import Kind
from zhiben.core.notify.models import Notification
from zhiben.core.notify.services import Message, tell_many

from .table import Record, Step, Workflow
from .waiting import Arrival


def tell_arrivals(
    workflow: Workflow,
    arrivals: Sequence[Arrival],
    *,
    by: By,
    now: datetime,
    directory: Directory,
    step: Step | None = None,
) -> None:
    """Tell whoever sits where a record has just come to wait."""
    told: dict[tuple[int, str], Message] = {}
    for arrival in arrivals:
        wanted = step_label(workflow, arrival.step)
        for person in directory.people(arrival.seat):
            if person.pk != _self(by):
                told.setdefault(
                    (person.pk, str(arrival.record.pk)),
                    Message(
                        people=(person.pk,),
                        title=f"待{wanted}：{arrival.record}" if wanted else f"请督办：{arrival.record}",
                        body=f"{by}{step.label if step else '交来'}，请您{wanted or '督促办理'}。",
                        record_type=workflow.record_type,
                        record_id=str(arrival.record.pk),
                        reason="该事项在您的待办中",
                        kind=Kind.ARRIVAL,
                        due_on=nearest_due_on(workflow, arrival.record),
                        is_discreet=is_discreet(arrival.record),
                        key=f"arrival:{workflow.record_type}:{arrival.record.pk}:{arrival.step}:{now.isoformat()}",
                    ),
                )
    tell_many(list(told.values()), now=now)


def tell_others(
    workflow: Workflow,
    step: Step,
    taken: Sequence[tuple[Record, str, Mapping[str, Any]]],
    *,
    by: By,
    now: datetime,
    directory: Directory,
) -> None:
    """Tell those whom the step names besides the next in line."""
    told: dict[tuple[int, str], Message] = {}
    for record, _, cleaned in taken:
        for actor in step.tells:
            for seat in actor.seats(record, directory):
                for person in directory.people(seat):
                    if person.pk != _self(by):
                        reason = cleaned.get("reason")
                        told[person.pk, str(record.pk)] = Message(
                            people=(person.pk,),
                            title=f"已{step.label}：{record}",
                            body=f"{by}已{step.label}" + (f"，理由：{reason}" if reason else "") + "。",
                            record_type=workflow.record_type,
                            record_id=str(record.pk),
                            reason=f"您是{actor.label}",
                            kind=Kind.NEWS,
                            is_discreet=is_discreet(record),
                            key=f"step:{workflow.record_type}:{record.pk}:{step.name}:{now.isoformat()}",
                        )
    tell_many(list(told.values()), now=now)


def drop_stale(workflow: Workflow, moved: Sequence[Record], *, now: datetime) -> None:
    """Records that left their state: unread calls to act on the old state ask for nothing any more, nor does the news
    that one is overdue whose state now knows no deadline."""
    if moved:
        on_time = [record for record in moved if not any(workflow.deadlines_in(getattr(record, workflow.field_name)))]
        calls = Q(record_id__in=[str(record.pk) for record in moved], key__regex="^(arrival|remind):")
        lateness = Q(record_id__in=[str(record.pk) for record in on_time], key__startswith="late:")
        unread = Notification.objects.filter(record_type=workflow.record_type).unread()
        unread.filter(calls | lateness).update(obsolete_at=now)


def nearest_due_on(workflow: Workflow, record: Record) -> date | None:
    deadlines = workflow.deadlines_in(getattr(record, workflow.field_name))
    return min((day for deadline in deadlines if (day := workflow.due_on(record, deadline))), default=None)


def is_discreet(record: Record) -> bool:
    """Whether even its title stays within the application."""
    return bool(getattr(record, "confidentiality", Confidentiality.ORDINARY) != Confidentiality.ORDINARY)


def step_label(workflow: Workflow, name: str) -> str:
    """The label of a work item's step; "审批延期" for a request that waits to be decided."""
    if name.endswith(":decide"):
        step = workflow.step(name.removesuffix(":decide"))
        return f"{step.approval.label if step.approval else ''}{step.label}"
    if not name:
        return ""
    step = workflow.step(name)
    return step.awaited_as or step.label


def _self(by: By) -> int | None:
    return by.person.pk if isinstance(by, Acting) else None
