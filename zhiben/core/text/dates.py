"""Dates as plans write them: 2024年底前, 到2026年6月, 2025年上半年, 今年年底, 2024—2026年, 2024-12-31."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from .numbers import number_value

Precision = Literal["year", "part", "month", "day"]

_Y = r"(?:(?:19|20)\d\d|[一二]?[〇○零一二三四五六七八九]{3,4})"
_N = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_JOIN = r"[-—–~至到]{1,2}"
# 2024年底数, 2024年初步: the character belongs to the word that follows.
_EDGE = r"(?:底(?![数线层册板座])|末(?![端位])|初(?![步次级期始中]))"
_PART = rf"(?:上半年|下半年|第?[一二三四1234]季度|年?{_EDGE})"
_EXPRESSION = re.compile(
    rf"(?P<year>{_Y}|今|明|后|当|本)年度?"
    rf"(?:{_JOIN}(?P<until>{_Y})年)?"
    rf"(?:(?P<month>{_N})(?:月份?|(?={_JOIN}{_N}月))(?:{_JOIN}(?P<last>{_N})月份?)?(?:(?P<day>{_N})[日号])?|(?P<part>{_PART}))?"
    rf"(?P<edge>{_EDGE}|[上中下]旬)?"
    rf"|(?P<first_year>20\d\d)年?{_JOIN}(?P<last_year>20\d\d)年"
    rf"|(?P<y>20\d\d)(?P<sep>[-/.])(?P<m>0?[1-9]|1[0-2])(?:(?P=sep)(?P<d>0?[1-9]|[12]\d|3[01]))?(?!\d|[-/.]\d)"
    rf"|(?P<bare_month>{_N})月(?:份|(?P<bare_day>{_N})[日号])?(?P<bare_edge>[底末]|[上中下]旬)?"
    rf"|(?P<bare_part>年底|年末|上半年|下半年|第?[一二三四]季度)"
)
_RANGE_TAIL = re.compile(rf"{_JOIN}(?={_Y}年|{_N}月|20\d\d[-/.])")
_PART_END = {"上半年": (6, 30), "下半年": (12, 31), "一": (3, 31), "二": (6, 30), "三": (9, 30), "四": (12, 31)}


@dataclass(frozen=True)
class DateExpression:
    """One date in a text. `end_day` is the last day it covers; `year_given` is false where it must be supplied."""

    start: int
    end: int
    begin_day: date
    end_day: date
    precision: Precision
    year_given: bool = True


def month_end(year: int, month: int) -> date:
    """The last day of a month.

    >>> month_end(2024, 2).day
    29
    """
    return date(year, month, calendar.monthrange(year, month)[1])


def _day(year: int, month: int, day: int | None) -> date | None:
    try:
        return date(year, month, day) if day else month_end(year, month)
    except ValueError:
        return None


def _part_end(part: str) -> tuple[int, int]:
    """上半年 → (6, 30); 三季度 → (9, 30); 年初 → (3, 31)."""
    if part in _PART_END:
        return _PART_END[part]
    if "季" in part:
        digit = part.removeprefix("第")[0]
        return _PART_END["一二三四"[int(digit) - 1] if digit.isdigit() else digit]
    return (3, 31) if part[-1] == "初" else (12, 31)


def _year_value(text: str, default_year: int) -> int | None:
    if text in ("今", "当", "本"):
        return default_year
    if text in ("明", "后"):
        return default_year + ("明", "后").index(text) + 1
    value = number_value(text)
    return value if value and 1900 <= value <= 2199 else None


def _with_year(match: re.Match[str], default_year: int) -> DateExpression | None:
    year = _year_value(match["year"], default_year)
    until = _year_value(match["until"], default_year) if match["until"] else None
    if year is None:
        return None
    last_year = until or year
    start, end = match.span()
    if match["month"]:
        first_month = number_value(match["month"]) or 0
        month = number_value(match["last"] or match["month"]) or 0
        if match["edge"] and not (match["day"] or match["last"]) and match["edge"] in ("上旬", "中旬"):
            last_day = _day(last_year, month, 10 if match["edge"] == "上旬" else 20) if 1 <= month <= 12 else None
        else:
            last_day = _day(last_year, month, number_value(match["day"]) if match["day"] else None)
        if last_day is None or not 1 <= first_month <= 12:
            return None
        precision: Precision = "day" if match["day"] else "month"
        begin = last_day if match["day"] else date(year, first_month, 1)
        return DateExpression(start, end, begin, last_day, precision)
    part = match["part"] or match["edge"]
    if part and part[-1] == "旬":
        return None
    month_day = _part_end(part) if part else (12, 31)
    begin_month = 7 if part == "下半年" else 1
    return DateExpression(
        start, end, date(year, begin_month, 1), date(last_year, *month_day), "part" if part else "year"
    )


def _without_year(match: re.Match[str], default_year: int) -> DateExpression | None:
    start, end = match.span()
    if match["bare_part"]:
        day = date(default_year, *_part_end(match["bare_part"]))
        return DateExpression(start, end, date(default_year, 1, 1), day, "part", year_given=False)
    month = number_value(match["bare_month"]) or 0
    day_number = number_value(match["bare_day"]) if match["bare_day"] else None
    if not day_number and match["bare_edge"] in ("上旬", "中旬"):
        day_number = 10 if match["bare_edge"] == "上旬" else 20
    last_day = _day(default_year, month, day_number) if 1 <= month <= 12 else None
    if last_day is None:
        return None
    precision: Precision = "day" if day_number else "month"
    return DateExpression(start, end, last_day.replace(day=1), last_day, precision, year_given=False)


def _one(match: re.Match[str], default_year: int) -> DateExpression | None:
    if match["year"]:
        return _with_year(match, default_year)
    if match["last_year"]:
        first, last = int(match["first_year"]), int(match["last_year"])
        return DateExpression(match.start(), match.end(), date(first, 1, 1), date(last, 12, 31), "year")
    if match["y"]:
        day = _day(int(match["y"]), int(match["m"]), int(match["d"]) if match["d"] else None)
        precision: Precision = "day" if match["d"] else "month"
        return DateExpression(match.start(), match.end(), day, day, precision) if day else None
    return _without_year(match, default_year)


def date_expressions(text: str, *, default_year: int) -> Iterator[DateExpression]:
    """Every date of a normalised text without stray spaces, in order; a range is one expression.

    `default_year` serves 今年, 年底前, 6月底. A bare 10月 inside a year's range (2024年3月至10月) is its end.

    >>> [d.end_day.isoformat() for d in date_expressions("2024年6月底前完成,到2026年底建成", default_year=2024)]
    ['2024-06-30', '2026-12-31']
    >>> [d.end_day.isoformat() for d in date_expressions("2024年3月至2025年6月", default_year=2024)]
    ['2025-06-30']
    >>> [d.end_day.isoformat() for d in date_expressions("2025年1至6月", default_year=2024)]
    ['2025-06-30']
    """
    pending: DateExpression | None = None
    for match in _EXPRESSION.finditer(text):
        if match.start() and _inside_number(text, match):
            continue
        found = _one(match, pending.end_day.year if pending else default_year)
        if found is None:
            continue
        if pending and (joint := _RANGE_TAIL.match(text, pending.end)) and joint.end() == found.start:
            found = DateExpression(
                pending.start, found.end, pending.begin_day, found.end_day, found.precision, pending.year_given
            )
        elif pending:
            yield pending
        pending = found
        if not _RANGE_TAIL.match(text, found.end):
            yield found
            pending = None
    if pending:
        yield pending


def _inside_number(text: str, match: re.Match[str]) -> bool:
    """The digits go on to the left: 12024年, 第1.2024-3; or 每年底, 三年内: no date but a period."""
    before, first = text[match.start() - 1], match.group()[0]
    if first.isdigit():
        return before.isdigit() or (before in ".-/" and match["y"] is not None)
    if match["bare_month"]:
        return before in "0123456789一二三四五六七八九十每逐个两几数" or before == "第"
    if match["bare_part"]:
        return before in "每逐前近0123456789一二三四五两几"
    return match["year"] is not None and before in "〇○零一二三四五六七八九每逐成届"
