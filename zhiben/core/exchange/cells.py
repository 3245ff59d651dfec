"""What a cell means for a field of a kind: the typed value, or a sentence that says what is wrong and what to do.

People write 2026.3.1, １２, 是 / √ / 1, 张　三; spreadsheets turn codes into 1.10101E+17. Each is understood or named
here, once for all targets.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from zhiben.core.text.dates import date_expressions
from zhiben.core.text.normal import normalised_text
from zhiben.core.text.numbers import decimal_value, number_value

from .headings import folded
from .sheets import Cell, Flaw, shown

if TYPE_CHECKING:
    from .declaration import Field

Converted = tuple[Any, str]
"""(value, ""), or (empty value, the sentence)."""

EMPTY: dict[str, Any] = {"text": "", "long_text": "", "choice": "", "list": ()}
"""Of the other kinds: None."""

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202c\u202d\u202e"))
_HALF_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_UNTIDY = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f\u00a0\u3000０-９Ａ-Ｚａ-ｚ{''.join(map(chr, _INVISIBLE))}]|_x000")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|_x000[dD]_")
_BETWEEN_CHARACTERS = re.compile(r"(?<=[\u3400-\u9fff·])[ \t]+(?=[\u3400-\u9fff·])")
_SCIENTIFIC = re.compile(r"[+-]?\d(?:\.\d+)?[eE]\+?\d{1,3}")
_LIST_ENDS = re.compile(r"[、，,；;/\n|]+")
_YES = {"是", "有", "对", "√", "✓", "✔", "y", "yes", "true", "1", "已", "需要", "启用"}
_NO = {"否", "无", "没有", "错", "×", "✗", "✘", "x", "n", "no", "false", "0", "未", "不需要", "停用", "不是"}
_EDGE = re.compile(r"(底|末|前|止)$")
_LOST_FROM = 1e15
"""A spreadsheet keeps fifteen digits of a number; an integer of more has lost its last ones."""
_SERIALS = (20_000, 80_000)
"""1954 to 2119 as days of a spreadsheet's calendar."""
_CHOICES_NAMED = 12
_WORD_FROM = 3
"""Characters from which on a part between spaces is a word of its own."""

DIGITS_LOST = "“{shown}”在表格里被存成了数字，后几位已丢失，请把该列设为文本后重新填写{label}。"


def convert(field: "Field", cell: Cell, *, is_1904: bool = False) -> Converted:
    """
    The value of a cell as `Field` describes it. Empty cells give the empty value; whether they may be empty is asked
    here, too (`required`).
    """
    empty = EMPTY.get(field.kind)
    if isinstance(cell, str):
        cell = _tidy(cell)
    elif isinstance(cell, Flaw):
        return empty, _flawed(field, cell)
    if cell == "" or cell is None:
        return empty, f"请填写{field.label}。" if field.required else ""
    value, sentence = _CONVERSIONS[field.kind](field, cell, is_1904)
    if not sentence and field.required and value == empty:
        return empty, f"请填写{field.label}。"
    return (empty, sentence) if sentence else (value, "")


def _flawed(field: "Field", flaw: Flaw) -> str:
    if flaw.text:
        return f"{field.label}这一格的公式出错（{flaw.text}），请在表格中改正，或直接填写内容。"
    return f"{field.label}这一格是公式，文件里没有保存它的结果。请在表格软件中打开并保存一次，或直接填写内容。"


def _tidy(text: str) -> str:
    """Without what nobody sees; line breaks are kept for those who want them."""
    if not _UNTIDY.search(text):
        return text.strip()
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").translate(_INVISIBLE))
    return text.replace("\u00a0", " ").replace("\u3000", " ").translate(_HALF_WIDTH).strip()


def _one_line(text: str) -> str:
    """张　三 is 张三; words in Latin letters keep one space."""
    return " ".join(_BETWEEN_CHARACTERS.sub("", text.replace("\n", " ")).split())


def _text(field: "Field", cell: Cell, is_1904: bool) -> Converted:
    if isinstance(cell, str):
        text, lost = cell, False
    elif isinstance(cell, bool):
        text, lost = "是" if cell else "否", False
    else:
        text, lost = shown(cell), isinstance(cell, float | int) and abs(cell) >= _LOST_FROM
    if lost or (field.is_code and _SCIENTIFIC.fullmatch(text)):
        return "", DIGITS_LOST.format(shown=text, label=field.label)
    if field.is_code:
        text = re.sub(r"\s+", "", text).lstrip("'’`")
    elif field.kind == "text":
        text = _one_line(text)
    else:
        text = "\n".join(line.rstrip() for line in text.split("\n")) if "\n" in text else text
    if field.max_length is not None and len(text) > field.max_length:
        return "", f"{field.label}最多 {field.max_length} 个字，现有 {len(text)} 个，请缩短。"
    return text, ""


def _date(field: "Field", cell: Cell, is_1904: bool) -> Converted:
    if isinstance(cell, datetime):
        return cell.date(), ""
    if isinstance(cell, date):
        return cell, ""
    found = _day_of_number(cell, is_1904) if _is_number(cell) else _day_of_text(str(cell))
    if found is None:
        return None, f"{field.label}“{shown(cell)[:40]}”看不出是哪一天，请写成 2026-03-01 这样的日期。"
    return found, ""


