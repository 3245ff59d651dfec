"""What tells an ordinary defect from the hazard it stands beside, where every facet of a criterion was said.

A predicate speaks of the noun before it, a negation of what follows it: in 避雷针引下线油漆脱落 the paint came off, in
救援三脚架没有擦灰 nobody wiped. Such a reading becomes a question to a person and no match. Classes of words stand in
`data/words.toml`; what stands here is grammar.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .phrases import Found, Hit
from .quantities import COUNTERS
from .text import Description

Kind = Literal["part", "beside", "other", "slight", "few", "works"]

_DENIES = re.compile(r"(?:没有?|未见?|无|缺少?|少了?)$")
_CLOSES = frozenset(",。;!?:)了的过呢吧啊\n")
"""After a negation: it denied what was said before."""
_NAMED = 10
"""Characters after a negation within which the missing thing is named."""
_NEAR = 6
"""Characters between a part and what is said of it."""
_FEW = re.compile(r"了?[123几][滴处个只块颗把盏根条张片枚扇支道节袋件](?!(?:多)?月|半|多|小时|钟头|星期|礼拜|季度)")
_ONE_OF_THEM = re.compile(r"有(?:那么)?[12][盏张颗粒][^,。;!?:]{0,8}$")
"""Before a predicate: 有1盏号灯不亮 tells of one among many."""
_SLIGHTLY = ("有点", "有些", "略", "略有", "稍", "稍微", "稍有", "微微", "一点点")
_A_LITTLE = re.compile(r"[了得]?(?:[高低大小多少松偏慢快差]了?)?1?(?:点|些)(?![火燃钟多])")
_OUTSIDE = re.compile(r"(?:以外|之外|外面|外边|外头|外侧|外(?=[,。;的]|$))(?!线)")
_OF_IT = re.compile(
    r"(?P<near>旁边|旁|边上|附近|门口|门外|外面|外侧|周边|周围|上方|下方|底下|后面|前面)?的(?P<what>[^,。;]{1,8})$"
)
_WORKS_IN_IT = re.compile(
    r"(?:阀|门|口|线|线路|管|管路|电源|电|开关|按钮|探头|信号|数据|联锁|系统|装置|设备|功能|作用|压力|水|人|时候|地方|位置|情况|部位)$"
)
"""What a thing works by: without it the thing itself is down."""
_HEADS = frozenset("沟牌本架盖罩盒套帽座单册卡")
"""Written at once after a thing's word they make it the name of another thing: 排水沟, 报警器罩."""
_TAIL = re.compile(
    r"(?:已经|一直|早就|早已|经常|长期|全部|都是|还是|都|也|就|又|全|还|均|有|被人?|让人|给|是|已|上|里|内)+$"
)
_EMPTY = re.compile(
    r"上(?:个)?月|上周|上半年|去年|今年|今天|当天|昨天|昨晚|前天|前几天|最近|目前|现在|现场|平时|晚上|夜里|夜间|白天|早上|早班|中班|晚班|当班"
    r"|检查时|检查发现|发现|突然|实际|其实|已经|一直|早就|早已|经常|长期|全部|基本|根本|从来|仍然|仍旧|照样|居然|竟然|完全|严重|大部分|部分"
    r"|整个|整层|整体|都是|还是|依然|直接|随意|故意|擅自|私自|人为|自己"
    r"|里面|上面|下面|前面|后面|中间|里头|外头|四周|周围|附近|门口|旁边|这里|那里|这个|那个|所有|任何|其中|另外|结果|而且|但是|因为|由于"
    r"|公司|企业|单位|厂里|车间|工厂|项目部|老板|工人|人员|师傅|员工|职工|有人|别人|操作工|司机|班长"
    rf"|[第有只仅约近]?\d+(?:\.\d+)?多?(?:个(?:多)?月|小时|分钟|毫米|厘米|[年月日天周米吨人{COUNTERS}])?"
    r"|[都也就又全还均有被让给把将拿用是已上里内下中间处前后边的了着得地在从到与和跟及或其该它他这那每各多很太较更最没未不会能可要应需则才再并且向为以由于对按照经因所而但,]"
)
"""What stands before a predicate and is not its subject: times, places, manners, counts, people at work."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why it may be ordinary; `words` raise the doubt."""

    kind: Kind
    words: Hit


def doubt(
    facets: Mapping[str, Sequence[tuple[str, Hit]]],
    defects: Sequence[Hit],
    also: Iterable[tuple[str, Hit]],
    found: Found,
    description: Description,
) -> Doubt | None:
    """The reason to ask first. Of `defects`, those that stand beside their thing, one said plainly is enough."""
    spans = _spans_of(facets)
    if works := next((hit for hit in found.get("@还能用", ()) if _is_news(hit, spans, description)), None):
        return Doubt("works", works)
    if outside := _outside(facets, description):
        return outside
    supported = [span for _, hit in also for span in hit.spans]
    things = [*_spans_of(facets, but="defect"), *supported]
    covered = [*spans, *supported]
    raised = [_raised(hit, things, covered, found, description) for hit in defects]
    return raised[0] if raised and all(raised) else None


