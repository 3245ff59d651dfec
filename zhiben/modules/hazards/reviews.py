"""五步工作法 (述情、析因、追责、明责、治源): the review of a hazard that came back, step by step."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.actors import may_act
from zhiben.core.access.directory import Directory
from zhiben.core.audit import services as audit
from zhiben.core.calendar import add_working_days
from zhiben.core.clock import local_day
from zhiben.core.events.services import announce
from zhiben.core.org.models import Unit
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine
from zhiben.core.workflow.refusal import StepInvalid
from zhiben.modules.tasks.models import Duty, Task
from zhiben.modules.tasks.services import Assignment, Order, Origin, dispatch_task

from .actors import SUPERVISOR
from .apart import lend_a_hand
from .events import HazardRecurred, ReviewOpened
from .models import Hazard, Review
from .policy import policy_of
from .routing import regulator_of

Fields = list[str]
CAUSES = ("cause_person", "cause_machine", "cause_environment", "cause_management")


def own_work(review: Review, acting: Acting) -> str | None:
    """Nobody accepts the review they wrote."""
    if {acting.person.pk, acting.on_behalf_of and acting.on_behalf_of.pk} & set(review.hands):
        return "这份复盘是您本人填写的，请由其他人员验收"
    return None


def tie_recurrence(hazard: Hazard, earlier: Hazard, *, by: By, now: datetime) -> Review:
    """This hazard is that one come back: tie them, say so in both trails, and open the review. The caller is in a
    transaction and holds the hazard's lock, or has just made it."""
    hazard.recurs_from, hazard.changed_at = earlier, now
    hazard.save(update_fields=["recurs_from", "changed_at"])
    audit.append_many(
        [
            _line(hazard, "recurs", "认定为复发隐患", {"recurs_from": earlier.number}, by, now),
            _line(earlier, "came_back", "隐患复发", {"recurred_as": hazard.number}, by, now),
        ]
    )
    announce(HazardRecurred.of_step(hazard, by=by, now=now, data={}))
    return open_review(hazard, by=by, now=now)


def open_review(hazard: Hazard, *, by: By, now: datetime) -> Review:
    """Once for a hazard; written by who must rectify, looked at from outside."""
    if known := Review.objects.filter(hazard=hazard).first():
        return known
    outside = regulator_of(hazard, local_day(now)) if hazard.is_internal else hazard.supervising_unit
    review = Review.objects.create(
        hazard=hazard,
        responsible_unit=hazard.responsible_unit,
        supervising_unit=outside,
        region_path=hazard.region_path,
        sector=hazard.sector,
        confidentiality=hazard.confidentiality,
        due_on=add_working_days(local_day(now), policy_of(hazard.region_path).review_days),
    )
    engine.begin_many([review], by=by, now=now, label="启动复盘", announces=ReviewOpened)
    return review


@transaction.atomic
def order_root_fix(*, review: Review, unit: Unit, due_on: date, content: str, by: Acting, now: datetime) -> Task:
    """The root measure becomes work of its own, dispatched by whoever supervises the review. Raises Refused,
    NotPermitted."""
    review = Review.objects.select_for_update(of=("self",)).select_related("hazard").get(pk=review.pk)
    if not may_act(SUPERVISOR, review, by, Directory(now)):
        raise Refused(f"治本措施由{SUPERVISOR.label}交办，您当前的岗位不能办理")
    if not content.strip():
        raise Refused("请写明治本措施", "content")
    if due_on < local_day(now):
        raise Refused("办结期限不能早于今天", "due_on")
    order = Order(
        title=f"治本：{review.hazard.place}反复出现的隐患",
        content=content.strip(),
        assignments=[Assignment(unit, Duty.RESPONSIBLE)],
        due_on=due_on,
        sector=review.sector,
        confidentiality=review.confidentiality,
        origin=Origin(type=review._meta.label_lower, id=str(review.pk), label="复发隐患五步复盘"),
    )
    task = dispatch_task(order=order, supervising_unit=by.unit, by=by, now=now)
    audit.append(
        record_type=review._meta.label_lower,
        record_id=str(review.pk),
        kind="edit",
        verb="order_root_fix",
        label="交办治本措施",
        by=by,
        now=now,
        data={"task": str(task), "responsible_unit": str(unit), "due_on": due_on.isoformat()},
    )
    return task


def write(review: Review, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    assert isinstance(by, Acting)
    return lend_a_hand(review, by)


def find_causes(review: Review, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Raises StepInvalid where no cause is named at all."""
    if not any(data.get(name) for name in CAUSES):
        raise StepInvalid({CAUSES[0]: "请从人、机、环、管四方面分析原因，至少写一方面"})
    return write(review, data, by, now)


def conclude(review: Review, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    review.done_at = now
    return ["done_at"]


def _line(hazard: Hazard, verb: str, label: str, data: dict[str, Any], by: By, now: datetime) -> audit.NewLine:
    return audit.NewLine(
        record_type=hazard._meta.label_lower,
        record_id=str(hazard.pk),
        kind="edit",
        verb=verb,
        label=label,
        by=by,
        now=now,
        data=data,
    )
