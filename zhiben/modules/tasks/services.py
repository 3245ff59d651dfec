"""The verbs of tasks and recurring duties. Steps that are nothing but steps are taken with `workflow.engine.fire`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from zhiben.core.access.acting import By
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine

from .dispatching import dispatch_task, dispatch_tasks
from .feedback import Figure, feed_back
from .milestones import next_milestone
from .models import CLOSED_STATUSES, Obligation, Task
from .obligations import (
    NewObligation,
    close_missed_occurrences,
    establish_obligation,
    establish_obligations,
    open_due_occurrences,
)
from .orders import Assignment, NewFrequency, NewIndicator, NewMilestone, Order, Origin, arrange

__all__ = [
    "Assignment", "Figure", "NewFrequency", "NewIndicator", "NewMilestone", "NewObligation", "Order", "Origin",
    "arrange", "close_missed_occurrences", "dispatch_task", "dispatch_tasks", "end_obligations",
    "establish_obligation", "establish_obligations", "feed_back", "open_due_occurrences", "revise_task",
    "withdraw_tasks",
]  # fmt: skip

REVISABLE = (
    "title",
    "content",
    "due_on",
    "limit_on",
    "sector",
    "origin_label",
    "programme_label",
    "number",
    "position",
)


@transaction.atomic
def revise_task(
    *,
    task: Task,
    by: By,
    now: datetime,
    reason: str,
    milestones: Sequence[NewMilestone] | None = None,
    **changes: Any,
) -> Task:
    """Bring a running task in line with what it comes from (a revised plan). Its history stays; what was reached
    stays reached. `changes` are fields of REVISABLE; `milestones`, when given, replace those not yet reached.

    Raises Refused for a task that is closed.
    """
    require(by, Permission.DISPATCH_TASKS)
    if unknown := set(changes) - set(REVISABLE):
        raise ValueError(f"a revision cannot change {sorted(unknown)}")
    task = Task.objects.select_for_update().get(pk=task.pk)
    if task.status in CLOSED_STATUSES:
        raise Refused(f"任务“{task}”{task.get_status_display()}，不能再修订")
    said = {}
    for name, value in changes.items():
        if (before := getattr(task, name)) != value:
            said[name] = {"from": _plain(before), "to": _plain(value)}
            setattr(task, name, value)
    if milestones is not None:
        said |= _replace_milestones(task, milestones, local_day(now))
    if not said:
        return task
    task.save(update_fields=[*changes, "next_milestone_on"])
    audit.append(
        record_type=task._meta.label_lower,
        record_id=str(task.pk),
        kind="edit",
        verb="revise",
        label="修订",
        by=by,
        now=now,
        data={"changed": said},
        reason=reason,
    )
    engine.refresh([task], now=now)
    return task


def withdraw_tasks(*, tasks: Sequence[Task], reason: str, by: By, now: datetime) -> list[engine.Result]:
    """Take back what is no longer to be done, with all sub-tasks; those refused are named in the results."""
    return engine.fire_many(tasks, "withdraw", by=by, now=now, reason=reason)


def end_obligations(*, obligations: Sequence[Obligation], reason: str, by: By, now: datetime) -> list[engine.Result]:
    """Duties that are no longer to be done; what is open of them lapses."""
    return engine.fire_many(obligations, "end", by=by, now=now, reason=reason)


def _replace_milestones(task: Task, wanted: Sequence[NewMilestone], today: date) -> dict[str, Any]:
    reached = {(row.due_on, row.text) for row in task.milestones.exclude(reached_on=None)}
    before = {(row.due_on, row.text) for row in task.milestones.filter(reached_on=None)}
    after = {(new.due_on, new.text[:500]) for new in wanted} - reached
    if before == after:
        return {}
    task.milestones.filter(reached_on=None).delete()
    task.milestones.bulk_create(
        [task.milestones.model(task=task, due_on=day, text=text) for day, text in sorted(after)]
    )
    task.next_milestone_on = next_milestone([day for day, _ in after], today, task.due_on)
    return {"milestones_due": {"from": _listed(before), "to": _listed(after)}}


def _listed(milestones: set[tuple[date, str]]) -> list[str]:
    return [f"{full_day(day)} {text}" for day, text in sorted(milestones)]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
