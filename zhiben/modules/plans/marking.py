"""The document with every reading marked in its place, as HTML: paragraphs and tables as they stand in the file.

Marks may overlap and nest (a date inside a task inside a table cell), so the text is cut at every edge of a mark and
each stretch says which marks cover it: <span class="mk mk-lead" data-m="d12 b5" data-w="牵头">州应急管理局</span>.
What a mark means is a word (`data-w`, printed by the style sheet), a shape of underline, and only then a colour.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from django.utils.safestring import SafeString, mark_safe

from .models import ItemDepartment, ItemFrequency, ItemIndicator, ItemMilestone, PlanItem, PlanVersion, Spanned
from .reading.source import Block, SourceText


@dataclass(frozen=True, order=True)
class Mark:
    """A stretch of the text: `key` links it to the ledger (d12 = ItemDepartment 12), `word` says what it is."""

    start: int
    end: int
    key: str
    kind: str
    word: str = ""


@dataclass(frozen=True)
class Passage:
    """A paragraph or a whole table, drawn as one piece of the page and replaced as one."""

    start: int
    end: int
    cells: tuple[Block, ...] = ()

    @property
    def anchor(self) -> str:
        return f"p{self.start}"


PREFIX: dict[type[Spanned], str] = {
    PlanItem: "t",
    ItemDepartment: "d",
    ItemMilestone: "m",
    ItemIndicator: "x",
    ItemFrequency: "f",
}


def mark_key(reading: Spanned) -> str:
    """How a reading is called on both sides of the page.

    >>> mark_key(ItemDepartment(pk=12))
    'd12'
    """
    return f"{PREFIX[type(reading)]}{reading.pk}"


def marks_of(version: PlanVersion, items: Iterable[PlanItem]) -> list[Mark]:
    """Every mark of these items (with departments, milestones, indicators and frequencies prefetched), the goals,
    the duties and the heading facts."""
    marks = []
    for item in items:
        if item.dropped:
            continue
        if item.body_span:
            marks.append(Mark(*item.body_span, f"b{item.pk}", "body"))
        if item.span:
            marks.append(Mark(*item.span, mark_key(item), "task", "任务"))
        for department in item.departments.all():
            _add(marks, department, department.role, department.get_role_display())
        for milestone in item.milestones.all():
            _add(marks, milestone, "milestone", "时限")
        for indicator in item.indicators.all():
            _add(marks, indicator, "indicator", "指标")
        for frequency in item.frequencies.all():
            _add(marks, frequency, "frequency", "频次")
    for goal in version.goals.all():
        if goal.span and not goal.dropped:
            marks.append(Mark(*goal.span, f"g{goal.pk}", "goal", "目标"))
    for duty in version.obligations.all():
        if duty.span and not duty.dropped:
            marks.append(Mark(*duty.span, f"o{duty.pk}", "duty", "要求"))
    return marks


def passages(source: SourceText) -> list[Passage]:
    """The text in the order of reading, without gaps: file paragraphs and tables where known, else lines."""
    found: list[Passage] = []
    reached = 0
    for table, group in groupby(source.blocks, key=lambda block: block.table):
        blocks = tuple(group)
        if table is not None:
            found += _lines(source.text, reached, blocks[0].start)
            found.append(Passage(blocks[0].start, blocks[-1].end, blocks))
            reached = blocks[-1].end
            continue
        for block in blocks:
            found += _lines(source.text, reached, block.start)
            found.append(Passage(block.start, block.end))
            reached = block.end
    return found + list(_lines(source.text, reached, len(source.text)))


def draw(
    source: SourceText, marks: Iterable[Mark], *, only: Sequence[tuple[int, int]] | None = None, swap: bool = False
) -> SafeString:
    """The HTML of all passages, or of those that touch the ranges in `only`; `swap` marks each for replacement."""
    stretches = _Stretches(source.text, marks)
    drawn = [
        _draw_passage(passage, stretches, swap)
        for passage in passages(source)
        if only is None or any(start < passage.end and passage.start < end for start, end in only)
    ]
    return mark_safe("".join(drawn))  # noqa: S308 (every piece of text below is escaped)


class _Stretches:
    """The text cut at every edge of a mark; `between` gives the pieces of a range in one pass from left to right."""

    def __init__(self, text: str, marks: Iterable[Mark]) -> None:
        known = sorted(mark for mark in marks if mark.start < mark.end)
        self.text = text
        self.edges = sorted({edge for mark in known for edge in (mark.start, mark.end)})
        self.covering: dict[int, list[Mark]] = {}
        self.place = 0
        active: list[Mark] = []
        waiting = iter(known)
        following = next(waiting, None)
        for edge in self.edges:
            active = [mark for mark in active if mark.end > edge]
            while following and following.start == edge:
                active.append(following)
                following = next(waiting, None)
            self.covering[edge] = active[:]

    def between(self, start: int, end: int) -> Iterator[tuple[int, int, list[Mark]]]:
        while self.place and self.edges[self.place - 1] > start:
            self.place -= 1
        while self.place < len(self.edges) and self.edges[self.place] <= start:
            self.place += 1
        marks = self.covering[self.edges[self.place - 1]] if self.place else []
        while start < end:
            stop = min(self.edges[self.place] if self.place < len(self.edges) else end, end)
            yield start, stop, marks
            start = stop
            if self.place < len(self.edges) and self.edges[self.place] == start:
                marks = self.covering[start]
                self.place += 1


def _draw_passage(passage: Passage, stretches: _Stretches, swap: bool) -> str:
    out_of_band = ' hx-swap-oob="true"' if swap else ""
    if not passage.cells:
        inner = _draw_range(passage.start, passage.end, stretches)
        return f'<p id="{passage.anchor}" class="passage" data-start="{passage.start}"{out_of_band}>{inner}</p>'
    rows = []
    for _, cells in groupby(passage.cells, key=lambda cell: cell.row):
        rows.append("<tr>" + "".join(_draw_cell(cell, stretches) for cell in cells) + "</tr>")
    return f'<div id="{passage.anchor}" class="passage-table"{out_of_band}><table>{"".join(rows)}</table></div>'


def _draw_cell(cell: Block, stretches: _Stretches) -> str:
    spans = "".join(
        f' {name}="{count}"' for name, count in (("rowspan", cell.row_span), ("colspan", cell.column_span)) if count > 1
    )
    return f'<td data-start="{cell.start}"{spans}>{_draw_range(cell.start, cell.end, stretches)}</td>'


def _draw_range(start: int, end: int, stretches: _Stretches) -> str:
    return "".join(_draw_stretch(stretches.text[a:b], a, marks) for a, b, marks in stretches.between(start, end))


def _draw_stretch(text: str, start: int, marks: Sequence[Mark]) -> str:
    if not marks:
        return escape(text)
    kinds = " ".join(dict.fromkeys(f"mk-{mark.kind}" for mark in marks))
    keys = " ".join(mark.key for mark in marks)
    words = "·".join(dict.fromkeys(mark.word for mark in marks if mark.word and mark.start == start))
    named = f' data-w="{words}"' if words else ""
    return f'<span class="mk {kinds}" data-m="{keys}"{named}>{escape(text)}</span>'


def _lines(text: str, start: int, end: int) -> Iterator[Passage]:
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if text[start:stop].strip():
            yield Passage(start, stop)
        start = stop + 1


def _add(
    marks: list[Mark], reading: ItemDepartment | ItemMilestone | ItemIndicator | ItemFrequency, kind: str, word: str
) -> None:
    if reading.span:
        marks.append(Mark(*reading.span, mark_key(reading), kind, word))
