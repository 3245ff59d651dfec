"""A spreadsheet as a table of cells: xlsx, xls (WPS et, too) and csv, judged by content. Plain Python without Django.

Nothing in a file is evaluated: a formula counts for the value its program stored, and a text that begins with = stays
text. What a hostile or broken file could do to memory is refused with a sentence before the file is read.
"""

import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from zhiben.core.files.kinds import KINDS, kind_of
from zhiben.core.refusal import Refused

from .delimited import delimited_rows
from .insides import Insides, NotWhole, SheetFacts, look_inside
from .packing import LastRead, packed
from .shared_texts import refuse_much_text

MOST_BYTES = 50 * (1 << 20)
MOST_ROWS = 200_000
MOST_COLUMNS = 200
MOST_CELLS = 8_000_000
"""Rows times columns; a cell takes some 30 bytes while the file is open."""

SAVE_AS = "请用表格软件打开，另存为“Excel 工作簿（.xlsx）”后重新上传。"


@dataclass(frozen=True)
class Flaw:
    """A cell without a value: an error (#REF!), or a formula whose result was never stored (empty `text`)."""

    text: str = ""

    def __str__(self) -> str:
        return self.text or "公式（没有结果）"


Cell = str | float | int | bool | date | datetime | time | timedelta | Flaw
"""An empty cell is ""."""


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


@dataclass(frozen=True)
class SheetName:
    name: str
    is_hidden: bool = False


@dataclass
class Table:
    """One sheet. Rows are numbered as the spreadsheet does, from 1; columns from 0 (A)."""

    name: str
    height: int
    width: int
    _read: Any
    """() -> Iterator[list[Cell]], from row 1 on."""
    merges: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    """((row, column), (row, column)), first and last, rows from 1."""
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    flaws: dict[tuple[int, int], Flaw] = field(default_factory=dict)
    is_1904: bool = False

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """May be read more than once; one row at a time."""
        rows = enumerate(self._read(), 1)
        return self._with_flaws(rows) if self.flaws else rows

    def head(self, count: int) -> list[tuple[int, list[Cell]]]:
        return [row for row, _ in zip(self.rows(), range(count), strict=False)]

    def _with_flaws(self, rows: Iterator[tuple[int, list[Cell]]]) -> Iterator[tuple[int, list[Cell]]]:
        flaws_of_row: dict[int, list[tuple[int, Flaw]]] = defaultdict(list)
        for (number, column), flaw in self.flaws.items():
            flaws_of_row[number].append((column, flaw))
        for number, cells in rows:
            for column, flaw in flaws_of_row.get(number, ()):
                if column < len(cells) and cells[column] == "":
                    cells[column] = flaw
            yield number, cells


class Book:
    """An open file. `sheets` in its own order; `table(name)` reads one of them."""

    def __init__(self, sheets: list[SheetName]) -> None:
        self.sheets = sheets

    def table(self, name: str) -> Table:
        raise NotImplementedError


@contextmanager
def opened(path: Path, *, name: str) -> Iterator[Book]:
    """The file at `path`; `name` is what its owner calls it, for sentences. Raises Refused."""
    if path.stat().st_size > MOST_BYTES:
        raise Refused(
            f"文件超过 {MOST_BYTES >> 20} MB 的上限。请删去图片和用不到的工作表，或拆成几个文件分次导入。", "file"
        )
    with path.open("rb") as stream:
        code = kind_of(stream).code
    if code == "text":
        yield _TextBook(path)
        return
    if code not in ("xlsx", "xls"):
        raise Refused(_not_a_table(code, name), "file")
    source = _source(path)
    insides = _insides(source) if code == "xlsx" else Insides()
    try:
        workbook = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as broken:
        raise Refused(f"“{name}”打不开，可能已损坏或没有下载完整。{SAVE_AS}", "file") from broken
    with workbook:
        yield _ExcelBook(workbook, insides, name, source)


def _not_a_table(code: str, name: str) -> str:
    if code == "encrypted":
        return f"“{name}”设有打开密码，系统读不出来。请在表格软件中取消密码后重新上传。"
    if code in ("html", "mhtml"):
        return f"“{name}”的内容其实是网页，不是表格（有些系统导出的 .xls 是这样）。{SAVE_AS}"
    if code == "zip":
        return f"“{name}”是压缩包、ODS 或 XLSB 表格，或者已损坏，系统不能直接读。{SAVE_AS}"
    label = KINDS[code].label
    return f"“{name}”的内容是{label}，不是表格。请上传 Excel（.xlsx、.xls）、WPS 表格（.et）或 CSV 文件。"


Source = tuple[Path, int, int]
"""A file as it is now: written when, and how long."""


