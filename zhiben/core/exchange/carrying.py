"""Carrying the rows of a run out, a chunk a transaction, so that a worker killed anywhere goes on where it stopped."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from django.db import IntegrityError, connection, transaction

from zhiben.core import set_down
from zhiben.core.access.acting import By
from zhiben.core.batches import in_batches
from zhiben.core.bulk import values_of
from zhiben.core.refusal import Refused

from .checking import done_numbers, plain_problems, plain_questions
from .declaration import CHUNK, Checked, Context, Done, Importing, Problem, Question, Row
from .hands import Hand, LookingAhead, unpacked
from .models import ImportChunk, ImportRow, ImportRun, Stage
from .rows import Rows

ALL_OR_NOTHING = 0x5A42_0001
"""The number of the lock of imports that are written in one transaction; nothing else in this database has it."""
CONFLICT = "与系统里已有的内容冲突（可能刚由别人录入），请核对后再导入这一行。"


class Overtaken(Exception):
    """The run was stopped, or another worker has it: nothing more is written here."""


@dataclass
class Outcome:
    """What became of one chunk."""

    done: list[Done] = field(default_factory=list)
    refused: dict[int, tuple[Problem, ...]] = field(default_factory=dict)
    intended: dict[int, str] = field(default_factory=dict)
    """Number → action, also of rows that were refused."""
    asked: dict[int, tuple[Question, ...]] = field(default_factory=dict)
    """Number → questions of rows that came to wait for an answer: they are among those refused."""

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.done + other.done,
            self.refused | other.refused,
            self.intended | other.intended,
            self.asked | other.asked,
        )


class NotAll(Exception):
    """Some rows cannot be carried out, and it was to be all or nothing."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.refused)
        self.outcome = outcome


def waiting_chunks(run: ImportRun, rows: Rows) -> Iterator[list[Row]]:
    """All rows but those carried out already and those known to be bad, in their order."""
    left_out = done_numbers(run) | set(run.rows.filter(is_bad=True).values_list("number", flat=True))
    waiting = (read.row for read in rows if read.row.number not in left_out and not read.problems)
    in_order = waiting if run.target.order is Importing.order else _sorted(waiting, run.target())
    return in_batches(in_order, CHUNK)


def _sorted(rows: Iterable[Row], target: Importing) -> Iterator[Row]:
    """In the order of the target. Packed: two hundred thousand of them fit into memory."""
    names = tuple(field.name for field in target.fields)
    picked = values_of(names)
    packed = [(target.order(row), row.number, pickle.dumps((picked(row.values), dict(row.answers)))) for row in rows]
    for _, number, row in sorted(packed, key=itemgetter(0, 1)):
        values, answers = pickle.loads(row)  # noqa: S301 — packed just above
        yield Row(number, dict(zip(names, values, strict=True)), answers)


def waiting_count(run: ImportRun) -> int:
    """How many rows `waiting_chunks` has: those that the check found in order, and those mended since."""
    done_as_found = done_numbers(run) - set(run.rows.values_list("number", flat=True))
    left = sum(run.found.values()) - len(done_as_found)
    return max(left, 0) + run.rows.filter(is_bad=False, is_done=False).count()


def carry_out(
    run: ImportRun,
    rows: Rows,
    *,
    by: By,
    clock: Callable[[], datetime],
    progress: Callable[[int, int, str], None],
    helping: Hand | None = None,
) -> None:
    """Carry out what waits, each chunk with the mark how far it is in one transaction. May be called again after any
    interruption. Raises Overtaken."""
    total, whole, target, done = waiting_count(run), rows.whole(), run.target(), 0
    progress(done, total, "正在导入")
    ahead = LookingAhead(helping, waiting_chunks(run, rows), lambda second, chunk: second.prepares(chunk, clock()))
    for chunk, prepared in ahead:
        with transaction.atomic():
            locked = hold(run)
            outcome = as_prepared(prepared)
            if outcome is None:
                ahead.was_outdated = True
                target, outcome = attempted(target, chunk, Context(by, clock(), whole))
            leave_mark(locked, outcome, now=clock())
            keep_refused(locked, outcome)
        done += len(chunk)
        progress(done, max(done, total), "正在导入")


def carry_out_all(run: ImportRun, rows: Rows, *, by: By, now: datetime, helping: Hand | None = None) -> None:
    """All of it in the caller's one transaction. Raises NotAll, upon which the caller rolls back; or Overtaken."""
    _wait_for_turn()
    whole, target = rows.whole(), run.target()
    locked = hold(run)
    ahead = LookingAhead(  # what is written in this transaction shows to no other process: it cannot begin anew
        helping, waiting_chunks(run, rows), lambda second, chunk: second.prepares(chunk, now), tries=1
    )
    for chunk, prepared in ahead:
        outcome = as_prepared(prepared)
        if outcome is None:
            ahead.was_outdated = True
            target, outcome = attempted(target, chunk, Context(by, now, whole))
        if outcome.refused:
            raise NotAll(outcome)
        leave_mark(locked, outcome, now=now)


