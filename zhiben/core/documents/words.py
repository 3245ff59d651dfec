"""The filters a template may use, and how a value is written that has none."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from zhiben.core.clock import local_day
from zhiben.core.refusal import Refused
from zhiben.core.text.numbers import chinese_numeral

from .layout.composing import level_number
from .layout.tail import chinese_date
from .layout.word import clean

_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")


def written(value: Any) -> Any:
    """A value as it stands in a document: 是/否, 2026年3月5日, nothing for None. `finalize` of the sandbox."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return chinese_date(_day(value, "日期"))
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        # The template's own text comes through here as well; \a and \f would be taken for a new paragraph or page.
        return clean(value).replace("\a", "").replace("\f", "")
    if isinstance(value, list | tuple):
        return "、".join(str(written(each)) for each in value)
    raise Refused(f"模板里写了一组内容（{type(value).__name__}），请写明要其中的哪一项。", "file")


def chinese_day(value: date | None) -> str:
    """二〇二六年三月五日, for the formal few."""
    if value is None:
        return ""
    day = _day(value, "汉字日期")
    year = str(day.year).translate(_DIGITS)
    return f"{year}年{chinese_numeral(day.month)}月{chinese_numeral(day.day)}日"


def month(value: date | None) -> str:
    return "" if value is None else f"{(day := _day(value, '年月')).year}年{day.month}月"


def plain_day(value: date | None) -> str:
    return "" if value is None else chinese_date(_day(value, "中文日期"))


def percent(value: float | Decimal | None, decimals: int = 1) -> str:
    """0.905 → 90.5%. Halves are rounded up, as offices do; a dash where there is no rate."""
    if value is None:
        return "—"
    return f"{_rounded(_number(value, '百分比') * 100, decimals)}%"


def decimals(value: float | Decimal | None, count: int = 1) -> str:
    return "—" if value is None else _rounded(_number(value, "小数"), count)


def thousands(value: float | Decimal | None) -> str:
    return "—" if value is None else f"{_number(value, '千分位').normalize():,f}"


def numeral(value: int | None) -> str:
    if value is None:
        return ""
    number = _number(value, "中文数字")
    if number != int(number) or not 0 <= number < 100_000_000:
        raise Refused("筛选器“中文数字”只能用于 0 到 9999 万之间的整数。", "file")
    return chinese_numeral(int(number))


def ordinal(value: int, level: int = 1) -> str:
    """loop.index → 一、（一）1.（1） by level."""
    if level not in (1, 2, 3, 4):
        raise Refused("筛选器“序号”的级别只能是 1、2、3、4，例如 {{ loop.index|序号(2) }}。", "file")
    return level_number(int(_number(value, "序号")), level)


def or_else(value: Any, instead: str = "—") -> Any:
    return instead if value in (None, "", [], ()) else value


def joined(value: Iterable[Any], by: str = "、") -> str:
    if not isinstance(value, list | tuple):
        raise Refused("筛选器“连接”只能用于清单。", "file")
    return by.join(str(written(each)) for each in value)


def count(value: Sequence[Any]) -> int:
    if not isinstance(value, list | tuple):
        raise Refused("筛选器“个数”只能用于清单。", "file")
    return len(value)


def _day(value: date, filter_name: str) -> date:
    if isinstance(value, datetime):
        return local_day(value)
    if not isinstance(value, date):
        raise Refused(f"筛选器“{filter_name}”只能用于日期，这里得到的是“{str(value)[:20]}”。", "file")
    return value


def _number(value: Any, filter_name: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Refused(f"筛选器“{filter_name}”只能用于数字，这里得到的是“{str(value)[:20]}”。", "file")
    return Decimal(str(value))


def _rounded(value: Decimal, places: int) -> str:
    if not isinstance(places, int) or not 0 <= places <= 6:
        raise Refused("小数位数请写 0 到 6 之间的整数。", "file")
    return str(value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


@dataclass(frozen=True)
class Filter:
    name: str
    function: Callable[..., Any]
    help: str
    example: str
    result: str


FILTERS = {
    each.name: each
    for each in (
        Filter("中文日期", plain_day, "年月日，日期不写筛选器时也是这样", "{{ issued_on|中文日期 }}", "2026年4月2日"),
        Filter("汉字日期", chinese_day, "全部用汉字", "{{ issued_on|汉字日期 }}", "二〇二六年四月二日"),
        Filter("年月", month, "只到月", "{{ month|年月 }}", "2026年3月"),
        Filter("百分比", percent, "比率写成百分数，括号里是小数位数", "{{ rate|百分比(1) }}", "90.5%"),
        Filter("小数", decimals, "保留几位小数，四舍五入", "{{ change|小数(2) }}", "2.50"),
        Filter("千分位", thousands, "每三位加逗号", "{{ amount|千分位 }}", "1,234,567"),
        Filter("中文数字", numeral, "数字写成汉字", "{{ total|中文数字 }}", "四十"),
        Filter("序号", ordinal, "按级别写序号：1 级“一、”，2 级“（一）”，3 级“1.”，4 级“（1）”", "{{ loop.index|序号(2) }}", "（一）"),
        Filter("默认", or_else, "没有内容时写别的", "{{ note|默认('无') }}", "无"),
        Filter("连接", joined, "清单写成一句，括号里是分隔符", "{{ names|连接('、') }}", "甲镇、乙镇"),
        Filter("个数", count, "清单有几项", "{{ units|个数 }}", "13"),
    )
}  # fmt: skip
