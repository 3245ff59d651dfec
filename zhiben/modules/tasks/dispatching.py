"""Dispatch: work becomes tasks, each with one unit, a deadline and a first line in its trail. Written for sets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from zhiben.core.access.acting import By, Machine
from zhiben.core.access.permissions import Permission, require
from zhiben.core.calendar import add_working_days
from zhiben.core.clock import local_day
from zhiben.core.org.models import Unit
from zhiben.core.workflow import engine

from . import programmes
from .events import TaskDispatched
from .milestones import next_milestone
from .models import Indicator, IndicatorTarget, Milestone, Task
from .obligations import NewObligation, establish_obligations
from .orders import Arrangement, Assignment, Duty, Order, arrange

DAYS_TO_ACCEPT = 5
"""Working days within which a unit accepts or returns what it was given."""
DAYS_TO_ANSWER = 5
"""Working days within which the issuing office answers what was returned or handed in."""

COORDINATING = Machine("统筹任务自动开始")
BATCH = 500
ORDERED = ("responsible_unit", "due_on")
"""What the first line of the trail says of a task: to whom it was given and by when. Both may change later."""


def accept_deadline(now: datetime, due_on: date) -> date:
    return max(min(add_working_days(local_day(now), DAYS_TO_ACCEPT), due_on), local_day(now))


def answer_deadline(now: datetime) -> date:
    return add_working_days(local_day(now), DAYS_TO_ANSWER)


def dispatch_task(*, order: Order, supervising_unit: Unit, by: By, now: datetime) -> Task:
    """The main task of one order; see `dispatch_tasks`."""
    return dispatch_tasks(orders=[order], supervising_unit=supervising_unit, by=by, now=now)[0]


@transaction.atomic
def dispatch_tasks(*, orders: Sequence[Order], supervising_unit: Unit, by: By, now: datetime) -> list[Task]:
    """Dispatch many pieces of work in the name of `supervising_unit`: all of them or none.

    Returns the main task of each order, in their order. Raises NotPermitted.
    """
    require(by, Permission.DISPATCH_TASKS)
    drafts = [_draft(order, supervising_unit, now) for order in orders]
    mains = [draft.main for draft in drafts]
    Task.objects.bulk_create(mains, batch_size=BATCH)
    Task.objects.bulk_create([child for draft in drafts for child in draft.children], batch_size=BATCH)
    _add_milestones_and_indicators(drafts)
    for secrecy in {order.confidentiality for order in orders}:
        named = [order.origin for order in orders if order.confidentiality == secrecy]
        programmes.remember(named, unit=supervising_unit, confidentiality=secrecy)
    everything = [task for draft in drafts for task in (draft.main, *draft.children)]
    engine.begin_many(everything, by=by, now=now, label="交办", says=ORDERED, announces=TaskDispatched)
    coordinated = [draft.main for draft in drafts if draft.main.duty == Duty.COORDINATOR]
    engine.fire_many(coordinated, "coordinate", by=COORDINATING, now=now)
    establish_obligations(obligations=list(_frequencies(drafts, supervising_unit)), by=by, now=now)
    return mains


@transaction.atomic
def split_down(
    *, parent: Task, units: Sequence[Unit], due_on: date | None = None, content: str = "", by: By, now: datetime
) -> list[Task]:
    """Sub-tasks of a running task for lower units, issued and verified by the parent's own unit."""
    children = [
        _child(parent, Assignment(unit, Duty.RESPONSIBLE), parent.responsible_unit_id, now, due_on, content)
        for unit in units
    ]
    Task.objects.bulk_create(children)
    engine.begin_many(children, by=by, now=now, label="分解交办", says=ORDERED, announces=TaskDispatched)
    return children


