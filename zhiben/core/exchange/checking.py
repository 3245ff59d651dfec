"""Looking at every row of a run without writing anything: what would be done, and what stands in the way."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zhiben.core.access.acting import By
from zhiben.core.batches import in_batches
from zhiben.core.refusal import Refused

from .declaration import CHUNK, Checked, Context, Importing, Problem, Question, Row
from .hands import Hand, LookingAhead, second_hand
from .models import ImportRow, ImportRun
from .rows import Read, Rows, rows_of

MOST_BAD = 20_000
"""More bad rows than this are not mended one by one: the columns are matched wrongly, or it is another table."""
_SKIPPED_KEPT = 200
_NOTES_KEPT = 100

Progress = Callable[[int, int, str], None]
"""(done, total, note)"""


@dataclass
class Findings:
    total: int = 0
    """Rows looked at; all of them where not `only` some were asked for."""
    found: Counter[str] = field(default_factory=Counter)
    """Action → rows that are in order."""
    rows: list[ImportRow] = field(default_factory=list)
    """The bad ones and the mended ones, not saved."""
    skipped: list[list[str | int]] = field(default_factory=list)
    notes: list[list[str | int]] = field(default_factory=list)


def examine(
    run: ImportRun, *, by: By, now: datetime, progress: Progress, only: Collection[int] | None = None
) -> Findings:
    """Check the rows of a run, or `only` those with these numbers (in the sight of all others). Rows that were carried
    out already are left out. Raises Refused where the file cannot be read, or nearly everything in it is wrong."""
    with rows_of(run) as rows:
        with second_hand(run, rows, by=by, count=rows.height if only is None else len(only)) as helping:
            try:
                return _looked_at(run, rows, by, now, progress, only, helping)
            except _LeftAlone:
                pass
        return _looked_at(run, rows, by, now, progress, only, None)


class _LeftAlone(Exception):
    """The second hand had no answer. What the target remembered of the rows before is lost with it."""


def _looked_at(
    run: ImportRun,
    rows: Rows,
    by: By,
    now: datetime,
    progress: Progress,
    only: Collection[int] | None,
    helping: Hand | None,
) -> Findings:
    findings, done = Findings(), done_numbers(run)
    mended = {row.number: row.mended for row in run.rows.exclude(mended={})}
    target, at = run.target(), Context(by, now, rows.whole())
    wanted = (each for each in rows if (only is None or each.row.number in only) and each.row.number not in done)
    batches = in_batches(wanted, CHUNK)
    for batch, said in LookingAhead(helping, batches, lambda second, batch: second.checks(sound_of(batch), now)):
        if helping and said is None:
            raise _LeftAlone
        for read, checked in judged(target, batch, at, said):
            findings.total += 1
            number = read.row.number
            problems = _is_bad(read, checked)
            if problems or number in mended:
                findings.rows.append(_kept(run, read, checked, mended.get(number, {})))
            else:
                findings.found[checked.action] += 1
            if checked.note and not problems and len(findings.notes) < _NOTES_KEPT:
                findings.notes.append([number, checked.note])
        if len(findings.rows) > MOST_BAD:
            first = next(row for row in findings.rows if row.is_bad)
            raise Refused(
                f"有问题的行超过 {MOST_BAD:,} 行，检查没有继续。例如{first}：{first.sentences[0]}请核对各列的对应，或换一个文件。"
            )
        progress(min(findings.total, rows.height), rows.height, "正在检查")
    findings.skipped = [[each.number, each.reason, each.text] for each in rows.skipped[:_SKIPPED_KEPT]]
    return findings


def sound_of(batch: Sequence[Read]) -> list[Row]:
    return [read.row for read in batch if not read.problems]


def judged(
    target: Importing, batch: Sequence[Read], at: Context, said: Sequence[Checked] | None = None
) -> Iterator[tuple[Read, Checked]]:
    """Each row with what the engine and the target say of it; the target sees only what the engine lets pass. `said`:
    what it says, where it was asked already."""
    sound = sound_of(batch)
    if said is None:
        said = target.check(sound, at) if sound else ()
    answers = {checked.number: checked for checked in said}
    for read in batch:
        number = read.row.number
        if read.problems:
            yield read, Checked(number, "new", tuple(read.problems))
        elif number in answers:
            yield read, answers[number]
        else:
            raise LookupError(f"import {target.key} says nothing about row {number}")


def done_numbers(run: ImportRun) -> set[int]:
    """Numbers of the rows that were carried out."""
    chunks = run.chunks.values_list("outcomes", flat=True)
    return {outcome[0] for outcomes in chunks for outcome in outcomes}


def made_by(run: ImportRun) -> list[str]:
    """Keys of the records that it made new."""
    chunks = run.chunks.values_list("outcomes", flat=True)
    return [outcome[3] for outcomes in chunks for outcome in outcomes if outcome[1] == "new" and outcome[3]]


def _is_bad(read: Read, checked: Checked) -> bool:
    return bool(checked.problems or (checked.questions and any(each.is_open(read.row) for each in checked.questions)))


def _kept(run: ImportRun, read: Read, checked: Checked, mended: dict[str, str]) -> ImportRow:
    is_bad = _is_bad(read, checked)
    return ImportRow(
        run=run,
        number=read.row.number,
        cells=read.texts,
        mended=mended,
        problems=plain_problems(checked.problems),
        questions=plain_questions(checked.questions),
        action="" if is_bad else checked.action,
        is_bad=is_bad,
    )


def plain_questions(questions: Collection[Question]) -> list[list[Any]]:
    return [[each.name, each.sentence, [list(option) for option in each.options]] for each in questions]


def plain_problems(problems: Collection[Problem]) -> list[list[str]]:
    return [[each.field, each.sentence] for each in problems]
