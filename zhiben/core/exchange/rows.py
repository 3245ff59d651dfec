"""The rows of a run's file as its target sees them: converted, with mended cells put in, doubles named."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from zhiben.core.bulk import values_of
from zhiben.core.files.services import path_of
from zhiben.core.refusal import Refused

from .cells import EMPTY, Converted, convert, typed_in
from .declaration import Field, Importing, Problem, Row, Whole
from .layout import Layout, data_of
from .lines import Skipped
from .models import ANSWER, ImportRun
from .sheets import Cell, Table, opened

MOST_KNOWN = 20_000
"""Different cells of a column whose meaning is remembered."""


@dataclass
class Read:
    """One row with what is wrong with it so far."""

    row: Row
    problems: list[Problem]
    _names: Sequence[str]
    _cells: Sequence[Cell]

    @property
    def texts(self) -> dict[str, str]:
        """Field → text as it stands in the file, without what was mended."""
        return {name: typed_in(cell)[:2000] for name, cell in zip(self._names, self._cells, strict=True) if cell != ""}


class Rows:
    """May be gone through more than once. A row in which no mapped column holds anything is no row."""

    def __init__(self, table: Table, layout: Layout, run: ImportRun, mended: dict[int, dict[str, str]]) -> None:
        self._table, self._layout, self._run, self._mended = table, layout, run, mended
        self.target: type[Importing] = run.target
        fields = {field.name: field for field in self.target.fields}
        self._columns = [(column, fields[name]) for column, name in run.columns.items() if name in fields]
        self._names = [field.name for _, field in self._columns]
        self._empty = {field.name: EMPTY.get(field.kind) for field in self.target.fields}
        self._known: list[dict[Any, Converted]] = [{} for _ in self._columns]
        self._data = data_of(table, layout, self.target.fields)

    @property
    def skipped(self) -> list[Skipped]:
        """Known when the rows have been gone through."""
        return self._data.skipped

    @property
    def height(self) -> int:
        """No fewer than there are rows."""
        return max(self._table.height - self._layout.first_row + 1, 1)

    def __iter__(self) -> Iterator[Read]:
        seen: dict[tuple[Any, ...], int] = {}
        labels = "、".join(field.label for field in self.target.fields if field.name in self.target.identity)
        identity_of = values_of(self.target.identity)
        for number, cells in self._data:
            read = self._read(number, cells)
            if read is None:
                self._data.leave_out(number, cells)
                continue
            identity = identity_of(read.row.values)
            if any(identity) or any(each not in ("", None, ()) for each in identity):
                first = seen.setdefault(identity, number)
                if first != number:
                    sentence = f"与第 {first} 行重复（{labels}相同），请改正，或在表格中删去一行。"
                    read.problems.append(Problem(self.target.identity[0], sentence))
            yield read

    def whole(self) -> Whole:
        columns = frozenset(field.name for _, field in self._columns)
        return Whole(columns, self._values, self._run.upload.name, self._run.began_at)

    def _read(self, number: int, cells: list[Cell]) -> Read | None:
        mended, width = self._mended.get(number), len(cells)
        own = [cells[column] if column < width else "" for column, _ in self._columns]
        if not mended and all(cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in own):
            return None
        values, problems = self._empty.copy(), []
        for (_, field), known, cell in zip(self._columns, self._known, own, strict=True):
            if mended and field.name in mended:
                cell = mended[field.name]
            if cell == "" and not field.required:
                continue
            key = cell if type(cell) is str else (type(cell), cell)  # 1, 1.0 and True are three cells
            values[field.name], sentence = known.get(key) or self._converted(field, cell, key, known)
            if sentence:
                problems.append(Problem(field.name, sentence))
        answers = {name.removeprefix(ANSWER): text for name, text in (mended or {}).items() if name.startswith(ANSWER)}
        return Read(Row(number, values, answers), problems, self._names, own)

    def _converted(self, field: Field, cell: Cell, key: Any, known: dict[Any, Converted]) -> Converted:
        """What stands in many rows (a day, a state, a name) is converted once."""
        found = convert(field, cell, is_1904=self._table.is_1904)
        if field.kind != "long_text" and len(known) < MOST_KNOWN:
            known[key] = found
        return found

    def _values(self, name: str) -> set[Any]:
        column, field = next((column, field) for column, field in self._columns if field.name == name)
        found = set()
        for number, cells in data_of(self._table, self._layout, self.target.fields):
            cell: Cell = cells[column] if column < len(cells) else ""
            value, sentence = convert(field, self._mended.get(number, {}).get(name, cell), is_1904=self._table.is_1904)
            if not sentence and value not in ("", None, ()):
                found.add(value)
        return found


@contextmanager
def rows_of(run: ImportRun) -> Iterator[Rows]:
    """The file stays open meanwhile. Raises Refused where it was lost from the disk."""
    mended = {row.number: row.mended for row in run.rows.exclude(mended={}).iterator()}
    with table_of(run, run.layout["sheet"]) as table:
        yield Rows(table, run.plan, run, mended)


@contextmanager
def table_of(run: ImportRun, sheet: str) -> Iterator[Table]:
    try:
        path = path_of(run.upload.file)
    except FileNotFoundError as lost:
        raise Refused("文件内容在服务器上找不到了，请重新上传。", "file") from lost
    with opened(path, name=run.upload.name) as book:
        if sheet not in [each.name for each in book.sheets]:
            raise Refused(f"文件里没有工作表“{sheet}”，请重新选择。", "sheet")
        yield book.table(sheet)
