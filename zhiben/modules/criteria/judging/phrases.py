"""Finding all phrases of the vocabulary in a description at once.

A phrase is plain text; `A…B` is A, then B within ten characters of one clause; `A&B` is both in one clause;
`@name` is any phrase of a class. Every stretch of the text is looked up in one set: as fast as the text is short.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from .quantities import COUNTERS
from .text import Description, folded

REACH = 10
"""Characters that may stand between the parts of `A…B`."""
_NUMERALS = frozenset("0123456789几数两")
MOST = 40
"""Places of one phrase that are looked at: no honest description says a word more often."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a phrase stands in a description: from `start` to before `end`, in which clause."""

    start: int
    end: int
    clause: int
    inner: tuple[tuple[int, int], ...] = ()
    """Where the parts of a compound stand."""

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        return self.inner or ((self.start, self.end),)


Found = dict[str, list[Hit]]


@dataclass(frozen=True)
class Lexicon:
    """Every phrase that is looked for; `classes` names the phrases of each class."""

    phrases: frozenset[str]
    classes: Mapping[str, tuple[str, ...]]

    @cached_property
    def plain(self) -> frozenset[str]:
        """Plain text: whole phrases and the parts of compounds."""
        parts = {part for phrase in self._all for part in _parts(phrase)}
        return frozenset(part for part in parts if not part.startswith("@"))

    @cached_property
    def _all(self) -> frozenset[str]:
        return self.phrases.union(*self.classes.values())

    @cached_property
    def _lengths(self) -> dict[str, tuple[int, ...]]:
        """How long the phrases are that begin with these two characters (or are one)."""
        lengths: dict[str, set[int]] = defaultdict(set)
        for phrase in self.plain:
            lengths[phrase[:2]].add(len(phrase))
        for head in lengths:
            if len(head) == 2 and head[0] in lengths:
                lengths[head].add(1)
        return {head: tuple(sorted(each)) for head, each in lengths.items()}

    @cached_property
    def _compound_by_part(self) -> dict[str, tuple[str, ...]]:
        """Compounds by their first part that is plain text: only those need a look."""
        by_part: dict[str, list[str]] = defaultdict(list)
        for phrase in sorted(self._all):
            parts = _parts(phrase)
            if len(parts) > 1:
                by_part[next((part for part in parts if not part.startswith("@")), parts[0])].append(phrase)
        return {part: tuple(phrases) for part, phrases in by_part.items()}

    @cached_property
    def _classes_of(self) -> dict[str, tuple[str, ...]]:
        classes: dict[str, list[str]] = defaultdict(list)
        for name, phrases in self.classes.items():
            for phrase in phrases:
                classes[phrase].append(f"@{name}")
        return {phrase: tuple(names) for phrase, names in classes.items()}

    def find(self, description: Description) -> Found:
        found: Found = defaultdict(list)
        text = description.text
        for start, end in _without_chance(self._plain_in(text), text):
            self._add(found, text[start:end], Hit(start, end, description.clause(start)))
        for part in list(found):
            for phrase in self._compound_by_part.get(part, ()):
                for hit in _compound(phrase, found):
                    self._add(found, phrase, hit)
        return dict(found)

    def _plain_in(self, text: str) -> list[tuple[int, int]]:
        plain, lengths, size = self.plain, self._lengths, len(text)
        return [
            (start, start + length)
            for start in range(size)
            for length in lengths.get(text[start : start + 2]) or lengths.get(text[start], ())
            if start + length <= size
            and text[start : start + length] in plain
            and not _cuts_a_number(text, start, start + length)
        ]

    def _add(self, found: Found, phrase: str, hit: Hit) -> None:
        if len(found[phrase]) < MOST:
            found[phrase].append(hit)
        for name in self._classes_of.get(phrase, ()):
            if len(found[name]) < MOST:
                found[name].append(hit)


def fold_phrases(phrases: Iterable[str]) -> dict[str, str]:
    """Each phrase as it is looked for. All at once, because folding is made for whole texts."""
    written = sorted(set(phrases))
    return dict(zip(written, folded("\n".join(written)).split("\n"), strict=True)) if written else {}


def _parts(phrase: str) -> tuple[str, ...]:
    return tuple(part for together in phrase.split("&") for part in together.split("…"))


def _without_chance(spans: list[tuple[int, int]], text: str) -> Iterator[tuple[int, int]]:
    """Without pairs of characters that only meet: 水深 in 铝水 | 深井铸造, 台风 in 3台 | 风机."""
    words = [(start, end) for start, end in spans if end - start > 1]
    begins, ends = {start for start, _ in words}, {end for _, end in words}
    for start, end in spans:
        middle = start + 1
        if end - start == 2 and middle in begins:
            is_counter = text[start] in COUNTERS and text[start - 1 : start] in _NUMERALS
            if is_counter or middle in ends:
                continue
        yield start, end


def _cuts_a_number(text: str, start: int, end: int) -> bool:
    """1层 is not in 21层."""
    return (text[start].isdecimal() and start > 0 and text[start - 1] in "0123456789.") or (
        text[end - 1].isdecimal() and end < len(text) and text[end].isdecimal()
    )


def _compound(phrase: str, found: Found) -> list[Hit]:
    together = [_in_order(part.split("…"), found) for part in phrase.split("&")]
    if len(together) == 1:
        return together[0]
    return [
        Hit(
            min(hit.start for hit in hits),
            max(hit.end for hit in hits),
            hits[0].clause,
            tuple(span for hit in hits for span in hit.spans),
        )
        for hits in product(*together)
        if len({hit.clause for hit in hits}) == 1
    ][:4]


def _in_order(parts: list[str], found: Found) -> list[Hit]:
    hits = list(found.get(parts[0], ()))
    for part in parts[1:]:
        hits = [
            Hit(first.start, then.end, first.clause, (*first.spans, *then.spans))
            for first in hits
            for then in found.get(part, ())
            if first.clause == then.clause and 0 <= then.start - first.end <= REACH
        ]
    return hits
