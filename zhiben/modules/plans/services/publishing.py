"""Publishing: from a checked draft to tasks on their way. What will happen is worked out first, so that the page can
say it; the step `publish` then does exactly that, all of it or nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from django.db import transaction
from django.db.models import Prefetch, QuerySet

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.clock import local_day
from zhiben.core.org.models import Unit
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine
from zhiben.core.workflow.refusal import StepRefused
from zhiben.modules.tasks.dispatching import dispatch_tasks
from zhiben.modules.tasks.models import Duty, Obligation
from zhiben.modules.tasks.obligations import NewObligation, establish_obligations
from zhiben.modules.tasks.orders import Assignment, NewFrequency, NewIndicator, NewMilestone, Order, Origin, arrange

from ..models import (
    DepartmentRole,
    ItemDepartment,
    Plan,
    PlanItem,
    PlanObligation,
    PlanVersion,
    Resolution,
    VersionStatus,
)

REVISION = Machine("新版本发布")
ROLE_TO_DUTY = {
    DepartmentRole.LEAD: Duty.LEAD,
    DepartmentRole.PARTICIPANT: Duty.PARTICIPANT,
    DepartmentRole.RESPONSIBLE: Duty.RESPONSIBLE,
}


@dataclass(frozen=True)
class Dispatch:
    """What becomes of one item: which units get it, by when, and which printed names lead nowhere."""

    item: PlanItem
    assignments: tuple[Assignment, ...]
    due_on: date | None
    unresolved: tuple[ItemDepartment, ...]
    holder: Assignment

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
    left: list[PlanItem] = field(default_factory=list)
    duties: list[PlanObligation] = field(default_factory=list)
    withdrawable: list[PlanItem] = field(default_factory=list)
    """Items of the version before that the new one no longer has, whose tasks still run."""

    @cached_property
    def by_unit(self) -> list[tuple[Unit, int, int]]:
        """(unit, tasks it holds, tasks it shares in), most first."""
        units, holds, shares = {}, Counter(), Counter()
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
        dispatch = _dispatch_of(item, version)
        continues = item.predecessor.task if item.predecessor else None
        (publication.kept if continues and continues.is_open else publication.dispatches).append(dispatch)
    publication.duties = list(version.obligations.filter(dropped=False).prefetch_related("units"))
    if version.based_on_id:
        continued = version.items.filter(dropped=False).exclude(predecessor=None).values("predecessor")
        gone = PlanItem.objects.filter(version=version.based_on_id, task__isnull=False).exclude(pk__in=continued)
        publication.withdrawable = [item for item in gone.select_related("task") if item.task.is_open]
    return publication


def what_is_missing(version: PlanVersion) -> str | None:
    """Why this draft cannot be published yet, and what to do; None when it can."""
    if not version.items.filter(dropped=False).exists() and not version.obligations.filter(dropped=False).exists():
        return "台账里还没有任务,不能发布。请先增加任务,或弃用这一稿"
    if version.based_on_id != version.plan.current_version_id:
        return "这一稿依据的版本已不是现行版本,请从方案页重新修订"
    publication = prepare(version)
    if blocked := publication.blocked:
        numbers = "、".join(each.item.number or each.item.title[:8] for each in blocked[:6])
        more = f"等 {len(blocked)} 条" if len(blocked) > 6 else ""
        return f"第 {numbers} {more}任务的牵头(责任)单位还没有对应到单位。请在审核页逐一确认,或选「不对应单位」"
    if undated := publication.without_day:
        return f"有 {len(undated)} 条任务没有时限,方案也没有写止期。请先在「方案信息」里填写止期"
    return None


@transaction.atomic
def publish_version(
    *, version: PlanVersion, by: Acting, now: datetime, withdraw: Iterable[PlanItem] = (), key: str | None = None
) -> PlanVersion:
    """Fire the step `publish`, and withdraw the running tasks of the dropped items in `withdraw`.

    Raises StepRefused: somebody published it first, something is missing, not this person's to do.
    """
    withdraw = list(withdraw)
    offered = {item.pk for item in prepare(version).withdrawable}
    if strange := [item for item in withdraw if item.pk not in offered]:
        raise Refused(f"「{strange[0].title[:20]}」的任务不在可撤回之列,请刷新页面重新选择")
    published = engine.fire(version, "publish", by=by, now=now, key=key)
    reason = f"{version.plan}修订后不再包含这项任务"
    for result in engine.fire_many([item.task for item in withdraw], "withdraw", by=by, now=now, reason=reason):
        result.or_raise()
    return published


def dispatch(version: PlanVersion, *, by: By, now: datetime) -> None:
    """The effect of the step `publish`, in its transaction: tasks, duties, and the version before put to rest."""
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=version.plan_id)
    if plan.current_version_id != version.based_on_id:
        raise StepRefused("刚刚有人发布了这份方案的另一个版本,请从方案页重新修订")
    version.plan = plan
    publication = prepare(version)
    _dispatch_new(publication, by, now)
    _revise_kept(publication, by, now)
    _settle_duties(publication, by, now)
    before = version.based_on
    version.published_at, version.published_by = now, by.person if isinstance(by, Acting) else None
    version.save(update_fields=["published_at", "published_by"])
    plan.current_version = version
    for name, value in version.facts().items():
        setattr(plan, name, value)
    plan.save()
    if before and before.status == VersionStatus.PUBLISHED:
        engine.fire(before, "supersede", by=REVISION, now=now)


def items_in_full(version: PlanVersion) -> QuerySet[PlanItem]:
    """The items in order with everything that hangs on them, in a constant number of queries."""
    departments = ItemDepartment.objects.select_related("body").prefetch_related("units")
    return (
        PlanItem.objects.filter(version=version)
        .select_related("action", "task__responsible_unit", "predecessor__task")
        .prefetch_related(Prefetch("departments", departments), "milestones", "indicators", "frequencies")
    )


def order_of(dispatch: Dispatch, version: PlanVersion) -> Order:
    """One item as an order to the units that share it."""
    item, plan = dispatch.item, version.plan
    assert dispatch.due_on is not None  # the step refuses a plan without days
    return Order(
        title=shortened(item.title), content=item.content, assignments=dispatch.assignments, due_on=dispatch.due_on,
        starts_on=version.period_start, limit_on=max(filter(None, (version.period_end, dispatch.due_on))),
        sector=plan.sector, confidentiality=plan.confidentiality, origin=_origin(item, version),
        milestones=[NewMilestone(each.due_on, each.text) for each in item.milestones.all()],
        indicators=_indicators(item),
        frequencies=[NewFrequency(each.text, each.per, each.min_count) for each in item.frequencies.all()],
    )  # fmt: skip


def shortened(title: str) -> str:
    """A task's title is one line; the whole stands in its content."""
    return title if len(title) <= 120 else f"{title[:119]}…"


