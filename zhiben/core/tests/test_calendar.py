"""Chinese working days."""

from datetime import date

import pytest

from zhiben.core.calendar import (
    add_working_days,
    is_known,
    is_working_day,
    previous_working_day,
)

BEFORE_NATIONAL_DAY = date(2025, 9, 30)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 9, 26), True),
        (date(2025, 9, 27), False),
        (date(2025, 9, 28), True),
        (date(2025, 10, 1), False),
        (date(2025, 10, 8), False),
        (date(2025, 10, 9), True),
        (date(2025, 10, 11), True),
    ],
)
def test_the_weeks_around_national_day_2025(day, works):
    assert is_working_day(day) is works


def test_days_are_counted_over_holidays():
    assert add_working_days(BEFORE_NATIONAL_DAY, 1) == date(2025, 10, 9)
    assert add_working_days(BEFORE_NATIONAL_DAY, 3) == date(2025, 10, 11)
    assert add_working_days(date(2025, 10, 9), -1) == BEFORE_NATIONAL_DAY
    assert add_working_days(date(2025, 10, 5), 0) == date(2025, 10, 5)
    assert previous_working_day(date(2025, 10, 9)) == BEFORE_NATIONAL_DAY


def test_a_year_that_is_not_announced_has_weekends_only_and_says_so():
    assert is_known(2025)
    assert not is_known(2099)
    assert is_working_day(date(2099, 10, 1))
    assert not is_working_day(date(2099, 10, 3))
    assert add_working_days(date(2099, 10, 2), 1) == date(2099, 10, 5)