def _day_of_number(cell: Any, is_1904: bool) -> date | None:
    if not abs(cell) < 1e9:  # nor infinite, nor no number at all
        return None
    if _SERIALS[0] <= cell <= _SERIALS[1]:
        first = date(1904, 1, 1) if is_1904 else date(1899, 12, 30)
        return first + timedelta(days=int(cell))
    return _day_of_text(shown(cell)) if cell == int(cell) else None


def _day_of_text(text: str) -> date | None:
    plain = re.sub(r"\s+", "", re.sub(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$", "", normalised_text(text).strip()))
    if plain.isascii() and plain.isdigit():
        return _day(plain[:4], plain[4:6], plain[6:]) if len(plain) == 8 else None
    found = list(date_expressions(plain, default_year=1))
    if len(found) != 1 or not found[0].year_given:
        return None
    only = found[0]
    if only.precision == "day":
        return only.end_day if only.begin_day == only.end_day else None
    return only.end_day if _EDGE.search(plain) else None  # 2026年6月底前 has a last day, 2026年6月 is a month


def _day(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if 1900 <= found.year < 2200 else None


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _decimal(cell: Any) -> Decimal | None:
    if _is_number(cell):
        return Decimal(repr(cell)).normalize() if abs(cell) < _LOST_FROM else None
    text = normalised_text(str(cell)).replace(" ", "").replace(",", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        said = decimal_value(text)
        return None if said is None else Decimal(str(said))
    return number if number.is_finite() and abs(number.adjusted()) < 15 else None


def _whole(field: "Field", cell: Cell, is_1904: bool) -> Converted:
    number = _decimal(cell)
    if number is None and isinstance(cell, str) and (said := number_value(normalised_text(cell))) is not None:
        number = Decimal(said)
    if number is None or number != int(number):
        return None, f"{field.label}“{shown(cell)[:40]}”应为整数，例如 12。"
    return int(number), ""


def _number(field: "Field", cell: Cell, is_1904: bool) -> Converted:
    number = _decimal(cell)
    if number is None:
        return None, f"{field.label}“{shown(cell)[:40]}”应为数字，不带单位，例如 12.5。"
    return number, ""


def _percent(field: "Field", cell: Cell, is_1904: bool) -> Converted:
    """A number between 0 and 1 is a cell formatted as percentage: 0.35 is 35 %. A text says it itself."""
    if _is_number(cell):
        number = _decimal(cell)
        if number is not None and 0 < abs(number) <= 1:
            number *= 100
    else:
        text = normalised_text(str(cell)).replace(" ", "").removeprefix("百分之")
        number = _decimal(text.removesuffix("%"))
    if number is None:
        return None, f"{field.label}“{shown(cell)[:40]}”应为百分数，例如 35%。"
    return number, ""


def _yes_no(field: "Field", cell: Cell, is_1904: bool) -> Converted:
    if isinstance(cell, bool):
        return cell, ""
    word = folded(shown(cell))
    if word in _YES or word in _NO:
        return word in _YES, ""
    return None, f"{field.label}“{shown(cell)[:40]}”请填“是”或“否”。"


def _choice(field: "Field", cell: Cell, is_1904: bool) -> Converted:
    value = _chosen(field, shown(cell))
    return (value, "") if value is not None else ("", _not_offered(field, shown(cell)))


def _list(field: "Field", cell: Cell, is_1904: bool) -> Converted:
    words = [word for each in _LIST_ENDS.split(_tidy(shown(cell))) for word in _spaced_apart(each)]
    if not field.choices:
        long = next((each for each in words if field.max_length is not None and len(each) > field.max_length), "")
        if long:
            return (), f"{field.label}中“{long[:20]}”最多 {field.max_length} 个字，请缩短，或用顿号分开。"
        return tuple(dict.fromkeys(words)), ""
    values = [(word, _chosen(field, word)) for word in words]
    unknown = next((word for word, value in values if value is None), None)
    if unknown is not None:
        return (), _not_offered(field, unknown)
    return tuple(dict.fromkeys(value for _, value in values)), ""


def _spaced_apart(text: str) -> list[str]:
    """县教育局 县民政局 are two; 应 急 局 is one."""
    parts = text.split()
    if len(parts) > 1 and all(len(part) >= _WORD_FROM and not part.isascii() for part in parts):
        return parts
    return [word] if (word := _one_line(text)) else []


def _chosen(field: "Field", text: str) -> str | None:
    wanted = folded(text)
    return next((value for value, label in field.choices if wanted in (folded(label), folded(value))), None)


def _not_offered(field: "Field", text: str) -> str:
    labels = [label for _, label in field.choices]
    more = f"等 {len(labels)} 种" if len(labels) > _CHOICES_NAMED else ""
    return f"{field.label}没有“{text[:30]}”这一项，请填：{'、'.join(labels[:_CHOICES_NAMED])}{more}。"


_CONVERSIONS: dict[str, Callable[["Field", Cell, bool], Converted]] = {
    "text": _text,
    "long_text": _text,
    "date": _date,
    "whole": _whole,
    "number": _number,
    "percent": _percent,
    "yes_no": _yes_no,
    "choice": _choice,
    "list": _list,
}


def typed_in(value: Any) -> str:
    """A cell as it stands in the mending form; reading it back gives the same meaning."""
    if isinstance(value, Flaw):
        return value.text
    if isinstance(value, datetime) and value.time() == time():
        return f"{value:%Y-%m-%d}"
    return shown(value)
