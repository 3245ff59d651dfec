"""Which unit supervises a hazard, and which one may close it. Written for sets: a constant number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from zhiben.core.org.models import Region, RegionLevel, Unit, UnitKind
from zhiben.core.org.paths import ancestors
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.supervision import TERRITORY, supervisors_of

from .models import Channel, Hazard, HazardLevel
from .policy import policies_of

LEAD_THEMSELVES = (UnitKind.DEPARTMENT, UnitKind.TOWN, UnitKind.PARK)
"""Units that see to what their own people found (首查负责): until somebody else has accepted it, it stays with them."""
ABOVE_ALL_SECTORS = (UnitKind.COMMITTEE_OFFICE, UnitKind.GOVERNMENT)


@dataclass(slots=True)
class Case:
    """What decides who supervises."""

    enterprise: Enterprise | None
    responsible_unit: Unit
    sector: str
    region_path: str
    channel: str
    level: str
    found_by_unit: Unit | None


def supervising_units(cases: Sequence[Case], day: date) -> list[Unit]:
    """An ordinary hazard that the enterprise found and recorded itself stays in its own loop; an ordinary one that a regulating unit
    found stays with the unit that looked first; all others, and every major one, go to whom the matrix names. Nobody
    supervises a major one of their own: that of a town's own road goes to the office that stands over the town."""
    at_once = [_at_once(case) for case in cases]
    left = {_pair(case) for case, unit in zip(cases, at_once, strict=True) if unit is None}
    matrix = supervisors_of(pairs=left, day=day)
    units = [unit or matrix[_pair(case)] or _last_resort(case) for case, unit in zip(cases, at_once, strict=True)]
    own = {
        place
        for place, (case, unit) in enumerate(zip(cases, units, strict=True))
        if case.level == HazardLevel.MAJOR and unit.pk == case.responsible_unit.pk
    }
    over = _over({units[place] for place in own}) if own else {}
    return [over[unit.pk] if place in own else unit for place, unit in enumerate(units)]


def regulator_of(hazard: Hazard, day: date) -> Unit:
    """Who supervises the enterprise from outside, whoever supervises this hazard now."""
    if hazard.enterprise and hazard.enterprise.supervising_unit:
        return hazard.enterprise.supervising_unit
    pair, own = (hazard.sector, hazard.region_path), hazard.responsible_unit
    found = supervisors_of(pairs=[pair], day=day)[pair] or own.superior or own
    return _over([own])[own.pk] if found.pk == own.pk else found


def closing_units(hazards: Sequence[Hazard], day: date) -> list[Unit]:
    """Who may close each: the supervising unit; for a major one, where that unit stands lower than the region's rules
    ask, whoever supervises the sector at the lowest level that is high enough."""
    policies = policies_of({hazard.region_path for hazard in hazards})
    supervising = [hazard.supervising_unit for hazard in hazards]
    around = {above for path in {unit.region_path for unit in supervising} for above in ancestors(path)}
    levels = dict(Region.objects.filter(path__in=around).values_list("path", "level")) if around else {}
    climbs: dict[int, str] = {}
    for place, hazard in enumerate(hazards):
        if hazard.level == HazardLevel.MAJOR:
            lowest = policies[hazard.region_path].closing_level
            if path := _high_enough(supervising[place], lowest, levels):
                climbs[place] = path
    pairs = {(hazards[place].sector, path) for place, path in climbs.items()}
    found = supervisors_of(pairs=pairs, day=day) if pairs else {}
    offices = _offices(climbs.values())
    return [
        (_closes_at(climbs[place], found[hazard.sector, climbs[place]], offices) or supervising[place])
        if place in climbs
        else supervising[place]
        for place, hazard in enumerate(hazards)
    ]


def _at_once(case: Case) -> Unit | None:
    """Decided without the matrix."""
    if case.level != HazardLevel.MAJOR:
        finder = case.found_by_unit
        if case.channel == Channel.SELF_INSPECTION and case.enterprise and finder == case.responsible_unit:
            return case.responsible_unit
        if case.channel == Channel.INSPECTION and finder and finder.kind in LEAD_THEMSELVES:
            return finder
    return case.enterprise.supervising_unit if case.enterprise else None


def _pair(case: Case) -> tuple[str, str]:
    return case.sector, case.region_path


def _last_resort(case: Case) -> Unit:
    """Nobody supervises there, not even a town: who answers for the responsible unit, at last the unit itself."""
    return case.responsible_unit.superior or case.responsible_unit


def _high_enough(unit: Unit, lowest: int, levels: dict[str, int]) -> str:
    """The nearest region above in which one may close; "" where the unit itself may, or nobody above does."""
    if levels.get(unit.region_path, RegionLevel.GRID) <= lowest:
        return ""
    above = reversed(ancestors(unit.region_path))
    return next((path for path in above if levels.get(path, RegionLevel.GRID) <= lowest), "")


def _offices(paths: Iterable[str]) -> dict[str, Unit]:
    """For each region its safety committee's office, else its government."""
    units = Unit.objects.filter(region_path__in=set(paths), kind__in=ABOVE_ALL_SECTORS, valid_to=None)
    rank = {kind: place for place, kind in enumerate(ABOVE_ALL_SECTORS)}
    return {unit.region_path: unit for unit in sorted(units, key=lambda unit: (-rank[UnitKind(unit.kind)], -unit.pk))}


def _over(units: Iterable[Unit]) -> dict[int, Unit]:
    """By key of a unit, the office that answers for all sectors where it lies, or above; over a town or park, one above
    its own region. Where there is none, its superior; at last the unit itself. One query."""
    around = {
        unit: [path for path in reversed(ancestors(unit.region_path)) if _stands_over(path, unit)] for unit in units
    }
    offices = _offices(path for paths in around.values() for path in paths)
    return {
        unit.pk: next(
            (offices[path] for path in paths if path in offices and offices[path].pk != unit.pk), unit.superior or unit
        )
        for unit, paths in around.items()
    }


def _stands_over(path: str, unit: Unit) -> bool:
    return path != unit.region_path or unit.kind not in TERRITORY


def _closes_at(path: str, supervisor: Unit | None, offices: dict[str, Unit]) -> Unit | None:
    """The sector's department at that level or above, else the office that answers for all sectors there."""
    return supervisor or offices.get(path)
