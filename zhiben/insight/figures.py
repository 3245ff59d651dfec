"""进展总览, the figures: how tasks stand, counted once, by whom they are done and by when they fall due. No database.

A task is in exactly one part, so the parts add up to the whole. What was withdrawn is no longer a task and is not
counted. The rules are the sentences beside the parts; the page prints them as they stand here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Generic, TypeVar

Key = TypeVar("Key")
Unit = TypeVar("Unit")

NOTHING_TO_DIVIDE = "—"
MOST_MONTHS = 60
"""Over a longer span quiet months are left out: one mistyped year must not print a thousand lines."""


@dataclass(frozen=True)
class Tally:
    """How many of some tasks are in each part; then four counts that cut across the parts."""

    completed: int = 0
    running: int = 0
    overdue: int = 0
    pending: int = 0
    submitted: int = 0
    returned: int = 0

    fallen_due: int = 0
    """Whose day has passed, in whatever part they are."""
    on_time: int = 0
    """Completed ones of these, handed in by their day."""
    accepted: int = 0
    fed_back: int = 0

    @property
    def total(self) -> int:
        return self.completed + self.running + self.overdue + self.pending + self.submitted + self.returned

    @property
    def completion(self) -> "Rate":
        """完成率"""
        return Rate(self.completed, self.total)

    @property
    def timeliness(self) -> "Rate":
        """按期办结率"""
        return Rate(self.on_time, self.fallen_due)

    def __add__(self, other: "Tally") -> "Tally":
        names = (field.name for field in fields(self))
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True)
class Rate:
    """Never without its two parts.

    >>> str(Rate(12, 38)), str(Rate(0, 5)), str(Rate(0, 0))
    ('31.6%', '0.0%', '—')
    """

    numerator: int
    denominator: int

    def __str__(self) -> str:
        if not self.denominator:
            return NOTHING_TO_DIVIDE
        percent = Decimal(100 * self.numerator) / self.denominator
        return f"{percent.quantize(Decimal('0.1'), ROUND_HALF_UP)}%"

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True)
class Group(Generic[Key]):
    """The tasks of one unit, or those due in one month."""

    key: Key
    tally: Tally


@dataclass(frozen=True)
class Overview(Generic[Unit]):
    whole: Tally
    units: tuple[Group[Unit], ...]
    months: tuple[Group[date], ...]
    """By the month of the deadline, its first day."""

    @property
    def nothing_accepted(self) -> tuple[Group[Unit], ...]:
        """Units with work and not one task accepted."""
        return tuple(group for group in self.units if not group.tally.accepted)

    @property
    def nothing_reported(self) -> tuple[Group[Unit], ...]:
        """Units that accepted work and never fed anything back (零反馈)."""
        return tuple(group for group in self.units if group.tally.accepted and not group.tally.fed_back)


SORTS: dict[str, tuple[str, Callable[[Tally], Rate]]] = {
    "completion": ("完成率", lambda tally: tally.completion),
    "timeliness": ("按期办结率", lambda tally: tally.timeliness),
}


def overview_of(by_unit: Sequence[tuple[Unit, Tally]], by_day: Mapping[date, Tally], sort: str) -> Overview[Unit]:
    """The whole picture. `by_unit` comes in administrative order and keeps it among equals; `sort` is a key of SORTS,
    with `-` from the highest; anything else leaves the order as it is. Both counts are of the same tasks."""
    whole = sum((tally for _, tally in by_unit), Tally())
    units = tuple(Group(unit, tally) for unit, tally in by_unit)
    return Overview(whole, _sorted(units, sort), _months(by_day))


def _sorted(units: tuple[Group[Unit], ...], sort: str) -> tuple[Group[Unit], ...]:
    if sort.removeprefix("-") not in SORTS:
        return units
    _, rate_of = SORTS[sort.removeprefix("-")]
    rated = [(rate_of(group.tally).value, group) for group in units]
    known = [(value, group) for value, group in rated if value is not None]
    unknown = [group for value, group in rated if value is None]
    known.sort(key=lambda pair: pair[0], reverse=sort.startswith("-"))
    return (*(group for _, group in known), *unknown)


def _months(by_day: Mapping[date, Tally]) -> tuple[Group[date], ...]:
    if not by_day:
        return ()
    every = list(_first_days(min(by_day), max(by_day)))
    tallies = dict.fromkeys(every, Tally())
    for day, tally in by_day.items():
        tallies[day.replace(day=1)] += tally
    return tuple(Group(first, tally) for first, tally in tallies.items() if tally.total or len(every) <= MOST_MONTHS)


def _first_days(first: date, last: date) -> Iterable[date]:
    for count in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield date(count // 12, count % 12 + 1, 1)
