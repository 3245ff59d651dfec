"""Which criteria a sector asks for. A sector in a file may be empty, coarse (工贸) or a little wrong: it orders the
candidates and never shuts one out.
"""

import tomllib
from collections.abc import Sequence
from functools import cache
from typing import Any

from zhiben.modules.criteria.catalogue import DATA

OWN, EVERYWHERE, SAME_FIELD, UNKNOWN, UNLIKELY, FOREIGN = 1.0, 0.94, 0.92, 1.0, 0.85, 0.62
"""How much a criterion's score keeps: its very trade, any enterprise, a neighbour, nothing known, a field the words
do not point to, another field than the one given."""
MAY_MATCH = SAME_FIELD
"""From here on a criterion may be a match."""


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((DATA / "trades.toml").read_text("utf-8"))


@cache
def field_of(sector: str) -> str:
    """The field of a catalogue sector: 工贸-机械 → 工贸."""
    fields = _data()["fields"]
    return next((name for name in fields if sector == name or sector.startswith(f"{name}-")), sector)


@cache
def _fields_called(name: str) -> frozenset[str]:
    """Fields that a name in a file may mean; none when it says nothing that is known."""
    fields = _data()["fields"]
    wanted = name.strip().lower()
    if not wanted:
        return frozenset()
    if (field := field_of(wanted)) in fields:
        return frozenset({field})
    exact = {field for field, about in fields.items() if wanted in about["names"]}
    return frozenset(
        exact or {field for field, about in fields.items() if any(word in wanted for word in about["names"])}
    )


@cache
def applies_everywhere(sector: str) -> bool:
    return any(sector == name or sector.startswith(f"{name}-") for name in _data()["everywhere"])


@cache
def _weight(given: tuple[str, ...], signs: frozenset[str], sector: str) -> float:
    if sector in given:
        return OWN
    fields = frozenset[str]().union(*map(_fields_called, given))
    if not fields:
        is_likely = not signs or field_of(sector) in signs
        return UNKNOWN if is_likely else EVERYWHERE if applies_everywhere(sector) else UNLIKELY
    if field_of(sector) in fields:
        precise = any("-" in name and field_of(name) == field_of(sector) for name in given)
        return SAME_FIELD if precise else OWN
    if not applies_everywhere(sector):
        return FOREIGN
    has_own = any(_data()["fields"].get(field, {}).get("has_own_general") for field in fields)
    return UNLIKELY if has_own and field_of(sector) == _data()["industry"] else EVERYWHERE


def is_shown(sector: str, *, given: str, trades: Sequence[str], signs: frozenset[str]) -> bool:
    """Whether a criterion of `sector` may match: 包装车间 is a word of fireworks and of any trade, so some fields have to
    show themselves where nobody said which it is.
    """
    field = field_of(sector)
    return (
        field in signs
        or not _data()["fields"].get(field, {}).get("must_show")
        or any(_fields_called(name) for name in (given, *trades))
    )


def signs_in(text: str) -> frozenset[str]:
    """Fields that the words of a description point to: 尾矿库坝面 → 非煤矿山."""
    fields = _data()["fields"]
    return frozenset(name for name, about in fields.items() if any(sign in text for sign in about.get("signs", ())))


def weight(sector: str, *, given: str, trades: Sequence[str], signs: frozenset[str] = frozenset()) -> float:
    """What the score of a criterion of `sector` keeps, where the enterprise is said to be of `given` and `trades`;
    where nothing is said, the signs in the description speak.

    >>> weight("工贸-机械", given="工贸-机械", trades=()), weight("煤矿", given="", trades=())
    (1.0, 1.0)
    >>> weight("煤矿", given="工贸", trades=()) < weight("消防", given="工贸", trades=()) < 1
    True
    """
    return _weight(tuple(name for name in (given, *trades) if name), signs, sector)
