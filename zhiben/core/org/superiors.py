"""To whom a unit answers in work safety, when nobody has said so: where work climbs if nobody there can take it."""

from collections.abc import Iterable

from .models import Region, Unit, UnitKind
from .paths import ancestors

K = UnitKind
ANSWERS_TO: dict[UnitKind, tuple[UnitKind, ...]] = {
    K.ENTERPRISE: (K.PARK, K.TOWN, K.COMMITTEE_OFFICE, K.GOVERNMENT),
    K.INSTITUTION: (K.PARK, K.TOWN, K.COMMITTEE_OFFICE, K.GOVERNMENT),
    K.VILLAGE: (K.TOWN, K.PARK, K.GOVERNMENT),
    K.TOWN: (K.COMMITTEE_OFFICE, K.GOVERNMENT),
    K.PARK: (K.COMMITTEE_OFFICE, K.GOVERNMENT),
    K.DEPARTMENT: (K.COMMITTEE_OFFICE, K.GOVERNMENT),
    K.PARTY: (K.COMMITTEE_OFFICE, K.GOVERNMENT),
    K.COMMITTEE_OFFICE: (K.GOVERNMENT,),
    K.GOVERNMENT: (K.GOVERNMENT,),
}
"""Nearest region first, and within a region in this order: 企业归园区或乡镇，部门和乡镇归安委办，安委办归政府."""

SUPERIOR_KINDS = frozenset(kind for wanted in ANSWERS_TO.values() for kind in wanted)


def derive_superior(kind: UnitKind, region: Region) -> Unit | None:
    """The unit that one of this kind in this region answers to; None at the top."""
    return nearest_superior(kind, region.path, possible_superiors([region.path]))


def possible_superiors(region_paths: Iterable[str]) -> list[Unit]:
    """Every unit that one in these regions could answer to."""
    around = {above for path in region_paths for above in ancestors(path)}
    return list(Unit.objects.filter(region_path__in=around, kind__in=SUPERIOR_KINDS, valid_to=None))


def nearest_superior(kind: UnitKind, region_path: str, candidates: Iterable[Unit]) -> Unit | None:
    """The one among these units that one of this kind at this place answers to."""
    wanted, here = ANSWERS_TO[kind], ancestors(region_path)
    above = [
        unit
        for unit in candidates
        if unit.kind in wanted and unit.region_path in here and (unit.kind != kind or unit.region_path != region_path)
    ]
    return min(above, key=lambda unit: (-len(unit.region_path), wanted.index(K(unit.kind)), unit.pk), default=None)
