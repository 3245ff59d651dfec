"""What publishing a version will do, worked out first: the page says it, and the step does just that."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Prefetch, QuerySet

from zhiben.core.org.models import Unit
from zhiben.modules.tasks.models import Duty, Task, TaskStatus
from zhiben.modules.tasks.services import (
    Assignment,
    NewFrequency,
    NewIndicator,
    NewMilestone,
    Order,
    Origin,
    arrange,
)

from ..models import DepartmentRole, ItemDepartment, PlanItem, PlanObligation, PlanVersion, Resolution

ROLE_TO_DUTY = {
    DepartmentRole.LEAD: Duty.LEAD,
    DepartmentRole.PARTICIPANT: Duty.PARTICIPANT,
    DepartmentRole.RESPONSIBLE: Duty.RESPONSIBLE,
}
MOVABLE = (TaskStatus.PENDING, TaskStatus.RUNNING)
"""In other states somebody is just answering for the task; then it is reassigned on its own page."""


@dataclass(frozen=True)
class Dispatch:
    """What becomes of one item: which units get it, by when, and which printed names lead nowhere."""

    item: PlanItem
    assignments: tuple[Assignment, ...]
    due_on: date | None
    unresolved: tuple[ItemDepartment, ...]
    holder: Assignment

    @property
    def continued(self) -> Task:
        """The task of the version before that a kept or done item goes on with."""
        before = self.item.predecessor
        assert before is not None
        assert before.task is not None
        return before.task

    @property
    def blocks(self) -> bool:
        """Nobody would answer for it: a name that leads the work is still open."""
        answering = [each for each in self.unresolved if each.role != DepartmentRole.PARTICIPANT]
        return bool(answering) and not any(each.duty != Duty.PARTICIPANT for each in self.assignments)


@dataclass
class Publication:
    """All that publishing a version will do."""

    version: PlanVersion
    dispatches: list[Dispatch]
    kept: list[Dispatch] = field(default_factory=list)
    """Items that continue a running task of the version before."""
    done: list[Dispatch] = field(default_factory=list)
    """Items whose task of the version before is completed: it stays completed."""
    left: list[PlanItem] = field(default_factory=list)
    duties: list[PlanObligation] = field(default_factory=list)
    withdrawable: list[PlanItem] = field(default_factory=list)
    """Items of the version before that the new one no longer has, whose tasks still run."""

    @cached_property
    def by_unit(self) -> list[tuple[Unit, int, int]]:
        """(unit, tasks it holds, tasks it shares in), most first."""
        units: dict[int, Unit] = {}
        holds: Counter[int] = Counter()
        shares: Counter[int] = Counter()
        for dispatch in self.dispatches:
            for each in (dispatch.holder, *dispatch.assignments):
                units[each.unit.pk] = each.unit
            holds[dispatch.holder.unit.pk] += 1
            shares.update({each.unit.pk for each in dispatch.assignments} - {dispatch.holder.unit.pk})
        rows = [(unit, holds[pk], shares[pk]) for pk, unit in units.items()]
        return sorted(rows, key=lambda row: (-row[1], -row[2], row[0].pk))

    @cached_property
    def by_day(self) -> list[tuple[date, int]]:
        return sorted(Counter(each.due_on for each in self.dispatches if each.due_on).items())

    @property
    def blocked(self) -> list[Dispatch]:
        return [each for each in (*self.dispatches, *self.kept) if each.blocks]

    @property
    def unresolved_names(self) -> list[tuple[str, int]]:
        names = Counter(each.name for dispatch in self.dispatches for each in dispatch.unresolved)
        return names.most_common()

    @property
    def unowned(self) -> list[Dispatch]:
        """Items that name nobody: the office holds them until it splits them."""
        return [each for each in self.dispatches if not each.assignments]

    @property
    def unmoved(self) -> list[Dispatch]:
        """Running tasks whose holder the revision changes, but which are just being verified or were returned."""
        return [each for each in self.kept if cannot_move(each)]

    @property
    def without_day(self) -> list[Dispatch]:
        return [each for each in (*self.dispatches, *self.kept) if each.due_on is None]

    @property
    def owed_duties(self) -> list[PlanObligation]:
        return [duty for duty in self.duties if duty.resolution == Resolution.RESOLVED]


def prepare(version: PlanVersion) -> Publication:
    """Work out what publishing this version would do now; changes nothing. A constant number of queries."""
    publication = Publication(version, [])
    for item in items_in_full(version):
        if item.dropped:
            continue
        if item.left_undispatched:
            publication.left.append(item)
            continue
        dispatch = dispatch_of(item, version)
        task = item.predecessor.task if item.predecessor else None
        if task is None or task.status == TaskStatus.WITHDRAWN:
            publication.dispatches.append(dispatch)
        else:
            (publication.kept if task.is_open else publication.done).append(dispatch)
    publication.duties = list(version.obligations.filter(dropped=False).prefetch_related("units"))
    if version.based_on_id:
        continued = (
            version.items.filter(dropped=False, left_undispatched=False).exclude(predecessor=None).values("predecessor")
        )
        gone = PlanItem.objects.filter(version=version.based_on_id, task__isnull=False).exclude(pk__in=continued)
        publication.withdrawable = [item for item in gone.select_related("task") if item.task and item.task.is_open]
    return publication


def what_is_missing(version: PlanVersion) -> str | None:
    """Why this draft cannot be published yet, and what to do; None when it can."""
    if not version.items.filter(dropped=False).exists() and not version.obligations.filter(dropped=False).exists():
        return "台账里还没有任务，不能发布。请先增加任务，或弃用这一稿"
    if version.based_on_id != version.plan.current_version_id:
        return "这一稿依据的版本已不是现行版本，请从方案页重新修订"
    publication = prepare(version)
    if blocked := publication.blocked:
        numbers = "、".join(each.item.number or each.item.title[:8] for each in blocked[:6])
        more = f"等共 {len(blocked)} 条" if len(blocked) > 6 else ""
        return f"第 {numbers} 条{more}任务的牵头（责任）单位还没有对应到单位。请在核对页逐一确认，或选「不对应单位」"
    if undated := publication.without_day:
        return f"有 {len(undated)} 条任务没有时限，方案也没有写止期。请先在「方案信息」里填写止期"
    return None


def dispatch_of(item: PlanItem, version: PlanVersion) -> Dispatch:
    departments = list(item.departments.all())
    assignments = tuple(
        Assignment(unit, ROLE_TO_DUTY[DepartmentRole(each.role)])
        for each in departments
        if each.resolution == Resolution.RESOLVED
        for unit in each.units.all()
    )
    days = [each.due_on for each in item.milestones.all()]
    still_open = tuple(each for each in departments if each.resolution == Resolution.OPEN)
    holder = arrange(assignments, version.office).main
    return Dispatch(item, assignments, max(days, default=version.period_end), still_open, holder)


def cannot_move(dispatch: "Dispatch") -> bool:
    """The holder changes, but the task is just being verified or was returned."""
    task = dispatch.continued
    return task.responsible_unit_id != dispatch.holder.unit.pk and task.status not in MOVABLE


def items_in_full(version: PlanVersion) -> QuerySet[PlanItem]:
    """The items in order with everything that hangs on them, in a constant number of queries."""
    departments = ItemDepartment.objects.select_related("body").prefetch_related("units")
    readings = (Prefetch("departments", departments), "milestones", "indicators", "frequencies")
    before = ("predecessor__departments__units", "predecessor__milestones") if version.based_on_id else ()
    return (
        PlanItem.objects.filter(version=version)
        .select_related("action", "task__responsible_unit", "predecessor__task")
        .prefetch_related(*readings, *before)
    )


def order_of(dispatch: Dispatch, version: PlanVersion) -> Order:
    """One item as an order to the units that share it."""
    item, plan = dispatch.item, version.plan
    assert dispatch.due_on is not None  # the step refuses a plan without days
    return Order(
        title=shortened(item.title), content=item.content, assignments=dispatch.assignments, due_on=dispatch.due_on,
        starts_on=version.period_start, limit_on=max(filter(None, (version.period_end, dispatch.due_on))),
        sector=plan.sector, confidentiality=plan.confidentiality, origin=origin_of(item, version),
        milestones=[NewMilestone(each.due_on, each.text) for each in item.milestones.all()],
        indicators=_indicators(item),
        frequencies=[NewFrequency(each.text, each.per, each.min_count) for each in item.frequencies.all()],
    )  # fmt: skip


def origin_of(item: PlanItem, version: PlanVersion) -> Origin:
    action = item.action.ordinal if item.action else ""
    return Origin(
        type=item._meta.label_lower, id=str(item.pk), label=f"{version}{_numbered(item)}",
        programme_id=str(version.plan_id), programme_label=version.title, number=f"{action}{item.number}",
        position=max(0, int(item.position * 1000)),
    )  # fmt: skip


def shortened(title: str) -> str:
    """A task's title is one line; the whole stands in its content."""
    return title if len(title) <= 120 else f"{title[:119]}…"


def _indicators(item: PlanItem) -> list[NewIndicator]:
    """One indicator for each figure, its targets by year."""
    targets: dict[tuple[str, str, str, bool], dict[int | None, Decimal]] = defaultdict(dict)
    for each in item.indicators.all():
        targets[each.metric, each.operator, each.unit, each.approximate][each.year] = each.value
    return [
        NewIndicator(metric, operator, unit, by_year, approximate)
        for (metric, operator, unit, approximate), by_year in targets.items()
    ]


def _numbered(item: PlanItem) -> str:
    return f"第 {item.number} 条" if item.number else ""
