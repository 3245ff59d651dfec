"""A county with 400 units, 100,000 tasks and a million open deadlines. Made once, by set-based inserts.

Tasks, their trail, deadlines and worklist rows come from the engine itself; what fills up to the million are rows
of the same shape whose records need not exist, because no measurement is to touch them.
"""

from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from zhiben.core.access.acting import Acting, Machine
from zhiben.core.accounts.models import User
from zhiben.core.audit import services as audit
from zhiben.core.ids import new_id
from zhiben.core.org import services as org
from zhiben.core.org.models import Person, Post, Region, RegionLevel, Unit, UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.workflow import engine
from zhiben.core.workflow.models import OpenDeadline, WorkItem
from zhiben.modules.tasks.models import Task, TaskStatus

from .figures import note

MADE_AT = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
"""A Tuesday, ten in the morning in Beijing."""
SWEPT_AT = MADE_AT + timedelta(days=1)
"""The next day, on which 500 reminders and 500 escalations are due and nothing else."""

UNITS = 400
TASKS = 100_000
PLANS = 200
ONE_UNITS_TASKS = 6_000
DUE_TASKS = 1_000
MILLION = 1_000_000
BATCH = 5_000
BUSY_OFFICE, BUSY_UNIT = "bench-office", "bench-unit-0"
FOUNDER = Machine("压测数据")


def make() -> None:
    office, units = _organisation()
    note(f"{UNITS} 个单位已建")
    tasks = _tasks(office, units)
    _lead_their_lives(tasks)
    _fill_up(units)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def acting(username: str) -> Acting:
    post = Post.objects.select_related("person", "unit__region").get(person__user__username=username)
    return Acting(post.person, post)


def _organisation() -> tuple[Unit, list[Unit]]:
    to = {"by": FOUNDER, "now": MADE_AT}
    province = org.open_region(name="云岭省", level=RegionLevel.PROVINCE, **to)
    city = org.open_region(name="安澜市", level=RegionLevel.CITY, parent=province, **to)
    county = org.open_region(name="澄溪县", level=RegionLevel.COUNTY, parent=city, **to)
    office = _unit("澄溪县安全生产委员会办公室", UnitKind.COMMITTEE_OFFICE, county)
    office.save()
    units = Unit.objects.bulk_create([_unit(f"第{n}单位", UnitKind.DEPARTMENT, county, office) for n in range(UNITS)])
    _staff(office, BUSY_OFFICE, Role.COMMITTEE_OFFICER, Role.COMMITTEE_CHIEF)
    for number, unit in enumerate(units):
        _staff(unit, f"bench-unit-{number}", Role.UNIT_OFFICER, Role.UNIT_LEADER)
    return office, units


def _unit(name: str, kind: UnitKind, region: Region, superior: Unit | None = None) -> Unit:
    return Unit(name=name, kind=kind, region=region, region_path=region.path, superior=superior)


def _staff(unit: Unit, username: str, officer: Role, leader: Role) -> None:
    users = User.objects.bulk_create([User(username=username), User(username=f"{username}-leader")])
    people = Person.objects.bulk_create([Person(name="压测", user=user) for user in users])
    since = date(2020, 1, 1)
    Post.objects.bulk_create(
        [
            Post(person=person, unit=unit, role=role, valid_from=since)
            for person, role in zip(people, (officer, leader), strict=True)
        ]
    )


def _tasks(office: Unit, units: list[Unit]) -> list[Task]:
    """Most are due far off, so that their next moments lie beyond the sweep that is measured."""
    today = MADE_AT.date()
    tasks = []
    for number in range(TASKS):
        unit, status = units[number % UNITS], TaskStatus.RUNNING
        due_on = today + timedelta(days=40 + number % 360)
        if number < ONE_UNITS_TASKS:
            unit, status = units[0], TaskStatus.PENDING
        elif number < ONE_UNITS_TASKS + DUE_TASKS:
            due_on = today if number % 2 else today + timedelta(days=4)
        elif number % 4 == 0:
            status = TaskStatus.COMPLETED
        tasks.append(
            Task(
                id=new_id(),
                title=f"第 {number} 项任务：排查整治重点行业领域安全隐患",
                responsible_unit=unit,
                supervising_unit=office,
                region_path=unit.region_path,
                status=status,
                dispatched_at=MADE_AT,
                starts_on=today,
                due_on=due_on,
                progress=number % 100,
                programme_id=f"bench-{number % PLANS}",
                programme_label=f"第 {number % PLANS} 份方案",
                position=number,
            )
        )
    for start in range(0, TASKS, BATCH):
        Task.objects.bulk_create(tasks[start : start + BATCH])
    note(f"{TASKS} 项任务已写入")
    return tasks


def _lead_their_lives(tasks: list[Task]) -> None:
    """The first line of the trail of each, its worklist rows and its deadlines, by the engine."""
    for start in range(0, TASKS, BATCH):
        batch = tasks[start : start + BATCH]
        with transaction.atomic():
            audit.append_many(
                [
                    audit.NewLine(
                        record_type="tasks.task",
                        record_id=str(task.pk),
                        kind="step",
                        verb="begin",
                        label="交办",
                        by=FOUNDER,
                        now=MADE_AT,
                        data={"title": task.title, "due_on": task.due_on.isoformat()},
                        to_state=task.status,
                    )
                    for task in batch
                ]
            )
            engine.refresh(batch, now=MADE_AT)
        note(f"待办和期限 {start + len(batch)} / {TASKS}")


def _fill_up(units: list[Unit]) -> None:
    """One statement each; every row gets a key, a day and a seat from its number."""
    lacking = {model: MILLION - model.objects.count() for model in (OpenDeadline, WorkItem)}
    on_sqlite = connection.vendor == "sqlite"
    numbers = (
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)"
        if on_sqlite
        else "WITH numbers AS (SELECT generate_series(1, %s) AS n)"
    )
    number = "printf('%%012x', n)" if on_sqlite else "lpad(to_hex(n), 12, '0')"
    key = f"('00000000-0000-4000-8000-' || {number})"
    day = "date('2026-04-20', '+' || (n %% 360) || ' days')" if on_sqlite else "(date '2026-04-20' + n %% 360)"
    moment = f"({day} || ' 16:00:00')" if on_sqlite else f"({day} + time '16:00') AT TIME ZONE 'UTC'"
    first = min(unit.pk for unit in units)
    role = f"(CASE WHEN (n / {UNITS}) %% 2 = 0 THEN ':unit_officer' ELSE ':unit_leader' END)"
    seat = f"'u' || ({first} + n %% {UNITS}) || {role}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"{numbers} INSERT INTO {OpenDeadline._meta.db_table} (record_type, record_id, name, due_on, sent, next_at)"
            f" SELECT 'tasks.task', {key}, 'due', {day}, 0, {moment} FROM numbers",
            [lacking[OpenDeadline]],
        )
        cursor.execute(
            f"{numbers} INSERT INTO {WorkItem._meta.db_table}"
            " (record_type, record_id, seat, step, state, title, due_at, since)"
            f" SELECT 'tasks.task', {key}, {seat}, 'submit', 'running', '第 ' || n || ' 项任务', {moment},"
            f" {moment} FROM numbers",
            [lacking[WorkItem]],
        )
    note(f"期限 {OpenDeadline.objects.count()} 条，待办 {WorkItem.objects.count()} 条")
