"""Task tables (任务分工表): what a column's head says, and the tables that came with cells (docx, html, |…|).

A table is a task table when its head names a task column and a column for units or time. Other tables, page
layouts among them, are read as ordinary lines.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from .lines import Lines
from .source import Block

Kind = Literal["number", "action", "task", "detail", "lead", "participant", "responsible", "time", "other"]

# The head of a column, in the order in which the words are tried.
_HEADS: tuple[tuple[Kind, str], ...] = (
    ("other", r"备注|.*(?:责任人|负责人|领导|联系人|电话|责任科室人员)|完成情况|进展.*|落实情况|是否.*"),
    ("number", r"序号|编号|项次|序"),
    ("time", r".*(?:时限|时间|期限|节点|日期|进度安排|完成时).*"),
    ("lead", r".*(?:牵头|主办|主责).*"),
    ("participant", r".*(?:配合|协办|参与|协同|参加|协助).*"),
    ("responsible", r".*(?:责任|落实|承办|实施|负责)(?:单位|部门|科室|主体|处室|机构)?|责任分工"),
    ("action", r"(?:重点|专项|工作)?(?:行动|类别|领域|专项|板块)(?:名称|类别)?|任务类别|分类|一级任务"),
    (
        "task",
        r"(?:重点|主要|工作|具体|攻坚|整治|目标)*(?:任务|工作|事项|项目)(?:名称|清单|事项|内容)?|(?:工作|整治|任务|检查)内容|二级任务|工作事项",
    ),
    ("detail", r".*(?:措施|举措|要求|内容|目标|标准|成果|任务).*"),
)

_NUMBERED = re.compile(
    r"[一二三四五六七八九十\d]{1,3}[、.]|\([一二三四五六七八九十\d]{1,3}\)"
)  # a section's title, no head


@dataclass(frozen=True)
class Cell:
    """A cell's text at `start:end`; `continued` cells of a merged one stand in its later rows."""

    kind: Kind
    start: int
    end: int
    continued: bool = False


@dataclass
class Table:
    """A task table: rows of cells by kind. `lines` are the indexes of the lines it takes out of the prose."""

    rows: list[list[Cell]] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)


def kind_of(head: str) -> Kind | None:
    """What a column holds, by its head.

    >>> [kind_of(head) for head in ("序号", "重点任务", "牵头单位", "配合单位", "完成时限", "具体措施", "张三")]
    ['number', 'task', 'lead', 'participant', 'time', 'detail', None]
    """
    plain = re.sub(r"\([^()]*\)|[\s:]", "", head)
    if not 1 <= len(plain) <= 12 or _NUMBERED.match(head):
        return None
    return next((kind for kind, words in _HEADS if re.fullmatch(words, plain)), None)


def is_task_head(kinds: Sequence[Kind | None]) -> bool:
    """A task or measures column beside one for units or time."""
    return bool({"task", "detail"} & set(kinds)) and bool({"lead", "participant", "responsible", "time"} & set(kinds))


def tables_of_blocks(lines: Lines, blocks: Sequence[Block]) -> Iterator[Table]:
    """The task tables among the cells that a file or its markup delivers."""
    cells = [block for block in blocks if block.kind == "cell" and block.table is not None and block.row is not None]
    for _, group in groupby(sorted(cells, key=lambda cell: (cell.table, cell.row, cell.column)), key=lambda c: c.table):
        if table := _table_of_cells(lines, list(group)):
            yield table


def _table_of_cells(lines: Lines, cells: list[Block]) -> Table | None:
    text, offsets = lines.text.text, lines.text.offsets

    def place(cell: Block) -> tuple[int, int]:
        return bisect_left(offsets, cell.start), bisect_left(offsets, cell.end)

    columns: dict[int, Kind] = {}
    head_row = -1
    for row, group in groupby(cells, key=lambda cell: cell.row or 0):
        heads = {cell.column or 0: kind_of(text[slice(*place(cell))]) for cell in group}
        if is_task_head(list(heads.values())):
            columns = {column: kind for column, kind in heads.items() if kind}
            head_row = row
            break
        if row > 4:
            return None
    if not columns:
        return None
    table = Table()
    starts = [span[0] for span in lines.spans]
    grid: dict[int, list[Cell]] = {}
    for cell in cells:
        start, end = place(cell)
        if (cell.row or 0) > head_row:
            kind = columns.get(cell.column or 0, "other")
            if cell.column_span >= max(2, len(columns) - 1):
                kind = "action"
            for step in range(max(1, cell.row_span)):
                grid.setdefault((cell.row or 0) + step, []).append(Cell(kind, start, end, continued=step > 0))
        table.lines |= _lines_between(lines, starts, start, end)
    table.rows = [grid[row] for row in sorted(grid)]
    return table


def _lines_between(lines: Lines, starts: list[int], start: int, end: int) -> set[int]:
    index = max(0, bisect_left(starts, start) - 1)
    found = set()
    while index < len(lines.spans) and lines.spans[index][0] < end:
        if lines.spans[index][1] > start:
            found.add(index)
        index += 1
    return found
