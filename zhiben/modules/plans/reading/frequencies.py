"""How often: 每季度至少开展1次, 每半年至少一次, 每年不少于2次."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zhiben.core.text.numbers import number_value

from .clauses import Quoted
from .ledger import Period

_PERIODS: dict[str, Period] = {
    "日": "day", "天": "day", "工作日": "day", "周": "week", "星期": "week", "月": "month", "月份": "month", "季度": "quarter",
    "季": "quarter", "半年": "half-year", "年": "year", "年度": "year", "自然年": "year",
}  # fmt: skip
_N = r"(?:\d{1,4}|[一二两三四五六七八九十]{1,3})"
_COUNT = rf"(?P<count>{_N})(?:[-—~至到]{_N})?(?:轮次|场次|批次|人次|次|轮|场|期|回|遍|(?<=\d)批)(?!性|要|生|月|序|数)"
_EVERY = re.compile(
    r"(?:每个?(?P<every>工作日|自然年|半年|季度|月份|年度|星期|日|天|周|月|季|年)(?!内)"
    r"|(?P<whole>全年|年内|年度内|(?<![上下前后每个多])半年内?|一年内?|一季度内?|一个?月内?)(?=(?:至少|不少于|不低于|应|要|须|组织|开展|累计)))"
)
_FOUND = re.compile(_COUNT)
_STOPS = re.compile(r"[。;!?\n]|每(?:个?(?:工作日|半年|季度|月|年|日|天|周|星期|季)|两|三|\d)")
# 每季度、分管负责人每月至少检查1次: the count serves every period before it.
_GOES_ON = re.compile("[、和及]")
_SHARED = re.compile(rf"[^,。;!?\n]{{0,40}}?{_COUNT}")
_ASIDE = re.compile(r"\([^()。]{1,24}\)")
_REACH = 70


@dataclass(frozen=True)
class Recurrence:
    """At least `min_count` times per period, at `start:end`; `counted` is false for a mere 每年."""

    per: Period
    min_count: int
    start: int
    end: int
    counted: bool


def _period(match: re.Match[str]) -> Period:
    if match["every"]:
        return _PERIODS[match["every"]]
    whole = match["whole"]
    if "半年" in whole:
        return "half-year"
    return "quarter" if "季" in whole else "month" if "月" in whole else "year"


def recurrences_in(text: str, start: int, end: int, *, quoted: Quoted) -> Iterator[Recurrence]:
    """Every 每… of the text, with its count where one follows in the same clause or the next.

    >>> text = "每季度带队至少开展1次检查,高危行业每月至少1次"
    >>> [(r.per, r.min_count) for r in recurrences_in(text, 0, len(text), quoted=Quoted(text))]
    [('quarter', 1), ('month', 1)]
    >>> text = "主要负责人每季度、班组长每天开展1次检查"
    >>> [(r.per, r.min_count) for r in recurrences_in(text, 0, len(text), quoted=Quoted(text))]
    [('quarter', 1), ('day', 1)]
    """
    for match in _EVERY.finditer(text, start, end):
        if match.start() in quoted:
            continue
        if match["every"] and _GOES_ON.match(text, match.end(), end):
            shared = _SHARED.match(text, match.end(), min(end, match.end() + _REACH))
            if shared and "每" in shared.group():
                times = number_value(shared["count"]) or 1
                yield Recurrence(_period(match), times, match.start(), shared.end(), True)
                continue
        aside = _ASIDE.match(text, match.end(), end)  # 每季度(高危行业每月)至少1次: the count serves both
        begin = aside.end() if aside else match.end()
        stop = _STOPS.search(text, begin, min(end, begin + _REACH))
        limit = stop.start() if stop else min(end, begin + _REACH)
        count = _FOUND.search(text, begin, limit)
        commas = text.count(",", begin, count.start()) if count else 0
        if count and commas <= 1 and not re.search(r"第$|[\d.]$|同$|再$", text[begin : count.start()][-1:]):
            yield Recurrence(_period(match), number_value(count["count"]) or 1, match.start(), count.end(), True)
        elif match["every"]:
            comma = text.find(",", match.end(), limit)
            yield Recurrence(_period(match), 1, match.start(), comma if comma >= 0 else limit, False)
