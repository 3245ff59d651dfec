"""Publishing: from a checked draft to tasks on their way, all of it or nothing."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.clock import local_day
from zhiben.core.org.models import Unit
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine
from zhiben.core.workflow.refusal import StepRefused
from zhiben.modules.tasks.models import Obligation
from zhiben.modules.tasks.services import (
    NewObligation,
    Origin,
    dispatch_tasks,
    end_obligations,
    establish_obligations,
    withdraw_tasks,
)

from ..models import Plan, PlanItem, PlanObligation, PlanVersion, VersionStatus
from .carrying import carry_on
from .intake import leave_line
from .publication import Publication, order_of, prepare

REVISION = Machine("新版本发布")


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
        raise Refused(f"「{strange[0].title[:20]}」的任务不在可撤回之列，请刷新页面重新选择")
    published = engine.fire(version, "publish", by=by, now=now, key=key)
    reason = f"{version.plan}修订后不再包含这项任务"
    for result in withdraw_tasks(tasks=[item.task for item in withdraw if item.task], reason=reason, by=by, now=now):
        result.or_raise()
    return published


def dispatch(version: PlanVersion, *, by: By, now: datetime) -> None:
    """The effect of the step `publish`, in its transaction: tasks, duties, and the version before put to rest."""
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=version.plan_id)
    if plan.current_version_id != version.based_on_id:
        raise StepRefused("刚刚有人发布了这份方案的另一个版本，请从方案页重新修订")
    version.plan = plan
    publication = prepare(version)
    _dispatch_new(publication, by, now)
    carry_on(publication, by=by, now=now)
    _settle_duties(publication, by, now)
    before = version.based_on
    version.published_at, version.published_by = now, by.person if isinstance(by, Acting) else None
    version.save(update_fields=["published_at", "published_by"])
    plan.current_version = version
    for name, value in version.facts().items():
        setattr(plan, name, value)
    plan.save()
    leave_line(plan, "publish", f"发布第 {version.number} 版", by=by, now=now, version=version.pk)
    if before and before.status == VersionStatus.PUBLISHED:
        engine.fire(before, "supersede", by=REVISION, now=now)


def _dispatch_new(publication: Publication, by: By, now: datetime) -> None:
    version = publication.version
    orders = [order_of(each, version) for each in publication.dispatches]
    tasks = dispatch_tasks(orders=orders, supervising_unit=version.office, by=by, now=now)
    for each, task in zip(publication.dispatches, tasks, strict=True):
        each.item.task = task
    PlanItem.objects.bulk_update([each.item for each in publication.dispatches], ["task"], batch_size=500)


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
    end_obligations(obligations=list(over), reason=f"{plan}修订后不再包含这项要求", by=by, now=now)


def _obligation_of(duty: PlanObligation, unit: Unit, version: PlanVersion, now: datetime) -> NewObligation:
    plan = version.plan
    start = version.period_start or local_day(now)
    return NewObligation(
        title=duty.text, responsible_unit=unit, supervising_unit=version.office,
        starts_on=min(start, duty.due_on) if duty.due_on and not duty.per else start,
        ends_on=version.period_end if duty.per else duty.due_on, cadence=duty.per, min_count=duty.min_count or 1,
        due_on=duty.due_on, sector=plan.sector, confidentiality=plan.confidentiality,
        origin=Origin(
            type="plans.planobligation", id=duty.lineage, label=str(version), programme_id=str(plan.pk),
            programme_label=version.title,
        ),
    )  # fmt: skip
