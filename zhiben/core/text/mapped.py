"""Text that remembers where each of its characters came from."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

Edit = tuple[int, int, str]


@dataclass(frozen=True)
class MappedText:
    """A reworked copy of an original text.

    `text` is what the grammar reads (Simplified, half-width); `printed` is the same text, character for
    character, as the document prints it; `offsets[i]` is the place in the original of character `i`.

    >>> clean = MappedText.of("到2026 年").edited([(5, 6, "")])
    >>> clean.text, clean.origin(1, 6)
    ('到2026年', (1, 7))
    """

    text: str
    printed: str
    offsets: array

    @classmethod
    def of(cls, original: str) -> "MappedText":
        return cls(original, original, array("I", range(len(original))))

    def __len__(self) -> int:
        return len(self.text)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span in the original of `text[start:end]`; an empty span stays empty."""
        if not self.offsets:
            return (0, 0)
        if start >= end:
            at = self.offsets[min(start, len(self.offsets) - 1)]
            return (at, at)
        return (self.offsets[start], self.offsets[end - 1] + 1)

    def edited(self, edits: Iterable[Edit]) -> "MappedText":
        """Replace spans, given in order and not overlapping; what replaces a span maps to its beginning."""
        text: list[str] = []
        printed: list[str] = []
        offsets = array("I")
        at = 0
        for start, end, replacement in edits:
            text += (self.text[at:start], replacement)
            printed += (self.printed[at:start], replacement)
            offsets.extend(self.offsets[at:start])
            if replacement:
                offsets.extend([self.offsets[start]] * len(replacement))
            at = end
        if not text:
            return self
        text.append(self.text[at:])
        printed.append(self.printed[at:])
        offsets.extend(self.offsets[at:])
        return MappedText("".join(text), "".join(printed), offsets)
