"""Who supervises whom: first the matrix, then the department that has the sector, then the town (属地兜底).

Three answers in this order, each from the nearest region outwards: a line of the matrix; a department whose own
sectors name it; the town or park of the place. Where only the third answers, nobody has the trade: the page of gaps
lists it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from zhiben.core.batches import in_batches
from zhiben.core.org.models import Unit, UnitKind
from zhiben.core.org.paths import ancestors

from .models.supervision import SupervisionLine

Pair = tuple[str, str]
"""A sector and the path of a region."""

TERRITORY = (UnitKind.TOWN, UnitKind.PARK)
HAVE_SECTORS = (UnitKind.DEPARTMENT, UnitKind.PARTY, UnitKind.INSTITUTION, UnitKind.TOWN, UnitKind.PARK)
PATHS_A_QUERY = 5000


class Ground(Enum):
    """On what ground a unit supervises."""

    MATRIX = "按分工表"
    FUNCTION = "按部门职责"
    TERRITORY = "属地兜底"
    NOBODY = "无人监管"


@dataclass(frozen=True)
class Answer:
    ground: Ground
    unit: Unit | None = None
    line: SupervisionLine | None = None
    rivals: tuple[Unit, ...] = ()
    """Further departments of the same region that have the sector as well."""


class Supervision:
    """The matrix as it stands on a day, read once for any number of questions. Four queries for up to 5,000 regions."""

    def __init__(self, paths: Iterable[str], day: date) -> None:
        around = sorted({above for path in set(paths) for above in ancestors(path)})
        self._lines: dict[Pair, SupervisionLine] = {}
        self._by_function: dict[Pair, list[Unit]] = defaultdict(list)
        self._territory: dict[str, Unit] = {}
        for batch in in_batches(around, PATHS_A_QUERY):
            lines = SupervisionLine.objects.valid_on(day).filter(region_path__in=batch)
            for line in lines.select_related("unit", "region").order_by("valid_from", "pk"):
                self._lines[line.sector, line.region_path] = line
            units = Unit.objects.valid_on(day).filter(region_path__in=batch, kind__in=HAVE_SECTORS)
            for unit in units.order_by("pk"):
                if unit.kind in TERRITORY:
                    self._territory.setdefault(unit.region_path, unit)
                for sector in unit.sectors:
                    self._by_function[sector, unit.region_path].append(unit)

    def of(self, sector: str, region_path: str) -> Answer:
        nearest_first = ancestors(region_path)[::-1]
        if sector:
            for path in nearest_first:
                if line := self._lines.get((sector, path)):
                    return Answer(Ground.MATRIX, line.unit, line)
            for path in nearest_first:
                if units := self._by_function.get((sector, path)):
                    return Answer(Ground.FUNCTION, units[0], rivals=tuple(units[1:]))
        for path in nearest_first:
            if town := self._territory.get(path):
                return Answer(Ground.TERRITORY, town)
        return Answer(Ground.NOBODY)


def supervisor_of(*, sector: str, region_path: str, day: date) -> Unit | None:
    """The unit that supervises this sector at this place on that day; None where there is none, not even a town."""
    return Supervision([region_path], day).of(sector, region_path).unit


def supervisors_of(*, pairs: Iterable[Pair], day: date) -> Mapping[Pair, Unit | None]:
    """`supervisor_of` for a whole set of (sector, region path), in a constant number of queries."""
    wanted = set(pairs)
    matrix = Supervision((path for _, path in wanted), day)
    return {pair: matrix.of(*pair).unit for pair in wanted}
