"""When the reminders and escalations of a deadline fall."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from zhiben.core.access.actors import Actor
from zhiben.core.calendar import add_working_days, is_working_day, previous_working_day
from zhiben.core.clock import CHINA

from .table import Deadline, Span

OFFICE_OPENS = time(8, 30)


@dataclass(frozen=True)
class Moment:
    """Something to send at a moment: a reminder (no actor), or an escalation to an actor."""

    at: datetime
    span: Span
    to: Actor | None = None

    @property
    def is_escalation(self) -> bool:
        return self.to is not None


def overdue_from(due_on: date) -> datetime:
    """The first moment that is late: midnight, Beijing time, at the end of the day."""
    return datetime.combine(due_on + timedelta(days=1), time(), CHINA)


def moments(deadline: Deadline, due_on: date) -> Sequence[Moment]:
    """All that is to be sent for a deadline, in order. A reminder comes on a working day, never later than asked;
    an escalation comes on the morning after the day and its span have passed."""
    reminders = [Moment(_morning(_reminder_day(due_on, span)), span) for span in deadline.remind]
    escalations = [Moment(_morning(_late_day(due_on, span)), span, actor) for span, actor in deadline.escalate]
    return sorted((*reminders, *escalations), key=lambda moment: moment.at)


def first_unsent(schedule: Sequence[Moment], now: datetime) -> int:
    """Where a deadline set now begins: reminders whose time has passed are left out, escalations never are."""
    for index, moment in enumerate(schedule):
        if moment.is_escalation or moment.at > now:
            return index
    return len(schedule)


def _reminder_day(due_on: date, span: Span) -> date:
    day = add_working_days(due_on, -span.count) if span.working else due_on - timedelta(days=span.count)
    return day if is_working_day(day) else previous_working_day(day)


def _late_day(due_on: date, span: Span) -> date:
    day = add_working_days(due_on, span.count) if span.working else due_on + timedelta(days=span.count)
    return day + timedelta(days=1)


def _morning(day: date) -> datetime:
    return datetime.combine(day, OFFICE_OPENS, CHINA)
