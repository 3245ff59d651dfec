"""Which lines below the head are data, and which are sections, sums, notes, the head once more, or another table."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from .headings import folded
from .sheets import Cell, Table, shown

SECTION, ANOTHER_TABLE = "分节标题", "另一张表"
HEADINGS_OF_A_HEAD = 3
MOST_TOLD = 1000
MOST_REMEMBERED = 4096
"""First cells of lines that turned out to be data; many lines begin alike."""
_SUMS = re.compile(r"^(合计|总计|小计|共计|累计)[:(]?|^共计?[\d一二三四五六七八九十百千]+(人|个|家|项|条|户|名|件)$")
_NOTES = re.compile(
    r"^[※★*]?(备注|注|附|附件|附表|说明|附注|填表说明|填报说明|填表人|填报人|填报单位|填表单位|填报时间|填报日期|填表日期|制表人?|"
    r"审核人?|单位负责人|负责人|联系人|联系电话|经办人|签字|签名|盖章|单位\(?盖章\)?|数据来源|日期)\)?\s*(\([^()]*\))?\d?[:.、]"
)
_ORDINAL = re.compile(r"^(第?[一二三四五六七八九十]{1,3}[、.．部]|[(（][一二三四五六七八九十]{1,3}[)）])[、.．]?\s*")


@dataclass(frozen=True)
class Skipped:
    number: int
    reason: str
    text: str


class Data:
    """The rows of data; blank ones left out in silence, others told in `skipped`. A cell that is merged downwards
    counts for every row of the merge; in the columns `filled_down` an empty cell is what stands above it. With
    `sections` each row has one cell more, at `table.width`: the section it stands in, without its ordinal.

    `spellings`: headings of fields; a line of three of them is the head of another table, before which the data end.
    """

    def __init__(
        self,
        table: Table,
        first_row: int,
        headings: Sequence[str],
        *,
        sections: bool = False,
        filled_down: Collection[int] = (),
        spellings: Collection[str] = (),
    ) -> None:
        self.table, self.first_row = table, first_row
        self.skipped: list[Skipped] = []
        self._sections, self._filled_down, self._spellings = sections, filled_down, frozenset(spellings)
        self._headings = [folded(each.rpartition("/")[2]) for each in headings]
        self._downwards: dict[int, list[tuple[int, int]]] = {}
        self._across: set[int] = set()
        self._in_notes = False
        self._usual: set[str] = set()
        for (top, left), (bottom, right) in table.merges:
            if bottom > top and top >= first_row:
                self._downwards.setdefault(top, []).append((left, bottom))
            if right - left >= 2 and top == bottom:
                self._across.add(top)

    def __iter__(self) -> Iterator[tuple[int, list[Cell]]]:
        self.skipped.clear()
        self._in_notes = False
        running: dict[int, tuple[int, Cell]] = {}  # column → (last row of the merge, its value)
        above: dict[int, Cell] = {}
        section = ""
        for number, cells in self.table.rows():
            if number < self.first_row:
                continue
            first = first_of(cells)
            reason = self._reason(number, cells, first) if first is not None else ""
            if reason:
                told = "，".join(shown(each) for each in _held(cells)[:3])
                self.skipped.append(Skipped(number, reason, told[:80]))
                if reason == ANOTHER_TABLE:
                    return
                if reason == SECTION:
                    section = _ORDINAL.sub("", str(first).strip())
                    above.clear()
                continue
            for column, bottom in self._downwards.get(number, ()):
                running[column] = (bottom, cells[column] if column < len(cells) else "")
            for column, (bottom, value) in list(running.items()) if running else ():
                if number > bottom:
                    del running[column]
                elif column < len(cells):
                    cells[column] = value
            if first is not None:
                for column in self._filled_down:
                    if column < len(cells):
                        above[column] = cells[column] = cells[column] or above.get(column, "")
                yield number, self._with_section(cells, section) if self._sections else cells

    def leave_out(self, number: int, cells: Sequence[Cell]) -> None:
        """A row of data that turned out to hold nothing that is asked for."""
        texts = [shown(each).strip() for each in cells if shown(each).strip()]
        if len(self.skipped) < MOST_TOLD:
            self.skipped.append(Skipped(number, "要导入的列都空着", "，".join(texts[:3])[:80]))

    def _with_section(self, cells: list[Cell], section: str) -> list[Cell]:
        return [*cells, *[""] * (self.table.width - len(cells)), section]

    def _reason(self, number: int, cells: list[Cell], first: Cell) -> str:
        was_in_notes, self._in_notes = self._in_notes, False
        if not isinstance(first, str):
            return ""
        is_usual = first in self._usual or self._is_usual(first)
        if is_usual and not was_in_notes and number not in self._across and self._spellings.isdisjoint(cells):
            return ""
        texts, word = _held(cells), _word(first)
        if _SUMS.match(word):
            return "合计行"
        if (_NOTES.match(compact(first)) and _is_note(texts)) or (was_in_notes and len(texts) == 1):
            self._in_notes = True
            return "表下说明"
        if len(texts) == 1 and (number in self._across or (_ORDINAL.match(first) and len(first) < 40)):
            return SECTION
        if len(texts) >= 2 and word in self._headings and self._repeats_head(cells):
            return "重复的表头"
        if len(texts) >= HEADINGS_OF_A_HEAD and self._is_another_head(texts):
            return ANOTHER_TABLE
        return ""

    def _is_usual(self, first: str) -> bool:
        """A line that begins so is no sum, note, section or head by its first cell: nearly all are data."""
        word = _word(first)
        if word in self._headings or _SUMS.match(word) or _NOTES.match(compact(first)) or _ORDINAL.match(first):
            return False
        if len(self._usual) < MOST_REMEMBERED:
            self._usual.add(first)
        return True

    def _repeats_head(self, cells: list[Cell]) -> bool:
        own = [(at, each) for at, each in enumerate(cells) if each != ""]
        return all(
            isinstance(each, str) and at < len(self._headings) and folded(each) == self._headings[at]
            for at, each in own
        )

    def _is_another_head(self, texts: list[Cell]) -> bool:
        return sum(each in self._spellings for each in texts if isinstance(each, str)) >= HEADINGS_OF_A_HEAD


def first_of(cells: Iterable[Cell]) -> Cell | None:
    """The first cell that is not blank."""
    for each in cells:
        if each != "" and not (isinstance(each, str) and each.isspace()):
            return each
    return None


def _held(cells: Iterable[Cell]) -> list[Cell]:
    """Those that are not blank."""
    return [each for each in cells if each != "" and not (isinstance(each, str) and each.isspace())]


def _word(first: str) -> str:
    return folded(first) if len(first) < 60 else ""


def _is_note(texts: list[Cell]) -> bool:
    """填表人：张三　审核人：李四　2026年3月1日 — and not a row of data whose first cell happens to begin so."""
    if len(texts) <= 2:
        return True
    return all(isinstance(each, date) or not isinstance(each, str) or _is_of_note(compact(each)) for each in texts)


def _is_of_note(text: str) -> bool:
    return bool(_NOTES.match(text) or re.fullmatch(r"[\d年月日./-]{6,12}", text))


@lru_cache(4096)
def compact(text: str) -> str:
    return re.sub(r"\s+", "", text[:200]).replace("：", ":").replace("（", "(").replace("）", ")")
