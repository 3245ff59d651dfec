"""What was allowed and what was found: 核定12人 … 实际17人, 设计埋深6米 … 实测3米2, 超设计15%.

How much was found above what was set, in percent, is a quantity of its own; negative where it was less. So a criterion
needs no words for an excess or a shortage that only the two numbers tell, and none is seen where the bound was kept.
"""

import re
from collections.abc import Iterator, Sequence

from .quantities import EXCESS, Quantity

_ALLOWED = re.compile(
    r"(?:(?<![审考复])核|额定|设计|许可|批准|批复|批的|批了|只批|获批|定员|定编|限员|限载|限重|限量|限高|限速|(?<![有期权极])限|定量|规定|允许|准载|准乘"
    r"|只准|要求|规程|规范|说明书|最小|至少|铭牌|证上|方案|上限|最多|最大|算出来|才够|标准[是为]?|应当?[是为不有])[^,。;!?:\d]{0,8}$"
)
"""Before a quantity: it is the bound."""
_FOUND = re.compile(
    r"(?:实际|实有|实测|实到|现有|现场|当班|进了|下了|来了|坐了|上了|装了|挤了|塞了|存了)[^,。;!?:\d]{0,4}$"
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_BARE = re.compile(r"(?<![\d.])\d+(?:\.\d+)?(?![\d.%℃])")
_BY_SHARE = re.compile(
    r"(?:超|多|高出)[^,。;!?:\d]{0,8}(?:(?P<share>\d+(?:\.\d+)?)(?P<unit>%|成|倍)|百分之(?P<percent>\d+(?:\.\d+)?)|(?P<half>一半))"
)
_PERCENT = {"%": 1.0, "成": 10.0, "倍": 100.0}
_WITHIN = 60
"""Characters between the two that belong together."""
_NEVER = frozenset({"voltage", "circuits", "times"})
_ANYTHING = ""
"""The dimension of a bare number: 定员3 实际7."""
_KINDS = {"people": "人数", "length": "尺寸", "mass": "重量"}
"""Kinds of excess that a criterion may ask for alone: 超额人数, 超额尺寸, 超额重量."""


def exceeding(text: str, said: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """
    >>> from .quantities import quantities
    >>> [round(found.low) for said in ("核定12人现场17人", "限员9人 当班8人") for found in exceeding(said, quantities(said))]
    [42, -11]
    """
    return (*_compared(text, said), *_by_share(text))


def _compared(text: str, said: Sequence[Quantity]) -> Iterator[Quantity]:
    counted = sorted([*said, *_bare(text, said)], key=lambda one: one.start)
    bounds = [one for one in counted if one.high > 0 and _told(_ALLOWED, text, one)]
    for bound in bounds:
        against = [
            one
            for one in counted
            if one not in bounds and one.low > 0 and _are_alike(bound, one) and _distance(bound, one) <= _WITHIN
        ]
        if against:
            found = min(against, key=lambda one: (not _told(_FOUND, text, one), _distance(bound, one)))
            allowed = min(bound.high, bound.low or bound.high) * _scale(text, found, bound) / _scale(text, bound, found)
            low, high = 100 * (found.low / allowed - 1), 100 * (found.high / allowed - 1)
            for kind in _kinds({bound.dimension, found.dimension}):
                yield Quantity(EXCESS + kind, low, high, found.start, found.end)


def _scale(text: str, one: Quantity, beside: Quantity) -> float:
    """Of the unit of `one`, where `beside` has none and is meant in the same (兆帕 said once)."""
    if beside.dimension != _ANYTHING or one.dimension == _ANYTHING:
        return 1.0
    written = _NUMBER.search(text, one.start, one.end)
    return one.low / float(written[0]) if written and float(written[0]) else 1.0


def _kinds(dimensions: set[str]) -> Iterator[str]:
    yield ""
    for dimension, kind in _KINDS.items():
        if dimension in dimensions or dimensions == {_ANYTHING}:
            yield kind


def _bare(text: str, said: Sequence[Quantity]) -> Iterator[Quantity]:
    taken = {at for one in said for at in range(one.start, one.end)}
    for match in _BARE.finditer(text):
        number = Quantity(_ANYTHING, float(match[0]), float(match[0]), match.start(), match.end())
        if match.start() not in taken and (_told(_ALLOWED, text, number) or _told(_FOUND, text, number)):
            yield number


def _told(words: re.Pattern[str], text: str, quantity: Quantity) -> bool:
    return bool(words.search(text, max(0, quantity.start - 14), quantity.start))


def _are_alike(one: Quantity, other: Quantity) -> bool:
    kinds = {one.dimension, other.dimension}
    if kinds & _NEVER:
        return False
    return len(kinds) == 1 or _ANYTHING in kinds or kinds == {"people", "个"}


def _distance(one: Quantity, other: Quantity) -> int:
    return max(other.start - one.end, one.start - other.end, 0)


def _by_share(text: str) -> Iterator[Quantity]:
    for match in _BY_SHARE.finditer(text):
        if match["half"]:
            percent = 50.0
        elif match["percent"]:
            percent = float(match["percent"])
        else:
            percent = float(match["share"]) * _PERCENT[match["unit"]]
        if percent > 0:
            for kind in _kinds({_ANYTHING}):
                yield Quantity(EXCESS + kind, percent, percent, match.start(), match.end())
