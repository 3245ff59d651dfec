"""Quantities in a description, and the limits of a criterion they are compared with.

Said loosely they become a range: 不到9人 is below 9, 十多天 is above 10, 一指厚 is about 15 mm.
"""

import math
import re
from dataclasses import dataclass

_DIMENSIONS: dict[str, dict[str, float]] = {
    "length": {"毫米": 1, "mm": 1, "厘米": 10, "公分": 10, "cm": 10, "分米": 100, "米": 1e3, "m": 1e3}
    | {"公里": 1e6, "千米": 1e6, "km": 1e6, "指厚": 15, "指": 15, "丝": 0.01},
    "time": {"秒": 1 / 3600, "分钟": 1 / 60, "分": 1 / 60, "min": 1 / 60, "小时": 1, "钟头": 1, "h": 1}
    | {"天": 24, "昼夜": 24, "日": 24, "周": 168, "星期": 168, "礼拜": 168, "月": 720, "季度": 2160, "年": 8760},
    "mass": {"克": 1e-3, "斤": 0.5, "千克": 1, "公斤": 1, "kg": 1, "吨": 1e3, "t": 1e3, "万吨": 1e7},
    "pressure": {"pa": 1e-3, "帕": 1e-3, "kpa": 1, "千帕": 1, "mpa": 1e3, "兆帕": 1e3, "bar": 100},
    "voltage": {"v": 1e-3, "伏": 1e-3, "kv": 1, "千伏": 1, "万伏": 10},
    "power": {"千瓦": 1, "kw": 1, "兆瓦": 1e3, "mw": 1e3, "万千瓦": 1e4},
    "energy": {"千瓦时": 1, "kwh": 1, "度电": 1},
    "volume": {"升": 1e-3, "l": 1e-3, "立方米": 1, "立方": 1, "m3": 1, "m³": 1, "方": 1, "万立方米": 1e4, "万方": 1e4},
    "area": {"平方米": 1, "平方": 1, "平米": 1, "㎡": 1, "m2": 1, "m²": 1},
    "temperature": {"℃": 1, "°c": 1, "摄氏度": 1, "度": 1},
    "share": {"%": 1, "个百分点": 1, "成": 10},
    "people": {"人": 1, "名": 1, "位": 1, "个人": 1},
    "speed": {"m/s": 1, "米/秒": 1, "米每秒": 1, "km/h": 1 / 3.6, "公里/小时": 1 / 3.6, "码": 1 / 3.6},
    "ppm": {"ppm": 1},
    "times": {"倍": 1},
    "circuits": {"回": 1, "路": 1, "回路": 1},
    "floors": {"层": 1, "楼": 1},
    "grade": {"级": 1},
}
COUNTERS = "处个台口条套只把具级道次艘辆户间箱座根件瓶罐桶车节项张份家点组班轮段片块袋发枚"
_UNITS = {unit: (name, scale) for name, units in _DIMENSIONS.items() for unit, scale in units.items()}
_UNITS |= {counter: (counter, 1.0) for counter in COUNTERS}
_NAMES = sorted(_UNITS, key=len, reverse=True)
_PEOPLE = r"个(?=[^,。;\d]{0,5}(?:人|工(?!具|序|艺|段|位)|员|师傅|学生|乘客|孩|老头|司机|徒弟))"
_QUANTITY = re.compile(
    r"(?P<below>不到|不足|未达到?|没到|没达到?|低于|少于|小于|未满|不满|不超过|未超过|没超过|没有超过|不高于|不大于|至多|最多|以内|只有?|仅有?)?"
    r"(?P<above>超过|超出|大于|高于|多于|不少于|不低于|至少|起码|超)?"
    r"(?P<rough>约|大约|大概|近|差不多|将近|达到?|为|有|了|是)?"
    r"(?P<number>(?<!\d)\d+(?:\.\d+)?|半|俩|仨|几十|几|数)(?P<scale>万|千|百|亿)?(?P<more>多|余|来|几)?"
    rf"(?P<unit>个(?=(?:半)?(?:多)?(?:月|小时|钟头|星期|礼拜|季度|百分点))|{_PEOPLE}|{'|'.join(map(re.escape, _NAMES))})"
    r"(?P<tail>(?<=[米吨])\d(?=$|[,。;!?:的了深高宽远长]))?(?P<half>半)?(?P<then>多|余)?(?P<long>月|小时|钟头|星期|礼拜|季度|百分点)?(?P<after>以上|以下|以内|开外|左右)?"
)
_COUNTED_PEOPLE = re.compile(_PEOPLE)
_SHARE = re.compile(r"百分之(\d+(?:\.\d+)?)")
_GAS = re.compile(r"(?:瓦斯|甲烷|二氧化碳|co2|ch4)[^,。;!?:\d]{0,6}(\d+\.\d+)(?=$|[,。;!?:了的左还就时])")
"""瓦斯2.3了: per cent need not be said."""
_SLOPE = re.compile(r"(?<![\d.])1(?:比|:)(\d+(?:\.\d+)?)")
"""1比4: the steeper the smaller the second number."""
_LOOSE = {"半": 0.5, "俩": 2.0, "仨": 3.0, "几": 3.0, "数": 3.0, "几十": 30.0}
_SCALE = {"百": 1e2, "千": 1e3, "万": 1e4, "亿": 1e8, None: 1.0}
_AT_MOST = ("未超过", "没超过", "没有超过", "不超过", "不高于", "不大于", "至多", "最多", "以内")
_AT_LEAST = ("不少于", "不低于", "至少", "起码")


