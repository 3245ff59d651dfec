"""The outline of a document: which numbers open an item, and which item stands inside which.

A count that goes on is the evidence: after (一) comes (二) of the same list, whatever stands between. A new style
opens a deeper list, unless its style is a higher one (一、 above (一) above 1.) and the open list does not go on.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field

from zhiben.core.text.mapped import MappedText

from .numbering import RANK, Number, numbers_of
from .vocabulary import LONE_HEADINGS, NOT_TASK_WORDS, TASK_WORDS

_ANNEX = re.compile(r"^附(?:件|表|录)(?:[0-9一二三四五六七八九十]{0,2})(?:[:.、 ]|$)", re.M)
_LONE = re.compile(rf"^(?:\d{{1,2}})?{LONE_HEADINGS.pattern}:?$", re.M)  # 主要任务; 2 主要任务
_SECTION_INSIDE = re.compile(rf"[二三四五六]、(?:{TASK_WORDS.pattern}|{NOT_TASK_WORDS.pattern})")
_LONG_PARAGRAPH = 600  # a paragraph longer than this holds items that lost their line ends


@dataclass(eq=False)
class Item:
    """A numbered item or a heading. `start:end` holds everything in it, `head_end` is where its number ends."""

    start: int
    head_end: int
    style: str
    value: int
    printed: str | None
    parent: "Item | None" = None
    children: list["Item"] = field(default_factory=list)
    end: int = 0

    def own_end(self) -> int:
        """Where the first item inside begins; the own text ends there."""
        return self.children[0].start if self.children else self.end

    def walk(self) -> "list[Item]":
        """This item and all inside it, in the order of the text."""
        found, waiting = [], [self]
        while waiting:
            item = waiting.pop()
            found.append(item)
            waiting += reversed(item.children)
        return found


class _Counts:
    """What the document's numbers promise: where the next number of a style stands."""

    def __init__(self, numbers: list[Number]) -> None:
        self.positions: dict[str, list[int]] = defaultdict(list)
        self.values: dict[str, list[int]] = defaultdict(list)
        self.in_paragraphs: dict[tuple[str, int], list[int]] = defaultdict(list)
        for number in numbers:
            self.positions[number.style].append(number.start)
            self.values[number.style].append(number.value)
            if number.at_paragraph:
                self.in_paragraphs[number.style, number.value].append(number.start)

    def next_value(self, style: str, after: int) -> int | None:
        index = bisect_right(self.positions[style], after)
        return self.values[style][index] if index < len(self.values[style]) else None

    def stands_at_paragraph(self, number: Number, reach: int) -> bool:
        """The same number opens a paragraph soon after: that one is the item, this one a mention."""
        later = self.in_paragraphs[number.style, number.value]
        index = bisect_right(later, number.start)
        return index < len(later) and later[index] - number.start <= reach


def _accepts(number: Number, stack: list[Item], last: dict[str, int], counts: _Counts, crowded: bool) -> bool:
    """Whether a number inside a paragraph opens an item; at a paragraph's beginning it always does."""
    if number.at_paragraph:
        return True
    if not crowded and number.boundary < 2:
        return False
    open_styles = {item.style.removesuffix("'") for item in stack}
    goes_on = last.get(number.style) == number.value - 1
    if goes_on and not counts.stands_at_paragraph(number, 20_000):
        return True
    opens = number.value == 1 and number.style not in open_styles and counts.next_value(number.style, number.start) == 2
    if opens or (number.value == 1 and crowded and number.style not in open_styles):
        return number.boundary >= 1 or crowded
    restarts = number.value == 1 and crowded and number.boundary >= 1
    return restarts and counts.next_value(number.style, number.start) in (1, 2)


def _level(number: Number, stack: list[Item], counts: _Counts, inside: dict[str, str], before: str) -> tuple[int, str]:
    """How many open items stay open around this one, and the style of its list."""
    for depth in range(len(stack) - 1, -1, -1):
        item = stack[depth]
        if item.style.removesuffix("'") != number.style:
            continue
        if number.value == 1 and before == ":" and depth == len(stack) - 1 and item.value >= 1:
            return len(stack), number.style + "'"
        if item.style.endswith("'") and number.value != item.value + 1:
            continue
        return depth, item.style
    depth = len(stack)
    while (
        depth
        and inside.get(number.style) != stack[depth - 1].style
        and RANK.get(stack[depth - 1].style.removesuffix("'"), 9) > RANK.get(number.style, 9)
    ):
        outer = stack[depth - 1]
        if number.value == 1 and counts.next_value(outer.style.removesuffix("'"), number.start) == outer.value + 1:
            break
        depth -= 1
    return depth, number.style


def outline_of(text: MappedText, gaps: set[int]) -> Item:
    """The tree of items under a root that spans the whole text."""
    content = text.text
    numbers = numbers_of(content, text.offsets, gaps)
    counts = _Counts(numbers)
    resets = {match.start(): match for match in _ANNEX.finditer(content)}
    headings = {match.start(): match for match in _LONE.finditer(content)}
    root = Item(0, 0, "root", 0, None, end=len(content))
    stack: list[Item] = []
    last: dict[str, int] = {}
    inside: dict[str, str] = {}  # which style was last seen right inside which
    crowded = _crowded_spans(content)
    events: list[tuple[int, Number | None]] = [(number.start, number) for number in numbers]
    events += [(start, None) for start in resets | headings]
    for start, number in sorted(events, key=lambda event: event[0]):
        if number is None:
            match = resets.get(start) or headings[start]
            _open(root, stack, 0, Item(start, match.end() if start in resets else start, "word", 0, None))
            if start in resets:
                last.clear()
            continue
        if not _accepts(number, stack, last, counts, _is_crowded(crowded, start)):
            continue
        depth, style = _level(number, stack, counts, inside, content[max(0, start - 2) : start].strip()[-1:])
        if (
            depth == 1
            and stack[0].style == "word"
            and number.style in ("一、", "chapter")
            and not _inside_lone(content, stack[0])
        ):
            depth = 0
        _open(root, stack, depth, Item(start, number.end, style, number.value, number.printed))
        last[number.style] = number.value
        if len(stack) > 1:
            inside[style] = stack[-2].style
    _close(stack, 0, len(content))
    return root


def _inside_lone(content: str, heading: Item) -> bool:
    """A heading word on a line of its own may hold 一、二、三、 itself; an annex mark may not."""
    return heading.head_end == heading.start and _LONE.match(content, heading.start) is not None


def _open(root: Item, stack: list[Item], depth: int, item: Item) -> None:
    _close(stack, depth, item.start)
    item.parent = stack[-1] if stack else root
    item.parent.children.append(item)
    stack.append(item)


def _close(stack: list[Item], depth: int, end: int) -> None:
    while len(stack) > depth:
        stack.pop().end = end


def _crowded_spans(content: str) -> list[tuple[int, int]]:
    """Paragraphs that hold several items: very long ones, those with a section's title inside, a text of few lines."""
    few = content.count("\n") <= 3
    return [
        match.span()
        for match in re.finditer(r"[^\n]{150,}", content)
        if few
        or match.end() - match.start() >= _LONG_PARAGRAPH
        or _SECTION_INSIDE.search(content, match.start() + 4, match.end())
    ]


def _is_crowded(spans: list[tuple[int, int]], position: int) -> bool:
    index = bisect_right(spans, (position, 1 << 60)) - 1
    return index >= 0 and position < spans[index][1]
