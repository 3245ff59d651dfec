"""Two versions of a standard side by side: which situations are new, gone, worded differently or the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from .models import Criterion

ALIKE = 58
"""From this likeness (0–100) two situations are taken for the same one, worded anew."""
SAME = 96


@dataclass(frozen=True)
class Pair:
    """`likeness` from 0 to 100; None where one side has no counterpart."""

    old: Criterion | None
    new: Criterion | None
    likeness: int | None

    @property
    def kind(self) -> Literal["added", "removed", "changed", "same"]:
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "same" if (self.likeness or 0) >= SAME else "changed"

    @property
    def is_moved(self) -> bool:
        """The same situation under another article."""
        return bool(self.old and self.new and (self.old.article, self.old.item) != (self.new.article, self.new.item))


def compare(old: Sequence[Criterion], new: Sequence[Criterion]) -> list[Pair]:
    """In the order of the new version; what it no longer has stands where it stood. The most alike find each other first."""
    likes = sorted(
        ((_likeness(before, after), i, j) for i, before in enumerate(old) for j, after in enumerate(new)),
        key=lambda found: (-found[0], found[1], found[2]),
    )
    partner: dict[int, tuple[int, float]] = {}
    taken: set[int] = set()
    for likeness, i, j in likes:
        if likeness < ALIKE:
            break
        if i not in taken and j not in partner:
            partner[j] = (i, likeness)
            taken.add(i)
    pairs = [
        Pair(old[partner[j][0]], after, round(partner[j][1])) if j in partner else Pair(None, after, None)
        for j, after in enumerate(new)
    ]
    for i, before in enumerate(old):
        if i not in taken:
            pairs.insert(_place(pairs, before), Pair(before, None, None))
    return pairs


def _likeness(before: Criterion, after: Criterion) -> float:
    """Titles decide; the same key words and the same place speak for them."""
    score = 0.75 * fuzz.ratio(before.title, after.title) + 0.25 * fuzz.token_sort_ratio(
        before.keywords.replace(";", " "), after.keywords.replace(";", " ")
    )
    if before.sector != after.sector:
        score -= 10
    return score


def _place(pairs: Sequence[Pair], before: Criterion) -> int:
    """Behind the last situation that stood before it in the old version."""
    stood = [place for place, pair in enumerate(pairs) if pair.old and pair.old.position < before.position]
    return stood[-1] + 1 if stood else 0
