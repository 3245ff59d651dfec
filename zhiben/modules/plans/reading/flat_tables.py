"""Task tables that lost their frame: one cell a line, or one row a line with tabs and spaces between the cells.

A run of column heads begins such a table. Where it has a number column, a row begins with the next number; what
stands between two numbers is cut into columns by `row_cells`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise

from zhiben.core.text.mapped import Edit
from zhiben.core.text.numbers import number_value

from .lines import Lines
from .row_cells import LONGEST_ROW, cut_into_columns, looks_like_time, looks_like_units, parts_a_name
from .tables import Cell, Kind, Table, is_task_head, kind_of
from .vocabulary import ACTION_TITLE

_ROW_NUMBER = re.compile(
    r"(?:\((?P<bracketed>[一二三四五六七八九十]{1,3}|\d{1,3})\)|(?P<plain>\d{1,3}|[一二三四五六七八九十]{1,3}))[.、]?"
)
_SECTION = re.compile(r"(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]{1,3}\)).{2,40}")
_AFTER_TABLE = re.compile(r"备注|注:|说明:|附件|附:|抄送|联系人|本表|填表")
_WIDEST_HEAD = 14  # columns
_UNIT_KINDS = ("lead", "participant", "responsible")


@dataclass(frozen=True)
class _Piece:
    """A line, or a cell out of a line that holds a whole row."""

    start: int
    end: int
    line: int
    text: str


def flattened(lines: Lines) -> tuple[Lines, list[Table]]:
    """The tables, and the lines as they are once every cell of a table has a line of its own."""
    pieces = list(_pieces(lines))
    tables, mends = _Reader(pieces).read()
    if not tables:
        return lines, []
    return _with_cells_as_lines(lines, pieces, tables, mends)


def _split(lines: Lines, index: int, gaps: set[int]) -> list[_Piece]:
    start, end = lines.spans[index]
    text, offsets = lines.text.text, lines.text.offsets
    cuts = [start, *(at for at in range(start + 1, end) if offsets[at] in gaps), end]
    parts = [_Piece(a, b, index, text[a:b].strip()) for a, b in pairwise(cuts)]
    return [part for part in parts if part.text]


def _head_run(contents: Sequence[str]) -> tuple[int, int]:
    """Where a run of heads stands in a line's pieces, and how many they are."""
    for index in range(len(contents) - 2):
        if width := head_width(contents, index):
            return index, width
    return 0, 0


def _pieces(lines: Lines) -> Iterator[_Piece]:
    """Lines as they are; a line with a table's heads in it, and the rows after it, as the cells they hold."""
    gaps: set[int] | None = None
    width = 0
    for index, (start, end) in enumerate(lines.spans):
        whole = _Piece(start, end, index, lines.text.text[start:end].strip())
        if end - start < 8 or not lines.gaps:
            yield whole
            continue
        for candidates in (lines.wide_gaps, lines.gaps):
            cells = _split(lines, index, candidates)
            at, found = _head_run([cell.text for cell in cells])
            if found:
                width, gaps = found, candidates
                break
        else:
            cells = _split(lines, index, gaps) if gaps else []
            is_row = len(cells) >= 3 and (
                _row_value(cells[0].text) is not None or (gaps is lines.wide_gaps and len(cells) >= width - 2)
            )
            if not is_row:
                yield whole
                continue
            at = 0
        if at:
            yield _Piece(start, cells[at].start, index, lines.text.text[start : cells[at].start].strip())
        yield from cells[at:]


def head_width(contents: Sequence[str], index: int) -> int:
    """How many column heads begin here. A title above 序号 is none of them: 任务清单 | 序号 | 任务 | ….

    >>> head_width(["任务清单", "序号", "任务", "责任单位", "完成时间", "1"], 0)
    0
    >>> head_width(["序号", "任务", "责任单位", "完成时间", "1"], 0)
    4
    """
    kinds: list[Kind] = []
    for content in contents[index : index + _WIDEST_HEAD]:
        kind = kind_of(content) if len(content) <= 20 else None
        if kind is None or (kind == "number" and kinds):
            break
        kinds.append(kind)
    follows = contents[index + len(kinds)] if index + len(kinds) < len(contents) else ""
    if kind_of(follows) == "number":
        return 0
    return len(kinds) if len(kinds) >= 3 and is_task_head(kinds) else 0


