"""The second layer of the paper: the units of this level one by one, then each region below as a whole, all in the
fixed administrative order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zhiben.core.org.models import Region, RegionLevel, Unit
from zhiben.core.org.paths import WIDTH

from .figures import Counts

OWN_LEVEL = "本级部门和单位"
BELOW = {
    RegionLevel.PROVINCE: "各市（州）",
    RegionLevel.CITY: "各县（市、区）",
    RegionLevel.COUNTY: "各乡镇（街道）",
    RegionLevel.TOWN: "各村（社区）",
}


@dataclass(frozen=True)
class Group:
    """One line of the table: a unit, or everything in a region."""

    key: str
    """As it stands in an address: `u14`, `r000100010002`."""
    label: str
    layer: str
    units: frozenset[int]

    def counts(self, by_unit: Mapping[int, Counts]) -> Counts:
        found = Counts()
        for unit in self.units:
            found.update(by_unit.get(unit, {}))
        return found


def groups_of(units: Sequence[Unit], region: Region | None, regions: Mapping[str, str]) -> list[Group]:
    """The lines for these units, which come in administrative order. Below `region` units are taken together by the
    region that comes next; without a region each stands for itself. `regions` has the names by path."""
    own = OWN_LEVEL if region else ""
    below = BELOW.get(RegionLevel(region.level), "下级区域") if region else ""
    length = len(region.path) + WIDTH if region else 0
    lines: dict[str, tuple[str, str, list[int]]] = {}
    for unit in units:
        path = unit.region_path[:length]
        if region is None or len(path) < length or not path.startswith(region.path):
            lines[unit_key(unit.pk)] = (str(unit), own, [unit.pk])
        else:
            lines.setdefault(f"r{path}", (regions.get(path, "其他区域"), below, []))[2].append(unit.pk)
    found = [Group(key, label, layer, frozenset(pks)) for key, (label, layer, pks) in lines.items()]
    return sorted(found, key=lambda group: group.key[0] == "r")


def unit_key(pk: int) -> str:
    return f"u{pk}"


def paths_below(units: Iterable[Unit], region: Region) -> set[str]:
    """The places of the regions whose names `groups_of` asks for."""
    length = len(region.path) + WIDTH
    return {unit.region_path[:length] for unit in units if len(unit.region_path) >= length}
