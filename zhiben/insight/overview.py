"""进展总览: how the plan stands, for the posts that oversee a region. Every figure opens the list behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from zhiben.core.access.permissions import Permission, may
from zhiben.core.access.scope import perspectives_of
from zhiben.core.clock import local_day
from zhiben.core.org.models import Unit
from zhiben.core.web.menu import MenuEntry
from zhiben.modules.tasks.models import Programme, Task
from zhiben.modules.tasks.programmes import offered_to

from .counting import BY_NAME, PARTS, TOTAL, Listed, Part, count
from .figures import SORTS, Group, Overview, Rate, Tally, overview_of

WIDEST_FIRST = ("region", "supervising", "responsible")
MOST_PROGRAMMES = 200
MOST_ROWS = 300
MOST_BARS = 40
MOST_NAMED = 30


@dataclass(frozen=True)
class Figure:
    """A number and the list of the tasks that it counts."""

    value: int
    part: Part
    address: str


@dataclass(frozen=True)
class ShownRate:
    rate: Rate
    numerator: Figure
    denominator: Figure


@dataclass(frozen=True)
class Row:
    """One line of a table: one bar of the chart above it."""

    label: str
    tally: Tally
    listed: Listed

    def figure(self, name: str) -> Figure:
        return Figure(getattr(self.tally, name), BY_NAME[name], self.listed.address(BY_NAME[name]))

    @property
    def total(self) -> Figure:
        return self.figure(TOTAL.name)

    @property
    def parts(self) -> list[Figure]:
        return [self.figure(part.name) for part in PARTS]

    @property
    def overdue(self) -> Figure:
        return self.figure("overdue")

    @property
    def completion(self) -> ShownRate:
        return ShownRate(self.tally.completion, self.figure("completed"), self.total)

    @property
    def timeliness(self) -> ShownRate:
        return ShownRate(self.tally.timeliness, self.figure("on_time"), self.figure("fallen_due"))

    @property
    def rates(self) -> list[ShownRate]:
        return [self.completion, self.timeliness]


class Reading:
    """One reading of the page's address by one post."""

    def __init__(self, request: HttpRequest) -> None:
        if request.acting is None or not may(request.acting, Permission.OVERSEE_REGION):
            raise Http404
        self.acting, self.params, self.today = request.acting, request.GET, local_day(request.now)

    # ---- which tasks

    @cached_property
    def views(self) -> dict[str, tuple[str, Q]]:
        offered = {each.name: (each.label, rows) for each, rows in perspectives_of(Task, self.acting)}
        return {name: offered[name] for name in WIDEST_FIRST if name in offered}

    @cached_property
    def perspective(self) -> str:
        """The one asked for; else the widest that has anything to show."""
        asked = self.params.get("as", "")
        if asked in self.views:
            return asked
        found = (name for name, (_, rows) in self.views.items() if Task.objects.filter(rows).exists())
        return next(found, next(iter(self.views)))

    @cached_property
    def programmes(self) -> list[Programme]:
        return list(offered_to(self.acting)[:MOST_PROGRAMMES])

    @cached_property
    def programme(self) -> Programme | None:
        return next((each for each in self.programmes if each.key == self.params.get("programme")), None)

    @property
    def with_shares(self) -> bool:
        """Whether the tasks below the main ones are counted too: the shares of those who take part."""
        return self.params.get("shares") == "1"

    @property
    def sort(self) -> str:
        asked = self.params.get("sort", "")
        return asked if asked.removeprefix("-") in SORTS else ""

    @property
    def tasks(self) -> QuerySet:
        rows = Task.objects.filter(self.views[self.perspective][1])
        if self.programme:
            rows = rows.filter(programme_id=self.programme.key)
        return rows if self.with_shares else rows.filter(parent=None)

    @property
    def listed(self) -> Listed:
        """The same tasks, in the address of the list of tasks."""
        fixed = {"as": self.perspective}
        if self.programme:
            fixed["programme"] = self.programme.key
        if not self.with_shares:
            fixed["main"] = "1"
        return Listed(self.today, fixed)

    # ---- what is said of them

    @cached_property
    def overview(self) -> Overview[Unit]:
        counted = count(self.tasks, "responsible_unit", self.today)
        units = Unit.objects.filter(pk__in=counted)  # its own order is the administrative one
        by_unit = [(unit, counted[unit.pk]) for unit in units]
        return overview_of(by_unit, count(self.tasks, "due_on", self.today), self.sort)

    @property
    def whole(self) -> Row:
        return Row("合计", self.overview.whole, self.listed)

    @cached_property
    def units(self) -> list[Row]:
        return self.rows_of(self.overview.units[:MOST_ROWS])

    @cached_property
    def months(self) -> list[Row]:
        return [
            Row(f"{group.key:%Y-%m}", group.tally, self.listed.narrowed(first=group.key, last=_last_day(group.key)))
            for group in self.overview.months
        ]

    @property
    def silent(self) -> list[tuple[str, int, list[Row]]]:
        """Units that must be named: why, how many, and as many of them as fit."""
        named = (
            ("一项也没有接收的单位", self.overview.nothing_accepted),
            ("已接收任务、从未反馈进展的单位（零反馈）", self.overview.nothing_reported),
        )
        return [(why, len(groups), self.rows_of(groups[:MOST_NAMED])) for why, groups in named if groups]

    def rows_of(self, groups: Sequence[Group[Unit]]) -> list[Row]:
        return [Row(str(each.key), each.tally, self.listed.narrowed(unit=str(each.key.pk))) for each in groups]

    @property
    def heads(self) -> list[dict[str, str]]:
        """The heads of the rates: the first click brings the highest up, the second the lowest."""
        said = {f"-{name}": "descending" for name in SORTS} | dict.fromkeys(SORTS, "ascending")
        return [
            {
                "label": label,
                "sort": name if self.sort == f"-{name}" else f"-{name}",
                "sorted": said[self.sort] if self.sort.removeprefix("-") == name else "",
            }
            for name, (label, _) in SORTS.items()
        ]


def page(request: HttpRequest) -> HttpResponse:
    reading = Reading(request)
    context = {
        "reading": reading,
        "parts": PARTS,
        "query": request.GET.urlencode(),
        "views": [(name, label) for name, (label, _) in reading.views.items()],
        "view": reading.views[reading.perspective][0],
        "unit_count": len(reading.overview.units),
        "most_rows": MOST_ROWS,
        "most_bars": MOST_BARS,
    }
    return render(request, "insight/overview.html", context)


def chart(request: HttpRequest, which: str) -> JsonResponse:
    reading = Reading(request)
    match which:
        case "units":
            return JsonResponse(_stack(reading.units[:MOST_BARS], across=True))
        case "months":
            return JsonResponse(_stack(reading.months, across=False))
    raise Http404


def _stack(rows: list[Row], *, across: bool) -> dict[str, Any]:
    """As `charts.ts` reads it."""
    series = [
        {
            "name": part.word,
            "tone": part.tone,
            "values": [row.figure(part.name).value for row in rows],
            "links": [row.figure(part.name).address for row in rows],
        }
        for part in PARTS
    ]
    return {
        "kind": "stack",
        "across": across,
        "unit": "项",
        "categories": [row.label for row in rows],
        "series": series,
    }


def _last_day(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


menu = (MenuEntry("进展总览", "overview", icon="chart-bar", permission=Permission.OVERSEE_REGION),)
