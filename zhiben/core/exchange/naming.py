"""From what a cell says to the region or the unit that is meant: many cells with few queries.

Nothing is guessed in silence: what is taken though it was said otherwise carries a note, what may mean several things
is a problem that names them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from zhiben.core.access.acting import Acting, By
from zhiben.core.batches import in_batches
from zhiben.core.calendar import full_day
from zhiben.core.org.models import Region, RegionCode, RegionFormerName, Unit, UnitAlias
from zhiben.core.org.paths import ancestors, contains
from zhiben.core.org.region_table import whole_code
from zhiben.core.org.resolve import Names, preselected, tidy

MOST_NAMED = 4
MOST_LOOKED_INTO = 20
"""Names of a chunk for which the likeliest units are searched, which takes some milliseconds each."""
CODE_LENGTH = 18
"""Of a 统一社会信用代码, by which a unit may be named as well."""
NAMES_A_QUERY = 10_000
"""SQLite accepts 32,766 parameters in a query."""
SEPARATORS = str.maketrans("", "", "/\\／>＞|·-— \u3000")
USUAL_ENDINGS = ("省", "市", "县", "区", "镇", "乡", "街道", "村", "社区")


@dataclass(frozen=True)
class FoundRegion:
    region: Region | None = None
    note: str = ""
    problem: str = ""


@dataclass(frozen=True)
class FoundUnits:
    """Usually one unit; several where the name is a collective (各乡镇)."""

    units: tuple[Unit, ...] = ()
    note: str = ""
    problem: str = ""

    @property
    def unit(self) -> Unit | None:
        return self.units[0] if len(self.units) == 1 else None


def reach_of(by: By) -> str:
    """The path of the region within which `by` may bring things in; empty: everywhere (an operator's command)."""
    return by.unit.region_path if isinstance(by, Acting) else ""


def within_reach(reach: str, path: str) -> bool:
    return not reach or contains(reach, path)


# ── regions ──────────────────────────────────────────────────────────────────────────────────────────────────────


class RegionNames:
    """By 12-digit code, by name, by a path of names (云澜市/澜江县, 云澜市澜江县), by a former name."""

    def __init__(self, by: By, day: date) -> None:
        self.reach, self.day = reach_of(by), day
        self._of = str(by.unit.region) if isinstance(by, Acting) else ""

    def find(self, texts: Iterable[str]) -> dict[str, FoundRegion]:
        wanted = {text for text in texts if text}
        codes = {text: code for text in wanted if (code := whole_code(text))}
        names = {text: text.translate(SEPARATORS) for text in wanted - codes.keys()}
        bearers = self._bearers(set(codes.values()))
        directory = _Directory.of({tail for name in names.values() for tail in _tails(name)})
        directory.follow([region for regions in bearers.values() for region in regions])
        found = {}
        for text in wanted:
            if text in codes:
                candidates = [(region, "") for region in bearers.get(codes[text], ())]
            else:
                candidates = directory.called(names[text])
            found[text] = self._choose(text, candidates, directory)
        return found

    def _bearers(self, codes: set[str]) -> dict[str, list[Region]]:
        """Who bears each code; where nobody does any more, who bore it last."""
        bearers: dict[str, list[Region]] = {}
        rows = RegionCode.objects.filter(code__in=codes).select_related("region").order_by("valid_to", "pk")
        for row in rows:
            if row.valid_to is None or not bearers.get(row.code):
                bearers[row.code] = [row.region]
        return bearers

    def _choose(self, text: str, candidates: list[tuple[Region, str]], directory: "_Directory") -> FoundRegion:
        if not candidates:
            return FoundRegion(
                problem=f"系统里没有“{text}”这个区域，请核对名称，或改填 12 位区划代码；新区域请先在“区域”中导入。"
            )
        living = [(region, note) for region, note in candidates if region.holds_on(self.day)]
        if not living:
            region = candidates[0][0]
            heir = directory.heir(region)
            if heir is None:
                when = f"已于{full_day(region.valid_to)}撤销" if region.valid_to else "还没有启用"
                return FoundRegion(problem=f"“{region.name}”{when}，请改填现在的区域。")
            living = [(heir, f"“{region.name}”已并入“{heir.name}”，按“{heir.name}”处理。")]
        here = [each for each in living if within_reach(self.reach, each[0].path)]
        if not here:
            return FoundRegion(problem=f"“{text}”不在您管理的{self._of}范围内，请核对，或请上级系统管理员办理。")
        exact = [each for each in here if not each[1]] or here
        if len(exact) > 1:
            return FoundRegion(problem=_which_region(text, [region for region, _ in exact], directory))
        return FoundRegion(*exact[0])


@dataclass
class _Directory:
    """The regions that some names may mean, and what lies above them."""

    by_name: dict[str, list[tuple[Region, str]]]
    """Name or former name → regions, each with what to say about it."""
    by_path: dict[str, Region]
    by_key: dict[int, Region]
    former: dict[int, list[str]]

    @classmethod
    def of(cls, names: set[str]) -> "_Directory":
        directory = cls(defaultdict(list), {}, {}, defaultdict(list))
        regions: list[Region] = []
        for batch in in_batches(names, NAMES_A_QUERY):
            for region in Region.objects.filter(name__in=batch):
                directory.by_name[region.name].append((region, ""))
                regions.append(region)
            for row in RegionFormerName.objects.filter(name__in=batch).select_related("region"):
                note = f"“{row.name}”已更名为“{row.region.name}”。"
                directory.by_name[row.name].append((row.region, note))
                regions.append(row.region)
        directory.follow(regions)
        return directory

    def follow(self, regions: Iterable[Region]) -> None:
        """Know what contains these, and into what they were merged."""
        regions = list(regions)
        paths = {path for region in regions for path in ancestors(region.path)} - self.by_path.keys()
        heirs = {region.merged_into_id for region in regions if region.merged_into_id} - self.by_key.keys()
        if not paths and not heirs:
            return
        above = list(Region.objects.filter(Q(path__in=paths) | Q(pk__in=heirs)))
        self.by_path |= {region.path: region for region in above}
        self.by_key |= {region.pk: region for region in above}
        for row in RegionFormerName.objects.filter(region__in=above):
            self.former[row.region_id].append(row.name)
        self.follow(above)

    def called(self, name: str) -> list[tuple[Region, str]]:
        """Regions of that name, what stands before it being names of what contains them; the fullest reading."""
        for tail in _tails(name):
            before = name.removesuffix(tail)
            if fitting := [each for each in self.by_name.get(tail, ()) if self._contained(each[0], before)]:
                return fitting
        usual = [(each, ending) for ending in USUAL_ENDINGS for each, _ in self.by_name.get(name + ending, ())]
        return [(region, f"“{name}”按“{region.name}”处理。") for region, _ in usual]

    def _contained(self, region: Region, before: str) -> bool:
        for path in ancestors(region.path)[:-1]:
            if above := self.by_path.get(path):
                for spelling in (above.name, *self.former[above.pk]):
                    before = before.removeprefix(spelling)
        return not before

    def heir(self, region: Region) -> Region | None:
        seen: set[int] = set()
        while region.merged_into_id and region.pk not in seen:
            seen.add(region.pk)
            region = self.by_key.get(region.merged_into_id) or region.merged_into  # type: ignore[assignment]
        return region if seen and region.valid_to is None else None

    def place(self, region: Region) -> str:
        above = self.by_path.get(region.path[: len(ancestors(region.path)[-2])]) if region.parent_id else None
        return above.name if above else "最上级"


def _tails(name: str) -> list[str]:
    """Every ending of a name of two characters and more, the longest first; and the name with the usual endings."""
    return [name[start:] for start in range(max(len(name) - 1, 1))] + [name + ending for ending in USUAL_ENDINGS]


def _which_region(text: str, regions: list[Region], directory: _Directory) -> str:
    places = [directory.place(region) for region in regions]
    named = "、".join(places[:MOST_NAMED]) + ("等" if len(places) > MOST_NAMED else "")
    example = f"{places[0]}/{regions[0].name}"
    if len(set(places)) == 1:
        return f"系统里有 {len(regions)} 个“{text}”（{named}），请改填 12 位区划代码。"
    return f"系统里有 {len(regions)} 个“{text}”（{named}），请写成“{example}”这样。"


# ── units ────────────────────────────────────────────────────────────────────────────────────────────────────────


class UnitNames:
    """By full name, short name, alias or code as kept; else by what the directory is sure enough of, with a note."""

    def __init__(self, by: By, day: date) -> None:
        self.reach, self.day = reach_of(by), day
        self._home = by.unit.region if isinstance(by, Acting) else None
        self._known: dict[str, FoundUnits] = {}
        self._names: Names | None = None

    def find(self, texts: Iterable[str]) -> dict[str, FoundUnits]:
        wanted = {text for text in texts if text}
        if new := wanted - self._known.keys():
            self._look_up(new)
        return {text: self._known.get(text) or _nothing_like(text) for text in wanted}

    def _look_up(self, texts: set[str]) -> None:
        spellings = texts | {tidy(text) for text in texts}
        hits: dict[str, dict[int, Unit]] = defaultdict(dict)
        called = UnitAlias.objects.filter(name__in=spellings)
        aliases = list(called.values_list("unit_id", "name"))
        codes = {text.upper() for text in texts if len(text) == CODE_LENGTH}
        named = Q(name__in=spellings) | Q(short_name__in=spellings) | Q(pk__in={pk for pk, _ in aliases})
        if codes:
            named |= Q(credit_code__in=codes)
        units = {unit.pk: unit for unit in Unit.objects.valid_on(self.day).filter(named).select_related("region")}
        full: dict[str, list[Unit]] = defaultdict(list)
        for unit in units.values():
            full[unit.name].append(unit)  # several enterprises may bear it
        for unit in units.values():
            hits[unit.short_name][unit.pk] = hits[unit.credit_code][unit.pk] = unit
        for pk, alias in aliases:
            if pk in units:
                hits[alias][pk] = units[pk]
        unfound = []
        for text in texts:
            plain = tidy(text)
            if exact := full.get(text) or full.get(plain):
                self._known[text] = self._reached(text, exact)
            elif others := hits.get(text) or hits.get(plain) or hits.get(text.upper()):
                self._known[text] = self._reached(text, list(others.values()))
            else:
                unfound.append(text)
        for text in sorted(unfound)[:MOST_LOOKED_INTO]:
            self._known[text] = self._likeliest(text)

    def _reached(self, text: str, units: list[Unit]) -> FoundUnits:
        here = [unit for unit in units if within_reach(self.reach, unit.region_path)]
        if not here:
            return FoundUnits(problem=f"“{text}”不在您管理的{self._home or ''}范围内，请核对单位名称。")
        own = [unit for unit in here if self._home is not None and unit.region_id == self._home.pk]
        chosen = own if len(own) == 1 else here
        if len(chosen) > 1:
            return FoundUnits(problem=_which_of(text, chosen))
        return FoundUnits((chosen[0],))

    def _likeliest(self, text: str) -> FoundUnits:
        if self._home is None:
            return _nothing_like(text)
        if self._names is None:
            self._names = Names(self._home, self.day)
        suggestions = [each for each in self._names.resolve(text) if each.unit is not None]
        reached = [each for each in suggestions if within_reach(self.reach, each.unit.region_path)]  # type: ignore[union-attr]
        if taken := preselected(reached):
            units = tuple(each.unit for each in taken if each.unit is not None)
            return FoundUnits(units, note=f"“{text}”按{_listed([unit.name for unit in units])}处理。")
        if reached:
            return FoundUnits(problem=_which_unit(text, [each.unit.name for each in reached]))  # type: ignore[union-attr]
        return _nothing_like(text)


def _nothing_like(text: str) -> FoundUnits:
    return FoundUnits(problem=f"系统里没有“{text}”这个单位，请填写单位全称；新单位请先在“单位”中导入。")


def _which_unit(text: str, names: list[str]) -> str:
    return f"“{text}”可能是{_listed(names)}，请填写单位全称。"


def _which_of(text: str, units: list[Unit]) -> str:
    names = [unit.name for unit in units]
    if len(set(names)) == len(names):
        return _which_unit(text, names)
    told = "、".join(
        f"{unit.region}{f'，{unit.credit_code}' if unit.credit_code else ''}" for unit in units[:MOST_NAMED]
    )
    more = "等" if len(units) > MOST_NAMED else ""
    return f"叫“{text}”的有 {len(units)} 家（{told}{more}），请改填统一社会信用代码。"


def _listed(names: list[str]) -> str:
    return "、".join(f"“{name}”" for name in names[:MOST_NAMED]) + ("等" if len(names) > MOST_NAMED else "")
