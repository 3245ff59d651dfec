"""Periods of the calendar in which a duty recurs: 每日, 每周, 每月, 每季度, 每半年, 每年. Pure functions of days."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models

CHINESE_HALVES = {1: "上半年", 7: "下半年"}


class Cadence(models.TextChoices):
    DAY = "day", "每日"
    WEEK = "week", "每周"
    MONTH = "month", "每月"
    QUARTER = "quarter", "每季度"
    HALF_YEAR = "half-year", "每半年"
    YEAR = "year", "每年"


MONTHS_IN = {Cadence.MONTH: 1, Cadence.QUARTER: 3, Cadence.HALF_YEAR: 6, Cadence.YEAR: 12}


@dataclass(frozen=True)
class Period:
    """One span of the calendar, both days included."""

    cadence: Cadence
    start: date
    end: date

    @property
    def label(self) -> str:
        """
        >>> period_of(Cadence.QUARTER, date(2025, 8, 1)).label
        '2025年第3季度'
        """
        year, month = self.start.year, self.start.month
        match self.cadence:
            case Cadence.DAY:
                return f"{year}年{month}月{self.start.day}日"
            case Cadence.WEEK:
                return f"{year}年{month}月{self.start.day}日至{self.end.month}月{self.end.day}日"
            case Cadence.MONTH:
                return f"{year}年{month}月"
            case Cadence.QUARTER:
                return f"{year}年第{(month + 2) // 3}季度"
            case Cadence.HALF_YEAR:
                return f"{year}年{CHINESE_HALVES[month]}"
            case _:
                return f"{year}年"


def period_of(cadence: Cadence, day: date) -> Period:
    """The period in which `day` lies. A week runs from Monday to Sunday."""
    if cadence == Cadence.DAY:
        return Period(cadence, day, day)
    if cadence == Cadence.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(cadence, monday, monday + timedelta(days=6))
    length = MONTHS_IN[cadence]
    start = date(day.year, (day.month - 1) // length * length + 1, 1)
    return Period(cadence, start, _last_day_of(start.year, start.month + length - 1))


def periods(cadence: Cadence, first: date, last: date) -> Iterator[Period]:
    """Every period that touches `first`..`last`, in order."""
    period = period_of(cadence, first)
    while period.start <= last:
        yield period
        period = period_of(cadence, period.end + timedelta(days=1))


def due_within(period: Period, anchor: date | None) -> date:
    """The day by which the duty of a period is due: the place in it that `anchor` has in its own period
    (每年12月1日前: the first of December of each year), or the last day of the period without one.

    >>> due_within(period_of(Cadence.YEAR, date(2026, 3, 1)), date(2024, 12, 1))
    datetime.date(2026, 12, 1)
    """
    if anchor is None:
        return period.end
    own = period_of(period.cadence, anchor)
    if period.cadence in MONTHS_IN:
        months_in = (anchor.year - own.start.year) * 12 + anchor.month - own.start.month
        last = _last_day_of(period.start.year, period.start.month + months_in)
        return last if anchor.day >= last.day else last.replace(day=anchor.day)
    return period.start + (anchor - own.start)


def _last_day_of(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
