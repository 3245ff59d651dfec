"""Which milestone a running task is reminded of next (节点)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Min, Q

from zhiben.core.clock import local_day
from zhiben.core.workflow import engine

from .models import Task, TaskStatus

BATCH = 500
LET_IT_CLIMB = timedelta(days=2)
"""A missed milestone stays in front until the morning on which its leader has been told."""


def next_milestone(unreached: Sequence[date], today: date, due_on: date) -> date | None:
    """The day to be reminded of next; what is past already has had its reminders, and the task's own last day has
    reminders of its own.

    >>> next_milestone([date(2026, 3, 31), date(2026, 6, 30), date(2026, 12, 31)], date(2026, 4, 2), date(2026, 12, 31))
    datetime.date(2026, 6, 30)
    """
    return min((day for day in unreached if today <= day < due_on), default=None)


def turn_to_next_milestones(now: datetime) -> int:
    """Tasks whose milestone has been missed turn to the one after it; those without another keep the missed one
    before their leaders' eyes. Returns how many turned. Idempotent."""
    today = local_day(now)
    ahead = Q(milestones__reached_on=None, milestones__due_on__gte=today, milestones__due_on__lt=F("due_on"))
    behind = Task.objects.filter(status=TaskStatus.RUNNING, next_milestone_on__lte=today - LET_IT_CLIMB)
    turned = 0
    with transaction.atomic():
        rows = behind.annotate(turns_to=Min("milestones__due_on", filter=ahead)).exclude(turns_to=None).order_by("pk")
        for task in rows[:BATCH]:
            task.next_milestone_on = task.turns_to
            task.save(update_fields=["next_milestone_on"])
            engine.refresh([task], now=now)
            turned += 1
    return turned
