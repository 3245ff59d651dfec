"""A sentence in which every figure knows which records it counts: text for the paper, links on the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from zhiben.insight.figures import Rate

from .figures import Counts
from .measures import MEASURES


@dataclass(frozen=True)
class Figure:
    """A number, the measure that counts it and whose records: those of one group of units, programme or sector.

    `unit`, `programme` and `sector` are None where all are counted; an empty text is a programme or sector of no name.
    """

    value: int
    measure: str
    unit: str | None = None
    programme: str | None = None
    sector: str | None = None

    def __str__(self) -> str:
        return str(self.value)


Part = str | Figure


@dataclass(frozen=True)
class Prose:
    parts: tuple[Part, ...] = ()

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)

    def __iter__(self) -> Iterator[Part]:
        return iter(self.parts)

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __add__(self, other: "Prose | Part") -> "Prose":
        return Prose((*self.parts, *(other.parts if isinstance(other, Prose) else (other,))))


def say(*parts: "Part | Prose") -> Prose:
    found: list[Part] = []
    for part in parts:
        found += part.parts if isinstance(part, Prose) else (part,)
    return Prose(tuple(found))


def joined(sentences: Sequence[Prose], between: str = "、") -> Prose:
    found: list[Part | Prose] = []
    for sentence in sentences:
        found += [between, sentence] if found else [sentence]
    return say(*found)


@dataclass(frozen=True)
class Counted:
    """The counts of one group, as figures that can be opened."""

    counts: Counts
    of: Figure = Figure(0, "total")
    """Whose records: unit, programme and sector of this figure."""

    def __getitem__(self, measure: str) -> Figure:
        return replace(self.of, value=self.counts[measure], measure=measure)

    def number(self, measure: str) -> Prose:
        """12件"""
        return say(self[measure], MEASURES[measure].counter)

    def named(self, measure: str, word: str = "") -> Prose:
        """办结12件"""
        return say(word or MEASURES[measure].word, self.number(measure))

    def fraction(self, numerator: str, denominator: str) -> Prose:
        """12/38"""
        return say(self[numerator], "/", self[denominator])

    def rate(self, numerator: str, denominator: str) -> Prose:
        """31.6%（12/38）; there is no rate of nothing."""
        rate = Rate(self.counts[numerator], self.counts[denominator])
        return say(f"{rate}（", self.fraction(numerator, denominator), "）")