def _source(path: Path) -> Source:
    facts = path.stat()
    return path, facts.st_mtime_ns, facts.st_size


def _insides(source: Source) -> Insides:
    try:
        return _looked_inside(source)
    except NotWhole as broken:
        raise Refused(f"文件已损坏，或没有下载完整。{SAVE_AS}", "file") from broken


@lru_cache(2)
def _looked_inside(source: Source) -> Insides:
    """Whoever checks a file soon carries it out."""
    return look_inside(source[0], most_rows=MOST_ROWS, most_columns=MOST_COLUMNS)


_last_read = LastRead()
"""The sheet read last, in this process, where it packs into little: whoever checks it soon carries it out."""
_MOST_MARKS = 10_000
"""Merges, hidden rows and flaws of a sheet that is kept."""


class _ExcelBook(Book):
    def __init__(self, workbook: CalamineWorkbook, insides: Insides, name: str, source: Source) -> None:
        super().__init__(
            [
                SheetName(each.name, each.visible != SheetVisibleEnum.Visible)
                for each in workbook.sheets_metadata
                if each.typ == SheetTypeEnum.WorkSheet
            ]
        )
        if not self.sheets:
            raise Refused(f"“{name}”里没有工作表，请核对文件。", "file")
        self._workbook, self._insides, self._source = workbook, insides, source

    def table(self, name: str) -> Table:
        known: Table | None = _last_read.of((self._source, name))
        return known or self._kept(self._parsed(name))

    def _kept(self, table: Table) -> Table:
        if len(table.merges) + len(table.hidden_rows) + len(table.flaws) > _MOST_MARKS:
            return table
        if (rows := packed(table._read())) is None:
            return table
        table = replace(table, _read=rows.__iter__)
        _last_read.keep((self._source, table.name), table)
        return table

    def _parsed(self, name: str) -> Table:
        facts = self._insides.sheet(name)
        refuse_too_large(facts.height, facts.width, name)
        self._refuse_much_text(facts, name)
        try:
            sheet: CalamineSheet = self._workbook.get_sheet_by_name(name)
        except (CalamineError, OSError) as broken:
            raise Refused(f"工作表“{name}”读不出来，可能已损坏。{SAVE_AS}", "file") from broken
        if sheet.start is None or sheet.end is None:
            return Table(name, 0, 0, lambda: iter(()))
        left, height, width = sheet.start[1], sheet.end[0] + 1, sheet.end[1] + 1
        refuse_too_large(height, width, name)
        before: list[Cell] = [""] * left

        def read() -> Iterator[list[Any]]:
            for row in sheet.iter_rows():
                yield [*before, *row]

        return Table(
            name, height, width, read if left else sheet.iter_rows,
            [((r0 + 1, c0), (r1 + 1, c1)) for (r0, c0), (r1, c1) in sheet.merged_cell_ranges or ()],
            facts.hidden_rows, facts.hidden_columns,
            {place: Flaw(text) for place, text in facts.flaws.items()},
            self._insides.is_1904,
        )  # fmt: skip

    def _refuse_much_text(self, facts: SheetFacts, name: str) -> None:
        try:
            refuse_much_text(
                self._source[0], facts.part, name, cells=facts.most_cells, longest=self._insides.longest_text
            )
        except (SyntaxError, ValueError, zipfile.BadZipFile, KeyError) as broken:
            raise Refused(f"工作表“{name}”读不出来，可能已损坏。{SAVE_AS}", "file") from broken


class _TextBook(Book):
    def __init__(self, path: Path) -> None:
        super().__init__([SheetName("文本")])
        self._path = path

    def table(self, name: str) -> Table:
        height = width = 0
        for row in delimited_rows(self._path):
            if any(row):
                height, width = height + 1, max(width, len(row))
            if height > MOST_ROWS + 100 or width > MOST_COLUMNS:
                break
        refuse_too_large(height, width, "文本")
        return Table(name, height, width, lambda: delimited_rows(self._path))


def refuse_too_large(height: int, width: int, name: str) -> None:
    if height > MOST_ROWS + 100:  # titles, heads and notes beside the rows
        raise Refused(
            f"工作表“{name}”有 {height:,} 行，一次最多导入 {MOST_ROWS:,} 行。请拆成几个文件分次导入。", "file"
        )
    if width > MOST_COLUMNS:
        raise Refused(f"工作表“{name}”有 {width:,} 列，最多 {MOST_COLUMNS} 列。请删去用不到的列后重新上传。", "file")
    if height * width > MOST_CELLS:
        raise Refused(f"工作表“{name}”有 {height:,} 行 {width} 列，太大了。请删去用不到的列，或拆成几个文件。", "file")
