"""Task tables (任务分工表): from a docx or html file's cells, from marks left in the text, or one cell a line.

A table is a task table when its head names a task column and a column for units or time. Other tables, page
layouts among them, are read as ordinary lines.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from zhiben.core.text.numbers import number_value

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
_TIME_LIKE = re.compile(
    r"(?:到|于)?(?:20\d\d|今|明|\d{1,2}月|长期|持续|常态|全年|每年|每季|每月|立即|贯穿|年底|按.*要求|适时).{0,24}"
)
_ROW_NUMBER = re.compile(
    r"(?:\((?P<bracketed>[一二三四五六七八九十]{1,3}|\d{1,3})\)|(?P<plain>\d{1,3}|[一二三四五六七八九十]{1,3}))[.、]?"
)
_UNITS_LIKE = re.compile(
    r"(?:[^。;]{0,60}[、,和及/ ])?[^。;]{1,24}(?:局|委|办|部|厅|府|会|队|院|公司|集团|中心|部门|单位|企业|厂|科|处|室|乡|镇|街道|区|县|市|站|所|园|委员会|村|学校|银行|车间|班组|行业|等)(?:\([^()]*\))?"
)
_SECTION = re.compile(r"(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]{1,3}\)).{2,40}")


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
    if not 1 <= len(plain) <= 12:
        return None
    return next((kind for kind, words in _HEADS if re.fullmatch(words, plain)), None)


def is_task_head(kinds: Sequence[Kind | None]) -> bool:
    """A task or measures column beside one for units or time."""
    return bool({"task", "detail"} & set(kinds)) and bool({"lead", "participant", "responsible", "time"} & set(kinds))


def task_tables(lines: Lines, blocks: Sequence[Block]) -> list[Table]:
    """Every task table of the document: from the cells it came with, else from runs of short lines."""
    tables = list(_tables_of_blocks(lines, blocks))
    return tables or list(_flattened(lines))


def _tables_of_blocks(lines: Lines, blocks: Sequence[Block]) -> Iterator[Table]:
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


def _flattened(lines: Lines) -> Iterator[Table]:
    """Tables whose cells became lines: a run of column heads, then row after row."""
    contents = [lines.text.text[start:end].strip() for start, end in lines.spans]
    index = 0
    while index < len(contents):
        width = _head_width(contents, index)
        if not width:
            index += 1
            continue
        kinds: list[Kind] = [kind_of(head) or "other" for head in contents[index : index + width]]
        table, after = _flattened_table(lines, contents, index + width, kinds)
        if table.rows:
            table.lines |= set(range(index, index + width))
            yield table
        index = max(after, index + width)


def _head_width(contents: list[str], index: int) -> int:
    width = 0
    while index + width < len(contents) and kind_of(contents[index + width]):
        width += 1
    kinds = [kind_of(head) for head in contents[index : index + width]]
    return width if width >= 3 and is_task_head(kinds) else 0


def _flattened_table(lines: Lines, contents: list[str], at: int, kinds: list[Kind]) -> tuple[Table, int]:
    """Rows from `at` on. With a number column a row begins at the next number; else every `len(kinds)` lines."""
    table = Table()
    numbered = kinds[0] == "number"
    expected = 1
    while at < len(contents):
        if contents[at : at + len(kinds)] and all(
            kind_of(line) == kind for line, kind in zip(contents[at:], kinds, strict=False)
        ):
            table.lines |= set(range(at, at + len(kinds)))  # the head, repeated on the next page
            at += len(kinds)
            continue
        if _is_action_row(contents, at, numbered, expected):
            start, end = lines.spans[at]
            table.rows.append([Cell("action", start, end)])
            table.lines.add(at)
            at += 1
            continue
        stop = _row_end(contents, at, kinds, expected) if numbered else _row_end_by_count(contents, at, kinds)
        if stop <= at:
            break
        table.rows.append(_row_cells(lines, contents, at, stop, kinds))
        table.lines |= set(range(at, stop))
        if numbered:
            expected = (_row_value(contents[at]) or expected) + 1
        at = stop
    return table, at


def _row_value(line: str) -> int | None:
    match = _ROW_NUMBER.fullmatch(line)
    return number_value(match["bracketed"] or match["plain"]) if match else None


def _is_action_row(contents: list[str], at: int, numbered: bool, expected: int) -> bool:
    if not numbered or at + 1 >= len(contents) or _row_value(contents[at]) is not None:
        return False
    return _row_value(contents[at + 1]) in (expected, 1) and len(contents[at]) <= 40


def _row_end(contents: list[str], at: int, kinds: list[Kind], expected: int) -> int:
    value = _row_value(contents[at])
    if value is None or (value not in (expected, 1) and value != expected + 1):
        return at
    stop = at + 1
    while stop < len(contents):
        following = _row_value(contents[stop])
        if following == value + 1 or (following == 1 and value > 1 and stop - at >= 2):
            break
        if _is_action_row(contents, stop, True, value + 1) and stop - at >= 2 and _SECTION.fullmatch(contents[stop]):
            break
        full = stop - at >= len(kinds) and not _continues_row(contents, stop, at)
        if full and not any(_fits(kind, contents[stop]) for kind in kinds):
            break
        if stop - at >= 3 and _SECTION.fullmatch(contents[stop]):
            break
        stop += 1
    return stop


def _continues_row(contents: list[str], stop: int, at: int) -> bool:
    """More lines than columns: only while a later line of the row still begins the next number soon."""
    value = _row_value(contents[at]) or 0
    return any(_row_value(line) == value + 1 for line in contents[stop : stop + 6]) and not _SECTION.fullmatch(
        contents[stop]
    )


def _row_end_by_count(contents: list[str], at: int, kinds: list[Kind]) -> int:
    stop = at + len(kinds)
    if stop > len(contents) or _SECTION.fullmatch(contents[at]):
        return at
    row = contents[at:stop]
    good = sum(_fits(kind, line) for kind, line in zip(kinds, row, strict=True))
    wanted = sum(kind in ("time", "lead", "participant", "responsible") for kind in kinds)
    return stop if good >= max(1, wanted - 1) else at


def _fits(kind: Kind, line: str) -> bool:
    if kind == "time":
        return _TIME_LIKE.fullmatch(line) is not None
    return kind in ("lead", "participant", "responsible") and _UNITS_LIKE.fullmatch(line) is not None


def _row_cells(lines: Lines, contents: list[str], at: int, stop: int, kinds: list[Kind]) -> list[Cell]:
    """As many lines as columns: in their order. Otherwise by what each line looks like."""
    if stop - at == len(kinds):
        return [Cell(kind, *lines.spans[at + step]) for step, kind in enumerate(kinds)]
    cells: list[Cell] = []
    waiting = [kind for kind in kinds if kind in ("lead", "participant", "responsible")]
    texts = [kind for kind in kinds if kind in ("action", "task", "detail")]
    for index in range(at, stop):
        line = contents[index]
        if index == at and kinds[0] == "number":
            kind: Kind = "number"
        elif "time" in kinds and _TIME_LIKE.fullmatch(line):
            kind = "time"
        elif waiting and len(cells) >= 2 and _UNITS_LIKE.fullmatch(line):
            kind = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        elif any(cell.kind in ("lead", "participant", "responsible", "time") for cell in cells):
            kind = "other"
        else:
            kind = texts.pop(0) if len(texts) > 1 else texts[0] if texts else "other"
        cells.append(Cell(kind, *lines.spans[index]))
    return cells
