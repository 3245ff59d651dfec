"""The document as the grammar sees it: clean text, its outline, its duties, and the way back to the original."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from zhiben.core.text.mapped import MappedText

from .clauses import Quoted
from .duties import Duty
from .ledger import Span
from .outline import Item

_PROPER_QUOTES = str.maketrans({"\n": ""})


@dataclass
class Document:
    """`mapped.text` is read, `mapped.printed` is quoted, `mapped.origin` leads back."""

    mapped: MappedText
    gaps: set[int]
    root: Item
    duties: list[Duty]
    quoted: Quoted
    duty_starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.duty_starts = [duty.start for duty in self.duties]

    @property
    def text(self) -> str:
        return self.mapped.text

    def origin(self, start: int, end: int) -> Span:
        return self.mapped.origin(start, end)

    def printed(self, start: int, end: int) -> str:
        """As the document prints it, without line ends."""
        return self.mapped.printed[start:end].translate(_PROPER_QUOTES)

    def duties_between(self, start: int, end: int) -> list[Duty]:
        """Duties that begin in [start, end)."""
        return self.duties[bisect_left(self.duty_starts, start) : bisect_left(self.duty_starts, end)]

    def carries_duty(self, item: Item) -> bool:
        """The item's own text, before any item inside it, has a responsibility."""
        first = bisect_left(self.duty_starts, item.start)
        return first < len(self.duties) and self.duties[first].start < item.own_end()

    def carries_duty_anywhere(self, item: Item) -> bool:
        first = bisect_left(self.duty_starts, item.start)
        return first < len(self.duties) and self.duties[first].start < item.end

    def paragraphs(self, start: int, end: int) -> Iterator[Span]:
        """Spans of the non-empty paragraphs between `start` and `end`."""
        at = start
        while at < end:
            stop = self.text.find("\n", at, end)
            stop = end if stop < 0 else stop
            if stop > at:
                yield at, stop
            at = stop + 1

    def pieces(self, start: int, end: int) -> Iterator[Span]:
        """Paragraphs, parted again where the original had white space: for texts that lost their line ends."""
        for begin, stop in self.paragraphs(start, end):
            at = begin
            for position in range(begin + 1, stop):
                if self.mapped.offsets[position] in self.gaps:
                    yield at, position
                    at = position
            yield at, stop
