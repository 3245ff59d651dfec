"""Tables of a PDF: the characters in each cell of a drawn grid, and one table out of the parts on several pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from .compose import Composer
from .layout import begins_item, first_piece, join
from .pdf_rulings import Box, Grid

_SAME_COLUMNS = 3.0  # points


@dataclass(frozen=True)
class Glyph:
    """One printed character and its place; a line break of PDFium's own has an empty box."""

    character: str
    box: Box

    @property
    def middle(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2


@dataclass
class Cell:
    row: int
    column: int
    row_span: int
    column_span: int
    text: str


@dataclass
class Table:
    """A table that begins on `page` at `top` and, having gone on over pages, ends on `last_page` at `bottom`."""

    page: int
    top: float
    last_page: int
    bottom: float
    columns: tuple[float, ...]
    cells: list[Cell]

    @property
    def height(self) -> int:
        return max(cell.row + cell.row_span for cell in self.cells)

    def add_to(self, composer: Composer) -> None:
        number = composer.new_table()
        for cell in sorted(self.cells, key=lambda cell: (cell.row, cell.column)):
            composer.cell(
                cell.text,
                table=number,
                row=cell.row,
                column=cell.column,
                row_span=cell.row_span,
                column_span=cell.column_span,
                page=self.page,
            )


def take_tables(grids: Sequence[Grid], glyphs: Sequence[Glyph], page: int) -> tuple[list[Table], list[Glyph]]:
    """The tables of a page, and the characters outside them."""
    rest: list[Glyph] = []
    inside: dict[tuple[int, int], list[Glyph]] = {}
    for glyph in glyphs:
        place = _place_of(glyph, grids)
        if place is None:
            rest.append(glyph)
        else:
            inside.setdefault(place, []).append(glyph)
    tables = []
    for number, grid in enumerate(grids):
        cells = [
            Cell(
                cell.row,
                cell.column,
                cell.row_span,
                cell.column_span,
                cell_text(inside.get((number, at), ()), cell.box),
            )
            for at, cell in enumerate(grid.cells)
        ]
        if any(cell.text for cell in cells):
            tables.append(Table(page, grid.box[1], page, grid.box[3], grid.columns, cells))
    return tables, rest


def _place_of(glyph: Glyph, grids: Sequence[Grid]) -> tuple[int, int] | None:
    if glyph.character == "\n":
        return None
    x, y = glyph.middle
    for number, grid in enumerate(grids):
        if _is_inside(x, y, grid.box):
            at = next((at for at, cell in enumerate(grid.cells) if _is_inside(x, y, cell.box)), None)
            return None if at is None else (number, at)
    return None


def _is_inside(x: float, y: float, box: Box) -> bool:
    left, top, right, bottom = box
    return left <= x <= right and top <= y <= bottom


def cell_text(glyphs: Sequence[Glyph], box: Box) -> str:
    """The lines of a cell, those that merely wrapped joined again."""
    lines = _cell_lines([glyph for glyph in glyphs if not glyph.character.isspace()])
    if not lines:
        return ""
    room = box[2] - box[0] - 2 * max(1.0, min(line[0].box[0] for line in lines) - box[0])
    text = _printed(lines[0])
    for line, following in pairwise(lines):
        size, printed = _size(line), _printed(following)
        left_over = room - (line[-1].box[2] - line[0].box[0])
        wrapped = left_over < (first_piece(printed) + 0.6) * size and not begins_item(text, printed)
        text = join(text, printed) if wrapped else f"{text}\n{printed}"
    return text


def _cell_lines(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Top to bottom, each from left to right."""
    lines: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: glyph.middle[1]):
        height = glyph.box[3] - glyph.box[1]
        if lines and glyph.middle[1] - lines[-1][-1].middle[1] < 0.4 * height:
            lines[-1].append(glyph)
        else:
            lines.append([glyph])
    for line in lines:
        line.sort(key=lambda glyph: glyph.box[0])
    return lines


def _printed(line: Sequence[Glyph]) -> str:
    """A space only between Latin words: in Chinese a gap is but the setting."""
    text, size = line[0].character, _size(line)
    for before, glyph in pairwise(line):
        apart = glyph.box[0] - before.box[2] > 0.2 * size
        text = join(text, glyph.character) if apart else text + glyph.character
    return text


def _size(line: Sequence[Glyph]) -> float:
    widths = [glyph.box[2] - glyph.box[0] for glyph in line if glyph.character >= "\u3000"]
    return median(widths) if widths else 0.7 * (line[0].box[3] - line[0].box[1])


def goes_on(table: Table, following: Table) -> bool:
    """Is this the rest of the table from the page before? It has the same columns."""
    return (
        following.page == table.last_page + 1
        and len(table.columns) == len(following.columns)
        and all(abs(a - b) <= _SAME_COLUMNS for a, b in zip(table.columns, following.columns, strict=True))
    )


def append_rest(table: Table, rest: Table) -> None:
    """Join the part on the next page: its repeated head row is dropped, a row cut by the page end is made whole."""
    cells = _without_repeated_head(table, rest.cells)
    table.last_page, table.bottom = rest.page, rest.bottom
    if not cells:
        return
    head = [cell for cell in cells if cell.row == 0]
    # The first column holds the number of the task: where it is empty and others are not, the row is a cut one.
    is_cut = any(cell.column == 0 and not cell.text for cell in head) and _last_row_is_numbered(table)
    offset = table.height - 1 if is_cut else table.height
    last_row = table.height - 1
    for cell in cells:
        above = _cell_at(table, last_row, cell.column) if cell.row == 0 else None
        end = offset + cell.row + cell.row_span
        if above is not None and is_cut:
            above.text = join(above.text, cell.text)
            above.row_span = max(above.row_span, end - above.row)
        elif above is not None and not cell.text and cell.column and max(cell.row_span, above.row_span) > 1:
            above.row_span = end - above.row  # a merged cell that reaches over the page end
        else:
            table.cells.append(Cell(offset + cell.row, cell.column, cell.row_span, cell.column_span, cell.text))


def _without_repeated_head(table: Table, cells: list[Cell]) -> list[Cell]:
    def row(of: list[Cell]) -> list[tuple[int, str]]:
        return sorted((cell.column, cell.text) for cell in of if cell.row == 0)

    if row(cells) != row(table.cells) or any(cell.row_span > 1 for cell in cells if cell.row == 0):
        return cells
    return [Cell(cell.row - 1, cell.column, cell.row_span, cell.column_span, cell.text) for cell in cells if cell.row]


def _last_row_is_numbered(table: Table) -> bool:
    cell = _cell_at(table, table.height - 1, 0)
    return cell is not None and bool(cell.text)


def _cell_at(table: Table, row: int, column: int) -> Cell | None:
    return next(
        (
            cell
            for cell in reversed(table.cells)
            if cell.row <= row < cell.row + cell.row_span and cell.column <= column < cell.column + cell.column_span
        ),
        None,
    )
