"""Bad rows that were corrected in the downloaded workbook and are brought back."""

import re
from datetime import datetime
from uuid import UUID

from zhiben.core.access.acting import By
from zhiben.core.files.models import Upload
from zhiben.core.files.services import path_of
from zhiben.core.refusal import Refused

from .cells import typed_in
from .headings import folded
from .models import ImportRun
from .services import mend_rows
from .sheets import Cell, opened
from .workbooks import NUMBER_HEADING, PROBLEMS_HEADING, RUN_MARK

_MARK = re.compile(rf"{RUN_MARK}[:：]\s*([0-9a-fA-F-]{{36}})")
_HEAD_WITHIN = 10
ANOTHER = "这不是从本次导入下载的问题行文件。请重新点“下载问题行”，在下载的文件里改好后上传。"


def mend_from_file(*, run: ImportRun, upload: Upload, by: By, now: datetime) -> ImportRun:
    """Take the corrected cells over, matched by row number and column, and check these rows again. Raises Refused for
    the file of another run, or one whose columns were moved."""
    with opened(path_of(upload.file), name=upload.name) as book:
        for sheet in book.sheets:
            table = book.table(sheet.name)
            head = table.head(_HEAD_WITHIN)
            start = _start_of(head, run)
            if start:
                return mend_rows(
                    run=run,
                    changes=_changes(run, [row for row in table.rows() if row[0] > start], dict(head)[start]),
                    by=by,
                    now=now,
                )
    raise Refused(ANOTHER, "file")


def _start_of(head: list[tuple[int, list[Cell]]], run: ImportRun) -> int:
    """The number of the line of headings; 0 where this sheet is no such file. Raises Refused for another run's."""
    marks = [match[1] for _, cells in head for cell in cells if isinstance(cell, str) and (match := _MARK.search(cell))]
    if not marks:
        return 0
    if not _same(marks[0], run.pk):
        raise Refused(ANOTHER, "file")
    return next((number for number, cells in head if cells and cells[0] == NUMBER_HEADING), 0)


def _same(mark: str, run_id: UUID) -> bool:
    try:
        return UUID(mark) == run_id
    except ValueError:
        return False


def _changes(run: ImportRun, rows: list[tuple[int, list[Cell]]], heads: list[Cell]) -> dict[int, dict[str, str]]:
    headings = run.plan.headings
    expected = [NUMBER_HEADING, PROBLEMS_HEADING, *(each.text for each in headings)]
    found = [folded(str(each)) for each in heads[: len(expected)]]
    if found != [folded(each) for each in expected]:
        raise Refused("列的顺序或名称被改动了，无法对上原来的列。请重新下载问题行，只改内容。", "file")
    fields = run.columns
    bad = set(run.rows.filter(is_done=False).values_list("number", flat=True))
    changes: dict[int, dict[str, str]] = {}
    for line, cells in rows:
        if all(cell == "" for cell in cells):
            continue
        number = _row_number(cells[0], line)
        if number not in bad:
            raise Refused(f"文件第 {line} 行的行号 {number} 不是本次导入的问题行，请不要增加行或改动行号。", "file")
        if number in changes:
            raise Refused(f"行号 {number} 出现了两次，请删去重复的一行。", "file")
        changes[number] = {
            fields[each.column]: typed_in(cells[at]) if at < len(cells) else ""
            for at, each in enumerate(headings, 2)
            if each.column in fields
        }
    if not changes:
        raise Refused("文件里没有任何行，请核对后重新上传。", "file")
    return changes


def _row_number(cell: Cell, line: int) -> int:
    try:
        return int(str(cell).strip().removesuffix(".0"))
    except ValueError:
        raise Refused(f"文件第 {line} 行没有行号，请不要增加行或改动“行号”一列。", "file") from None
