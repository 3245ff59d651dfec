"""From the name in a document to the unit that is meant. Plans never write full names: 州安委办, 市监局, 各县(市).

Nothing is guessed in silence: each suggestion carries its reason, and a name that may mean several units gives several.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher

from django.db.models import Q

from zhiben.core.text.normal import normalised_text

from .collective import Collective, collective_of
from .department_names import NOTHING, Functions, departments, functions_of
from .models import Body, BodyKind, Region, RegionLevel, Unit, UnitAlias, UnitKind
from .paths import ancestors, contains, within

SURE = 1.0
SURE_ENOUGH = 0.9
"""From here on a name is taken to mean what the directory says, unless a second unit is just as likely."""
AT_MOST = 8
OWN_ENTERPRISES = 100
"""So many enterprises of the region itself, the earliest known, may be spoken of like an office: 州供电局."""
ADMINISTRATIVE_ENDING = re.compile(
    r"(?:(?:壮族|回族|维吾尔)?自治区|特别行政区|自治[州县旗]|地区|新区|林区|街道办事处|街道|[省市州盟县区旗镇乡])$"
)
LEVEL_WORDS = {
    RegionLevel.PROVINCE: ("省", "自治区", "全省"),
    RegionLevel.CITY: ("市", "州", "盟", "地区", "全市", "全州"),
    RegionLevel.COUNTY: ("县", "区", "市", "旗", "全县", "全区", "全市"),
    RegionLevel.TOWN: ("镇", "乡", "街道", "全镇", "全乡"),
    RegionLevel.VILLAGE: ("村", "社区"),
}
LEVEL_LETTERS = "省市州盟县区旗镇乡"
PEOPLES = re.compile(
    r"(?:(?:[藏彝白回苗侗傣壮瑶黎满畲羌怒佤水土]|蒙古|布依|土家|景颇|哈尼|朝鲜|傈僳|独龙|纳西|拉祜|仡佬|裕固|保安|东乡|撒拉|仫佬|毛南"
    r"|达斡尔|布朗|普米|各)族|蒙古|哈萨克|柯尔克孜|锡伯|塔吉克)+$"
)


@dataclass(frozen=True)
class Suggestion:
    """A unit, or a body, that a name may mean. Suggestions of one `group` (各县市) are meant all together."""

    unit: Unit | None
    body: Body | None
    score: float
    because: str
    group: str = ""

    @property
    def target(self) -> Unit | Body:
        return self.unit or self.body  # type: ignore[return-value]


def resolve(name: str, *, region: Region, day: date) -> list[Suggestion]:
    """What `name` may mean in a document of `region` on that day, best first. 1.0: said so exactly, and only one."""
    return Names(region, day).resolve(name)


class Names:
    """The units a document of one region can speak of, ready for many names."""

    def __init__(self, region: Region, day: date) -> None:
        self.region = region
        self._regions = _regions_around(region)
        self._region_names = [(spelling, each) for each in self._regions for spelling in _spellings(each)]
        self._region_names.sort(key=lambda pair: -len(pair[0]))
        self._entries = [self._entry(unit) for unit in _units_around(region, day)]
        self._by_name: dict[str, list[tuple[_Entry, str]]] = defaultdict(list)
        for entry in self._entries:
            for spelling, why in entry.names.items():
                self._by_name[spelling].append((entry, why))
        self._bodies = list(
            Body.objects.valid_on(day)
            .filter(region__path__in=ancestors(region.path))
            .select_related("region", "office")
        )
        self._day = day

    def resolve(self, name: str) -> list[Suggestion]:
        printed, name = name, tidy(name)
        if not name:
            return []
        if collective := collective_of(name):
            return self._collective(collective, printed)
        found = list(self._exact(name))
        if not any(each.score == SURE for each in found):
            found += self._bodies_called(name)
            for place, rest in self._readings(name):
                found += self._in_place(place, rest, name)
            if max((each.score for each in found), default=0) < 0.8:
                found += [*self._enterprises(name), *self._alike(name), *self._another_level(name)]
        return _best(found)

    def _entry(self, unit: Unit) -> "_Entry":
        names = {tidy(alias.name): "与单位别名一致" for alias in unit.aliases.all()}
        if unit.short_name:
            names[tidy(unit.short_name)] = "与单位简称一致"
        names[tidy(unit.name)] = "与单位全称一致"
        return _Entry(unit, names, *self._title_and_functions(unit))

    def _title_and_functions(self, unit: Unit) -> tuple[str, Functions]:
        """The full name without the region (迪庆藏族自治州应急管理局 → 应急管理局), and what the unit does by it."""
        name = tidy(unit.name).removeprefix("中共")
        places = [spelling for spelling, _ in self._region_names if len(spelling) > 1 and spelling in name]
        after = max((name.rindex(spelling) + len(spelling) for spelling in places), default=0)
        without = name
        for spelling in places:
            without = without.replace(spelling, "")
        short = tidy(unit.short_name)
        tries = (name[after:], without, name.lstrip(LEVEL_LETTERS), short, short.lstrip(LEVEL_LETTERS))
        return name[after:] or name, next(filter(None, (functions_of(_plain(each)) for each in tries)), NOTHING)

    def _exact(self, name: str) -> Iterator[Suggestion]:
        hits = self._by_name.get(name, [])
        nearest = [hit for hit in hits if hit[0].unit.region_path == self.region.path]
        chosen = nearest if len(nearest) == 1 else hits
        for entry, why in chosen:
            if len(chosen) == 1:
                yield Suggestion(entry.unit, None, SURE, f"{why}。")
            else:
                yield Suggestion(entry.unit, None, 0.9, f"{why}，但有 {len(chosen)} 个单位都用这个名称，请选定。")

    def _bodies_called(self, name: str) -> Iterator[Suggestion]:
        short = {BodyKind.COMMITTEE: ("安委会", "安全生产委员会", "安全生产委员会全体成员")}
        for body in self._bodies:
            if tidy(body.name) == name:
                yield Suggestion(None, body, SURE, "与机构名称一致。")
                continue
            for place, rest in self._readings(name):
                if place == body.region and (
                    rest in short.get(BodyKind(body.kind), ()) or tidy(body.name).endswith(rest)
                ):
                    yield Suggestion(None, body, 0.95, f"{body.region}的“{rest}”，即{body.name}。")
                    break

    def _readings(self, name: str) -> list[tuple[Region, str]]:
        """Each way to cut the name into a place and the rest: 州|应急局, 香格里拉市|应急局, |市监局."""
        name = name.removeprefix("中共")
        chain = [each for each in self._regions if contains(each.path, self.region.path)]
        readings: dict[tuple[int, str], tuple[Region, str]] = {}

        def read(place: Region, rest: str) -> None:
            readings.setdefault((place.pk, rest), (place, rest))

        for spelling, place in self._region_names:
            if name.startswith(spelling):
                read(place, name[len(spelling) :])
        for place in sorted(chain, key=lambda each: -len(each.path)):
            for word in ("本", "我", *LEVEL_WORDS.get(RegionLevel(place.level), ())):
                if name.startswith(word) and (len(word) > 1 or word in "本我" or _is_called(place, word)):
                    rest = name[len(word) :].removeprefix("级").removeprefix("直")
                    read(place, rest)
        if not any(place == self.region and rest == name for place, rest in readings.values()):
            read(self.region, name)
        return list(readings.values())

    def _in_place(self, place: Region, rest: str, name: str) -> Iterator[Suggestion]:
        """Units of that place which the rest of the name can mean."""
        here = [entry for entry in self._entries if entry.unit.region_path == place.path]
        if rest in ("", "党委政府", "党委、政府", "人民政府", "政府", "党工委、办事处", "办事处"):
            yield from self._governments(here, name)
            return
        rest = _plain(rest)
        named = {entry.unit.pk for entry in here if rest in entry.names}
        wanted = functions_of(rest)
        for entry in here:
            if entry.unit.pk in named:
                yield Suggestion(entry.unit, None, 0.98, f"{place}的“{rest}”，{entry.names[rest]}。")
            elif (closeness := _closeness(wanted, entry.functions, rest)) is not None:
                score, why = closeness
                yield Suggestion(entry.unit, None, score, f"{place}：{why}")
        if place == self.region and rest == _plain(name) and wanted:
            yield from self._higher_up(wanted, rest)
        for distance, host in enumerate(_hosts(wanted)):
            because = f"{rest}通常设在{host}，没有单独登记时由它承担，请核对。"
            for entry in here:
                if host in entry.functions.classes:
                    yield Suggestion(entry.unit, None, round(0.6 - distance / 20, 2), because)

    def _governments(self, here: list["_Entry"], name: str) -> Iterator[Suggestion]:
        for entry in here:
            if entry.unit.kind in (UnitKind.GOVERNMENT, UnitKind.TOWN, UnitKind.PARK, UnitKind.VILLAGE):
                yield Suggestion(entry.unit, None, 0.95, f"“{name}”指{entry.unit.region}，由{entry.unit.name}承办。")

    def _higher_up(self, wanted: Functions, rest: str) -> Iterator[Suggestion]:
        for entry in self._entries:
            path = entry.unit.region_path
            if path == self.region.path or not contains(path, self.region.path):
                continue
            if (closeness := _closeness(wanted, entry.functions, rest)) is not None:
                score, why = closeness
                yield Suggestion(entry.unit, None, round(score - 0.2, 2), f"上级{entry.unit.region}：{why}")

    def _enterprises(self, name: str) -> Iterator[Suggestion]:
        """Documents give enterprises by their names: no meaning is read into them."""
        # each from its own index; as one OR every enterprise of the region is read for every name
        units, aliases = Unit.objects.order_by(), UnitAlias.objects.order_by().filter(name=name).values_list("unit")
        short = units.filter(~Q(short_name=""), short_name=name).values_list("pk")
        called = units.filter(name=name).values_list("pk").union(short, aliases)
        here = within(self.region.path) & Q(kind=UnitKind.ENTERPRISE, pk__in=[key for (key,) in called])
        found = list(Unit.objects.valid_on(self._day).filter(here).select_related("region")[: AT_MOST + 1])
        for unit in found:
            score = SURE if tidy(unit.name) == name else 0.95
            if len(found) > 1:
                told = "，".join(filter(None, (str(unit.region), unit.credit_code)))
                yield Suggestion(unit, None, min(score, SURE_ENOUGH), f"有几家企业叫这个名称；这一家：{told}。请选定。")
            else:
                yield Suggestion(unit, None, score, "与企业名称一致。")

    def _another_level(self, name: str) -> Iterator[Suggestion]:
        """市应急局 where no such unit of the city is known: the like of it here, to be checked."""
        for place, rest in self._readings(name):
            if place == self.region:
                continue
            for each in self._in_place(self.region, rest, rest):
                because = f"没有登记{place}的“{rest}”；这是{self.region}的同类单位，请核对。"
                yield replace(each, score=round(each.score - 0.35, 2), because=because)

    def _alike(self, name: str) -> Iterator[Suggestion]:
        """Names that contain each other or differ by a few characters: always to be checked."""
        rests = {(place.path, rest) for place, rest in self._readings(name)}
        for entry in self._entries:
            here = [rest for path, rest in rests if path == entry.unit.region_path]
            closest = max(
                (_likeness(said, spelling), spelling)
                for spelling in (*entry.names, entry.title)
                for said in (name, *here)
            )
            if closest[0] >= 0.42:
                yield Suggestion(entry.unit, None, round(closest[0], 2), f"与“{closest[1]}”名称相近，请核对。")

    def _collective(self, collective: Collective, name: str) -> list[Suggestion]:
        """A name for many: all of them, as one group."""
        if collective.of_committee:
            return self._members(collective, name)
        chosen = [
            entry.unit
            for entry in self._entries
            if entry.unit.kind in collective.kinds
            and contains(self.region.path, entry.unit.region_path)
            and (entry.unit.kind != UnitKind.GOVERNMENT or entry.unit.region.level == self._level_meant(collective))
        ]
        because = f"“{name}”指{self.region}的全部{collective.label}。"
        return [Suggestion(unit, None, collective.score, because, group=name) for unit in chosen]

    def _level_meant(self, collective: Collective) -> RegionLevel:
        is_province = self.region.level == RegionLevel.PROVINCE
        return RegionLevel.CITY if is_province and collective.prefectures else RegionLevel.COUNTY

    def _members(self, collective: Collective, name: str) -> list[Suggestion]:
        committees = [body for body in self._bodies if body.kind == BodyKind.COMMITTEE]
        committee = max(committees, key=lambda body: len(body.region.path), default=None)
        if committee is None:
            return []
        because = f"“{name}”指{committee.name}的成员单位。"
        if collective.score < SURE_ENOUGH:
            because = f"“{name}”没有点名；以下是{committee.name}的成员单位，请去掉无关的。"
        rows = committee.memberships.valid_on(self._day).filter(unit__isnull=False).select_related("unit__region")
        members = [row.unit for row in rows if row.unit is not None]
        units = [unit for unit in members if not collective.kinds or unit.kind in collective.kinds]
        if not units:
            return [Suggestion(None, committee, collective.score, because)]
        return [Suggestion(unit, None, collective.score, because, group=name) for unit in units]


@dataclass(frozen=True)
class _Entry:
    unit: Unit
    names: dict[str, str]
    title: str
    functions: Functions


def tidy(name: str) -> str:
    """
    >>> tidy(" 州　安委辦 ")
    '州安委办'
    """
    return "".join(normalised_text(name).split()).strip(",、;。:")


def preselected(suggestions: list[Suggestion]) -> list[Suggestion]:
    """What a page may fill in without asking: a whole group, or the one that stands out. The rest is for a person."""
    first = suggestions[0] if suggestions else None
    if first is None or first.score < SURE_ENOUGH:
        return []
    if first.group:
        return [each for each in suggestions if each.group == first.group]
    rivals = [each for each in suggestions if each.score == first.score]
    return [first] if len(rivals) == 1 else []


def _likeness(said: str, spelling: str) -> float:
    if len(said) >= 4 and (said in spelling or (len(spelling) >= 6 and spelling in said)):
        return 0.75
    return 0.65 * SequenceMatcher(None, said, spelling).ratio()


def _hosts(wanted: Functions) -> list[str]:
    """The departments that usually house these, nearest first: 交安委办 → 交警大队 → 公安局."""
    hosts: list[str] = []
    asked = list(wanted.classes)
    for each in asked:
        if (host := departments()[each].hosted_by) and host not in hosts:
            hosts.append(host)
            asked.append(host)
    return hosts


def _plain(rest: str) -> str:
    """Without the words that say whose department it is: 委组织部 → 组织部, 人民政府办公室 stays."""
    for word in ("级", "直"):
        rest = rest.removeprefix(word)
    if rest.startswith("委") and not rest.startswith("委员会") and len(rest) > 2:
        return rest[1:]
    return rest


def _closeness(wanted: Functions, offered: Functions, rest: str) -> tuple[float, str] | None:
    """How well what a unit does fits what a name asks for, with the reason."""
    if not wanted or not offered or not wanted.classes & offered.classes:
        return None
    what = "、".join(sorted(wanted.classes))
    if wanted.classes == offered.classes:
        if "former" in (wanted.reading, offered.reading) and wanted.reading != offered.reading:
            note = next(iter(departments()[each].note for each in wanted.classes), "")
            return 0.85, f"“{rest}”是{what}的曾用名{f'（{note}）' if note else ''}，请核对。"
        return 0.95, "名称一致，省略了地区。" if rest == what else f"“{rest}”即{what}。"
    if wanted.classes < offered.classes:
        return 0.85, f"该单位的职能包含“{rest}”（{what}）。"
    if offered.classes < wanted.classes:
        return 0.7, f"“{rest}”的部分职能（{'、'.join(sorted(offered.classes))}）属于该单位。"
    return 0.5, f"与“{rest}”有共同职能（{'、'.join(sorted(wanted.classes & offered.classes))}），请核对。"


def _best(found: Iterable[Suggestion]) -> list[Suggestion]:
    best: dict[tuple[str, int], Suggestion] = {}
    for each in found:
        key = (type(each.target).__name__, each.target.pk)
        if key not in best or best[key].score < each.score:
            best[key] = each
    ranked = sorted(best.values(), key=lambda each: -each.score)
    top = [each for each in ranked if each.score >= 0.9]
    if len(top) > 1 and top[1].score == top[0].score < SURE:
        doubt = f"另有 {len(top) - 1} 个同样可能，请选定。"
        ranked = [replace(each, because=each.because + doubt) if each in top else each for each in ranked]
    return ranked[:AT_MOST]


def _regions_around(region: Region) -> list[Region]:
    """The region, those that contain it, and those below it down to the towns."""
    below = within(region.path, "path") & Q(level__lte=RegionLevel.TOWN)
    around = Region.objects.filter(Q(path__in=ancestors(region.path)) | below)
    return list(around.prefetch_related("former_names"))


def _units_around(region: Region, day: date) -> Iterable[Unit]:
    """Of the region, above it and below it; enterprises are too many, see `_enterprises`."""
    above = Q(region_path__in=ancestors(region.path))
    units = Unit.objects.valid_on(day).select_related("region").prefetch_related("aliases").order_by("pk")
    offices = units.filter(within(region.path) | above).exclude(kind=UnitKind.ENTERPRISE)
    # 供电局, 水务公司: entered by hand with the offices, before any list of enterprises
    return [*offices, *units.filter(above, kind=UnitKind.ENTERPRISE)[:OWN_ENTERPRISES]]


def _spellings(region: Region) -> Iterator[str]:
    """迪庆藏族自治州 → itself, 迪庆州, 迪庆; 澄溪县 → itself, 澄溪."""
    for full in (region.name, *(former.name for former in region.former_names.all())):
        yield full
        found = ADMINISTRATIVE_ENDING.search(full)
        ending = found.group() if found else ""
        stem = full.removesuffix(ending)
        stem = PEOPLES.sub("", stem) if ending.startswith("自治") else stem
        if len(stem) >= 2 and stem != full:
            yield stem
        if ending.startswith("自治") and len(stem) >= 2:
            yield stem + ending[-1]


def _is_called(region: Region, word: str) -> bool:
    return region.name.endswith(word) or (region.is_functional and word == "区")
