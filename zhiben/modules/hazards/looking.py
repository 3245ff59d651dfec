"""What is found when somebody looks again: it holds, or it is back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from zhiben.core.access.acting import Acting, By
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.workflow.refusal import StepInvalid

from . import apart
from .models import Channel, Excuse, Hazard, LookBack
from .photos import LOOKED_AGAIN, look_at
from .reporting import Report, report_hazard
from .reviews import tie_recurrence

Fields = list[str]
OFFERED_EXCUSES = tuple((value, label) for value, label in Excuse.choices if value != Excuse.HISTORIC)


def own_work(look: LookBack, acting: Acting) -> str | None:
    """Nobody looks back on what they rectified themselves."""
    return apart.own_work(look.hazard, acting)


def within_its_time(value: date, look: LookBack, now: datetime) -> str | None:
    if value > local_day(now):
        return "不能登记还没有发生的日期"
    if look.hazard.closed_at and value < (closed := local_day(look.hazard.closed_at)):
        return f"查看日期不能早于销号日期 {full_day(closed)}"
    return None


def note(look: LookBack, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """It holds. Raises StepInvalid for a major one of which no picture shows that somebody went to see."""
    assert isinstance(by, Acting)
    if look.hazard.is_major and not data.get("again_photos"):
        raise StepInvalid({"again_photos": "重大事故隐患回头看须到现场，请上传现在的现场照片"})
    look_at(look.hazard, data.get("again_photos", ()), used_as=LOOKED_AGAIN, now=now)
    look.looked_by = by.person
    return ["looked_by"]


def record_recurrence(look: LookBack, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """A hazard of its own, tied to the old one, with the photos of today; and the review opens."""
    assert isinstance(by, Acting)
    old = look.hazard
    new = report_hazard(report=_again(look, old, data, by), by=by, now=now)
    tie_recurrence(new, old, by=by, now=now)
    look.looked_by, look.new_hazard = by.person, new
    return ["looked_by", "new_hazard"]


def _again(look: LookBack, old: Hazard, data: Mapping[str, Any], by: Acting) -> Report:
    enterprise = old.enterprise
    while enterprise and enterprise.merged_into:
        enterprise = enterprise.merged_into
    return Report(
        enterprise=enterprise,
        unit=old.responsible_unit,
        site=old.site if enterprise == old.enterprise else None,
        sector=old.sector,
        place=old.place,
        description=data.get("again_description") or old.description,
        danger=old.danger,
        category=old.category,
        discipline=old.discipline,
        level=old.level,
        criterion=old.criterion,
        channel=Channel.INSPECTION,
        inspection_kind=old.inspection_kind,
        origin_type=look._meta.label_lower,
        origin_id=str(look.pk),
        origin_label="回头看发现复发",
        found_on=data["looked_on"],
        found_by=by.person,
        found_by_unit=by.unit,
        latitude=old.latitude,
        longitude=old.longitude,
        before_photos=data["again_photos"],
        recurs_from=old,
    )
