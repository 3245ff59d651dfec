"""How a sheet is laid out: where its head stands, how many lines it has, where the data begin, what is no data.

As offices make them: a title above, a head of one to three lines with merged cells, a line of units or column
numbers, blank rows, section lines, sums, and notes below. What is found is a guess that a person may correct.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

from zhiben.core.refusal import Refused

from .headings import Named, all_spellings, count_matched, folded
from .insides import column_letters
from .sheets import Book, Cell, Flaw, Table

_LOOKED_AT = 40
"""Rows in which a head is looked for."""
MOST_HEAD_LINES = 3
SHEETS_TRIED = 12
SAMPLES = 5
_SUMS = re.compile(r"^(合计|总计|小计|共计|累计)[:(]?")
_NOTES = re.compile(
    r"^(备注|注|说明|附注|填表说明|填报说明|填表人|填报人|填报单位|填表单位|填报时间|填报日期|填表日期|制表人?|审核人?|"
    r"单位负责人|负责人|联系人|联系电话|经办人|签字|盖章|单位\(?盖章\)?|数据来源)\)?\s*\d?[:.、]"
)
_UNIT = re.compile(r"^(\([^()]*\)|%|元|万元|亿元|人|个|家|项|次|起|吨|年|月|日|天|平方米|公里)$")
_LETTERED = {"甲", "乙", "丙", "丁"}


@dataclass(frozen=True)
class Heading:
    column: int
    """From 0."""
    letters: str
    text: str
    """Joined from above: 联系方式/手机; "" for a column without a head."""
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Skipped:
    number: int
    reason: str
    text: str


@dataclass(frozen=True)
class Layout:
    sheet: str
    head_row: int
    """Its first line, from 1; 0 where none was found."""
    head_lines: int
    first_row: int
    """Of the data."""
    headings: tuple[Heading, ...]
    hidden_rows: int = 0
    hidden_columns: tuple[str, ...] = ()
    is_sure: bool = True

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.headings]

    def as_plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> "Layout":
        headings = tuple(Heading(**(each | {"samples": tuple(each["samples"])})) for each in plain["headings"])
        return cls(**(plain | {"headings": headings, "hidden_columns": tuple(plain["hidden_columns"])}))


def best_sheet(book: Book, fields: Sequence[Named]) -> tuple[Table, Layout]:
    """The sheet whose head names most fields; hidden ones only where no other fits."""
    spellings = all_spellings(fields)
    best: tuple[tuple[int, int, int], Table] | None = None
    refusal: Refused | None = None
    for place, sheet in enumerate(book.sheets[:SHEETS_TRIED]):
        try:
            table = book.table(sheet.name)
        except Refused as refused:  # too large or damaged: perhaps another one is meant
            refusal = refused
            continue
        rank = (_best_head(table, spellings)[0], -int(sheet.is_hidden), -place)
        if best is None or rank > best[0]:
            best = (rank, table)
        del table  # one sheet in memory beside the best
    if best is None:
        raise refusal or Refused("文件里没有工作表，请核对后重新上传。", "file")
    return best[1], layout_of(best[1], fields)


def layout_of(table: Table, fields: Sequence[Named], *, head_row: int = 0, head_lines: int = 0) -> Layout:
    """The layout guessed, or as a person says: `head_row` from 1, `head_lines` 1 to 3 (0: guess)."""
    spellings = all_spellings(fields)
    score, guessed_row, guessed_lines = _best_head(table, spellings, only_row=head_row)
    row, lines = head_row or guessed_row, head_lines or guessed_lines
    grid = _filled_head(table)
    texts = _joined(grid, row, lines)
    first = _after_units(table, row + lines)
    columns = [at for at in range(table.width) if (at < len(texts) and texts[at])]
    samples: dict[int, list[str]] = {at: [] for at in columns}
    for number, cells in Data(table, first, texts):
        for at in columns:
            if at < len(cells) and len(samples[at]) < SAMPLES:
                samples[at].append(shown(cells[at])[:60])
        if number > first + 200 or all(len(each) >= SAMPLES for each in samples.values()):
            break
    return Layout(
        sheet=table.name,
        head_row=row,
        head_lines=lines,
        first_row=first,
        headings=tuple(Heading(at, column_letters(at), texts[at], tuple(samples[at])) for at in columns),
        hidden_rows=sum(1 for each in table.hidden_rows if each >= first),
        hidden_columns=tuple(column_letters(at) for at in sorted(table.hidden_columns) if at in columns),
        is_sure=score >= 2,
    )


def data_of(table: Table, layout: Layout) -> "Data":
    texts = [""] * table.width
    for each in layout.headings:
        if each.column < table.width:
            texts[each.column] = each.text
    return Data(table, layout.first_row, texts)


class Data:
    """The rows of data: blank, section, note, sum and repeated head lines left out and told in `skipped`; a cell that
    is merged downwards counts for every row of the merge."""

    def __init__(self, table: Table, first_row: int, headings: Sequence[str]) -> None:
        self.table, self.first_row = table, first_row
        self.skipped: list[Skipped] = []
        self._headings = [folded(each.rpartition("/")[2]) for each in headings]
        self._downwards: dict[int, list[tuple[int, int]]] = {}
        self._across: set[int] = set()
        for (top, left), (bottom, right) in table.merges:
            if bottom > top and top >= first_row:
                self._downwards.setdefault(top, []).append((left, bottom))
            if right - left >= 2 and top == bottom:
                self._across.add(top)

    def __iter__(self) -> Iterator[tuple[int, list[Cell]]]:
        self.skipped.clear()
        running: dict[int, tuple[int, Cell]] = {}  # column → (last row of the merge, its value)
        for number, cells in self.table.rows():
            if number < self.first_row:
                continue
            texts = [each for each in cells if each != "" and (not isinstance(each, str) or each.strip())]
            reason = self._reason(number, cells, texts) if texts else ""
            if reason:
                self.skipped.append(Skipped(number, reason, "，".join(shown(each) for each in texts[:3])[:80]))
                continue
            own = bool(texts)
            for column, bottom in self._downwards.get(number, ()):
                running[column] = (bottom, cells[column] if column < len(cells) else "")
            for column, (bottom, value) in list(running.items()):
                if number > bottom:
                    del running[column]
                elif column < len(cells):
                    cells[column] = value
            if own:
                yield number, cells

    def _reason(self, number: int, cells: list[Cell], texts: list[Cell]) -> str:
        first = texts[0]
        if not isinstance(first, str):
            return ""
        word = folded(first) if len(first) < 60 else ""
        if _SUMS.match(word):
            return "合计行"
        if _NOTES.match(_compact(first)) and _is_note(texts):
            return "表下说明"
        if len(texts) == 1 and number in self._across:
            return "分节标题"
        if len(texts) >= 2 and word in self._headings and self._repeats_head(cells):
            return "重复的表头"
        return ""

    def _repeats_head(self, cells: list[Cell]) -> bool:
        own = [(at, each) for at, each in enumerate(cells) if each != ""]
        return all(
            isinstance(each, str) and at < len(self._headings) and folded(each) == self._headings[at]
            for at, each in own
        )


def _is_note(texts: list[Cell]) -> bool:
    """填表人：张三　审核人：李四 — and not a row of data whose first cell happens to begin so."""
    return len(texts) <= 2 or all(not isinstance(each, str) or _NOTES.match(_compact(each)) for each in texts)


def _compact(text: str) -> str:
    return re.sub(r"\s+", "", text[:200]).replace("：", ":").replace("（", "(").replace("）", ")")


def shown(cell: Cell) -> str:
    """A cell as a person reads it in the sheet."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, float):
        return f"{cell:.15g}"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if cell.time() == time() else f"{cell:%Y-%m-%d %H:%M}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


