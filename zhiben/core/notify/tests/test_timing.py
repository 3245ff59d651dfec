"""When a message may leave: nights, weekends, holidays, the end of the year, years nobody knows yet."""

from datetime import datetime, time

import pytest

from zhiben.core.clock import CHINA
from zhiben.core.notify.kinds import Kind, Timing
from zhiben.core.notify.models import Habits
from zhiben.core.notify.timing import leaves_at, next_digest

USUAL = Habits()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("told", "kind", "leaves"),
    [
        ("2026-03-10T10:00", Kind.REMINDER, "2026-03-10T10:00"),
        ("2026-03-10T21:00", Kind.REMINDER, "2026-03-11T07:30"),
        ("2026-03-11T00:10", Kind.SYSTEM, "2026-03-11T07:30"),
        ("2026-03-11T07:30", Kind.REMINDER, "2026-03-11T07:30"),
        ("2026-03-13T22:00", Kind.NEWS, "2026-03-16T07:30"),  # a Friday night, then the weekend
        ("2026-03-13T22:00", Kind.OVERDUE, "2026-03-14T07:30"),  # urgent: the morning, though a Saturday
        ("2025-10-01T09:00", Kind.ARRIVAL, "2025-10-09T07:30"),  # 国庆 and 中秋
        ("2025-09-28T09:00", Kind.ARRIVAL, "2025-09-28T09:00"),  # a Sunday worked in exchange
        ("2025-12-31T23:59", Kind.ARRIVAL, "2026-01-04T07:30"),  # over the end of the year; 4 January is worked
        ("2049-01-02T09:00", Kind.ARRIVAL, "2049-01-04T07:30"),  # no notice known: weekends only
    ],
)
def test_at_once_means_when_one_may_be_disturbed(told, kind, leaves):
    assert leaves_at(Timing.AT_ONCE, kind, USUAL, at(told)) == at(leaves)


@pytest.mark.parametrize(
    ("told", "leaves"),
    [
        ("2026-03-10T07:59", "2026-03-10T08:00"),
        ("2026-03-10T08:00", "2026-03-11T08:00"),
        ("2026-03-13T12:00", "2026-03-16T08:00"),
        ("2025-12-31T23:59", "2026-01-04T08:00"),
        ("2025-09-30T23:59", "2025-10-09T08:00"),
    ],
)
def test_the_digest_comes_at_eight_on_working_days(told, leaves):
    assert next_digest(USUAL, at(told)) == at(leaves)


def test_ones_own_habits_hold():
    noon = Habits(quiet_from=time(12), quiet_to=time(14), digest_at=time(17), only_working_days=False)
    assert leaves_at(Timing.AT_ONCE, Kind.NEWS, noon, at("2026-03-14T12:30")) == at("2026-03-14T14:00")
    assert leaves_at(Timing.DIGEST, Kind.NEWS, noon, at("2026-03-14T12:30")) == at("2026-03-14T17:00")
    none = Habits(quiet_from=time(8), quiet_to=time(8))
    assert leaves_at(Timing.AT_ONCE, Kind.NEWS, none, at("2026-03-10T03:00")) == at("2026-03-10T03:00")
    let_through = Habits(overdue_breaks_quiet=True)
    assert leaves_at(Timing.AT_ONCE, Kind.OVERDUE, let_through, at("2026-03-14T03:00")) == at("2026-03-14T03:00")
    assert leaves_at(Timing.AT_ONCE, Kind.SYSTEM, let_through, at("2026-03-14T03:00")) == at("2026-03-14T07:30")
