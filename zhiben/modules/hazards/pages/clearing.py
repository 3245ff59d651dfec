"""动态清零: the figures of each unit or region as bars, every figure a link to its list; what they mean stands below."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from zhiben.core.org.models import Region, Unit
from zhiben.core.org.paths import WIDTH, within
from zhiben.core.web.pages.at import At
from zhiben.modules.hazards.clearing import Counts, Part, counts_by, folded, since_of
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.policy import policy_of

from .records import HazardPages

BAR = 192
"""Pixels across."""
WIDEST_FIRST = ("region", "supervising", "responsible")
BY = (("unit", "按监管单位"), ("region", "按区域"))


@dataclass(frozen=True)
class Figure:
    word: str
    value: int
    address: str
    is_late: bool = False


@dataclass(frozen=True)
class Row:
    label: str
    counts: Counts
    query: dict[str, str]

    @property
    def figures(self) -> list[Figure]:
        """One for each part, in their order."""
        return [self._figure(part) for part in Part]

    def _figure(self, part: Part) -> Figure:
        value = int(getattr(self.counts, part))
        address = f"{reverse('hazards:list')}?{urlencode({**self.query, 'clearing': part.value})}"
        return Figure(part.word, value, address if value else "", part == Part.OVERDUE)

    @property
    def bar(self) -> list[tuple[str, float, float]]:
        """(class, x, width) of closed, open in time, overdue."""
        parts, x = [], 0.0
        for name, part in (("bar-closed", Part.CLOSED), ("bar-open", Part.IN_TIME), ("bar-late", Part.OVERDUE)):
            width = BAR * self.counts.share(part) / 100
            parts.append((name, round(x, 1), round(width, 1)))
            x += width
        return parts

    @property
    def bar_said(self) -> str:
        counts = self.counts
        return f"共 {counts.all} 条，已清零 {counts.closed}，未逾期 {counts.in_time}，逾期未改 {counts.overdue}"


def show(request: HttpRequest) -> HttpResponse:
    pages = HazardPages()
    if not pages.may_read(request.acting):
        raise Http404
    at = At(request.acting, request.now)
    views = {each.name: (each.label, rows) for each, rows in pages.perspectives(at.acting)}
    asked = request.GET.get("as", "")
    chosen = asked if asked in views else next((name for name in WIDEST_FIRST if name in views), "")
    if not chosen:
        raise Http404
    since = since_of(request.GET.get("since", "")) or policy_of(at.acting.unit.region_path).clearance_from
    by = "region" if request.GET.get("by") == "region" else "unit"
    rows = pages.base().filter(views[chosen][1])
    table = (_by_region if by == "region" else _by_unit)(rows, at, chosen, since)
    whole = Row("合计", sum((row.counts for row in table), Counts()), _query(chosen, since))
    context = {
        "rows": table,
        "whole": whole,
        "since": since,
        "by": by,
        "ways": BY,
        "views": [(name, label) for name, (label, _) in views.items()],
        "perspective": chosen,
        "today": at.today,
        "width": BAR,
        "parts": list(Part),
    }
    return render(request, "hazards/clearing.html", context)


def _by_unit(rows: QuerySet[Hazard], at: At, perspective: str, since: date) -> list[Row]:
    found = counts_by(rows, "supervising_unit", since=since, today=at.today)
    units = Unit.objects.in_bulk([key for key in found if isinstance(key, int)])
    named = [(units[key], counts) for key, counts in found.items() if isinstance(key, int)]
    named.sort(key=lambda each: (-each[1].overdue, -each[1].open, str(each[0])))
    return [
        Row(str(unit), counts, {**_query(perspective, since), "supervising": str(unit.pk)}) for unit, counts in named
    ]


def _by_region(rows: QuerySet[Hazard], at: At, perspective: str, since: date) -> list[Row]:
    """One level below the post's own region, and what lies in the region itself."""
    here = at.acting.unit.region_path
    found = counts_by(rows, "region_path", since=since, today=at.today)
    regions = {region.path: region for region in Region.objects.filter(within(here, "path"))}
    below = [path for path in regions if len(path) == len(here) + WIDTH]
    gathered = folded(found, [*below, here])
    table = []
    for path, counts in gathered.items():
        own = path == here
        query = {**_query(perspective, since), "own_region" if own else "region": str(regions[path].pk)}
        table.append(Row(f"{regions[path]}{'本级' if own and below else ''}", counts, query))
    beyond = sum((c for path, c in found.items() if not str(path).startswith(here)), Counts())
    if beyond.all:
        table.append(Row("辖区以外", beyond, _query(perspective, since) | {"beyond_region": "1"}))
    return sorted(table, key=lambda row: (-row.counts.overdue, -row.counts.open, row.label))


def _query(perspective: str, since: date) -> dict[str, str]:
    return {"as": perspective, "since": since.isoformat()}
