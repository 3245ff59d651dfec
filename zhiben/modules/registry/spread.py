"""How the enterprises of a region spread over the classes, by the regions below it or by sector."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Substr

from zhiben.core.org.models import Region
from zhiben.core.org.paths import WIDTH, within
from zhiben.core.org.sectors import Sector

from .models.enterprises import EXISTING, Enterprise

CLASSES = (*"ABCD", "")
"""In the order of the columns; empty: in no class yet."""
DIRECT = "direct"
NO_SECTOR = "none"


@dataclass(frozen=True)
class Row:
    """`key`: what `among` understands. `region`: where the row goes on to the regions below."""

    key: str
    label: str
    counts: Counter[str]
    region: Region | None = None

    @property
    def cells(self) -> list[tuple[str, int]]:
        return [(each or "none", self.counts[each]) for each in CLASSES]

    @property
    def total(self) -> int:
        return self.counts.total()


def spread(*, enterprises: QuerySet[Enterprise], region: Region, by: str) -> list[Row]:
    """First all together, then a row for each region right below (`by`: "region") or each sector. One query for the
    figures, one for the names."""
    place = F("sector") if by == "sector" else Substr("region_path", 1, len(region.path) + WIDTH)
    counted = _existing_in(enterprises, region).order_by().annotate(place=place)
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for where, name, count in counted.values_list("place", "supervision_class").annotate(Count("pk")):
        found[where][name if name in CLASSES else ""] += count
    whole = Row("", "合计", sum(found.values(), Counter()), None)
    if by == "sector":
        labels = dict(Sector.choices)
        rows = [Row(key or NO_SECTOR, str(labels.get(key, key or "没有填写行业")), found[key]) for key in sorted(found)]
        return [whole, *rows]
    own = [Row(DIRECT, f"{region}直属", found.pop(region.path))] if region.path in found else []
    below = Region.objects.filter(path__in=found).order_by("path")
    return [whole, *own, *(Row(each.path, each.name, found[each.path], each) for each in below)]


def among(
    *, enterprises: QuerySet[Enterprise], region: Region, by: str, key: str, supervision_class: str
) -> QuerySet[Enterprise]:
    """The enterprises behind one number of the table; `key` and `supervision_class` empty: all."""
    rows = _existing_in(enterprises, region)
    if supervision_class in "ABCD" and supervision_class:
        rows = rows.filter(supervision_class=supervision_class)
    elif supervision_class:
        rows = rows.exclude(supervision_class__in="ABCD")
    if not key:
        return rows
    if by == "sector":
        return rows.filter(sector="" if key == NO_SECTOR else key)
    if key == DIRECT:
        return rows.filter(region_path=region.path)
    return rows.filter(within(key) if _is_path(key) else Q(pk__in=()))


def _is_path(key: str) -> bool:
    return key.isascii() and key.isalnum() and len(key) % WIDTH == 0


def _existing_in(enterprises: QuerySet[Enterprise], region: Region) -> QuerySet[Enterprise]:
    return enterprises.filter(within(region.path), status__in=EXISTING)
