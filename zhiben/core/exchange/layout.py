"""How a sheet is laid out: where its head stands, how many lines it has, where the data begin, what is no data.

As offices make them: a title above, a head of one to three lines with merged cells, a line of units or column
numbers, blank rows, section lines, sums, and notes below. What is found is a guess that a person may correct.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from zhiben.core.refusal import Refused

from .headings import Named, all_spellings, count_matched, folded, matched
from .insides import column_letters
from .lines import ANOTHER_TABLE, SECTION, Data, compact
from .sheets import Book, Flaw, Table, shown

_LOOKED_AT = 40
"""Rows in which a head is looked for."""
MOST_HEAD_LINES = 3
SHEETS_TRIED = 12
SAMPLES = 5
_SAMPLED_ROWS = 200
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
    is_section: bool = False
    """No column of the sheet: the section line above each row (一、县直部门), which may be its unit."""

    @property
    def has_gaps(self) -> bool:
        """Cells are empty below one that is not: perhaps they mean the same."""
        first = next((at for at, each in enumerate(self.samples) if each), len(self.samples))
        return not self.is_section and "" in self.samples[first:]


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
    doubts: tuple[str, ...] = ()
    """Sentences on what a person should look at before going on."""
    filled_down: tuple[int, ...] = ()
    """Columns in which an empty cell means the one above."""

    @property
    def has_sections(self) -> bool:
        return any(each.is_section for each in self.headings)

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.headings]

    def as_plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> "Layout":
        headings = tuple(Heading(**(each | {"samples": tuple(each["samples"])})) for each in plain["headings"])
        lists = {name: tuple(plain.get(name, ())) for name in ("hidden_columns", "doubts", "filled_down")}
        return cls(**(plain | lists | {"headings": headings}))


Head = tuple[int, int, int]
"""How many fields it names, its row from 1, its lines."""


def best_sheet(book: Book, fields: Sequence[Named]) -> tuple[Table, Layout]:
    """The sheet whose head names most fields; hidden ones only where no other fits."""
    spellings = all_spellings(fields)
    best: tuple[tuple[int, int, int], Table, Head] | None = None
    refusal: Refused | None = None
    fitting: dict[str, int] = {}
    for place, sheet in enumerate(book.sheets[:SHEETS_TRIED]):
        try:
            table = book.table(sheet.name)
        except Refused as refused:  # too large or damaged: perhaps another one is meant
            refusal = refused
            continue
        head = _best_head(table, spellings)
        rank = (head[0], -int(sheet.is_hidden), -place)
        if not sheet.is_hidden:
            fitting[sheet.name] = rank[0]
        if best is None or rank > best[0]:
            best = (rank, table, head)
        del table  # one sheet in memory beside the best
    if best is None:
        raise refusal or Refused("文件里没有工作表，请核对后重新上传。", "file")
    layout, score = layout_of(best[1], fields, found=best[2]), best[0][0]
    others = [name for name, own in fitting.items() if name != layout.sheet and own >= max(score - 1, 2)]
    if others:
        named = "、".join(f"“{name}”" for name in others[:5]) + ("等" if len(others) > 5 else "")
        sentence = f"工作表{named}的表头也对得上，这次只读入“{layout.sheet}”；其余的请各导入一次，或先并到一张表里。"
        layout = replace(layout, doubts=(sentence, *layout.doubts))
    return best[1], layout


def layout_of(
    table: Table, fields: Sequence[Named], *, head_row: int = 0, head_lines: int = 0, found: Head | None = None
) -> Layout:
    """The layout guessed, or as a person says: `head_row` from 1, `head_lines` 1 to 3 (0: guess). `found`: its head,
    where it was looked for already."""
    score, guessed_row, guessed_lines = found or _best_head(table, all_spellings(fields), only_row=head_row)
    row, lines = head_row or guessed_row, head_lines or guessed_lines
    if not head_lines:
        lines = _merged_lines(table, row, lines)
    texts = _joined(_filled_head(table), row, lines)
    first = _after_units(table, row + lines)
    columns = [at for at in range(table.width) if (at < len(texts) and texts[at])]
    headings, data = _sampled(table, first, texts, columns, fields)
    return Layout(
        sheet=table.name,
        head_row=row,
        head_lines=lines,
        first_row=first,
        headings=headings,
        hidden_rows=sum(1 for each in table.hidden_rows if each >= first),
        hidden_columns=tuple(column_letters(at) for at in sorted(table.hidden_columns) if at in columns),
        is_sure=score >= 2 or len(matched([texts[at] for at in columns], fields)) >= 2,
        doubts=tuple(_doubts(headings, data)),
    )


def _sampled(
    table: Table, first: int, texts: list[str], columns: list[int], fields: Sequence[Named]
) -> tuple[tuple[Heading, ...], Data]:
    """The headings with what stands below them; one more for the section lines, where there are any."""
    samples: dict[int, list[str]] = {at: [] for at in columns}
    sections: list[str] = []
    data = Data(table, first, texts, sections=True, spellings=raw_spellings(fields))
    for number, cells in data:
        for at in columns:
            if at < len(cells) and len(samples[at]) < SAMPLES:
                samples[at].append(shown(cells[at])[:60])
        if len(sections) < SAMPLES:
            sections.append(shown(cells[-1])[:60])
        if number > first + _SAMPLED_ROWS:
            break
    headings = [Heading(at, column_letters(at), texts[at], tuple(samples[at])) for at in columns]
    if any(each.reason == SECTION for each in data.skipped):
        headings.append(Heading(table.width, "", SECTION, tuple(sections), is_section=True))
    return tuple(headings), data


def _doubts(headings: Iterable[Heading], data: Data) -> Iterable[str]:
    counts = Counter(folded(each.text) for each in headings)
    twice = [each for each in headings if counts[folded(each.text)] > 1]
    if len({folded(each.text) for each in twice}) >= 2:
        seen: set[str] = set()
        right = [each for each in twice if folded(each.text) in seen or seen.add(folded(each.text))]  # type: ignore[func-returns-value]
        yield (
            f"表里并排放着两组一样的列，只会读入左边一组；从 {right[0].letters} 列“{right[0].text}”起的右边一组不会读入。"
            "请把右边一组剪切到左边一组的下面，再重新上传。"
        )
    yield from (another_table(each.number) for each in data.skipped if each.reason == ANOTHER_TABLE)


def another_table(number: int) -> str:
    return f"第 {number} 行起像是另一张表，没有读入。需要的话，请把它放到单独的工作表里再导入。"


def data_of(table: Table, layout: Layout, fields: Sequence[Named]) -> Data:
    texts = [""] * table.width
    for each in layout.headings:
        if each.column < table.width:
            texts[each.column] = each.text
    return Data(
        table,
        layout.first_row,
        texts,
        sections=layout.has_sections,
        filled_down=layout.filled_down,
        spellings=raw_spellings(fields),
    )


def raw_spellings(fields: Iterable[Named]) -> frozenset[str]:
    return frozenset(text for field in fields for text in (field.label, *field.aliases))


def _merged_lines(table: Table, row: int, lines: int) -> int:
    """A head whose cells are merged downwards is as high as they are."""
    bottoms = [bottom for (top, _), (bottom, _) in table.merges if row <= top < row + lines]
    return max([lines, *(bottom - row + 1 for bottom in bottoms if bottom - row < MOST_HEAD_LINES)])


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


def _best_head(table: Table, spellings: dict[str, str], *, only_row: int = 0) -> Head:
    """The one that names most; where nothing is named, the first row with at least two cells."""
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
            if text and text not in parts and not (parts and _UNIT.match(compact(text))):
                parts.append(text)
        texts.append("/".join(parts)[:120])
    return texts


def _after_units(table: Table, row: int) -> int:
    """The first row of data: a line of units or of column numbers (甲 乙 1 2 3) still belongs to the head."""
    for number, cells in table.head(row + 1)[row - 1 :]:
        texts = [shown(each).strip() for each in cells if shown(each).strip()]
        if not texts:
            return number
        is_units = all(_UNIT.match(compact(each)) for each in texts)
        numbers = [each for each in texts if each not in _LETTERED]
        is_numbers = len(texts) >= 3 and numbers == [str(each) for each in range(1, len(numbers) + 1)]
        if not (is_units or is_numbers):
            return number
    return row + 1 if table.height >= row else row
