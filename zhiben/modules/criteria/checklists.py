"""检查清单 built from the criteria of chosen sectors: what to look for, how to look, what proves it."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from itertools import groupby
from typing import Any

from .catalogue import DATA
from .judging.vocabulary import Way, vocabulary
from .models import Criterion, Standard

_LOOKED_AT = ("place", "object", "device")
_WORDS_OF_ONE, _WORDS_OF_ALL = 3, 6
FIND, LOOK = "找", "看"
KEY = "“怎么查”里，找是到哪里、找什么，看是现场看，量是测量或清点，查是查资料。"


@dataclass(frozen=True)
class Item:
    """One line: a situation, how to find out about it, and the proof to take along."""

    number: int
    criterion: Criterion
    look: tuple[tuple[str, tuple[str, ...]], ...]
    """找、看、量、查: under each what to find, to look at, to measure, to be shown. What would be empty is left out."""
    evidence: tuple[str, ...]

    @property
    def source(self) -> str:
        return self.criterion.place


@dataclass(frozen=True)
class Checklist:
    """For sectors of the catalogue, as the standards stand on a day."""

    trades: tuple[str, ...]
    day: date
    items: tuple[Item, ...]

    @property
    def title(self) -> str:
        return "重大事故隐患检查清单"

    @property
    def key(self) -> str:
        return KEY

    @property
    def scope(self) -> str:
        return "、".join(self.trades)

    @cached_property
    def sections(self) -> list[tuple[Standard, list[Item]]]:
        """By standard."""
        grouped = groupby(self.items, key=lambda item: item.criterion.standard)
        return [(standard, list(items)) for standard, items in grouped]


def build(*, trades: Sequence[str], day: date) -> Checklist:
    """Every situation of these sectors that holds on the day. One query."""
    rows = (
        Criterion.objects.filter(is_retired=False, sector__in=trades, standard__in=Standard.objects.in_force_on(day))
        .select_related("standard")
        .order_by("standard__name", "standard_id", "position")
    )
    ways = _ways_by_key()
    return Checklist(
        tuple(trades),
        day,
        tuple(
            Item(number, row, tuple(_look(row, ways.get(row.key, ()))), tuple(_evidence(row)))
            for number, row in enumerate(rows, 1)
        ),
    )


@cache
def _ways_by_key() -> dict[str, list[Way]]:
    found: dict[str, list[Way]] = {}
    for way in vocabulary().ways:
        found.setdefault(way.key, []).append(way)
    return found


def _look(criterion: Criterion, ways: Sequence[Way]) -> Iterator[tuple[str, tuple[str, ...]]]:
    words = _words(criterion, ways[:2])
    told: dict[str, list[str]] = {FIND: ["、".join(words)] if words else [], LOOK: []}
    told |= {rule["by"]: [] for rule in _rules()["answered"]}
    for ask in dict.fromkeys(ask for way in ways for ask in way.asks):
        by = next((rule["by"] for rule in _rules()["answered"] if any(word in ask for word in rule["words"])), LOOK)
        told[by].append(ask)
    return ((by, tuple(lines)) for by, lines in told.items() if lines)


def _words(criterion: Criterion, ways: Iterable[Way]) -> list[str]:
    """Where to go, whom and what to find: what the line does not say by itself, and each thing by one of its names."""
    said = f"{criterion.title}{criterion.sector}{criterion.standard}"
    kept: list[str] = []
    for way in ways:
        for name in _LOOKED_AT:
            words = (way.written.get(phrase, phrase) for phrase in _plain(way.facets.get(name, ())))
            new = [word for word in words if word not in said]
            kept += _apart(new, kept)[:_WORDS_OF_ONE]
    return [_abbreviation(word) for word in kept[:_WORDS_OF_ALL]]


def _apart(words: Iterable[str], kept: Sequence[str]) -> list[str]:
    """
    >>> _apart(["硝化釜", "硝化", "冷却"], ["罐区"])
    ['硝化釜', '冷却']
    """
    apart: list[str] = []
    for word in words:
        if not any(word in other or other in word for other in (*kept, *apart)):
            apart.append(word)
    return apart


def _abbreviation(word: str) -> str:
    """
    >>> _abbreviation("dcs"), _abbreviation("ph"), _abbreviation("lng储罐")
    ('DCS', 'ph', 'lng储罐')
    """
    return word.upper() if word.isascii() and word.isalpha() and len(word) > 2 else word


def _plain(phrases: Iterable[str]) -> list[str]:
    return [phrase for phrase in phrases if len(phrase) > 1 and not set(phrase) & set("@…&")]


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads((DATA / "evidence.toml").read_text("utf-8"))


def _evidence(criterion: Criterion) -> Iterator[str]:
    about = f"{criterion.title}{criterion.keywords}"
    for rule in _rules()["evidence"]:
        if any(word in about for word in rule["words"]):
            yield rule["proof"]
    yield from _rules()["always"]
