from datetime import date, datetime, timedelta

import pytest

from zhiben.core.access.actors import Holder
from zhiben.core.clock import CHINA
from zhiben.core.org.roles import Role
from zhiben.core.workflow.schedule import first_unsent, moments, overdue_from
from zhiben.core.workflow.table import Deadline, days, working_days

LEADER = Holder(Role.UNIT_LEADER)


def deadline(*, remind=(), escalate=()):
    return Deadline("due", "办结期限", ("doing",), due="due_on", remind=remind, escalate=escalate)


def days_of(schedule):
    return [moment.at.astimezone(CHINA).date() for moment in schedule]


def test_a_day_is_in_time_until_midnight_in_beijing():
    assert overdue_from(date(2026, 3, 31)) == datetime(2026, 4, 1, tzinfo=CHINA)


def test_a_reminder_that_falls_on_a_weekend_comes_on_the_working_day_before():
    # 2026-03-17 is a Tuesday, three days before it a Saturday
    assert days_of(moments(deadline(remind=(days(3),)), date(2026, 3, 17))) == [date(2026, 3, 13)]


def test_working_days_skip_the_national_holiday():
    # 2025-10-01 to 10-08 are holidays; 09-28 is a Sunday worked
    assert days_of(moments(deadline(remind=(working_days(2),)), date(2025, 10, 9))) == [date(2025, 9, 29)]


def test_escalation_waits_for_the_morning_after():
    schedule = moments(deadline(escalate=((days(0), LEADER), (days(7), LEADER))), date(2026, 3, 31))
    assert days_of(schedule) == [date(2026, 4, 1), date(2026, 4, 8)]
    assert all(moment.at.hour == 8 for moment in schedule)


def test_a_deadline_set_late_skips_reminders_but_never_an_escalation():
    schedule = moments(deadline(remind=(days(30), days(1)), escalate=((days(0), LEADER),)), date(2026, 3, 31))
    assert first_unsent(schedule, datetime(2026, 3, 10, tzinfo=CHINA)) == 1
    assert first_unsent(schedule, datetime(2026, 5, 1, tzinfo=CHINA)) == 2


@pytest.mark.parametrize("due_on", [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 366, 17)])
def test_moments_come_in_order_and_reminders_never_after_the_day(due_on):
    schedule = moments(deadline(remind=(days(7), days(1)), escalate=((days(0), LEADER),)), due_on)
    assert [m.at for m in schedule] == sorted(m.at for m in schedule)
    assert all(m.at < overdue_from(due_on) for m in schedule if not m.is_escalation)
