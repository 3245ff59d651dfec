"""The figures of one database: pages, worklists, the sweep, steps, the trail. Works on a copy that is thrown away."""

import random
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection, transaction
from django.test import Client

from zhiben.core.access.acting import Machine
from zhiben.core.accounts.models import User
from zhiben.core.audit import services as audit
from zhiben.core.audit.digest import current_algorithm, digest_text, new_hash
from zhiben.core.audit.line import canonical_text
from zhiben.core.audit.models import AuditLine
from zhiben.core.ids import new_id
from zhiben.core.workflow import engine
from zhiben.core.workflow.models import OpenDeadline, WorkItem
from zhiben.core.workflow.sweep import sweep
from zhiben.core.workflow.worklist import worklist
from zhiben.modules.tasks.models import Task, TaskStatus

from . import data
from .figures import note, percentile, say, stopwatch, timings

ASKED = 40
PEOPLE = 200
SINGLE_STEPS = 300
SET_STEPS = 5_000
LINES = 10_000
BATCH = 500
random.seed(20260310)


def measure() -> None:
    for part in (
        task_list,
        one_persons_worklist,
        single_steps,
        steps_of_a_set,
        trail_written,
        trail_verified,
        round_of_the_watchman,
    ):
        note(part.__name__)
        part()


def figure(name: str) -> str:
    return f"{name}.{connection.vendor}"


# --- pages -----------------------------------------------------------------------------------------------------


def task_list() -> None:
    rows = "SELECT * FROM tasks_task WHERE {} ORDER BY due_on, id LIMIT 50"
    office, unit = data.acting(data.BUSY_OFFICE), data.acting(data.BUSY_UNIT)
    _page("list.office", data.BUSY_OFFICE, "/tasks/", rows.format("supervising_unit_id = %s"), [office.unit.pk])
    _page("list.unit", data.BUSY_UNIT, "/tasks/", rows.format("responsible_unit_id = %s"), [unit.unit.pk])
    items = "SELECT * FROM workflow_workitem WHERE seat = %s ORDER BY due_at, id LIMIT 50"
    _page("home", data.BUSY_UNIT, "/", items, [unit.seats[0]])


def _page(name: str, username: str, address: str, sql: str, parameters: list[object]) -> None:
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")

    def ask(_: object) -> None:
        answer = client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"

    ask(None)
    queries = _queries(lambda: ask(None))
    taken, bare = timings(ask, range(ASKED)), timings(lambda _: _rows(sql, parameters), range(ASKED))
    against = "the bare SQL of one page"
    say(figure(f"{name}.p50"), percentile(taken, 0.5), "ms", baseline=percentile(bare, 0.5), against=against)
    say(figure(f"{name}.p95"), percentile(taken, 0.95), "ms", baseline=percentile(bare, 0.95), against=against)
    say(figure(f"{name}.queries"), queries, "queries")


def one_persons_worklist() -> None:
    """Each of 200 people once, so that no cache has seen their rows."""
    people = [data.acting(f"bench-unit-{number}") for number in random.sample(range(1, data.UNITS), PEOPLE)]
    assert len(worklist(people[0], data.MADE_AT)) == 50
    queries = _queries(lambda: worklist(people[0], data.MADE_AT))
    taken = timings(lambda person: worklist(person, data.MADE_AT), people[1:])
    sql = "SELECT * FROM workflow_workitem WHERE seat = %s ORDER BY due_at, id LIMIT 50"
    bare = timings(lambda person: _rows(sql, [person.seats[0]]), people[1:])
    against = "the bare indexed SQL of one seat"
    say(figure("worklist.p50"), percentile(taken, 0.5), "ms", baseline=percentile(bare, 0.5), against=against)
    say(figure("worklist.p95"), percentile(taken, 0.95), "ms", baseline=percentile(bare, 0.95), against=against)
    say(figure("worklist.queries"), queries, "queries")


# --- the sweep -------------------------------------------------------------------------------------------------


