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
_WORDS = 4


@dataclass(frozen=True)
class Item:
    """One line: a situation, how to find out about it, and the proof to take along."""

    number: int
    criterion: Criterion
    look: tuple[str, ...]
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
            Item(number, row, tuple(_look(ways.get(row.key, ()))), tuple(_evidence(row)))
            for number, row in enumerate(rows, 1)
        ),
    )


@cache
def _ways_by_key() -> dict[str, list[Way]]:
    found: dict[str, list[Way]] = {}
    for way in vocabulary().ways:
        found.setdefault(way.key, []).append(way)
    return found


def _look(ways: Iterable[Way]) -> Iterator[str]:
    for way in list(ways)[:2]:
        words = [phrase for name in _LOOKED_AT for phrase in _plain(way.facets.get(name, ()))[:_WORDS]]
        if words:
            yield f"看：{'、'.join(dict.fromkeys(words))}"
    yield from dict.fromkeys(ask for way in ways for ask in way.asks)


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