def _dispatch_of(item: PlanItem, version: PlanVersion) -> Dispatch:
    departments = list(item.departments.all())
    assignments = tuple(
        Assignment(unit, ROLE_TO_DUTY[DepartmentRole(each.role)])
        for each in departments
        if each.resolution == Resolution.RESOLVED
        for unit in each.units.all()
    )
    days = [each.due_on for each in item.milestones.all()]
    still_open = tuple(each for each in departments if each.resolution == Resolution.OPEN)
    holder = arrange(assignments, version.responsible_unit).main
    return Dispatch(item, assignments, max(days, default=version.period_end), still_open, holder)


def _dispatch_new(publication: Publication, by: By, now: datetime) -> None:
    version = publication.version
    orders = [order_of(each, version) for each in publication.dispatches]
    tasks = dispatch_tasks(orders=orders, supervising_unit=version.responsible_unit, by=by, now=now)
    for each, task in zip(publication.dispatches, tasks, strict=True):
        each.item.task = task
    PlanItem.objects.bulk_update([each.item for each in publication.dispatches], ["task"], batch_size=500)


def _revise_kept(publication: Publication, by: By, now: datetime) -> None:
    raise NotImplementedError


def _settle_duties(publication: Publication, by: By, now: datetime) -> None:
    """Duties which the plan had before go on; new ones are set up; those it no longer has are ended."""
    version, plan = publication.version, publication.version.plan
    running = Obligation.objects.filter(programme_id=str(plan.pk), origin_type="plans.planobligation")
    known = defaultdict(set)
    for obligation in running.exclude(status="ended"):
        known[obligation.origin_id].add(obligation.responsible_unit_id)
    establish_obligations(
        obligations=[
            _obligation_of(duty, unit, version, now)
            for duty in publication.owed_duties
            if duty.per or duty.due_on
            for unit in duty.units.all()
            if unit.pk not in known[duty.lineage]
        ],
        by=by,
        now=now,
    )
    over = running.exclude(status="ended").exclude(origin_id__in=[duty.lineage for duty in publication.duties])
    engine.fire_many(over, "end", by=by, now=now, reason=f"{plan}修订后不再包含这项要求")


def _obligation_of(duty: PlanObligation, unit: Unit, version: PlanVersion, now: datetime) -> NewObligation:
    plan = version.plan
    start = version.period_start or local_day(now)
    return NewObligation(
        title=duty.text, responsible_unit=unit, supervising_unit=version.responsible_unit,
        starts_on=min(start, duty.due_on) if duty.due_on and not duty.per else start,
        ends_on=version.period_end if duty.per else duty.due_on, cadence=duty.per, min_count=duty.min_count or 1,
        due_on=duty.due_on, sector=plan.sector, confidentiality=plan.confidentiality,
        origin=Origin(
            type="plans.planobligation", id=duty.lineage, label=str(version), programme_id=str(plan.pk),
            programme_label=version.title,
        ),
    )  # fmt: skip


def _indicators(item: PlanItem) -> list[NewIndicator]:
    """One indicator for each figure, its targets by year."""
    targets: dict[tuple[str, str, str, bool], dict[int | None, Decimal]] = defaultdict(dict)
    for each in item.indicators.all():
        targets[each.metric, each.operator, each.unit, each.approximate][each.year] = each.value
    return [
        NewIndicator(metric, operator, unit, by_year, approximate)
        for (metric, operator, unit, approximate), by_year in targets.items()
    ]


def _origin(item: PlanItem, version: PlanVersion) -> Origin:
    action = item.action.ordinal if item.action else ""
    return Origin(
        type=item._meta.label_lower, id=str(item.pk), label=f"{version}{_numbered(item)}",
        programme_id=str(version.plan_id), programme_label=version.title, number=f"{action}{item.number}",
        position=max(0, int(item.position * 1000)),
    )  # fmt: skip


def _numbered(item: PlanItem) -> str:
    return f"第 {item.number} 条" if item.number else ""