Grid = list[list[tuple[str, int]]]
"""The first rows: each cell's text, and the row in which it (or the merge that covers it) begins."""


def _filled_head(table: Table) -> Grid:
    """With merged cells filled in both directions."""
    grid: Grid = []
    for number, cells in table.head(_LOOKED_AT + MOST_HEAD_LINES):
        texts = [("" if isinstance(each, Flaw) else shown(each)).strip() for each in cells]
        grid.append([(text, number) for text in texts + [""] * (table.width - len(texts))])
    for (top, left), (bottom, right) in table.merges:
        if top > len(grid) or left >= table.width:
            continue
        for row in range(top, min(bottom, len(grid)) + 1):
            for column in range(left, min(right, table.width - 1) + 1):
                grid[row - 1][column] = grid[top - 1][left]
    return grid


def _best_head(table: Table, spellings: dict[str, str], *, only_row: int = 0) -> tuple[int, int, int]:
    """(how many fields it names, row, lines). The first row with at least two cells where nothing is named."""
    grid = _filled_head(table)
    best = (0, 0, 0, 0)
    for row in range(1, min(len(grid), _LOOKED_AT) + 1):
        if only_row and row != only_row:
            continue
        for lines in range(1, MOST_HEAD_LINES + 1):
            score = count_matched(_joined(grid, row, lines), spellings) if row + lines - 1 <= len(grid) else 0
            best = max(best, (score, -lines, -row, 0))
    if best[0]:
        return best[0], -best[2], -best[1]
    plain = next((row for row, cells in enumerate(grid, 1) if len({text for text, _ in cells if text}) >= 2), 1)
    return 0, only_row or plain, 1


def _joined(grid: Grid, row: int, lines: int) -> list[str]:
    """The texts of the head, one a column, what stands above joined by a slash, each once; units left out, and what
    begins above the head."""
    block = grid[row - 1 : row - 1 + lines]
    texts = []
    for column in range(max((len(each) for each in block), default=0)):
        parts: list[str] = []
        for cells in block:
            found, top = cells[column] if column < len(cells) else ("", row)
            text = re.sub(r"\s+", "", found) if top >= row else ""
            if text and text not in parts and not (parts and _UNIT.match(_compact(text))):
                parts.append(text)
        texts.append("/".join(parts)[:120])
    return texts


def _after_units(table: Table, row: int) -> int:
    """The first row of data: a line of units or of column numbers (甲 乙 1 2 3) still belongs to the head."""
    for number, cells in table.head(row + 1)[row - 1 :]:
        texts = [shown(each).strip() for each in cells if shown(each).strip()]
        if not texts:
            return number
        is_units = all(_UNIT.match(_compact(each)) for each in texts)
        numbers = [each for each in texts if each not in _LETTERED]
        is_numbers = len(texts) >= 3 and numbers == [str(each) for each in range(1, len(numbers) + 1)]
        if not (is_units or is_numbers):
            return number
    return row + 1 if table.height >= row else row
