from datetime import date
from itertools import pairwise

import pytest

from zhiben.modules.tasks.cadence import Cadence, due_within, period_of, periods


@pytest.mark.parametrize(
    ("cadence", "start", "end", "label"),
    [
        (Cadence.DAY, date(2025, 8, 20), date(2025, 8, 20), "2025年8月20日"),
        (Cadence.WEEK, date(2025, 8, 18), date(2025, 8, 24), "2025年8月18日至8月24日"),
        (Cadence.MONTH, date(2025, 8, 1), date(2025, 8, 31), "2025年8月"),
        (Cadence.QUARTER, date(2025, 7, 1), date(2025, 9, 30), "2025年第3季度"),
        (Cadence.HALF_YEAR, date(2025, 7, 1), date(2025, 12, 31), "2025年下半年"),
        (Cadence.YEAR, date(2025, 1, 1), date(2025, 12, 31), "2025年"),
    ],
)
def test_a_day_lies_in_its_period(cadence, start, end, label):
    period = period_of(cadence, date(2025, 8, 20))
    assert (period.start, period.end, period.label) == (start, end, label)


@pytest.mark.parametrize("cadence", list(Cadence))
def test_periods_follow_one_another_without_gap(cadence):
    found = list(periods(cadence, date(2024, 2, 10), date(2026, 3, 1)))
    assert found[0].start <= date(2024, 2, 10) <= found[0].end
    assert found[-1].start <= date(2026, 3, 1) <= found[-1].end
    assert all((after.start - before.end).days == 1 for before, after in pairwise(found))


@pytest.mark.parametrize(
    ("cadence", "anchor", "due"),
    [
        (Cadence.YEAR, date(2024, 12, 1), date(2025, 12, 1)),  # 每年12月1日前
        (Cadence.QUARTER, date(2024, 3, 25), date(2025, 9, 25)),  # 每季度末月25日前
        (Cadence.HALF_YEAR, date(2024, 6, 30), date(2025, 12, 30)),
        (Cadence.MONTH, date(2024, 1, 31), date(2025, 8, 31)),
        (Cadence.WEEK, date(2024, 1, 5), date(2025, 8, 22)),  # a Friday
        (Cadence.DAY, date(2024, 1, 5), date(2025, 8, 20)),
        (Cadence.QUARTER, None, date(2025, 9, 30)),
    ],
)
def test_the_due_day_has_the_same_place_in_every_period(cadence, anchor, due):
    assert due_within(period_of(cadence, date(2025, 8, 20)), anchor) == due


def test_the_thirty_first_falls_on_the_last_day_of_a_short_month():
    assert due_within(period_of(Cadence.MONTH, date(2025, 2, 1)), date(2024, 1, 31)) == date(2025, 2, 28)