@transaction.atomic
def share_task(*, task: Task, assignments: Sequence[Assignment], by: By, now: datetime) -> list[Task]:
    """Further units take part in a task that already runs (a revised plan names them), issued by the same office."""
    require(by, Permission.DISPATCH_TASKS)
    children = [_child(task, assignment, task.supervising_unit_id, now) for assignment in assignments]
    Task.objects.bulk_create(children)
    engine.begin_many(children, by=by, now=now, label="增加参与单位", says=ORDERED, announces=TaskDispatched)
    return children


@dataclass(frozen=True)
class _Draft:
    order: Order
    arrangement: Arrangement
    main: Task
    children: list[Task]


def _draft(order: Order, office: Unit, now: datetime) -> _Draft:
    arrangement = arrange(order.assignments, office)
    holder = arrangement.main.unit
    main = Task(
        title=order.title[:200],
        content=order.content,
        duty=arrangement.main.duty,
        responsible_unit=holder,
        supervising_unit=office,
        region_path=holder.region_path,
        sector=order.sector,
        confidentiality=order.confidentiality,
        dispatched_at=now,
        starts_on=order.starts_on or local_day(now),
        due_on=order.due_on,
        limit_on=order.limit_on,
        accept_by=accept_deadline(now, order.due_on),
        next_milestone_on=next_milestone([each.due_on for each in order.milestones], local_day(now), order.due_on),
        progress_rule=arrangement.rule,
        **order.origin.columns(),
    )
    children = [_child(main, assignment, office.pk, now) for assignment in arrangement.below]
    return _Draft(order, arrangement, main, children)


def _child(
    parent: Task,
    assignment: Assignment,
    supervising_unit_id: int,
    now: datetime,
    due_on: date | None = None,
    content: str = "",
) -> Task:
    due = due_on or parent.due_on
    inherited = ("title", "sector", "confidentiality", "origin_type", "origin_id", "origin_label")
    programme = ("programme_id", "programme_label", "number", "position", "limit_on")
    return Task(
        parent=parent,
        duty=assignment.duty,
        content=content or parent.content,
        responsible_unit=assignment.unit,
        supervising_unit_id=supervising_unit_id,
        region_path=assignment.unit.region_path,
        dispatched_at=now,
        starts_on=max(parent.starts_on, min(local_day(now), due)),
        due_on=due,
        accept_by=accept_deadline(now, due),
        **{name: getattr(parent, name) for name in (*inherited, *programme)},
    )


def _add_milestones_and_indicators(drafts: Sequence[_Draft]) -> None:
    Milestone.objects.bulk_create(
        Milestone(task=draft.main, due_on=milestone.due_on, text=milestone.text[:500])
        for draft in drafts
        for milestone in draft.order.milestones
    )
    wanted = [(draft.main, new) for draft in drafts for new in draft.order.indicators]
    indicators = Indicator.objects.bulk_create(
        Indicator(task=task, metric=new.metric[:200], operator=new.operator, unit=new.unit, approximate=new.approximate)
        for task, new in wanted
    )
    IndicatorTarget.objects.bulk_create(
        IndicatorTarget(indicator=indicator, year=year, value=value)
        for indicator, (_, new) in zip(indicators, wanted, strict=True)
        for year, value in new.targets.items()
    )


def _frequencies(drafts: Iterable[_Draft], office: Unit) -> Iterable[NewObligation]:
    """What recurs goes on to the end of the plan, whether or not the rest of its task is completed earlier."""
    for draft in drafts:
        holders = {task.responsible_unit_id: task for task in (*draft.children, draft.main)}
        for frequency in draft.order.frequencies:
            for doer in draft.arrangement.doers:
                task = holders[doer.unit.pk]
                yield NewObligation(
                    title=f"{task.title}：{frequency.text}"[:300],
                    responsible_unit=doer.unit,
                    supervising_unit=office,
                    cadence=frequency.cadence,
                    min_count=frequency.min_count,
                    starts_on=task.starts_on,
                    ends_on=task.limit_on or task.due_on,
                    sector=task.sector,
                    confidentiality=task.confidentiality,
                    origin=draft.order.origin,
                    task=task,
                )
