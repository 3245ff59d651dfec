"""复查和销号: nobody verifies what they had a hand in; a major one is verified on site; the right level closes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from zhiben.core.access.acting import Acting, By
from zhiben.core.clock import local_day
from zhiben.core.files.models import Attachment
from zhiben.core.workflow.refusal import StepInvalid

from . import look_back
from .apart import VERIFIED, own_work, take_part
from .judging import ask_why_not_major
from .models import Hazard
from .photos import AFTER, BEFORE, ON_SITE, look_at
from .planning import await_answer, moved_day

Fields = list[str]


# ── why not ──────────────────────────────────────────────────────────────────────────────────────────────────────


def is_for_another_to_close(hazard: Hazard, acting: Acting) -> str | None:
    if hazard.is_major:
        return "重大事故隐患复查通过后由销号单位销号，请用「复查通过」"
    if hazard.closing_unit_id != hazard.supervising_unit_id:
        return f"这条隐患由{hazard.closing_unit}销号，请用「复查通过」"
    return own_work(hazard, acting)


def is_no_small_thing(hazard: Hazard, acting: Acting) -> str | None:
    """What is closed on the spot is ordinary: a major one is never turned down by the way."""
    if hazard.is_major:
        return "这条隐患拟定为重大，不能即查即改，请先判定"
    if hazard.closing_unit_id != hazard.supervising_unit_id:
        return f"这条隐患由{hazard.closing_unit}销号，不能即查即改，请先判定并交办"
    return None


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────


def fix_on_spot(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """即查即改: found and put right in the same visit, shown by a photo before and one after."""
    assert isinstance(by, Acting)
    ask_why_not_major(hazard, str(data.get("criterion_reason", "")), now)
    look_at(hazard, data.get("more_before_photos", ()), used_as=BEFORE, now=now)
    here = Q(record_type=hazard._meta.label_lower, record_id=str(hazard.pk))
    if not Attachment.objects.filter(here, label=BEFORE).exists():
        raise StepInvalid({"more_before_photos": "即查即改须有整改前、整改后两张照片，请补充整改前照片"})
    look_at(hazard, data["after_photos"], used_as=AFTER, now=now)
    hazard.fixed_on_spot, hazard.on_site, hazard.progress = True, True, 100
    hazard.rectified_at = hazard.verified_at = now
    hazard.verified_by = by.person
    return [
        *("fixed_on_spot", "on_site", "progress", "rectified_at", "verified_at", "verified_by"),
        *close(hazard, data, by, now),
    ]


def verify(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Raises StepInvalid for a major hazard that nobody went to see."""
    assert isinstance(by, Acting)
    if hazard.is_major:
        errors = {}
        if not data.get("on_site"):
            errors["on_site"] = "重大事故隐患须到现场复查"
        if not data.get("site_photos"):
            errors["site_photos"] = "重大事故隐患复查须有现场照片，请上传"
        if errors:
            raise StepInvalid(errors)
    look_at(hazard, data.get("site_photos", ()), used_as=ON_SITE, now=now)
    hazard.verified_at, hazard.verified_by = now, by.person
    return ["verified_at", "verified_by", *take_part(hazard, VERIFIED, by), *await_answer(hazard, now)]


def verify_and_close(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    return [*verify(hazard, data, by, now), *close(hazard, data, by, now)]


def reject(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Back to work; the day stays unless a new one is given."""
    assert isinstance(by, Acting)
    look_at(hazard, data.get("site_photos", ()), used_as=ON_SITE, now=now)
    hazard.rejections += 1
    return ["rejections", *moved_day(hazard, by, now, since=local_day(now))]


def send_back(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    return await_answer(hazard, now)


def close(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    hazard.closed_at, hazard.closed_by = now, by.person if isinstance(by, Acting) else None
    look_back.schedule(hazard, now=now)
    return ["closed_at", "closed_by"]
