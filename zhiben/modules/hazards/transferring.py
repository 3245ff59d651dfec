"""移交: to the unit whose job it is. The first unit keeps the hazard, and its deadlines run, until the other has accepted
it (首查负责)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F

from zhiben.core.access.acting import Acting, By
from zhiben.core.audit import services as audit
from zhiben.core.calendar import add_working_days
from zhiben.core.clock import local_day
from zhiben.core.org.models import Unit, UnitKind

from .judging import settle_closing
from .models import Hazard
from .planning import await_answer
from .policy import policy_of

Fields = list[str]


def offered_already(hazard: Hazard, acting: Acting) -> str | None:
    if hazard.transfer_to_id:
        return f"已提出移交给{hazard.transfer_to}，请等对方答复，或先撤回移交"
    return None


def not_offered(hazard: Hazard, acting: Acting) -> str | None:
    return None if hazard.transfer_to_id else "现在没有待接收的移交"


def another_regulator(value: Unit, hazard: Hazard, now: datetime) -> str | None:
    if value.pk == hazard.supervising_unit_id:
        return "这条隐患现在就由这个单位监管，请选择另一个单位"
    if value.kind == UnitKind.ENTERPRISE:
        return "隐患只能移交给监管单位，不能移交给企业"
    return "这个单位已撤销，请选择另一个单位" if value.valid_to else None


def accept(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    assert hazard.transfer_to is not None  # else nobody sits where it is offered
    hazard.supervising_unit, hazard.transfer_to = hazard.transfer_to, None
    return ["supervising_unit", "transfer_to", *_give_time(hazard, now), *settle_closing(hazard, now)]


def _give_time(hazard: Hazard, now: datetime) -> Fields:
    """What waits for a judgement or an answer is given its days anew, once a stage: they had run out at another's desk.
    The day by which it must be rectified stays."""
    if _passed_on_before(hazard):
        return []
    if hazard.judge_by is not None:
        hazard.judge_by = add_working_days(local_day(now), policy_of(hazard.region_path).judge_days)
        return ["judge_by"]
    return await_answer(hazard, now) if hazard.verify_by is not None else []


def _passed_on_before(hazard: Hazard) -> bool:
    """Whether somebody accepted it since it came into its state: passed round, its days would never run out."""
    lines = audit.lines_of(hazard._meta.label_lower, str(hazard.pk)).order_by("-seq")
    came = lines.exclude(from_state=F("to_state")).values_list("seq", flat=True).first()
    return lines.filter(verb="accept_transfer", seq__gt=came or 0).exists()


def keep(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Declined or taken back: it stays where it was."""
    hazard.transfer_to = None
    return ["transfer_to"]
