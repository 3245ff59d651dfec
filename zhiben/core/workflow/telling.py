"""Tells people that something has come to them, and why. The sentence names the record and the step; the page behind
it says the rest. Nobody is told of what they did themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.directory import Directory
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
                            key=f"step:{workflow.record_type}:{record.pk}:{step.name}:{now.isoformat()}",
                        )
    tell_many(list(told.values()), now=now)


def drop_stale(workflow: Workflow, moved: Sequence[Record], *, now: datetime) -> None:
    """Records that left their state: unread calls to act on the old state ask for nothing any more."""
    if moved:
        unread = Notification.objects.filter(record_type=workflow.record_type).unread()
        unread.filter(record_id__in=[str(record.pk) for record in moved], key__regex="^(arrival|remind):").update(
            obsolete_at=now
        )


def step_label(workflow: Workflow, name: str) -> str:
    """The label of a work item's step; "审批延期" for a request that waits to be decided."""
    if name.endswith(":decide"):
        step = workflow.step(name.removesuffix(":decide"))
        return f"{step.approval.label if step.approval else ''}{step.label}"
    return workflow.step(name).label if name else ""


def _self(by: By) -> int | None:
    return by.person.pk if isinstance(by, Acting) else None
