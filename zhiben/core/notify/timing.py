"""When a message may leave the house: quiet hours, working days, the hour of the digest. In Beijing time.

The rule in one place:
1. Quiet hours hold for every kind. Only escalations of what is overdue may break them, and only for a reader who said so.
2. On free days nothing leaves but what is urgent (escalations, the system's own), unless the reader wants all days.
3. A digest leaves at its hour, on working days only, unless the reader wants all days.

Years whose holidays are not yet published count weekends as free and nothing else (`zhiben.core.calendar`).
"""

from datetime import date, datetime, time, timedelta

from zhiben.core.calendar import is_working_day
from zhiben.core.clock import CHINA, local_day

from .kinds import URGENT, Kind, Timing
from .models import Habits

_DAY = timedelta(days=1)


def leaves_at(timing: Timing, kind: Kind, habits: Habits, now: datetime) -> datetime:
    """The moment, `now` or later, at which a message told at `now` goes out."""
    if timing == Timing.DIGEST:
        return next_digest(habits, now)
    if kind == Kind.OVERDUE and habits.overdue_breaks_quiet:
        return now
    moment = _after_quiet(habits, now)
    if kind in URGENT or not habits.only_working_days:
        return moment
    day = local_day(moment)
    return moment if is_working_day(day) else _at(_next_working_day(day), _first_hour(habits))


def next_digest(habits: Habits, now: datetime) -> datetime:
    """The first hour of digest after `now`."""
    day = local_day(now)
    if _at(day, habits.digest_at) <= now:
        day += _DAY
    if habits.only_working_days and not is_working_day(day):
        day = _next_working_day(day)
    return _at(day, habits.digest_at)


def _after_quiet(habits: Habits, now: datetime) -> datetime:
    clock, day = now.astimezone(CHINA).time(), local_day(now)
    begins, ends = habits.quiet_from, habits.quiet_to
    if begins < ends:
        return _at(day, ends) if begins <= clock < ends else now
    if begins > ends and clock >= begins:
        return _at(day + _DAY, ends)
    return _at(day, ends) if begins > ends and clock < ends else now


def _first_hour(habits: Habits) -> time:
    """When the day begins for this reader: the end of a night; for quiet hours within the day, its very start."""
    return habits.quiet_to if habits.quiet_from > habits.quiet_to else time(7, 30)


def _next_working_day(day: date) -> date:
    while True:
        day += _DAY
        if is_working_day(day):
            return day


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=CHINA)
