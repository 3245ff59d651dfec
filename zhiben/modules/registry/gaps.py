"""What nobody supervises and what two units claim (监管盲区和职责交叉), counted from the enterprises that are there."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.db.models.functions import Substr

from zhiben.core.org.models import Region, RegionLevel, Unit
from zhiben.core.org.paths import WIDTH, ancestors, within
from zhiben.core.org.sectors import Sector

from .models.enterprises import EXISTING, Enterprise
from .models.supervision import Stance, SupervisionClaim, SupervisionDispute
from .supervision import Answer, Ground, Supervision

UNDIVIDED = (Ground.TERRITORY, Ground.NOBODY)
"""Where nobody has the trade: the town is all there is, or not even that."""


@dataclass(frozen=True)
class Square:
    """A cell of the grid as it stands: who supervises, on what ground, over how many enterprises."""

    sector: str
    region: Region
    answer: Answer
    count: int
    above: Answer | None = None
    """What holds for the whole region of which this is a part."""
    has_parts: bool = False

    @property
    def is_as_above(self) -> bool:
        return self.above is not None and (self.answer.ground, self.answer.unit) == (self.above.ground, self.above.unit)

    @property
    def word(self) -> str:
        """Over a county nobody's means no department's: its towns still look after the enterprises."""
        nobody = self.answer.ground is Ground.NOBODY
        return "没有部门分管" if nobody and self.has_parts else str(self.answer.ground.value)

    @property
    def tone(self) -> str:
        return TONES[self.answer.ground]


TONES = {Ground.MATRIX: "green", Ground.FUNCTION: "blue", Ground.TERRITORY: "orange", Ground.NOBODY: "red"}


@dataclass(frozen=True)
class Overlap:
    """A cell that several units have, claim, or push away; `said` are sentences."""

    sector: str
    region: Region
    said: tuple[str, ...]
    dispute: SupervisionDispute | None

    @property
    def sector_label(self) -> str:
        return str(Sector(self.sector).label)


def grid(region: Region, day: date) -> tuple[list[Region], list[tuple[str, list[Square]]]]:
    """The matrix over a region and the regions right below it: the columns, and a row for each sector."""
    below = Region.objects.valid_on(day).filter(parent=region).order_by("path")
    columns = [region, *below]
    matrix = Supervision((column.path for column in columns), day)
    whole, parts = _counts(region, len(region.path)), _counts(region, len(region.path) + WIDTH)
    rows = []
    for sector, label in Sector.choices:
        above = matrix.of(sector, region.path)
        squares = [Square(sector, region, above, whole.get((sector, region.path), 0), has_parts=bool(below))]
        squares += [
            Square(sector, part, matrix.of(sector, part.path), parts.get((sector, part.path), 0), above)
            for part in below
        ]
        rows.append((str(label), squares))
    return columns, rows


def gaps(region: Region, day: date) -> list[Square]:
    """Sector by place where enterprises are and no department supervises; the most enterprises first. An enterprise
    without a sector is such a gap as well: nobody can tell whose it is."""
    towns = {
        each.path: each for each in Region.objects.filter(within(region.path, "path"), level__lte=RegionLevel.TOWN)
    }
    found: dict[tuple[str, str], int] = defaultdict(int)
    for (sector, path), count in _counts(region, None).items():
        town = next((above for above in reversed(ancestors(path)) if above in towns), region.path)
        found[sector, town] += count
    matrix = Supervision((path for _, path in found), day)
    squares = [
        Square(sector, towns.get(path, region), matrix.of(sector, path), count)
        for (sector, path), count in found.items()
    ]
    return sorted(
        (each for each in squares if each.answer.ground in UNDIVIDED),
        key=lambda each: (-each.count, each.sector, each.region.path),
    )


def overlaps(region: Region, day: date) -> list[Overlap]:
    """Cells in this region that two units have by their functions, that somebody else claims, or whose unit says it is
    not its own."""
    running = SupervisionClaim.objects.filter(within(region.path), ended_at=None)
    claims = list(running.select_related("unit", "region").order_by("pk"))
    rivals = _rivals(region, day)
    cells = {(each.sector, each.region_path): each.region for each in claims} | {
        key: place for key, (place, _) in rivals.items()
    }
    matrix = Supervision((path for _, path in cells), day)
    disputes = {
        (each.sector, each.region_path): each
        for each in SupervisionDispute.objects.filter(
            within(region.path), status__in=("opened", "argued")
        ).select_related("region")
    }
    found = []
    for (sector, path), place in sorted(cells.items(), key=lambda item: (item[0][1], item[0][0])):
        answer = matrix.of(sector, path)
        own = [each for each in claims if (each.sector, each.region_path) == (sector, path)]
        said = tuple(_said(answer, own, rivals.get((sector, path), (place, []))[1]))
        if said:
            found.append(Overlap(sector, place, said, disputes.get((sector, path))))
    return found


def _said(answer: Answer, claims: list[SupervisionClaim], rivals: list[Unit]) -> list[str]:
    said = []
    if answer.ground is not Ground.MATRIX and len(rivals) > 1:
        said.append(f"{'、'.join(map(str, rivals))}的职责都含这个行业，目前按{answer.unit}监管")
    for claim in claims:
        is_its_own = claim.unit_id == (answer.unit.pk if answer.unit else None)
        if claim.stance == Stance.CLAIM and not is_its_own:
            now = f"目前由{answer.unit}监管" if answer.unit else "目前无人监管"
            said.append(f"{claim.unit}认领，{now}：{claim.reason}")
        elif claim.stance == Stance.DISCLAIM and is_its_own:
            said.append(f"{claim.unit}现为监管单位，否认职责：{claim.reason}")
    return said


def _rivals(region: Region, day: date) -> Mapping[tuple[str, str], tuple[Region, list[Unit]]]:
    """Departments of one region that have the same sector."""
    found: dict[tuple[str, str], tuple[Region, list[Unit]]] = {}
    units = Unit.objects.valid_on(day).filter(within(region.path)).exclude(sectors=[]).exclude(kind="enterprise")
    for unit in units.select_related("region").order_by("pk"):
        for sector in unit.sectors:
            if sector in Sector.values:
                found.setdefault((sector, unit.region_path), (unit.region, []))[1].append(unit)
    return {key: value for key, value in found.items() if len(value[1]) > 1}


def _counts(region: Region, length: int | None) -> dict[tuple[str, str], int]:
    """Enterprises that are there by sector and by the first `length` characters of their place."""
    rows = Enterprise.objects.filter(within(region.path), status__in=EXISTING)
    rows = (
        rows.annotate(place=Substr("region_path", 1, length))
        if length
        else rows.annotate(place=Substr("region_path", 1))
    )
    counted = rows.order_by().values_list("sector", "place").annotate(count=Count("pk"))
    return {(sector, place): count for sector, place, count in counted}
