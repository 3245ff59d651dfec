"""动态清零: how many major hazards there were before a day, how many came since, how many of both are closed.

The parts add up, row by row: stock + increment = closed + open, and open = in time + overdue.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from enum import StrEnum

from django.db.models import Count, Q, QuerySet

from zhiben.core.clock import CHINA

from .models import OPEN_STATUSES, UNDER_RECTIFICATION, HazardLevel, HazardStatus

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)


class Part(StrEnum):
    ALL = "all"
    STOCK = "stock"
    INCREMENT = "increment"
    CLOSED = "closed"
    OPEN = "open"
    IN_TIME = "in_time"
    OVERDUE = "overdue"

    @property
    def word(self) -> str:
        return _WORDS[self]


_WORDS = {
    Part.ALL: "存量和增量",
    Part.STOCK: "存量",
    Part.INCREMENT: "增量",
    Part.CLOSED: "已清零",
    Part.OPEN: "未销号",
    Part.IN_TIME: "未逾期",
    Part.OVERDUE: "逾期未改",
}


@dataclass(frozen=True)
class Counts:
    all: int = 0
    stock: int = 0
    increment: int = 0
    closed: int = 0
    open: int = 0
    in_time: int = 0
    overdue: int = 0

    @property
    def word(self) -> str:
        """清零: nothing open; 动态清零: what is open is within its day; 未清零: something is overdue."""
        if self.overdue:
            return "未清零"
        return "动态清零" if self.open else "清零"

    def share(self, part: Part) -> float:
        """Per cent of the whole, for the bar."""
        return 100 * int(getattr(self, part)) / self.all if self.all else 0.0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Counts)))


def since_of(text: str) -> date | None:
    """The day from which is counted, as it stands in an address; None for what is no day of this century."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


def condition(part: Part, since: date, today: date) -> Q:
    """The rows of a part, among the major hazards that count at all (`within`)."""
    overdue = Q(status__in=UNDER_RECTIFICATION, rectify_by__lt=today)
    in_time = ~Q(status__in=UNDER_RECTIFICATION) | Q(rectify_by=None) | Q(rectify_by__gte=today)
    is_open = Q(status__in=OPEN_STATUSES)
    return {
        Part.ALL: Q(),
        Part.STOCK: Q(found_on__lt=since),
        Part.INCREMENT: Q(found_on__gte=since),
        Part.CLOSED: Q(status=HazardStatus.CLOSED),
        Part.OPEN: is_open,
        Part.IN_TIME: is_open & in_time,
        Part.OVERDUE: overdue,
    }[part]


def within(rows: QuerySet, since: date) -> QuerySet:
    """Major hazards found since the day, or still open on it; not what was withdrawn or recorded twice."""
    begins = datetime.combine(since, time(), CHINA)
    was_there = Q(found_on__gte=since) | Q(status__in=OPEN_STATUSES) | Q(closed_at__gte=begins)
    counted = (*OPEN_STATUSES, HazardStatus.CLOSED)
    return rows.filter(was_there, level=HazardLevel.MAJOR, status__in=counted)


def counts_by(rows: QuerySet, group: str, *, since: date, today: date) -> dict[object, Counts]:
    """The parts for each value of a column (`supervising_unit`, `region_path`). One query."""
    asked = {part.value: Count("pk", filter=condition(part, since, today) or None) for part in Part}
    found = within(rows, since).order_by().values(group).annotate(**asked)
    return {row.pop(group): Counts(**row) for row in found}


def folded(by_path: Mapping[object, Counts], paths: Iterable[str]) -> dict[str, Counts]:
    """Counts of paths gathered under the nearest of `paths` above each; what is under none is left out."""
    into = sorted(paths, key=len, reverse=True)
    gathered: dict[str, Counts] = defaultdict(Counts)
    for path, counts in by_path.items():
        if home := next((each for each in into if str(path).startswith(each)), None):
            gathered[home] += counts
    return dict(gathered)
