"""The reviewed words of every criterion: how people say it, read from `data/words.toml` and `data/vocabulary/`.

One table per criterion (or an array of tables: several ways of meeting it). The facets it lists must all be hit;
`also` supports, `except` rules out, `limits` are compared with the quantities of the text, `ask` is what a person
still has to establish.
"""

import logging
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zhiben.modules.criteria.catalogue import DATA

from .phrases import Lexicon, fold_phrases
from .quantities import Limit

FACETS = {"object": "物", "place": "位置", "device": "装置", "act": "行为", "defect": "缺陷", "condition": "条件"}
"""What a criterion may require, and its name for people."""
BOUNDS = ("over", "at_least", "under", "at_most")
_LISTS = (*FACETS, "also", "except", "ask")
_KNOWN = {*_LISTS, "limits", "like"}


@dataclass(frozen=True, slots=True)
class Way:
    """One way of meeting a criterion; phrases are folded."""

    key: str
    facets: Mapping[str, tuple[str, ...]]
    also: tuple[str, ...]
    excepts: tuple[str, ...]
    limits: tuple[Limit, ...]
    asks: tuple[str, ...]
    written: Mapping[str, str]
    """A folded phrase as people write it: 2房东 → 二房东."""

    def phrases(self) -> Iterator[str]:
        for phrases in self.facets.values():
            yield from phrases
        yield from self.also
        yield from self.excepts
        for limit in self.limits:
            yield from limit.of


@dataclass(frozen=True)
class Vocabulary:
    ways: tuple[Way, ...]
    lexicon: Lexicon


def files() -> list[Path]:
    return [DATA / "words.toml", *sorted((DATA / "vocabulary").glob("*.toml"))]


@cache
def vocabulary() -> Vocabulary:
    """All of it, read once: about a third of a second. One bad file must not stop the judging after all others."""
    return read_vocabulary(files(), complain=logging.getLogger(__name__).error)


def read_vocabulary(paths: Iterable[Path], *, complain: Callable[[str], None]) -> Vocabulary:
    """What is wrong goes to `complain`, and the bad file, table or class is left out."""
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    classes: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            complain(f"{path.name}: {error}")
            continue
        for name, phrases in content.pop("classes", {}).items():
            classes[name].extend(phrases)
        for key, table in content.items():
            for way in table if isinstance(table, list) else [table]:
                if problem := _problem(way):
                    complain(f"{path.name}: {key} {problem}")
                else:
                    tables[key].append(way)
    for problem in _unresolved(tables, classes):
        complain(problem)
    folded = fold_phrases(_all_phrases(tables, classes))
    written = {short: phrase for phrase, short in reversed(folded.items())}
    ways = tuple(_way(key, way, folded, written) for key in list(tables) for way in _with_likes(key, tables))
    flat = {
        name: tuple(dict.fromkeys(folded[phrase] for phrase in _flattened(name, classes))) for name in list(classes)
    }
    return Vocabulary(ways, Lexicon(frozenset(phrase for way in ways for phrase in way.phrases()), flat))


def _problem(way: object) -> str:
    if not isinstance(way, dict):
        return "is no table"
    if unknown := set(way) - _KNOWN:
        return f"has unknown keys {sorted(unknown)}"
    for name in _LISTS:
        phrases = way.get(name, [])
        if not isinstance(phrases, list) or not all(isinstance(phrase, str) and phrase.strip() for phrase in phrases):
            return f"needs a list of phrases as {name}"
    for limit in way.get("limits", ()):
        if not set(limit) & set(BOUNDS) or set(limit) - {"of", "unit", *BOUNDS}:
            return f"has limits without one of {BOUNDS}, or with other keys than of and unit"
    return ""


def _unresolved(tables: Mapping[str, list[dict[str, Any]]], classes: Mapping[str, list[str]]) -> Iterator[str]:
    for key, ways in tables.items():
        for way in ways:
            if (like := way.get("like")) is not None and like not in tables:
                yield f"{key} is like {like}, which has no words"
    for phrase in sorted(set(_all_phrases(tables, classes))):
        for part in phrase.replace("&", "…").split("…"):
            if not part or (part.startswith("@") and part[1:] not in classes):
                yield f"“{phrase}”: there is no class {part}"


def _all_phrases(tables: Mapping[str, list[dict[str, Any]]], classes: Mapping[str, list[str]]) -> Iterator[str]:
    for phrases in classes.values():
        yield from phrases
    for ways in tables.values():
        for way in ways:
            for name in (*FACETS, "also", "except"):
                yield from way.get(name, ())
            for limit in way.get("limits", ()):
                yield from limit.get("of", ())


def _flattened(name: str, classes: Mapping[str, list[str]], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The phrases of a class and of the classes it names."""
    for phrase in classes.get(name, ()):
        if not phrase.startswith("@"):
            yield phrase
        elif phrase[1:] not in seen:
            yield from _flattened(phrase[1:], classes, seen | {name})


def _with_likes(key: str, tables: Mapping[str, list[dict[str, Any]]], depth: int = 0) -> Iterator[dict[str, Any]]:
    """The ways of a criterion; one that is like another adds to each way the other has."""
    for way in tables[key]:
        like = way.get("like")
        if like is None or like not in tables or depth > 3:
            yield way
            continue
        for other in _with_likes(like, tables, depth + 1):
            names = {*way, *other} - {"like"}
            yield {name: [*other.get(name, ()), *way.get(name, ())] for name in names}


def _way(key: str, way: Mapping[str, Any], folded: Mapping[str, str], written: Mapping[str, str]) -> Way:
    def phrases(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(folded[phrase] for phrase in way.get(name, ())))

    return Way(
        key=key,
        facets={name: phrases(name) for name in FACETS if way.get(name)},
        also=phrases("also"),
        excepts=phrases("except"),
        limits=tuple(
            Limit(
                tuple(folded[word] for word in limit.get("of", ())), bound, float(limit[bound]), limit.get("unit", "")
            )
            for limit in way.get("limits", ())
            for bound in BOUNDS
            if bound in limit
        ),
        asks=tuple(dict.fromkeys(way.get("ask", ()))),
        written=written,
    )
