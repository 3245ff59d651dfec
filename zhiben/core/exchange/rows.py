"""The rows of a run's file as its target sees them: converted, with mended cells put in, doubles named."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from zhiben.core.batches import in_batches
from zhiben.core.bulk import values_of
from zhiben.core.files.services import path_of
from zhiben.core.refusal import Refused

from .cells import EMPTY, Converted, convert, typed_in
from .declaration import Field, Importing, Problem, Row, Whole
from .layout import Layout, data_of
from .lines import Skipped, first_of
from .models import ANSWER, ImportRun
from .sheets import Cell, Table, opened

MOST_KNOWN = 20_000
"""Different cells of a column whose meaning is remembered."""
_NOTHING = ("", None, ())
_AT_ONCE = 500
"""Rows that are converted together, a column after another."""


Filled = tuple[int, list[Cell], list[Cell]]
"""A row in which a mapped column holds anything, or was mended: its number, its mapped cells, and the same as mended."""


class Meanings(dict[Any, Converted]):
    """What the cells of a column mean. What stands in many rows (a day, a state, a name) is converted once."""

    def __init__(self, field: Field, *, is_1904: bool) -> None:
        super().__init__()
        self._field, self._is_1904 = field, is_1904

    def of(self, cells: Iterable[Cell]) -> list[Converted]:
        # 1, 1.0 and True are three cells
        return [self[cell if type(cell) is str else (type(cell), cell)] for cell in cells]

    def __missing__(self, key: Any) -> Converted:
        found = convert(self._field, key if type(key) is str else key[1], is_1904=self._is_1904)
        if self._field.kind != "long_text" and len(self) < MOST_KNOWN:
            self[key] = found
        return found


@dataclass(slots=True)
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
        self._columns = [column for column, name in run.columns.items() if name in fields]
        self._names = [name for name in run.columns.values() if name in fields]
        self._meanings = [Meanings(fields[name], is_1904=table.is_1904) for name in self._names]
        self._empty = {field.name: EMPTY.get(field.kind) for field in self.target.fields}
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
        for rows in in_batches(self._filled(), _AT_ONCE):
            for read in self._converted(rows):
                identity = identity_of(read.row.values)
                if any(identity) or any(each not in _NOTHING for each in identity):
                    first = seen.setdefault(identity, read.row.number)
                    if first != read.row.number:
                        sentence = f"与第 {first} 行重复（{labels}相同），请改正，或在表格中删去一行。"
                        read.problems.append(Problem(self.target.identity[0], sentence))
                yield read

    def whole(self) -> Whole:
        return Whole(frozenset(self._names), self._values, self._run.upload.name, self._run.began_at)

    def _filled(self) -> Iterator[Filled]:
        reach = max(self._columns, default=-1) + 1
        for number, cells in self._data:
            if len(cells) < reach:
                cells += [""] * (reach - len(cells))
            own, mended = [cells[column] for column in self._columns], self._mended.get(number)
            if mended:
                yield number, own, [mended.get(name, cell) for name, cell in zip(self._names, own, strict=True)]
            elif first_of(own) is not None:
                yield number, own, own
            else:
                self._data.leave_out(number, cells)

    def _converted(self, rows: Sequence[Filled]) -> Iterator[Read]:
        """A column after another."""
        columns = zip(*(asked for _, _, asked in rows), strict=True)
        found = [meanings.of(cells) for meanings, cells in zip(self._meanings, columns, strict=True)]
        for (number, own, _), converted in zip(rows, zip(*found, strict=True), strict=True):
            values, problems = self._empty.copy(), []
            for name, (value, sentence) in zip(self._names, converted, strict=True):
                values[name] = value
                if sentence:
                    problems.append(Problem(name, sentence))
            yield Read(Row(number, values, self._answers(number)), problems, self._names, own)

    def _answers(self, number: int) -> dict[str, str]:
        mended = self._mended.get(number)
        if not mended:
            return {}
        return {name.removeprefix(ANSWER): text for name, text in mended.items() if name.startswith(ANSWER)}

    def _values(self, name: str) -> set[Any]:
        place = self._names.index(name)
        column = self._columns[place]
        cells = (
            self._mended.get(number, {}).get(name, cells[column] if column < len(cells) else "")
            for number, cells in data_of(self._table, self._layout, self.target.fields)
        )
        return {value for value, sentence in self._meanings[place].of(cells) if not sentence and value not in _NOTHING}


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
