"""One value, one text: what is hashed must read the same on every machine, in every year."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from math import isfinite
from types import NoneType
from typing import Any
from uuid import UUID

SEPARATOR = "\x1f"
"""Stands between the fields of a canonical line, so no field may contain it (see `clean`)."""

_FORBIDDEN = {code: " " for code in range(0x20) if chr(code) not in "\t\n"}


def clean(text: str) -> str:
    """NFC, without control characters (the separator, NUL) and without halves of surrogate pairs."""
    if _is_clean(text):
        return str(text)
    text = unicodedata.normalize("NFC", text).translate(_FORBIDDEN)
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_clean(text: str) -> bool:
    """Whether it may stay as it is; so may then each part of it."""
    return text.isprintable() and unicodedata.is_normalized("NFC", text)


def plain(value: Any) -> Any:
    """
    The value in JSON's own types. Moments become UTC, decimals keep every digit as text, sets are sorted.
    Raises TypeError or ValueError for what has no single text: a naive moment, NaN, an object.

    >>> plain({"due": date(2026, 11, 21), "share": Decimal("0.50")})
    {'due': '2026-11-21', 'share': '0.50'}
    """
    kind = type(value)  # what is met a thousand times first
    if kind is str:
        return clean(value)
    if value is None or kind is int or kind is bool:
        return value
    if kind is dict:
        return {clean(key if type(key) is str else str(plain(key))): plain(item) for key, item in value.items()}
    if kind is date:
        return value.isoformat()
    if kind is datetime:
        return _in_utc(value)
    match value:
        case Enum():
            return plain(value.value)
        case str():
            return clean(value)
        case int():
            return int(value)
        case float():
            if not isfinite(value):
                raise ValueError(f"{value} has no canonical text")
            return value
        case Decimal():
            if not value.is_finite():
                raise ValueError(f"{value} has no canonical text")
            return format(value, "f")
        case datetime():
            return _in_utc(value)
        case date() | time():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return plain(dict(value))
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted((plain(item) for item in value), key=lambda item: (type(item).__name__, item))
    raise TypeError(f"{type(value).__name__} cannot be kept in the trail: {value!r}")


def _in_utc(moment: datetime) -> str:
    if moment.tzinfo is UTC:
        return moment.isoformat()
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} is naive: give moments with their time zone")
    return moment.astimezone(UTC).isoformat()


def to_json(value: Any) -> str:
    """
    >>> to_json({"b": 1, "a": "县"})
    '{"a":"县","b":1}'
    """
    if not isinstance(value, _NESTING) or _has_text_keys(value):
        text = dump(value)  # nothing escaped or unprintable, all composed: each text in it is clean as it stands
        if "\\" not in text and _is_clean(text):
            return text
    return dump(plain(value))


def to_json_rows(columns: Mapping[str, Sequence[Any]], count: int) -> list[str]:
    """`to_json` of `count` rows that have the same names, given by columns: what is the same in many is spelled once.

    >>> to_json_rows({"b": [1, 2], "a": ["县", "县"]}, 2)
    ['{"a":"县","b":1}', '{"a":"县","b":2}']
    """
    return joined({name: spelled_column(values) for name, values in columns.items()}, count)


def joined(columns: Mapping[str, Sequence[str]], count: int) -> list[str]:
    """The texts of `count` rows of those of their values; the names are clean."""
    names = sorted(columns)
    if not names:
        return ["{}"] * count
    pattern = "{" + ",".join(dump(name).replace("%", "%%") + ":%s" for name in names) + "}"
    return [pattern % row for row in zip(*(columns[name] for name in names), strict=True)]


def spelled_column(values: Sequence[Any]) -> list[str]:
    """`to_json` of each of them."""
    kinds = {*map(type, values)}
    if kinds == {str}:
        together = "".join(values)
        if '"' not in together and "\\" not in together and _is_clean(together):
            return [f'"{value}"' for value in values]
    # equals of one of these kinds are spelled alike; 1, 1.0 and True are equal, too, and are not
    keys = values if kinds - {NoneType} in ({str}, {int}, {date}) else list(map(id, values))
    texts = {key: to_json(value) for key, value in dict(zip(keys, values, strict=True)).items()}
    return [texts[key] for key in keys]


def dump(value: Any) -> str:
    """As `to_json`, for a value whose texts and keys are plain already."""
    return _JSON.encode(value)


def _has_text_keys(value: Any) -> bool:
    """JSON would make other texts of other keys than `plain` does."""
    if isinstance(value, dict):
        if {*map(type, value)} - {str}:
            return False
        value = value.values()
    return all(_has_text_keys(each) for each in value if isinstance(each, _NESTING))


_NESTING = (dict, list, tuple)


_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=plain)
