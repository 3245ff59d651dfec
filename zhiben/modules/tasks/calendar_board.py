"""A year of recurring duties as a board: one row a duty, one cell a month, each cell with a shape and a word."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .models import Obligation, ObligationOccurrence, OccurrenceStatus

MONTHS = tuple(range(1, 13))


@dataclass(frozen=True)
class Cell:
    """All occurrences of one duty that are due in one month."""

    key: str = ""
    shape: str = ""
    word: str = ""
    tally: str = ""
    """Done / asked."""
    address: str = ""
    """Of the one occurrence, where there is only one."""


@dataclass(frozen=True)
class Row:
    obligation: Obligation
    cells: tuple[Cell, ...]
    done: int
    asked: int


@dataclass(frozen=True)
class Board:
    year: int
    rows: tuple[Row, ...]

    months = MONTHS

    @property
    def year_before(self) -> int:
        return self.year - 1

    @property
    def year_after(self) -> int:
        return self.year + 1

    @property
    def sentence(self) -> str:
        asked = sum(row.asked for row in self.rows)
        done = sum(row.done for row in self.rows)
        if not asked:
            return f"{self.year} 年到目前还没有应完成的定期工作。"
        return f"{self.year} 年到目前应完成 {asked} 期，已完成 {done} 期（{done}/{asked}）。"


def board_of(obligations: Sequence[Obligation], *, year: int, today: date) -> Board:
    """One query for all occurrences of the year."""
    due: dict[tuple[object, int], list[ObligationOccurrence]] = defaultdict(list)
    for occurrence in ObligationOccurrence.objects.filter(obligation__in=obligations, due_on__year=year):
        due[occurrence.obligation_id, occurrence.due_on.month].append(occurrence)
    return Board(year, tuple(_row(each, due, today) for each in obligations))


def _row(obligation: Obligation, due: dict[tuple[object, int], list[ObligationOccurrence]], today: date) -> Row:
    months = [due.get((obligation.pk, month), []) for month in MONTHS]
    asked = [each for month in months for each in month if _is_asked(each, today)]
    done = sum(each.status == OccurrenceStatus.DONE for each in asked)
    return Row(obligation, tuple(_cell(month, today) for month in months), done, len(asked))


def _is_asked(occurrence: ObligationOccurrence, today: date) -> bool:
    if occurrence.status == OccurrenceStatus.EXCUSED:
        return False
    return occurrence.status == OccurrenceStatus.DONE or occurrence.due_on < today


def _cell(occurrences: Sequence[ObligationOccurrence], today: date) -> Cell:
    counted = [each for each in occurrences if each.status != OccurrenceStatus.EXCUSED]
    if not occurrences:
        return Cell()
    address = occurrences[0].get_absolute_url() if len(occurrences) == 1 else ""
    if not counted:
        return Cell("excused", "－", "免予完成", "", address)
    done = sum(each.status == OccurrenceStatus.DONE for each in counted)
    tally = counted[0].tally if len(counted) == 1 else f"{done}/{len(counted)}"
    if any(each.status == OccurrenceStatus.MISSED or _is_late(each, today) for each in counted):
        return Cell("missed", "✕", "逾期", tally, address)
    if done == len(counted):
        late = any(each.was_late for each in counted)
        return Cell("late" if late else "done", "✓", "补做" if late else "完成", tally, address)
    return Cell("open", "○", "待完成", tally, address)


def _is_late(occurrence: ObligationOccurrence, today: date) -> bool:
    return occurrence.status == OccurrenceStatus.OPEN and occurrence.due_on < today
