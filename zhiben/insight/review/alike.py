"""Tasks that nothing has happened to since the month before: counted by the database in classes whose members the
measures cannot tell apart, and read one by one only when somebody opens the list behind a figure.

A class keeps of a day no more than on which side of the two periods' bounds it lies.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, reduce
from operator import or_
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BooleanField, Case, Count, DateTimeField, F, Func, Q, QuerySet, Value, When

from zhiben.modules.tasks.models import Duty, Task

from .measures import Standing
from .months import Period

NOBODY = UUID(int=0)
A_DAY = timedelta(days=1)


class _EndOfDay(Func):
    """The moment at which a day (a date column) is over in Beijing, which is eight hours ahead the year round."""

    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template="datetime(%(expressions)s, '+16 hours')", **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "((%(expressions)s + INTERVAL '16 hours') AT TIME ZONE 'UTC')"
        return self.as_sql(compiler, connection, template=template, **more)


class Kind(NamedTuple):
    """One class. Numbers name the interval between the bounds in which a day lies, from 0, the earliest."""

    unit: int
    programme: str
    sector: str
    status: str
    duty: str
    main: bool
    due: int
    dispatched: int
    completed: int
    in_time: bool


COLUMNS = (
    "responsible_unit", "programme_id", "sector", "status", "duty", "is_main", "due_class", "dispatched_class",
    "completed_class", "was_in_time",
)  # fmt: skip
"""Of a `Kind`, as `Classes.told` annotates them."""


@dataclass(frozen=True)
class Classes:
    """For a period and the one before it."""

    period: Period

    @cached_property
    def bounds(self) -> Sequence[date]:
        """Days with which another interval begins, for when work is due."""
        now, before = self.period, self.period.previous
        found = {each.month.first for each in (now, before)} | {each.day for each in (now, before)}
        return sorted(found | {each.horizon + A_DAY for each in (now, before)})

    def told(self, tasks: QuerySet[Task]) -> QuerySet[Task]:
        """The tasks, each with the columns of its class."""
        due = [When(due_on__lt=bound, then=Value(place)) for place, bound in enumerate(self.bounds)]
        is_done = Q(status="completed")
        return tasks.annotate(
            is_main=_yes(Q(parent=None)),
            due_class=Case(*due, default=Value(len(self.bounds))),
            dispatched_class=self._month("dispatched_at"),
            completed_class=self._month("completed_at", is_done),
            was_in_time=_yes(is_done & Q(submitted_at__lt=_EndOfDay(F("due_on")))),
        )

    def counted(self, tasks: QuerySet[Task]) -> dict[Kind, int]:
        rows = self.told(tasks).order_by().values_list(*COLUMNS).annotate(count=Count("pk"))
        return {Kind._make(kind): count for *kind, count in rows}

    def members(self, tasks: QuerySet[Task], kinds: Iterable[Kind]) -> Iterator[tuple[UUID, date, Kind]]:
        """Each task of these classes, in the order of its day."""
        wanted = {kind._replace(unit=0, programme="", sector="") for kind in kinds}
        if not wanted:
            return
        told = self.told(tasks).filter(reduce(or_, map(_is, wanted))).order_by("due_on", "pk")
        for key, due_on, *kind in told.values_list("pk", "due_on", *COLUMNS).iterator(chunk_size=1_000):
            yield key, due_on, Kind._make(kind)

    def standing(self, kind: Kind, period: Period, key: UUID = NOBODY, due_on: date | None = None) -> Standing | None:
        """A task of the class as it stood at the end of the period (one of the two); None: not yet dispatched.
        Without its key and its day, one that the measures take for any of the class."""
        is_now = period == self.period
        if not is_now and kind.dispatched == 2:
            return None
        due_on = due_on or (self.bounds[kind.due] - A_DAY if kind.due < len(self.bounds) else self.bounds[-1])
        completed_on = self._day(kind.completed) if kind.completed else None
        return Standing(
            key=key,
            status=kind.status,
            due_on=due_on,
            unit=kind.unit,
            main=kind.main,
            coordinating=kind.duty == Duty.COORDINATOR,
            programme=kind.programme,
            sector=kind.sector,
            dispatched_on=self._day(kind.dispatched),
            submitted_on=due_on if kind.in_time else None,
            completed_on=completed_on,
            extended=False,
            withdrawn=False,
            fed_back=False,
            ran_before=kind.status == "running" and kind.dispatched < (2 if is_now else 1),
            unsure=False,
        )

    def _month(self, moment: str, condition: Q | None = None) -> Case:
        """2 in the period's month, 1 in the one before, 0 earlier (or never)."""
        condition = condition or Q()
        starts = ((2, self.period.start), (1, self.period.previous.start))
        return Case(
            *(When(condition & Q(**{f"{moment}__gte": start}), then=Value(number)) for number, start in starts),
            default=Value(0),
        )

    def _day(self, month: int) -> date:
        now, before = self.period.month, self.period.previous.month
        return (before.first - A_DAY, before.first, now.first)[month]


def _yes(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _is(kind: Kind) -> Q:
    """But for unit, programme and sector."""
    return Q(**dict(zip(COLUMNS[3:], kind[3:], strict=True)))