def _wait_for_turn() -> None:
    """What keeps its locks over many chunks takes them in the order of its rows: two such in opposite order would wait
    for each other, so one goes after another. A single chunk takes its locks in one order, and waits for no circle."""
    if connection.vendor == "postgresql":  # SQLite lets one writer in at a time
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ALL_OR_NOTHING])


def as_prepared(packed: bytes | None) -> Outcome | None:
    """Write a chunk as the second hand prepared it; None, and nothing is written, where there is nothing prepared, or it
    no longer holds."""
    if packed is None:
        return None
    outcome, statements = unpacked(packed)
    try:
        with transaction.atomic():
            set_down.carry_out(statements)
    except (set_down.Outdated, Refused, IntegrityError):
        return None
    assert isinstance(outcome, Outcome)
    return outcome


def attempted(target: Importing, rows: Sequence[Row], at: Context) -> tuple[Importing, Outcome]:
    """Check the rows once more and carry them out. When the chunk is refused as a whole, its halves are tried, down to
    the row that is to blame. Returns the target to go on with: one that was rolled back remembers what is not there."""
    try:
        with transaction.atomic():
            return target, once(target, rows, at)
    except (Refused, IntegrityError) as refusal:
        fresh = type(target)()
        if len(rows) == 1:
            about = getattr(refusal, "field", "")
            known = about if about in {each.name for each in target.fields} else ""
            sentence = refusal.sentence if isinstance(refusal, Refused) else CONFLICT
            return fresh, Outcome(
                refused={rows[0].number: (Problem(known, sentence),)}, intended={rows[0].number: "new"}
            )
        half = len(rows) // 2
        fresh, first = attempted(fresh, rows[:half], at)
        fresh, second = attempted(fresh, rows[half:], at)
        return fresh, first + second


def once(target: Importing, rows: Sequence[Row], at: Context) -> Outcome:
    """A check holds only for what it saw: it is made again here, in the transaction that writes."""
    if target.checks_itself:
        return _settled(target, rows, target.carry_out(rows, at), Outcome())
    by_number = {row.number: row for row in rows}
    in_sheet_order = sorted(rows, key=lambda row: row.number)
    checked = target.check(in_sheet_order, at)
    asked = {each.number: each.questions for each in checked if _waits(each, by_number[each.number])}
    refused = {each.number: each.problems for each in checked if each.problems or each.number in asked}
    sound = [row for row in rows if row.number not in refused]
    outcome = Outcome(refused=refused, intended={each.number: each.action for each in checked}, asked=asked)
    return _settled(target, rows, target.carry_out(sound, at) if sound else (), outcome)


def _waits(said: Checked | Done, row: Row) -> bool:
    return any(each.is_open(row) for each in said.questions)


def _settled(target: Importing, rows: Sequence[Row], answers: Sequence[Done], outcome: Outcome) -> Outcome:
    by_number = {row.number: row for row in rows}
    for done in answers:
        outcome.intended.setdefault(done.number, done.action)
        if done.questions and _waits(done, by_number[done.number]):
            outcome.asked[done.number] = done.questions
        if done.problems or done.number in outcome.asked:
            outcome.refused[done.number] = done.problems
        else:
            outcome.done.append(done)
    silent = {row.number for row in rows} - outcome.refused.keys() - {each.number for each in outcome.done}
    if silent:
        raise LookupError(f"import {target.key} says nothing about row {min(silent)}")
    return outcome


def leave_mark(run: ImportRun, outcome: Outcome, *, now: datetime) -> None:
    count = Counter(each.action for each in outcome.done)
    ImportChunk.objects.create(
        run=run,
        place=run.chunks.count() + 1,
        outcomes=[
            [each.number, each.action, each.record_type, str(each.record_id), each.note] for each in outcome.done
        ],
        new=count["new"],
        change=count["change"],
        same=count["same"],
        written_at=now,
    )
    done = {each.number for each in outcome.done}
    kept = run.rows.filter(number__range=(min(done), max(done))) if done else run.rows.none()
    mended = done.intersection(kept.values_list("number", flat=True))  # few of thousands
    run.rows.filter(number__in=mended).update(is_done=True, is_bad=False, problems=[])


def keep_refused(run: ImportRun, outcome: Outcome) -> None:
    """Rows that were in order when they were checked and no longer are: they can be mended like the others."""
    known = {row.number: row for row in run.rows.filter(number__in=outcome.refused)}
    new = {number: ImportRow(run=run, number=number) for number in outcome.refused.keys() - known.keys()}
    for number, row in (known | new).items():
        row.problems = plain_problems(outcome.refused[number])
        row.questions = plain_questions(outcome.asked.get(number, ()))
        row.is_bad, row.action = True, ""
    ImportRow.objects.bulk_update(known.values(), ["problems", "questions", "is_bad", "action"], batch_size=500)
    ImportRow.objects.bulk_create(new.values(), batch_size=500)


def hold(run: ImportRun) -> ImportRun:
    """The run, locked, as long as it is still being carried out as it was confirmed. Raises Overtaken."""
    locked = ImportRun.objects.select_for_update().get(pk=run.pk)
    if locked.stage != Stage.RUNNING or locked.version != run.version:
        raise Overtaken
    return locked
