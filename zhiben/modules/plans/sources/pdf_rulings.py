"""The drawn lines of a PDF page, and the grids of cells that they enclose."""

import ctypes
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

_THIN = 3.0  # points; a filled rectangle no thicker is a drawn line
_SAME = 3.0  # points; positions no further apart are one line of the grid
_MOST_RULINGS = 2000  # a page with more is a drawing

Box = tuple[float, float, float, float]  # left, top, right, bottom; downwards from the head of the page


@dataclass(frozen=True)
class Ruling:
    """A straight line at `at`, reaching from `start` to `end` along the other axis."""

    at: float
    start: float
    end: float

    def covers(self, position: float) -> bool:
        return self.start - _SAME <= position <= self.end + _SAME


@dataclass(frozen=True)
class GridCell:
    row: int
    column: int
    row_span: int
    column_span: int
    box: Box


@dataclass(frozen=True)
class Grid:
    """The cells of one table on one page, by row and column; `columns` are the positions of its upright lines."""

    columns: tuple[float, ...]
    box: Box
    cells: tuple[GridCell, ...]


def grids_of(page: pdfium.PdfPage) -> list[Grid]:
    """The tables drawn on a page, top to bottom. A frame around a single cell is none."""
    level, upright = _rulings(page)
    if not 2 <= len(level) + len(upright) <= _MOST_RULINGS:
        return []
    found = []
    for group_level, group_upright in _connected(_merged(level), _merged(upright)):
        rows, columns = _positions(group_level), _positions(group_upright)
        if len(rows) >= 2 and len(columns) >= 2 and len(rows) + len(columns) > 4:
            cells = tuple(_cells(rows, columns, group_level, group_upright))
            if len(cells) > 1:
                found.append(Grid(tuple(columns), (columns[0], rows[0], columns[-1], rows[-1]), cells))
    return sorted(found, key=lambda grid: grid.box[1])


def _rulings(page: pdfium.PdfPage) -> tuple[list[Ruling], list[Ruling]]:
    height = page.get_height()
    level: list[Ruling] = []
    upright: list[Ruling] = []
    for path in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH], max_depth=2):
        if len(level) + len(upright) > _MOST_RULINGS:
            break
        is_stroked = _is_stroked(path)
        for points in _subpaths(path):
            flipped = [(x, height - y) for x, y in points]
            left, right = min(x for x, _ in flipped), max(x for x, _ in flipped)
            top, bottom = min(y for _, y in flipped), max(y for _, y in flipped)
            if bottom - top <= _THIN < right - left:
                level.append(Ruling((top + bottom) / 2, left, right))
            elif right - left <= _THIN < bottom - top:
                upright.append(Ruling((left + right) / 2, top, bottom))
            elif is_stroked:
                for (x1, y1), (x2, y2) in pairwise(flipped):
                    if abs(y1 - y2) <= 1 < abs(x1 - x2):
                        level.append(Ruling(y1, min(x1, x2), max(x1, x2)))
                    elif abs(x1 - x2) <= 1 < abs(y1 - y2):
                        upright.append(Ruling(x1, min(y1, y2), max(y1, y2)))
    return level, upright


def _is_stroked(path: pdfium.PdfObject) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDFPath_GetDrawMode(path, ctypes.byref(fill), ctypes.byref(stroke))
    return bool(stroke.value)


def _subpaths(path: pdfium.PdfObject) -> Iterator[list[tuple[float, float]]]:
    """The corners of each part of a path, in points from the foot of the page; the first again where it is closed."""
    matrix = path.get_matrix()
    points: list[tuple[float, float]] = []
    for index in range(min(pdfium_c.FPDFPath_CountSegments(path), 4 * _MOST_RULINGS)):
        segment = pdfium_c.FPDFPath_GetPathSegment(path, index)
        x, y = ctypes.c_float(), ctypes.c_float()
        pdfium_c.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        if pdfium_c.FPDFPathSegment_GetType(segment) == pdfium_c.FPDF_SEGMENT_MOVETO and points:
            yield points
            points = []
        points.append(matrix.on_point(x.value, y.value))
        if pdfium_c.FPDFPathSegment_GetClose(segment):
            points.append(points[0])
    if points:
        yield points