def columns_of(heads: Sequence[str]) -> list[Kind]:
    """The columns under a head of one row or two: 责任分工 above 牵头单位 and 配合单位 is no column.

    >>> columns_of(["序号", "任务", "责任分工", "完成时限", "牵头单位", "配合单位"])
    ['number', 'task', 'lead', 'participant', 'time']
    """
    kinds: list[Kind] = [kind_of(head) or "other" for head in heads]
    below = len(kinds)
    while below and kinds[below - 1] in ("lead", "participant"):
        below -= 1
    over = next((at for at in range(below) if kinds[at] == "responsible"), None)
    if over is None or len(kinds) - below < 2 or over >= below - 1:
        return kinds
    return kinds[:over] + kinds[below:] + kinds[over + 1 : below]


def _row_value(line: str) -> int | None:
    match = _ROW_NUMBER.fullmatch(line) if len(line) <= 6 else None
    return number_value(match["bracketed"] or match["plain"]) if match else None


class _Reader:
    """Reads the tables out of a run of pieces. `mends` take away the line ends that break a name or a sentence."""

    def __init__(self, pieces: list[_Piece]) -> None:
        self.pieces = pieces
        self.contents = [piece.text for piece in pieces]
        self.tables: list[Table] = []
        self.mends: list[Edit] = []

    def read(self) -> tuple[list[Table], list[Edit]]:
        index = 0
        while index < len(self.pieces):
            width = head_width(self.contents, index)
            if not width:
                index += 1
                continue
            heads = self.contents[index : index + width]
            table, after = self._table(index + width, heads)
            if table.rows:
                table.lines |= set(range(index, index + width))
                self.tables.append(table)
            index = max(after, index + width)
        return self.tables, self.mends

    def _table(self, at: int, heads: list[str]) -> tuple[Table, int]:
        table, kinds = Table(), columns_of(heads)
        numbered, expected = kinds[0] == "number", 1
        while at < len(self.contents):
            if self.contents[at : at + len(heads)] == heads:  # the head, repeated on the next page
                table.lines |= set(range(at, at + len(heads)))
                at += len(heads)
            elif numbered and self._is_action_row(at, expected):
                table.rows.append([Cell("action", self.pieces[at].start, self.pieces[at].end)])
                table.lines.add(at)
                at += 1
            elif numbered and self._begins_row(at, expected):
                stop, is_last = self._row_end(at, heads)
                cells, stop = self._row(at, stop, kinds, is_last)
                table.rows.append(cells)
                table.lines |= set(range(at, stop))
                expected = (_row_value(self.contents[at]) or expected) + 1
                at = stop
            elif not numbered and (stop := self._row_end_by_count(at, kinds)) > at:
                table.rows.append([self._cell(kind, at + step, at + step + 1) for step, kind in enumerate(kinds)])
                table.lines |= set(range(at, stop))
                at = stop
            else:
                break
        return table, at

    def _cell(self, kind: Kind, begin: int, end: int) -> Cell:
        return Cell(kind, self.pieces[begin].start, self.pieces[end - 1].end)

    def _begins_row(self, at: int, expected: int) -> bool:
        value = _row_value(self.contents[at])
        return value is not None and value in (1, expected, expected + 1)

    def _is_action_row(self, at: int, expected: int) -> bool:
        """A line across the table above the next row: 二、隐患清零."""
        if at + 1 >= len(self.contents) or _row_value(self.contents[at]) is not None:
            return False
        return _row_value(self.contents[at + 1]) in (expected, 1) and len(self.contents[at]) <= 40

    def _row_end(self, at: int, heads: list[str]) -> tuple[int, bool]:
        """Where the next row begins; for the last row, how far its cells may reach at most."""
        value = _row_value(self.contents[at]) or 0
        limit = min(len(self.contents), at + 1 + LONGEST_ROW)
        for stop in range(at + 2, limit):
            line = self.contents[stop]
            following = _row_value(line)
            if following == value + 1 or (following == 1 and value > 1 and stop - at > 2):
                return stop, False
            if line == heads[0] and self.contents[stop : stop + len(heads)] == heads:
                return stop, False
            if _AFTER_TABLE.match(line) or head_width(self.contents, stop):
                return stop, True
            across = _SECTION.fullmatch(line) or (ACTION_TITLE.search(line) and len(line) <= 30)
            if across and self._is_action_row(stop, value + 1) and stop - at >= len(heads) - 2:
                return stop, False
            if _SECTION.fullmatch(line) and stop - at >= 3:
                return stop, True
        return limit, True

    def _row(self, at: int, stop: int, kinds: list[Kind], is_last: bool) -> tuple[list[Cell], int]:
        cells = [self._cell("number", at, at + 1)]
        cuts = cut_into_columns(self.contents[at + 1 : stop], kinds[1:], is_last=is_last)
        for kind, (first, after) in zip(kinds[1:], cuts, strict=True):
            if first < after:
                begin, end = at + 1 + first, at + 1 + after
                cells.append(self._cell(kind, begin, end))
                self._mend(kind, begin, end)
        return cells, at + 1 + max((after for _, after in cuts), default=0) if is_last else stop

    def _mend(self, kind: Kind, begin: int, end: int) -> None:
        for left, right in zip(self.pieces[begin : end - 1], self.pieces[begin + 1 : end], strict=True):
            if kind in _UNIT_KINDS:
                parts = parts_a_name(left.text, right.text)
            else:
                parts = left.text.endswith(("。", ";", ":"))
            if not parts and left.end < right.start:
                self.mends.append((left.end, right.start, ""))
            elif parts and kind in _UNIT_KINDS and left.line == right.line:
                self.mends.append((left.end, right.start, "、"))

    def _row_end_by_count(self, at: int, kinds: list[Kind]) -> int:
        stop = at + len(kinds)
        if stop > len(self.contents) or _SECTION.fullmatch(self.contents[at]):
            return at
        row = self.contents[at:stop]
        wanted = [kind for kind in kinds if kind in ("time", *_UNIT_KINDS)]
        good = sum(
            looks_like_time(line) if kind == "time" else kind in _UNIT_KINDS and looks_like_units(line)
            for kind, line in zip(kinds, row, strict=True)
        )
        return stop if good >= max(1, len(wanted) - 1) else at


def _with_cells_as_lines(
    lines: Lines, pieces: list[_Piece], tables: list[Table], mends: list[Edit]
) -> tuple[Lines, list[Table]]:
    """Cells get lines of their own, their broken names are mended, and what is left of a line stays one line."""
    taken = {index for table in tables for index in table.lines}
    mends = sorted(mends)
    removed = list(accumulate((end - start - len(put) for start, end, put in mends), initial=0))
    ends = [end for _, end, _ in mends]

    def moved(position: int) -> int:
        return position - removed[bisect_right(ends, position)]

    spans: list[tuple[int, int]] = []
    place: dict[int, int] = {}
    keyed = enumerate(pieces)
    for _, group in groupby(keyed, key=lambda one: (one[1].line, one[0] if one[0] in taken else -1)):
        run = list(group)
        place |= {index: len(spans) for index, _ in run}
        spans.append((moved(run[0][1].start), moved(run[-1][1].end)))
    found = [
        Table(
            [[replace(cell, start=moved(cell.start), end=moved(cell.end)) for cell in row] for row in table.rows],
            {place[index] for index in table.lines},
        )
        for table in tables
    ]
    text = lines.text.edited(mends)
    return Lines(text, spans, lines.gaps, lines.wide_gaps), found
