"""五步工作法 (述情、析因、追责、明责、治源): the review of a hazard that came back, step by step."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zhiben.core.access.acting import Acting, By
from zhiben.core.audit import services as audit
from zhiben.core.calendar import add_working_days
from zhiben.core.clock import local_day
from zhiben.core.events.services import announce
from zhiben.core.workflow import engine
from zhiben.core.workflow.refusal import StepInvalid

from .events import HazardRecurred, ReviewOpened
from .models import Hazard, Review
from .planning import lend_a_hand
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