def _merged(rulings: Sequence[Ruling]) -> list[Ruling]:
    """Pieces of one line become one: many programs draw a border cell by cell."""
    merged: list[Ruling] = []
    for line in _clusters(rulings):
        at = sum(ruling.at for ruling in line) / len(line)
        line.sort(key=lambda ruling: ruling.start)
        start, end = line[0].start, line[0].end
        for ruling in line[1:]:
            if ruling.start <= end + _SAME:
                end = max(end, ruling.end)
            else:
                merged.append(Ruling(at, start, end))
                start, end = ruling.start, ruling.end
        merged.append(Ruling(at, start, end))
    return merged


def _clusters(rulings: Sequence[Ruling]) -> list[list[Ruling]]:
    clusters: list[list[Ruling]] = []
    for ruling in sorted(rulings, key=lambda ruling: ruling.at):
        if clusters and ruling.at - clusters[-1][-1].at <= _SAME:
            clusters[-1].append(ruling)
        else:
            clusters.append([ruling])
    return clusters


def _positions(rulings: Sequence[Ruling]) -> list[float]:
    return [sum(ruling.at for ruling in line) / len(line) for line in _clusters(rulings)]


def _connected(level: list[Ruling], upright: list[Ruling]) -> Iterator[tuple[list[Ruling], list[Ruling]]]:
    """Lines that cross or touch belong to one table."""
    groups = _Groups(len(level) + len(upright))
    for i, row in enumerate(level):
        for j, column in enumerate(upright):
            if row.covers(column.at) and column.covers(row.at):
                groups.unite(i, len(level) + j)
    members: dict[int, tuple[list[Ruling], list[Ruling]]] = defaultdict(lambda: ([], []))
    for i, row in enumerate(level):
        members[groups.of(i)][0].append(row)
    for j, column in enumerate(upright):
        members[groups.of(len(level) + j)][1].append(column)
    return iter(members.values())


def _cells(
    rows: list[float], columns: list[float], level: Sequence[Ruling], upright: Sequence[Ruling]
) -> Iterator[GridCell]:
    """The fields of the grid, those without a line between them joined into one cell."""
    width = len(columns) - 1
    groups = _Groups((len(rows) - 1) * width)
    for row in range(len(rows) - 1):
        middle_y = (rows[row] + rows[row + 1]) / 2
        for column in range(width):
            middle_x = (columns[column] + columns[column + 1]) / 2
            if column + 1 < width and not _is_drawn(upright, columns[column + 1], middle_y):
                groups.unite(row * width + column, row * width + column + 1)
            if row + 2 < len(rows) and not _is_drawn(level, rows[row + 1], middle_x):
                groups.unite(row * width + column, (row + 1) * width + column)
    fields: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for field in range((len(rows) - 1) * width):
        fields[groups.of(field)].append(divmod(field, width))
    for members in fields.values():
        top, left = min(row for row, _ in members), min(column for _, column in members)
        bottom, right = max(row for row, _ in members) + 1, max(column for _, column in members) + 1
        box = (columns[left], rows[top], columns[right], rows[bottom])
        yield GridCell(top, left, bottom - top, right - left, box)


def _is_drawn(rulings: Sequence[Ruling], at: float, crossing: float) -> bool:
    return any(abs(ruling.at - at) <= _SAME and ruling.start <= crossing <= ruling.end for ruling in rulings)


class _Groups:
    """Which of so many things belong together (union-find)."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def of(self, member: int) -> int:
        while self._parents[member] != member:
            self._parents[member] = self._parents[self._parents[member]]
            member = self._parents[member]
        return member

    def unite(self, one: int, other: int) -> None:
        self._parents[self.of(other)] = self.of(one)