def _spans_of(facets: Mapping[str, Sequence[tuple[str, Hit]]], but: str = "") -> list[tuple[int, int]]:
    return [span for name, hits in facets.items() if name != but for _, hit in hits for span in hit.spans]


def _is_news(hit: Hit, spans: Iterable[tuple[int, int]], description: Description) -> bool:
    """Said for itself: not 不能用, and no part of a word of the criterion."""
    before = description.text[max(0, hit.start - 2) : hit.start]
    return not before.endswith(("不", "没", "未", "没有", "无")) and not any(
        start <= hit.start and hit.end <= end for start, end in spans
    )


def _outside(facets: Mapping[str, Sequence[tuple[str, Hit]]], description: Description) -> Doubt | None:
    """在吊运跨外面: the place is named as where it is not."""
    places = [hit for _, hit in facets.get("place", ())]
    hits = [hit for hit in places if not any(hit.end < other.end and other.start <= hit.start for other in places)]
    told = [_OUTSIDE.match(description.text, hit.end) for hit in hits]
    if not told or not all(told):
        return None
    return Doubt("beside", Hit(hits[0].start, hits[0].end + 2, hits[0].clause))


Spans = Sequence[tuple[int, int]]


def _raised(hit: Hit, things: Spans, covered: Spans, found: Found, description: Description) -> Doubt | None:
    text, begin = description.text, description.starts[hit.clause]
    end = begin + len(description.said(hit.clause).rstrip(",。;!?:\n"))
    after = max((stop for start, stop in things if begin <= start and stop <= hit.start), default=begin)
    parts = [
        part
        for part in found.get("@附属", ())
        if part.clause == hit.clause and not any(start < part.end and part.start < stop for start, stop in covered)
    ]
    for part in parts:
        is_subject = after <= part.start and part.end <= hit.start <= part.end + _NEAR
        if is_subject or (hit.start < part.start and part.end < hit.end):
            return Doubt("part", part)
    if _DENIES.search(text[hit.start : hit.end]) and (other := _denied_instead(hit, end, covered, parts, found, text)):
        return other
    if text[begin : hit.start].endswith(_SLIGHTLY):
        return Doubt("slight", Hit(hit.start - 1, hit.end, hit.clause))
    if one := _ONE_OF_THEM.search(text, begin, hit.start):
        return Doubt("few", Hit(one.start(), hit.end, hit.clause))
    if little := _A_LITTLE.match(text, hit.end, end):
        return Doubt("slight", Hit(hit.start, little.end(), hit.clause))
    if few := _FEW.match(text, hit.end, end):
        return Doubt("few", Hit(hit.start, few.end(), hit.clause))
    return _of_something_else(text, begin, after, hit, covered)


def _denied_instead(
    hit: Hit, end: int, covered: Iterable[tuple[int, int]], parts: Iterable[Hit], found: Found, text: str
) -> Doubt | None:
    """没有擦灰, 没有反光条: neither the thing nor that it be provided is denied."""
    start = hit.end + (text[hit.end : hit.end + 1] == "有" and text[hit.end - 1] in "没未")
    if start == end or text[start] in _CLOSES:
        return None
    if tail := next((part for part in parts if part.start >= start and part.end == end), None):
        return Doubt("part", tail)
    if any(start <= begun < start + _NAMED for begun, _ in covered):
        return None
    if any(verb.start == start for verb in found.get("@做到", ())):
        return None
    return Doubt("other", Hit(hit.start, end, hit.clause))


def _of_something_else(text: str, begin: int, after: int, hit: Hit, covered: Spans) -> Doubt | None:
    """The predicate has a subject of its own: 风门的底坎漏风; 排风扇开着，滤棉没换."""
    gap = text[after : hit.start]
    if after > begin and gap[:1] in _HEADS:
        return Doubt("part", Hit(after, after + 1, hit.clause))
    told = {at for start, stop in covered for at in range(start, stop)}
    own = _EMPTY.sub("", "".join(text[at] for at in range(after, hit.start) if at not in told))
    if len(own) >= (2 if after == begin else 3) and not _WORKS_IN_IT.search(own):
        return Doubt("part", Hit(after, hit.start, hit.clause))
    of_it = _OF_IT.match(_TAIL.sub("", gap)) if after > begin else None
    if of_it is None or _WORKS_IN_IT.search(of_it["what"]):
        return None
    start, stop = of_it.span("what")
    return Doubt("beside" if of_it["near"] else "part", Hit(after + start, after + stop, hit.clause))
