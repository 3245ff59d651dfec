"""The month that is reviewed, and the moment up to which the ledger is read. No database, no clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Self

from zhiben.core.calendar import full_day
from zhiben.core.clock import CHINA, local_day


@dataclass(frozen=True, order=True)
class Month:
    """A month of the calendar, by its first day."""

    first: date

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day.replace(day=1))

    @classmethod
    def parse(cls, text: str) -> "Month | None":
        """
        >>> Month.parse("2026-03"), Month.parse("rubbish")
        (Month(first=datetime.date(2026, 3, 1)), None)
        """
        try:
            return cls(date.fromisoformat(f"{text}-01"))
        except ValueError:
            return None

    @property
    def next(self) -> "Month":
        return Month.of(self.first + timedelta(days=31))

    @property
    def previous(self) -> "Month":
        return Month.of(self.first - timedelta(days=1))

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def key(self) -> str:
        return f"{self.first:%Y-%m}"

    def __str__(self) -> str:
        return f"{self.first.year}年{self.first.month}月"


@dataclass(frozen=True)
class Period:
    """A month as far as it has gone. What was done at `cut` or later is not part of it."""

    month: Month
    cut: datetime
    day: date
    """The first day that is not over: what is due on it or later is not yet overdue."""

    @classmethod
    def of(cls, month: Month, now: datetime) -> Self:
        """The whole month; of the month that still runs, what there is of it up to now.

        >>> from datetime import UTC
        >>> Period.of(Month(date(2026, 3, 1)), datetime(2026, 4, 5, tzinfo=UTC)).cut.isoformat()
        '2026-04-01T00:00:00+08:00'
        """
        end = month.next.first
        if local_day(now) < end:
            return cls(month, now, local_day(now))
        return cls(month, datetime.combine(end, time(), tzinfo=CHINA), end)

    @property
    def is_over(self) -> bool:
        return self.day == self.month.next.first

    @property
    def previous(self) -> "Period":
        """The month before, whole."""
        return Period.of(self.month.previous, self.start)

    @cached_property
    def start(self) -> datetime:
        return datetime.combine(self.month.first, time(), tzinfo=CHINA)

    @cached_property
    def horizon(self) -> date:
        """The last day of what is asked for next: the month after."""
        return self.month.next.last

    @property
    def until(self) -> str:
        """3月31日24时 / 今天（2026年3月10日）"""
        if self.is_over:
            return f"{full_day(self.month.last)}24时"
        return f"今天（{full_day(self.day)}）"