EXCESS = "超额"
"""How much more was found than was set, in percent, negative where it was less; 超额人数 is that of people alone."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """From `low` to `high` in the base unit of its dimension (mm, hours, kg, kPa, kV, kW, m³, people …)."""

    dimension: str
    low: float
    high: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound of a criterion: `over` 9 人, `under` 20 米 … near one of the words `of` (anywhere when there are none)."""

    of: tuple[str, ...]
    bound: str
    value: float
    unit: str

    def judged(self, quantity: Quantity) -> bool | None:
        """Whether the quantity fulfils it; None where it is another dimension or undecided."""
        dimension, scale = dimension_of(self.unit)
        if dimension != quantity.dimension:
            return None
        bound = self.value * scale
        if self.bound == "over":
            return _decided(quantity.low > bound, quantity.high <= bound)
        if self.bound == "at_least":
            return _decided(quantity.low >= bound, quantity.high < bound)
        if self.bound == "under":
            return _decided(quantity.high < bound, quantity.low >= bound)
        return _decided(quantity.high <= bound, quantity.low > bound)

    def __str__(self) -> str:
        if self.unit.startswith(EXCESS):
            much = f"{abs(self.value):g}%" if self.value else ""
            return f"{'比规定少' if self.bound in ('under', 'at_most') else '超出核定或设计'}{much}"
        if self.bound == "over" and not self.value:
            return "只要有就算"
        words = {"over": "超过", "at_least": "达到或超过", "under": "低于", "at_most": "不超过"}
        return f"{words[self.bound]}{self.value:g}{self.unit}"


def _decided(is_met: bool, is_contradicted: bool) -> bool | None:
    return True if is_met else False if is_contradicted else None


def dimension_of(unit: str) -> tuple[str, float]:
    """Dimension and scale of a unit; an unknown one is a dimension of its own."""
    return _UNITS.get(unit.lower().removeprefix("个") or unit, (unit.lower(), 1.0))


def quantities(text: str) -> tuple[Quantity, ...]:
    """Every number with a unit in a folded text.

    >>> [(found.dimension, found.low) for found in quantities("水深约5厘米 停用半年 当班11名工人")]
    [('length', 50.0), ('time', 4380.0), ('people', 11.0)]
    """
    found = [_quantity(match) for match in _QUANTITY.finditer(text) if not _is_date(match)]
    found += [
        Quantity("share", float(match[1]), float(match[1]), match.start(), match.end())
        for match in _SHARE.finditer(text)
    ]
    found += [
        Quantity("share", float(match[1]), float(match[1]), match.start(1), match.end(1))
        for match in _GAS.finditer(text)
        if not any(one.start <= match.start(1) < one.end for one in found)
    ]
    found += [
        Quantity("slope", 1 / float(match[1]), 1 / float(match[1]), match.start(), match.end())
        for match in _SLOPE.finditer(text)
        if float(match[1])
    ]
    return tuple(found)


def _is_date(match: re.Match[str]) -> bool:
    """2024年, 5月, 10日 are days of the calendar, not spans of time."""
    number, unit = match["number"], match["unit"]
    if unit == "年":
        return len(number) == 4 and number[:2] in ("19", "20")
    return unit in ("月", "日") and number.isdigit() and not match["after"]


def _quantity(match: re.Match[str]) -> Quantity:
    number = match["number"]
    value = (_LOOSE[number] if number in _LOOSE else float(number)) * _SCALE[match["scale"]]
    value += 0.5 if match["half"] else float(match["tail"] or 0) / 10
    unit = match["unit"]
    if unit == "个" and not match["long"] and _COUNTED_PEOPLE.match(match.string, match.start("unit")):
        dimension, scale = "people", 1.0
    else:
        dimension, scale = dimension_of(match["long"] or unit)
    low = high = value * scale
    below, above, after = match["below"], match["above"], match["after"]
    if after in ("以下", "以内") or below:
        is_inclusive = after == "以内" or below in _AT_MOST
        is_exact = below in ("只", "只有", "仅", "仅有")
        low, high = (low, high) if is_exact else (0.0, high if is_inclusive else math.nextafter(high, 0.0))
    elif above or after in ("以上", "开外") or match["more"] == "多" or match["then"]:
        is_inclusive = above in _AT_LEAST or after == "以上"
        low, high = (low if is_inclusive else math.nextafter(low, math.inf)), math.inf
    return Quantity(dimension, low, high, match.start(), match.end())