def round_of_the_watchman() -> None:
    """A million open deadlines, a thousand due. First the bare update, undone; then the round itself."""
    due = OpenDeadline.objects.filter(next_at__lte=data.SWEPT_AT)
    assert OpenDeadline.objects.count() >= 0.99 * data.MILLION
    assert due.count() == data.DUE_TASKS, due.count()
    sql = f"UPDATE {OpenDeadline._meta.db_table} SET sent = sent + 1, next_at = NULL WHERE next_at <= %s"
    with transaction.atomic():
        with stopwatch() as bare:
            _execute(sql, [data.SWEPT_AT])
        transaction.set_rollback(True)
    with stopwatch() as watch:
        swept = sweep(data.SWEPT_AT)
    assert swept.deadlines == data.DUE_TASKS
    assert (swept.reminders, swept.escalations) == (data.DUE_TASKS // 2, data.DUE_TASKS // 2)
    against = "a bare indexed SQL update of the same 1,000 rows"
    say(figure("sweep"), watch.seconds * 1000, "ms", baseline=bare.seconds * 1000, against=against)
    say(figure("sweep.rate"), swept.deadlines / watch.seconds, "deadlines/s")
    taken = timings(lambda _: sweep(data.SWEPT_AT), range(20))
    say(figure("sweep.idle"), percentile(taken, 0.5), "ms", against="nothing is due among 1,000,000")


# --- steps -----------------------------------------------------------------------------------------------------


def single_steps() -> None:
    tasks = _pending(0, SINGLE_STEPS)
    by = data.acting(data.BUSY_UNIT)
    with stopwatch() as watch:
        for task in tasks:
            engine.fire(task, "accept", by=by, now=data.MADE_AT)
    with stopwatch() as bare:
        for task in _completed(SINGLE_STEPS):
            _bare_steps([task])
    against = "one bare update and one bare insert, committed"
    say(figure("fire"), len(tasks) / watch.seconds, "steps/s", baseline=SINGLE_STEPS / bare.seconds, against=against)


def steps_of_a_set() -> None:
    tasks = _pending(0, SET_STEPS)
    by = data.acting(data.BUSY_UNIT)
    with stopwatch() as watch:
        results = engine.fire_many(tasks, "accept", by=by, now=data.MADE_AT)
    assert len(tasks) == SET_STEPS
    assert not any(result.refusal for result in results)
    completed = _completed(SET_STEPS)
    with stopwatch() as bare:
        for start in range(0, SET_STEPS, BATCH):
            _bare_steps(completed[start : start + BATCH])
    against = f"one bare update and one bare insert a batch of {BATCH}, committed"
    say(figure("fire_many"), SET_STEPS / watch.seconds, "steps/s", baseline=SET_STEPS / bare.seconds, against=against)


def _pending(start: int, count: int) -> list[Task]:
    mine = Task.objects.filter(responsible_unit=data.acting(data.BUSY_UNIT).unit, status=TaskStatus.PENDING)
    return list(mine.order_by("pk")[start : start + count])


def _completed(count: int) -> list[Task]:
    return list(Task.objects.filter(status=TaskStatus.COMPLETED).order_by("pk")[:count])


def _bare_steps(tasks: list[Task]) -> None:
    """What no step can do without: the new state and one line, durable."""
    with transaction.atomic():
        Task.objects.filter(pk__in=[task.pk for task in tasks]).update(progress=100)
        WorkItem.objects.bulk_create(
            [
                WorkItem(
                    record_type="bench",
                    record_id=str(new_id()),
                    seat="",
                    state="",
                    title=task.title,
                    since=data.MADE_AT,
                )
                for task in tasks
            ]
        )


# --- the trail -------------------------------------------------------------------------------------------------


def trail_written() -> None:
    lines = [
        audit.NewLine(
            record_type="bench.record",
            record_id=str(new_id()),
            kind="step",
            verb="accept",
            label="接收",
            by=Machine("压测"),
            now=data.MADE_AT,
            data={"title": "排查整治重点行业领域安全隐患", "number": number},
            from_state="pending",
            to_state="running",
        )
        for number in range(LINES)
    ]
    with stopwatch() as watch:
        for start in range(0, LINES, BATCH):
            with transaction.atomic():
                audit.append_many(lines[start : start + BATCH])
    text = canonical_text(AuditLine.objects.latest("id"))
    with stopwatch() as bare:
        for _ in range(LINES):
            digest_text(current_algorithm(), text)
    against = f"hashing the same bytes ({current_algorithm()})"
    say(figure("audit.append_many"), LINES / watch.seconds, "lines/s", baseline=LINES / bare.seconds, against=against)


def trail_verified() -> None:
    texts = [canonical_text(line).encode() for line in AuditLine.objects.order_by("pk").iterator(chunk_size=BATCH)]
    empty = new_hash(current_algorithm())
    with stopwatch() as bare:
        for text in texts:
            hasher = empty.copy()
            hasher.update(text)
            hasher.hexdigest()
    with stopwatch() as watch:
        result = audit.verify()
    assert len(texts) >= data.TASKS
    assert not result.findings, result.findings[:3]
    against = f"hashing the same bytes ({current_algorithm()})"
    say(
        figure("audit.verify"),
        len(texts) / watch.seconds,
        "lines/s",
        baseline=len(texts) / bare.seconds,
        against=against,
    )


def _queries(of: Callable[[], object]) -> int:
    """How many statements it sends."""
    sent: list[str] = []

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        of()
    return len(sent)


def _rows(sql: str, parameters: Iterable[object]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return cursor.fetchall()


def _execute(sql: str, parameters: Iterable[object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
