"""Deadlines and yearly stages: 2024年底前…, 到2026年…, 2025年,…; not the years of old stock, titles or validity."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from zhiben.core.text.dates import DateExpression, date_expressions

from .clauses import Quoted

# What follows a date that only looks back, or says from when: 2021年以来, 2023年及以前, 2024年起, 2024年版.
_LOOKS_BACK = re.compile(
    r"(?:\d{1,2}日)?(?:\()?(?:以来|来|及以前|以前|及之前|之前排查|及此前|前已|起|开始(?!试点|推进|建设|改造|整治|排查)|后|以后|版|版本|修订|修正|修改|公布|发布|印发|颁布|施行|启用|新?(?:排查|发现|查出|摸排|认定)(?:出|发现)?的|制定的|出台的"
    r"|发生|事故|期间发生|同期|相比|同比|末?基[准数]|的(?:事故|情况|基础|存量)|[^,。;]{0,6}(?:行动|工作)(?:中发现|经验|成果|基础))"
)
_COMES_FROM = re.compile(
    r"(?:自|从|与|较|比|同|以|对照|根据|依据|按照|延续|截至|截止|针对|参照|始于|结合|总结|持续用好)$"
)
# Before a bare year or month: a clause begins, or a word leads to the date.
_LEADS_TO = re.compile(
    r"(?:^|[,。;:!?、(\n)”》】]|到|至|在|于|力争|争取|确保|其中|计划|预计|并|则|前|内|即日起至|和|及|以及|拟|原则上|最迟|不晚于|不迟于|[^一-鿿])$"
)
# What a year in the middle of a clause brings about: 安装率2026年达到95%, 市财政2024年安排资金.
_STAGE = re.compile(
    "(?:底|末)?(?:力争|要|应|全面|基本|分别)*(?:达到|达|实现|完成|建成|安排|投入|不低于|不少于|提高|提升|推开|推广)"
)
_STAND_AT = re.compile(",?[^,。;]{0,16}(?:不少于|不低于|达到|实现|完成)")  # 截至2026年底联网企业不少于400家
_BEFORE = re.compile(r"(?:之?前|以前)(?!期|往|景|列|沿|置|端|提|后|身|款|述|来|几|三|两)")
_CONTENT_END = re.compile(r"[。;!?\n]")
_TEXT_START = 40
_REACH = 60  # how far a year serves the months named after it without their own


@dataclass(frozen=True)
class Due:
    """A deadline at `start:end`; `sure` is false where it may be mere mention."""

    due: date
    start: int
    end: int
    year_given: bool
    sure: bool
    dated: DateExpression


_JOINED = frozenset("、和及与")
_OF_ANOTHER_YEAR = ("每年", "每年的", "每年于", "每年第", "次年", "翌年", "来年")


def _is_deadline(text: str, found: DateExpression, first_year: int, floor: int, goes_on: bool) -> bool | None:
    """True for a deadline, None for a doubtful one, False for a mere mention.

    `goes_on` says that the sentence has named a year before: 2024年3月至5月排查,6月至9月整治.
    """
    before = text[max(floor, found.start - 8) : found.start]
    after = text[found.end : found.end + 16]
    ahead = _BEFORE.match(after) is not None
    if _LOOKS_BACK.match(after) and not (
        ahead and not re.match("(?:以前|之?前)(?:已|排查|发现|存量|建成|形成)", after)
    ):
        return False
    if _COMES_FROM.search(before) and not ahead:
        return before.endswith(("截至", "截止")) and _STAND_AT.match(after) is not None
    if found.end_day.year < first_year or before.endswith(_OF_ANOTHER_YEAR):
        return False
    if not found.year_given:
        if goes_on and (text[found.start - 1] in ",;、和及与" or ahead):
            return True
        if "季" in text[found.start : found.end]:
            return None
        return True if ahead or (found.precision == "part" and _LEADS_TO.search(before)) else None
    if ahead or (found.precision != "year" and text[found.end - 1] in "底末"):
        return True
    if _LEADS_TO.search(before) or _STAGE.match(after):
        return True
    return None


def deadlines_in(text: str, start: int, end: int, *, first_year: int, quoted: Quoted) -> Iterator[Due]:
    """The deadlines between `start` and `end`. A date without a year takes the year of the date before it.

    >>> text = "2024年底前完成2023年及以前存量;到2026年,形成机制。"
    >>> [due.due.isoformat() for due in deadlines_in(text, 0, len(text), first_year=2024, quoted=Quoted(text))]
    ['2024-12-31', '2026-12-31']
    >>> text = "2024年6月、12月分别督查,安装率2025年达到90%"
    >>> [due.due.isoformat() for due in deadlines_in(text, 0, len(text), first_year=2024, quoted=Quoted(text))]
    ['2024-06-30', '2024-12-31', '2025-12-31']

    每年 serves every date joined to it.

    >>> text = "每年6月底前、11月底前自查,2025年3月底前销号"
    >>> [due.due.isoformat() for due in deadlines_in(text, 0, len(text), first_year=2024, quoted=Quoted(text))]
    ['2025-03-31']
    """
    year = first_year
    named_until = -1  # the end of the last deadline with a year of its own
    yearly_until = -1  # the end of the last date of every year: 每年6月底前、11月底前
    for found in date_expressions(text[start:end], default_year=first_year):
        placed = DateExpression(
            found.start + start, found.end + start, found.begin_day, found.end_day, found.precision, found.year_given
        )
        if placed.start in quoted:
            continue
        if not placed.year_given and _is_of_every_year(text, placed, start, yearly_until):
            yearly_until = placed.end
            continue
        near = 0 <= placed.start - named_until <= _REACH and named_until >= 0
        goes_on = near and not _CONTENT_END.search(text, named_until, placed.start)
        verdict = _is_deadline(text, placed, first_year, start, goes_on)
        if verdict and (placed.year_given or goes_on) and placed.precision != "year":
            named_until = placed.end
        if placed.year_given and placed.end_day.year >= first_year:
            year = placed.end_day.year
        if verdict is False or (verdict is None and not placed.year_given):
            continue
        if verdict is None and placed.precision == "year":
            continue
        due = placed.end_day if placed.year_given else _in_year(placed.end_day, year)
        yield Due(due, placed.start, placed.end, placed.year_given, verdict is True, placed)


def _is_of_every_year(text: str, found: DateExpression, floor: int, yearly_until: int) -> bool:
    if text[max(floor, found.start - 3) : found.start].endswith(("每年", "每年的", "每年于")):
        return True
    between = text[yearly_until : found.start] if 0 <= found.start - yearly_until <= 4 else ""
    return yearly_until >= 0 and between.removeprefix("之").removeprefix("以").removeprefix("前") in _JOINED


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def text_from(text: str, start: int, end: int) -> str:
    """What is due: the words from the date on, to the end of the sentence at most."""
    end = min(end, start + _TEXT_START)
    stop = _CONTENT_END.search(text, start, end)
    return text[start : stop.start() if stop else end]
