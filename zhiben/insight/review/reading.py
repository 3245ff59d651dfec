"""One reading of the review's address by one post: whose work, which month, which programme; and what follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Min, Q
from django.http import Http404, HttpRequest, QueryDict

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.access.scope import perspectives_of
from zhiben.core.calendar import add_working_days
from zhiben.core.clock import local_day
from zhiben.core.org.models import Region, Unit
from zhiben.modules.tasks.models import Programme, Task
from zhiben.modules.tasks.programmes import offered_to

from .areas import Group, groups_of, paths_below, unit_key
from .figures import Counts, Figures, by_rate
from .ledgers import Ledgers, Reach
from .measures import Standing
from .months import Month, Period
from .remembering import remembered
from .wording import Telling

WIDEST_FIRST = ("region", "supervising", "responsible")
MOST_PROGRAMMES = 200
MOST_LISTED = 200
"""Of the tasks in an annex; the page opens all of them."""
DAYS_TO_MAKE_UP = 10
"""Working days that the paper gives for what is overdue, unless the office sets another day."""


@dataclass(frozen=True)
class Asked:
    """What an address asks for, as plain text: kept with a job and with the head of a paper."""

    month: str = ""
    perspective: str = ""
    programme: str = ""
    main_only: bool = False
    sort: str = ""

    @classmethod
    def of(cls, params: QueryDict) -> "Asked":
        return cls(
            month=params.get("month", ""),
            perspective=params.get("as", ""),
            programme=params.get("programme", ""),
            main_only=params.get("tasks") == "main",
            sort="rate" if params.get("sort") == "rate" else "",
        )

    @property
    def params(self) -> dict[str, str]:
        said = {
            "month": self.month,
            "as": self.perspective,
            "programme": self.programme,
            "tasks": "main" if self.main_only else "",
            "sort": self.sort,
        }
        return {name: value for name, value in said.items() if value}


class Review:
    """Everything that the page, the list behind a figure and the paper say. Raises Http404 for who may not see it."""

    def __init__(self, acting: Acting | None, asked: Asked, now: datetime) -> None:
        if acting is None or not may(acting, Permission.OVERSEE_REGION):
            raise Http404
        self.acting, self.asked, self.moment, self.today = acting, asked, now, local_day(now)

    @classmethod
    def of(cls, request: HttpRequest) -> "Review":
        return cls(request.acting, Asked.of(request.GET), request.now)

    # ── whose work

    @cached_property
    def views(self) -> dict[str, tuple[str, Q]]:
        offered = {each.name: (each.label, rows) for each, rows in perspectives_of(Task, self.acting)}
        return {name: offered[name] for name in WIDEST_FIRST if name in offered}

    @cached_property
    def perspective(self) -> str:
        """The one asked for; else the widest that has anything to show."""
        if self.asked.perspective in self.views:
            return self.asked.perspective
        found = (name for name, (_, rows) in self.views.items() if Task.objects.filter(rows).exists())
        return next(found, next(iter(self.views)))

    @property
    def scope(self) -> str:
        """澄溪县; 县应急管理局交办的; in front of 任务."""
        unit = self.acting.unit
        match self.perspective:
            case "region":
                return str(unit.region)
            case "supervising":
                return f"{unit.name}交办的"
        return f"{unit.name}承办的"

    @cached_property
    def programmes(self) -> list[Programme]:
        return list(offered_to(self.acting)[:MOST_PROGRAMMES])

    @cached_property
    def programme(self) -> Programme | None:
        return next((each for each in self.programmes if each.key == self.asked.programme), None)

    @cached_property
    def reach(self) -> Reach:
        key = self.programme.key if self.programme else ""
        return Reach(self.views[self.perspective][1], key, self.asked.main_only)

    # ── which month

    @cached_property
    def months(self) -> list[Month]:
        """Those with data, the latest first."""
        began = Task.objects.filter(self.reach.of_tasks(self.reach.condition)).aggregate(first=Min("dispatched_at"))
        if began["first"] is None:
            return []
        first, month = Month.of(local_day(began["first"])), Month.of(self.today)
        found = []
        while month >= first:
            found.append(month)
            month = month.previous
        return found

    @cached_property
    def month(self) -> Month:
        """The one asked for, if it has data; else the last that is over; in the first month, the running one."""
        asked = Month.parse(self.asked.month)
        if asked in self.months:
            return asked
        return self.months[1] if len(self.months) > 1 else Month.of(self.today)

    @cached_property
    def period(self) -> Period:
        return Period.of(self.month, self.moment)

    @property
    def address_params(self) -> dict[str, str]:
        """This review and no other, whatever is the widest view tomorrow."""
        return {**self.asked.params, "month": self.month.key, "as": self.perspective}

    # ── figures

    @cached_property
    def ledgers(self) -> Ledgers:
        return remembered(self.reach, self.period)

    @cached_property
    def figures(self) -> Figures:
        return self.ledgers.figures

    @cached_property
    def before(self) -> Figures | None:
        """Last month's, made in the same way; None where there was nothing yet."""
        return self.ledgers.figures_before

    # ── names

    @cached_property
    def units(self) -> list[Unit]:
        """The units counted now or last month, in administrative order."""
        keys = set(self.figures.units) | set(self.before.units if self.before else ())
        return list(Unit.objects.filter(pk__in=keys))

    @cached_property
    def groups(self) -> list[Group]:
        if self.perspective != "region":
            return groups_of(self.units, None, {})
        region = self.acting.unit.region
        paths = paths_below(self.units, region)
        return groups_of(self.units, region, dict(Region.objects.filter(path__in=paths).values_list("path", "name")))

    @cached_property
    def lines(self) -> list[tuple[Group, Counts, Counts | None]]:
        """The groups with something to count, with their counts now and last month."""
        found = []
        for group in self.groups:
            counts = group.counts(self.figures.units)
            if counts["total"]:
                found.append((group, counts, group.counts(self.before.units) if self.before else None))
        if self.asked.sort != "rate":
            return found
        order = by_rate(range(len(found)), {place: counts for place, (_, counts, _) in enumerate(found)})
        return [found[place] for place in order]

    def units_of(self, key: str) -> frozenset[int] | None:
        """The units that a key in an address stands for; None: no such line."""
        singles = {unit_key(unit.pk): frozenset({unit.pk}) for unit in self.units}
        return ({group.key: group.units for group in self.groups} | singles).get(key)

    @cached_property
    def overdue(self) -> list[Standing]:
        return self._listed("overdue")

    @cached_property
    def upcoming(self) -> list[Standing]:
        return self._listed("due_next")

    def _listed(self, measure: str) -> list[Standing]:
        return self.ledgers.now.counted_by(measure, most=MOST_LISTED) if self.figures.whole[measure] else []

    @cached_property
    def task_names(self) -> Mapping[UUID, str]:
        keys = {task.key for task in (*self.overdue, *self.upcoming)}
        return dict(Task.objects.filter(pk__in=keys).values_list("pk", "title"))

    @cached_property
    def unit_names(self) -> Mapping[int, str]:
        """Within a region below, with its name: every town has an office of the same short name."""
        below = {pk: group.label for group in self.groups if group.key.startswith("r") for pk in group.units}
        return {unit.pk: _placed(str(unit), below.get(unit.pk, "")) for unit in self.units}

    def telling(self, demand_by: date | None = None) -> Telling:
        return Telling(
            now=self.figures,
            before=self.before,
            scope=self.scope,
            programme=self.programme.label if self.programme else "",
            unit_names=self.unit_names,
            task_names=self.task_names,
            demand_by=demand_by or add_working_days(self.today, DAYS_TO_MAKE_UP),
        )

    # ── the records behind one figure

    def records(
        self, measure: str, *, first: int = 0, most: int | None = None, unit: str = "", programme: str | None = None,
        sector: str | None = None,
    ) -> tuple[int, Sequence[Any]]:  # fmt: skip
        """How many there are, and `most` of them from the place `first`. Raises Http404 for a unit of no line."""
        units = self.units_of(unit) if unit else None
        if unit and units is None:
            raise Http404

        def within(record: Any) -> bool:
            return (
                (units is None or record.unit in units)
                and (programme is None or record.programme == programme)
                and (sector is None or record.sector == sector)
            )

        ledger = self.ledgers.now
        return ledger.count_of(measure, within), ledger.counted_by(measure, within, first=first, most=most)


def _placed(name: str, region: str) -> str:
    """
    >>> _placed("镇应急办", "栖云镇"), _placed("桃溪村", "栖云镇"), _placed("栖云镇人民政府", "栖云镇"), _placed("县公安局", "")
    ('栖云镇应急办', '栖云镇桃溪村', '栖云镇人民政府', '县公安局')
    """
    return name if name.startswith(region) else f"{region}{name.removeprefix(region[-1:])}"
