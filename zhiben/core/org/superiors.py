"""To whom a unit answers in work safety, when nobody has said so: where work climbs if nobody there can take it."""

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


def derive_superior(kind: UnitKind, region: Region) -> Unit | None:
    """The unit that one of this kind in this region answers to; None at the top."""
    wanted = ANSWERS_TO[kind]
    candidates = Unit.objects.filter(region_path__in=ancestors(region.path), kind__in=wanted, valid_to=None)
    above = [unit for unit in candidates if unit.kind != kind or unit.region_path != region.path]
    return min(above, key=lambda unit: (-len(unit.region_path), wanted.index(K(unit.kind)), unit.pk), default=None)
