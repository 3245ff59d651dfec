"""Chinese working days: weekends, national holidays and the weekends worked in exchange (国务院办公厅 yearly notice).

The notice for a year comes out in the autumn before it. For years the library does not know yet, only weekends
count as free; `is_known` lets a page say so.
"""

from datetime import date, timedelta
from functools import cache, lru_cache

import chinese_calendar

_DAY = timedelta(days=1)


def full_day(value: date) -> str:
    """
    >>> full_day(date(2026, 3, 5))
    '2026年3月5日'
    """
    return f"{value.year}年{value.month}月{value.day}日"


@cache
def is_known(year: int) -> bool:
    """Whether the official holidays of that year are known."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=8192)
def is_working_day(day: date) -> bool:
    """
    >>> is_working_day(date(2025, 10, 1)), is_working_day(date(2025, 9, 28))
    (False, True)
    """
    return chinese_calendar.is_workday(day) if is_known(day.year) else day.weekday() < 5


def add_working_days(day: date, count: int) -> date:
    """The day `count` working days after (before, if negative); that of the count itself is always a working day.

    >>> add_working_days(date(2025, 9, 30), 1)
    datetime.date(2025, 10, 9)
    """
    step = _DAY if count > 0 else -_DAY
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(day)
    return day


def previous_working_day(day: date) -> date:
    """The nearest working day before."""
    return add_working_days(day, -1)
