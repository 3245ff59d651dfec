"""Two versions of a plan beside each other: which item continues which, and what changed, word by word."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from .models import PlanItem

Kind = Literal["added", "removed", "changed", "moved", "same"]
KIND_LABELS: dict[Kind, str] = {
    "added": "新增",
    "removed": "删去",
    "changed": "改动",
    "moved": "调整序号",
    "same": "未变",
}

SURE = 0.45
"""Below this likeness two items are not the same work. Titles of unrelated tasks (开展…行动 / 开展…培训) reach 0.3."""


class Piece(NamedTuple):
    """A stretch of a comparison: kept, taken out, or put in."""

    kind: Literal["keep", "out", "in"]
    text: str


@dataclass(frozen=True)
class Difference:
    """One item across two versions; `old` or `new` is None where it was added or removed."""

    kind: Kind
    old: PlanItem | None
    new: PlanItem | None
    title: tuple[Piece, ...] = ()
    content: tuple[Piece, ...] = ()
    facts: tuple[Piece, ...] = field(default=())
    """Departments, milestones, indicators and frequencies, each a whole sentence taken out or put in."""

    @property
    def label(self) -> str:
        return KIND_LABELS[self.kind]

    @property
    def item(self) -> PlanItem:
        found = self.new or self.old
        assert found is not None
        return found


def match(old: Sequence[PlanItem], new: Sequence[PlanItem]) -> dict[int, PlanItem]:
    """{pk of a new item: the old item it continues}; each old item once at most, the likest pairs first."""
    matched: dict[int, PlanItem] = {}
    free = {item.pk: item for item in old}
    by_title: dict[str, list[PlanItem]] = defaultdict(list)
    for item in old:
        by_title[_letters(item.title)].append(item)
    for item in new:
        same = [each for each in by_title[_letters(item.title)] if each.pk in free]
        if same:
            matched[item.pk] = free.pop(min(same, key=lambda each: each.number != item.number).pk)
    left = [item for item in new if item.pk not in matched]
    profile = {id(item): _profile(item) for item in (*free.values(), *left)}
    pairs = {
        (each.pk, item.pk): likeness
        for item in left
        for each in free.values()
        if (likeness := _likeness(profile[id(each)], profile[id(item)])) >= SURE
    }
    by_pk = {item.pk: item for item in left}
    for (old_pk, new_pk), _ in sorted(pairs.items(), key=lambda pair: -pair[1]):
        if old_pk in free and new_pk in by_pk:
            matched[new_pk] = free.pop(old_pk)
            del by_pk[new_pk]
    return matched


def differences(old: Sequence[PlanItem], new: Sequence[PlanItem]) -> list[Difference]:
    """In the order of the new version, what was removed standing where it stood. Items carry their `predecessor`."""
    continued = {item.predecessor_id: item for item in new if item.predecessor_id and not item.dropped}
    found = [
        _difference(next((each for each in old if each.pk == item.predecessor_id), None), item)
        for item in new
        if not item.dropped
    ]
    for place, item in enumerate(old):
        if item.dropped or item.pk in continued:
            continue
        before = next((each.pk for each in reversed(old[:place]) if each.pk in continued), None)
        index = 0 if before is None else 1 + next(i for i, d in enumerate(found) if d.old and d.old.pk == before)
        found.insert(index, Difference("removed", item, None))
    return found


def word_difference(before: str, after: str) -> tuple[Piece, ...]:
    """What to take out and what to put in, letter by letter, without confetti: single letters that happen to be
    equal between two changes are changed along."""
    if before == after:
        return (Piece("keep", before),) if before else ()
    pieces: list[Piece] = []
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    out = put = ""
    for place, (tag, a, b, c, d) in enumerate(codes):
        if tag == "equal" and (b - a > 1 or place in (0, len(codes) - 1)):
            pieces += _changed(out, put)
            out = put = ""
            pieces.append(Piece("keep", before[a:b]))
        else:
            out, put = out + before[a:b], put + after[c:d]
    return (*pieces, *_changed(out, put))


def facts_of(item: PlanItem) -> list[str]:
    """Everything read inside an item, one sentence each."""
    return [
        *(str(each) for each in item.departments.all()),
        *(f"时限：{each}" for each in item.milestones.all()),
        *(f"指标：{each}" for each in item.indicators.all()),
        *(f"频次：{each}" for each in item.frequencies.all()),
    ]


def _difference(old: PlanItem | None, new: PlanItem) -> Difference:
    if old is None:
        return Difference("added", None, new)
    facts_before, facts_after = facts_of(old), facts_of(new)
    facts = (
        *(Piece("out", fact) for fact in facts_before if fact not in facts_after),
        *(Piece("in", fact) for fact in facts_after if fact not in facts_before),
    )
    title, content = word_difference(old.title, new.title), word_difference(old.content, new.content)
    if facts or _letters(old.title) != _letters(new.title) or _letters(old.content) != _letters(new.content):
        return Difference("changed", old, new, title, content, facts)
    return Difference("moved" if old.number != new.number else "same", old, new)


def _changed(out: str, put: str) -> Iterable[Piece]:
    if out:
        yield Piece("out", out)
    if put:
        yield Piece("in", put)


def _letters(text: str) -> str:
    return re.sub(r"[\s\W]+", "", text)


def _profile(item: PlanItem) -> tuple[str, frozenset[str], frozenset[str]]:
    return item.number, _bigrams(item.title), _bigrams(item.content[:600])


def _bigrams(text: str) -> frozenset[str]:
    letters = _letters(text)
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))


def _likeness(
    old: tuple[str, frozenset[str], frozenset[str]], new: tuple[str, frozenset[str], frozenset[str]]
) -> float:
    """0 to 1: mostly the title's words, then the content's, and the number speaks in doubt."""
    return 0.55 * _dice(old[1], new[1]) + 0.35 * _dice(old[2], new[2]) + 0.1 * (old[0] == new[0])


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0
