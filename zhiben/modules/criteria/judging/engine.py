"""Ranking the criteria for a description.

Every way of every criterion is read against the phrases found; its score grows with the share of its facets that are
hit and with how rare the words are across the catalogue. Likeness by pairs of characters helps where the vocabulary
has no word for what was written. Sector orders, limits and exceptions take away.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from zhiben.modules.criteria.catalogue import Catalogue, Entry, catalogue

from . import trades as fields
from .bigrams import Bigrams, pairs_of
from .exceeding import exceeding
from .explaining import because, to_establish
from .gaps import gaps
from .judgement import Candidate, Judgement
from .phrases import Found, Hit
from .quantities import EXCESS, Quantity, quantities
from .text import Description, folded, read
from .vocabulary import Vocabulary, Way, vocabulary
from .ways import Reading, hits_of, read_way, remarks

AT_MOST, AT_LEAST = 10, 5
"""Faint candidates only fill up to five: what nobody has words for yet may be among them."""
FLOOR, FAINT = 0.25, 0.4
"""Below the floor a hint is noise; below `FAINT` it is a guess."""
_WORDS, _LIKENESS = 0.65, 0.35
"""What the vocabulary and what the likeness add to a score."""
MATCH_FROM = 0.5
"""Every match scores at least this."""
_CONTRADICTED, _MINOR, _FAR, _RESOLVED = 0.45, 0.7, 0.8, 0.6
_SAYS_LITTLE = frozenset({"defect", "condition"})
"""A defect without its thing (没有, 损坏) tells next to nothing, unless it names the thing itself (同一段母线)."""
_BY_ITSELF, _NEAR, _LITTLE = 0.6, 0.8, 0.35
_BY_LENGTH = (0.0, 0.35, 0.8, 0.95)
"""How telling a phrase of one, two, three characters is beside a longer one: short ones stand in many words by chance."""
EXCEEDED, FALLEN_SHORT = "@超核定", "@未达设计"
"""The classes of words that say that more, or less, was found than was set; one for each kind (@超核定人数)."""
READ = 60
"""Ways that are read closely."""
LONGEST = 2000
"""Characters of a description that are read."""


@dataclass(frozen=True)
class Scored:
    entry: Entry
    reading: Reading | None
    score: float
    is_match: bool


@dataclass(frozen=True)
class Understood:
    """What a description says, whatever the trade and the day."""

    readings: dict[str, tuple[Reading, float]]
    likeness: dict[str, float]
    signs: frozenset[str]
    is_resolved: bool


class Engine:
    """Everything that is prepared once: about half a second."""

    def __init__(self, listed: Catalogue, words: Vocabulary) -> None:
        self.catalogue = listed
        self.words = words
        self._facets = [(number, name) for number, way in enumerate(words.ways) for name in way.facets]
        self._facets_by_phrase: dict[str, list[int]] = defaultdict(list)
        carriers: dict[str, set[str]] = defaultdict(set)
        for facet, (number, name) in enumerate(self._facets):
            for phrase in words.ways[number].facets[name]:
                self._facets_by_phrase[phrase].append(facet)
                carriers[phrase].add(words.ways[number].key)
        total = len(listed.criteria)
        self._rarity = {
            phrase: math.log(1 + total / len(keys)) / math.log(1 + total) for phrase, keys in carriers.items()
        }
        self._weights = [self._facet_weights(way) for way in words.ways]
        self._whole = [sum(weights.values()) for weights in self._weights]
        self._bigrams = Bigrams(self._documents())
        self._last: tuple[str, Understood] | None = None
        self._owned: dict[tuple[str, ...], tuple[frozenset[str], list[frozenset[str]]]] = {}
        self._pairs = {
            phrase: pairs
            for phrase in self._rarity
            if len(phrase) > 2 and not set(phrase) & set("@…&") and (pairs := frozenset(pairs_of(phrase)))
        }

    def _documents(self) -> dict[str, list[str]]:
        entries = self.catalogue.criteria
        titles = folded(
            "\n".join(f"{entry.title};{';'.join(entry.keywords)};{entry.note}" for entry in entries.values())
        )
        documents = {key: [text, text] for key, text in zip(entries, titles.split("\n"), strict=True)}
        for way in self.words.ways:
            if way.key in documents:
                documents[way.key] += {phrase for phrase in (*_required(way), *way.also) if not phrase.startswith("@")}
        return documents

    def _facet_weights(self, way: Way) -> dict[str, float]:
        """What an unmet facet leaves out: the rarity of its usual word."""
        return {
            name: sorted(self._rarity[phrase] for phrase in phrases)[len(phrases) // 2]
            for name, phrases in way.facets.items()
        }

    def judge(self, description: Description, *, sector: str, trades: Sequence[str], found_on: date) -> Judgement:
        said = self._understand(description)
        scored: list[Scored] = []
        for key in said.readings.keys() | {key for key, score in said.likeness.items() if score > 0.1}:
            entry = self.catalogue.criteria.get(key)
            if entry is None:
                continue
            kept = fields.weight(entry.sector, given=sector, trades=trades, signs=said.signs)
            may_match = not said.is_resolved and fields.is_shown(
                entry.sector, given=sector, trades=trades, signs=said.signs
            )
            scored.append(self._scored(entry, said, kept, may_match, found_on))
        scored.sort(key=lambda one: (-one.score, one.entry.position))
        held = [one for one in scored if _holds(one.entry, found_on)]
        shown = [
            one
            for place, one in enumerate(held[:AT_MOST])
            if one.score >= FAINT or (place < AT_LEAST and one.score >= FLOOR)
        ]
        return Judgement(
            tuple(self._candidate(one, description) for one in shown),
            gaps(scored, self.catalogue, found_on),
        )

    def _understand(self, description: Description) -> Understood:
        """The last one is kept: the same words are asked for another trade or day, or page by page while typing."""
        last = self._last
        if last is None or last[0] != description.original:
            found = self.words.lexicon.find(description)
            understood = Understood(
                self._best_readings(found, description),
                self._bigrams.scores(description.text),
                fields.signs_in(description.text),
                bool(found.get("@已改")),
            )
            last = self._last = (description.original, understood)
        return last[1]

    def _best_readings(self, found: Found, description: Description) -> dict[str, tuple[Reading, float]]:
        said, pairs = _counted(found, description), frozenset(pairs_of(description.text))
        remarked = remarks(found, description)
        best: dict[str, tuple[Reading, float]] = {}
        for number in self._promising(found):
            way = self.words.ways[number]
            reading = read_way(way, hits_of(way, found), found, said, description, remarked)
            if reading.hits:
                fit = self._fit(reading, self._weights[number], pairs)
                if fit > best.get(reading.way.key, (None, -1.0))[1]:
                    best[reading.way.key] = (reading, fit)
        return best

    def _promising(self, found: Found) -> list[int]:
        """The ways worth reading, the fullest first: a long text holds a word of almost every way."""
        told: dict[int, float] = {}
        for phrase, places in found.items():
            facets = self._facets_by_phrase.get(phrase)
            if facets:
                telling = max(self._telling(phrase, place) for place in places)
                for facet in facets:
                    if telling > told.get(facet, -1.0):
                        told[facet] = telling
        gained: dict[int, float] = defaultdict(float)
        weight: dict[int, float] = defaultdict(float)
        speaks: set[int] = set()
        for facet, telling in told.items():
            number, name = self._facets[facet]
            gained[number] += telling
            weight[number] += telling - self._weights[number][name]
            if name not in _SAYS_LITTLE or telling >= _BY_ITSELF:
                speaks.add(number)
        shares = [(-gained[number] / (weight[number] + self._whole[number]), number) for number in speaks]
        return [number for _, number in heapq.nsmallest(READ, shares)]

    def _fit(self, reading: Reading, weights: dict[str, float], pairs: frozenset[str]) -> float:
        """From 0 to 1: the share of the facets that are hit, and how telling the words are."""
        telling = {name: max(self._telling(*hit) for hit in hits) for name, hits in reading.hits.items()}
        gained = sum(telling.values())
        lost = sum(weights[name] for name in reading.missing)
        near = 0.0
        if gained > _LITTLE:
            near = sum(weights[name] * self._nearness(reading.way.facets[name], pairs) for name in reading.missing)
        coverage = (gained + _NEAR * near) / (gained + lost) if gained else 0.0
        supported = len({phrase for phrase, _ in reading.also})
        strength = 1 - math.exp(-(gained + 0.2 * min(supported, 4) + 0.2 * len(reading.met)) / 1.2)
        fit = 0.6 * coverage**1.3 + 0.4 * strength
        if reading.is_contradicted:
            fit *= _CONTRADICTED
        if reading.is_defect_far:
            fit *= _FAR
        return fit * _MINOR if reading.minor else fit

    def _nearness(self, phrases: tuple[str, ...], pairs: frozenset[str]) -> float:
        """How much of one of the phrases the description has, from half of it on: 未签安全协议 in 从未签协议."""
        owned = self._owned.get(phrases)
        if owned is None:
            owns = [self._pairs[phrase] for phrase in phrases if phrase in self._pairs]
            owned = self._owned[phrases] = (frozenset[str]().union(*owns), owns)
        every, owns = owned
        if len(every & pairs) == 0:
            return 0.0
        best = max(len(own & pairs) / len(own) for own in owns)
        return best if best >= 0.5 else 0.0

    def _telling(self, phrase: str, hit: Hit) -> float:
        length = hit.end - hit.start
        return self._rarity[phrase] * (_BY_LENGTH[length] if length < len(_BY_LENGTH) else 1.0)

    def _scored(self, entry: Entry, said: Understood, kept: float, may_match: bool, found_on: date) -> Scored:
        reading, fit = said.readings.get(entry.key, (None, 0.0))
        likeness = said.likeness.get(entry.key, 0.0)
        is_match = (
            may_match
            and entry.may_match
            and entry.document.holds_on(found_on)
            and reading is not None
            and reading.is_complete
            and reading.is_said_plainly
            and not reading.is_contradicted
            and not reading.minor
            and not reading.doubt
            and kept >= fields.MAY_MATCH
        )
        score = (_WORDS * fit + _LIKENESS * likeness) * kept * (_RESOLVED if said.is_resolved else 1.0)
        if is_match:
            score = MATCH_FROM + (1 - MATCH_FROM) * score
        return Scored(entry, reading, min(round(score, 4), 1.0), is_match)

    def _candidate(self, one: Scored, description: Description) -> Candidate:
        shared = () if one.reading else self._shared(one.entry, description)
        return Candidate(
            criteria_key=one.entry.key,
            kind="match" if one.is_match else "hint",
            score=one.score,
            because=tuple(because(one.reading, one.entry, description, shared=shared)),
            to_establish=tuple(dict.fromkeys(to_establish(one.reading, one.entry, description))),
        )

    def _shared(self, entry: Entry, description: Description) -> tuple[str, ...]:
        words = (*entry.keywords, entry.title)
        pairs = {description.text[at : at + 2] for at in range(len(description.text) - 1)}
        return tuple(dict.fromkeys(pair for word in words for pair in _cut(word) if pair in pairs))[:4]


def _counted(found: Found, description: Description) -> tuple[Quantity, ...]:
    """The quantities of the text; that more or less was found than was set is a word, too."""
    said = quantities(description.text)
    excess = exceeding(description.text, said)
    for one in excess:
        if name := EXCEEDED if one.low > 0 else FALLEN_SHORT if one.high < 0 else "":
            kind = one.dimension.removeprefix(EXCESS)
            found.setdefault(name + kind, []).append(Hit(one.start, one.end, description.clause(one.start)))
    return (*said, *excess)


def _cut(word: str) -> Iterable[str]:
    return (word[at : at + 2] for at in range(len(word) - 1))


def _required(way: Way) -> Iterable[str]:
    for phrases in way.facets.values():
        yield from phrases


def _holds(entry: Entry, day: date) -> bool:
    """What may be shown for a day: in force, or of unknown beginning and not yet ended."""
    return entry.document.holds_on(day) or entry.document.effective_on is None


@cache
def engine() -> Engine:
    return Engine(catalogue(), vocabulary())


def judge(
    description: str,
    *,
    sector: str = "",
    trades: Sequence[str] = (),
    found_on: date,
    captions: Sequence[str] = (),
) -> Judgement:
    """Candidates for what was found on that day; `captions` of the photos are read as further clauses."""
    text = "。".join(part.strip() for part in (description, *captions) if part.strip())[:LONGEST]
    return engine().judge(read(text), sector=sector, trades=tuple(trades), found_on=found_on)
