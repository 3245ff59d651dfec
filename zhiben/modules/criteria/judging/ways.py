"""How far a description meets one way of a criterion: which facets are hit where, what contradicts, what is open."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .doubts import Doubt, doubt
from .phrases import Found, Hit
from .quantities import Limit, Quantity
from .text import Description
from .vocabulary import Way

_ANCHORS = ("object", "device", "place", "act")
"""Facets beside which a defect must stand."""
_THINGS = ("device", "act", "object")
"""What may be said to be in order: the most particular that is named."""
_TOGETHER = 60
"""Characters within which everything is said that belongs together."""
_GOES_ON = frozenset(",。;、!且和并无只但)(")
_NEGATIONS = ("没有", "未见", "未发现", "没发现", "不存在", "无", "没", "未", "不")
_LONGEST_NEGATION = max(map(len, _NEGATIONS))
_DENIES_DOING = re.compile(
    r"(?:没有?|未|不|无)(?:再)?(?:盖|建|搭|砌|堆|放|摆|停|住|挖|采|种|存|压|占|载|装|用|吊|联|连|出现|发生|发现|看到|存放|堆放)(?:过|了|着)?$"
)
"""没盖房子: what was not done is not there."""
_WATCHES = re.compile(
    r"(?:超温|超压|超速|过热|过载|超载|熄火|断水|漏电|停电)(?:自动)?(?:断电|切断|跳闸|停机|放散|停炉)(?!了)|(?:沉降|位移|变形|裂缝|倾斜|渗漏|泄漏|渗流|积水|漏电|漏水|超限|超载|超速|过载)"
    r"(?:(?:观测|监测)(?:点|孔|仪|桩|标|记录|日报|台账)|限制器|保护器|断路器|报警器|报警仪|传感器|探测器|检测仪|仪)"
)
"""沉降观测点, 漏电保护器: the name of a thing that watches for what its first word says."""
_WATCHED = 8
"""Characters such a name may reach beyond the word."""
_MENDS = (
    "处理",
    "整改",
    "清",
    "修",
    "补",
    "加固",
    "加强",
    "更换",
    "换",
    "撤",
    "卧底",
    "抽",
    "排",
    "降",
    "停",
    "检修",
    "治理",
    "封",
)
"""正在卧底: what is being done about it is no carrying on."""
_NOBODY = ("无人", "没人", "没有人")
_COMES_BY = ("通行", "经过", "路过", "进入", "进出", "居住", "住", "逗留", "停留", "受伤", "伤", "聚集")
"""无人通行: it is well that nobody does."""
_NOT = "不未没无非"
_AGAINST = frozenset("不没未无缺坏失拆损破漏堵锁少差塌裂")
"""Letters that speak against it: 报警正常但未联锁."""
_ALL = ("均", "都", "全部", "一切", "各项", "没有发现", "未发现", "未见")
_SHORT = 10
"""Characters of a clause that only sums up: 均正常, 没有发现问题."""
_NEAR = 18
"""Characters between a word and the quantity that belongs to it."""


@dataclass
class Reading:
    """What a description says to one way."""

    way: Way
    hits: dict[str, list[tuple[str, Hit]]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    also: list[tuple[str, Hit]] = field(default_factory=list)
    excepted: list[Hit] = field(default_factory=list)
    met: list[tuple[Limit, Quantity]] = field(default_factory=list)
    broken: list[tuple[Limit, Quantity]] = field(default_factory=list)
    open_limits: list[Limit] = field(default_factory=list)
    is_defect_far: bool = False
    is_scattered: bool = False
    """The facets are said too far from each other to belong together."""
    good: Hit | None = None
    """Words that say the thing is in order, where they take a defect away."""
    minor: Hit | None = None
    doubt: Doubt | None = None
    """What may make an ordinary defect of it."""

    @property
    def is_complete(self) -> bool:
        return bool(self.hits) and not self.missing and not self.is_defect_far and not self.is_scattered

    @property
    def is_said_plainly(self) -> bool:
        """Every facet by a word of its own of at least two characters: 淤 alone is in many, 压 is no word of its own in
        中压燃气, 学校 is one thing, not two."""
        words = {(hit.start, hit.end) for hits in self.hits.values() for _, hit in hits if hit.end - hit.start > 1}
        edges = {edge for word in words for edge in word}

        def is_plain(hit: Hit) -> bool:
            if hit.end - hit.start > 1:
                return True
            inside = any(start <= hit.start and hit.end <= end for start, end in words)
            return not inside and bool({hit.start, hit.end} & edges)

        return _each_its_own(
            [{(hit.start, hit.end) for _, hit in hits if is_plain(hit)} for hits in self.hits.values()]
        )

    @property
    def is_contradicted(self) -> bool:
        return bool(self.excepted or self.broken or self.good)


def _each_its_own(facets: list[set[tuple[int, int]]], taken: frozenset[tuple[int, int]] = frozenset()) -> bool:
    return not facets or any(_each_its_own(facets[1:], taken | {span}) for span in facets[0] - taken)


@dataclass(frozen=True)
class Remarks:
    """What a description says of the state of things, by clause: read once for all ways."""

    sound: Mapping[int, Hit]
    """Clauses that say something is as it should be, and nothing against it: 报警器试验正常; and those before 均正常."""
    good: Mapping[int, Hit]
    minor: Mapping[int, Sequence[Hit]]


def remarks(found: Found, description: Description) -> Remarks:
    good = {hit.clause: hit for hit in found.get("@完好", ()) if is_good(hit, description)}
    minor: dict[int, list[Hit]] = {}
    for hit in found.get("@轻微", ()):
        minor.setdefault(hit.clause, []).append(hit)
    return Remarks(_sound(good, description), good, minor)


def _sound(good: Mapping[int, Hit], description: Description) -> dict[int, Hit]:
    sound: dict[int, Hit] = {}
    for clause, hit in good.items():
        said = description.said(clause)
        if not _AGAINST.intersection(said.replace(description.text[hit.start : hit.end], "", 1)):
            sound[clause] = hit
            sums_up = said.startswith(_ALL) or hit.start == description.starts[clause]
            if sums_up and len(said) <= _SHORT:
                for before in range(clause - 1, -1, -1):
                    earlier = description.said(before)
                    if _AGAINST.intersection(earlier):
                        break
                    sound.setdefault(before, hit)
                    if description.is_last(before - 1):
                        break
    return sound


Hits = dict[str, list[tuple[str, Hit]]]
"""What was found of each facet: the phrase, and where."""


def read_way(
    way: Way,
    hits: Hits,
    found: Found,
    said: Sequence[Quantity],
    description: Description,
    remarked: Remarks,
) -> Reading:
    """`hits` of this way, `remarked` from `remarks`."""
    reading = Reading(way)
    for name in way.facets:
        of_facet = hits.get(name, [])
        # 没有载人, 未超载: what is denied is not there; of a defect's act it says which (未监测)
        if name in ("defect", "condition") or "defect" not in way.facets:
            of_facet = [(phrase, hit) for phrase, hit in of_facet if not _is_absent(hit, description)]
        if of_facet:
            reading.hits[name] = of_facet
        else:
            reading.missing.append(name)
    if not reading.hits:
        return reading
    reading.also = _hits(way.also, found)
    reading.excepted = [hit for _, hit in _hits(way.excepts, found) if not _is_denied(hit, description)]
    _place_defect(reading, found, description, remarked)
    reading.is_scattered = not reading.missing and not _are_together(reading.hits.values())
    _compare_limits(reading, found, said, description)
    return reading


def hits_of(way: Way, found: Found) -> Hits:
    """What was found of one way."""
    return {name: hits for name, phrases in way.facets.items() if (hits := _hits(phrases, found))}


def _hits(phrases: Iterable[str], found: Found) -> list[tuple[str, Hit]]:
    return [(phrase, hit) for phrase in phrases if phrase in found for hit in found[phrase]]


def _are_together(facets: Collection[Sequence[tuple[str, Hit]]]) -> bool:
    """Whether every facet is said within one stretch of `_TOGETHER` characters."""
    said = sorted((hit.start, hit.end, number) for number, hits in enumerate(facets) for _, hit in hits)
    last: dict[int, tuple[int, int]] = {}
    for start, end, number in said:
        last[number] = (start, end)
        if len(last) == len(facets):
            begun = min(begin for begin, _ in last.values())
            if max(stop for _, stop in last.values()) - begun <= _TOGETHER:
                return True
    return False


def _is_absent(hit: Hit, description: Description) -> bool:
    """The defect is not there: denied, not done, or only part of the name of what watches for it."""
    text = description.text
    words = text[hit.start : hit.end]
    return (
        _is_denied(hit, description)
        or bool(_DENIES_DOING.search(text, max(0, hit.start - 6), hit.start))
        or any(
            found.start() <= hit.start and hit.end <= found.end()
            for found in _WATCHES.finditer(text, max(0, hit.start - _WATCHED), hit.end + _WATCHED)
        )
        or (words == "正在" and text.startswith(_MENDS, hit.end))
        or (words.endswith(_NOBODY) and text.startswith(_COMES_BY, hit.end))
    )


def _is_denied(hit: Hit, description: Description) -> bool:
    """炉坑无积水, 未见裂纹: the defect is not there."""
    words = description.text[hit.start : hit.end]
    before = description.text[max(0, hit.start - _LONGEST_NEGATION) : hit.start]
    return not words.startswith(_NEGATIONS) and before.endswith(_NEGATIONS)


def is_good(hit: Hit, description: Description) -> bool:
    """Not 不齐全, 未有效, 不能正常使用; and 正常 ends what it says: 仍在正常出铁 tells of work, not of a state."""
    text = description.text
    if any(letter in _NOT for letter in text[max(0, hit.start - 3) : hit.start]):
        return False
    return text[hit.start : hit.end] != "正常" or hit.end == len(text) or text[hit.end] in _GOES_ON


def _place_defect(reading: Reading, found: Found, description: Description, remarked: Remarks) -> None:
    defects, sound = reading.hits.get("defect"), remarked.sound
    if not defects:
        said = [hit.clause for hits in reading.hits.values() for _, hit in hits]
        if all(clause in sound for clause in said):
            reading.good = sound[said[0]]
        elif not reading.missing:
            reading.doubt = doubt(reading.hits, (), (), found, description)
        return
    anchors = {hit.clause for name in _ANCHORS for _, hit in reading.hits.get(name, ())}
    near = anchors | {at - 1 for at in anchors} | {at + 1 for at in anchors}
    beside = [hit for _, hit in defects if not anchors or hit.clause in near]
    reading.is_defect_far = not beside
    if not beside:
        return
    if all(hit.clause in sound for hit in beside):
        reading.good = sound[beside[0].clause]
        return
    things = _clauses_of_thing(reading)
    if things and things <= remarked.good.keys() and not any(hit.clause in things for hit in beside):
        reading.good = remarked.good[min(things)]
    if all(hit.clause in remarked.minor for hit in beside):
        reading.minor = _minor(reading, beside, remarked)
    if not reading.missing:
        reading.doubt = doubt(reading.hits, beside, reading.also, found, description)


def _clauses_of_thing(reading: Reading) -> set[int]:
    thing = next((name for name in _THINGS if name in reading.hits), "")
    return {hit.clause for _, hit in reading.hits.get(thing, ())}


def _minor(reading: Reading, beside: Sequence[Hit], remarked: Remarks) -> Hit | None:
    """A word of smallness in every clause with the defect, where it is no part of what is meant."""
    spoken = [hit for hits in reading.hits.values() for _, hit in hits]
    found = [
        next((hit for hit in remarked.minor[clause] if not any(_is_part(hit, other) for other in spoken)), None)
        for clause in dict.fromkeys(hit.clause for hit in beside)
    ]
    return found[0] if all(found) else None


def _is_part(one: Hit, other: Hit) -> bool:
    """局部 in 局部通风机: a part of what is meant, no weakening of it."""
    return other.start <= one.start and one.end <= other.end and (one.start, one.end) != (other.start, other.end)


def _compare_limits(reading: Reading, found: Found, said: Sequence[Quantity], description: Description) -> None:
    for limit in reading.way.limits:
        words = [hit for _, hit in _hits(limit.of, found)]
        if limit.of and not words:
            reading.open_limits.append(limit)
            continue
        judged = [
            (quantity, verdict)
            for quantity in said
            if (verdict := limit.judged(quantity)) is not None
            and (not words or any(_distance(word, quantity) <= _NEAR for word in words))
        ]
        if met := [quantity for quantity, verdict in judged if verdict]:
            reading.met.append((limit, met[0]))
        elif judged:
            reading.broken.append((limit, judged[0][0]))
        else:
            reading.open_limits.append(limit)


def _distance(word: Hit, quantity: Quantity) -> int:
    return max(quantity.start - word.end, word.start - quantity.end, 0)
