"""The verbs of hazards. Steps that are nothing but steps are taken with `workflow.engine.fire`."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from zhiben.core.access.acting import By
from zhiben.core.access.actors import may_act
from zhiben.core.access.directory import Directory
from zhiben.core.audit import services as audit
from zhiben.core.clock import local_day
from zhiben.core.events.services import announce
from zhiben.core.org.models import Unit
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine

from .actors import SUPERVISOR
from .events import HazardChanged
from .linking import confirm_link, reject_link
from .models import Hazard, HazardStatus
from .policy import policy_of, set_policy
from .reporting import report_hazard, report_hazards
from .reports import LONGEST_TEXTS, Report, finder_objection, position_objection, says_something
from .routing import closing_units
from .searching import keep_words

__all__ = [
    "Report", "confirm_link", "correct_hazard", "correction_refusal", "policy_of", "reject_link", "report_hazard",
    "report_hazards",
    "set_closing_unit", "set_policy",
]  # fmt: skip

CORRECTABLE = (
    *("place", "site", "latitude", "longitude", "description", "danger", "category", "discipline"),
    *("immediate_measures", "inspection_kind", "found_by_name"),
)
NOT_JUDGED = (HazardStatus.REPORTED, HazardStatus.JUDGED)


def correction_refusal(hazard: Hazard, *, by: By, now: datetime) -> str | None:
    """Why `by` may not correct it now; None when they may."""
    if not hazard.is_open:
        return f"隐患{hazard.get_status_display()}，不能再更正"
    mine = hazard.status in NOT_JUDGED and getattr(by, "person", None) == hazard.reported_by
    if not mine and not may_act(SUPERVISOR, hazard, by, Directory(now)):
        return "登记人可以在判定以前更正，以后由监管单位更正"
    return None


@transaction.atomic
def correct_hazard(*, hazard: Hazard, by: By, now: datetime, reason: str = "", **changes: Any) -> Hazard:
    """Put right what was written when it was recorded: by whoever recorded it while it is not judged, by the supervising
    unit as long as it is open. What stood there before stays in the trail. Raises Refused."""
    if unknown := set(changes) - set(CORRECTABLE):
        raise ValueError(f"a correction cannot change {sorted(unknown)}")
    hazard = Hazard.objects.select_for_update(of=("self",)).get(pk=hazard.pk)
    if sentence := correction_refusal(hazard, by=by, now=now):
        raise Refused(sentence)
    said = {}
    for name, value in changes.items():
        if (before := getattr(hazard, name)) != value:
            said[name] = {"from": _plain(before), "to": _plain(value)}
            setattr(hazard, name, value)
    for name, label in (("place", "具体位置"), ("description", "隐患情况")):
        if not says_something(str(getattr(hazard, name))):
            raise Refused(f"「{label}」不能为空，请填写", name)
        if len(str(getattr(hazard, name))) > (most := LONGEST_TEXTS[name]):
            raise Refused(f"「{label}」请控制在 {most} 字以内", name)
    if sentence := finder_objection(hazard.channel, hazard.found_by_name):
        raise Refused(sentence, "found_by_name")
    if sentence := position_objection(hazard.latitude, hazard.longitude):
        raise Refused(sentence, "latitude")
    if not said:
        return hazard
    hazard.changed_at = now
    hazard.save(update_fields=[*changes, "changed_at"])
    keep_words([hazard])
    _write(hazard, "correct", "更正", {"changed": said}, by, now, reason)
    engine.refresh([hazard], now=now)
    return hazard


@transaction.atomic
def set_closing_unit(*, hazard: Hazard, unit: Unit | None, reason: str, by: By, now: datetime) -> Hazard:
    """提级销号: from now on `unit` closes it, whatever the rules of the region say (it was listed, 挂牌督办); None gives it
    back to those rules. Called by whoever has the power to list. Raises Refused."""
    hazard = Hazard.objects.select_for_update(of=("self",)).select_related("closing_unit__region").get(pk=hazard.pk)
    if not hazard.is_open:
        raise Refused(f"隐患{hazard.get_status_display()}，不能再调整销号单位")
    if not reason.strip():
        raise Refused("请写明调整销号单位的理由", "reason")
    before = hazard.closing_unit
    if unit is not None and unit.region.level > before.region.level:
        raise Refused(f"销号只能提级，不能由{before}降到{unit}")
    hazard.closing_lifted, hazard.changed_at = unit is not None, now
    hazard.closing_unit = unit or closing_units([hazard], local_day(now))[0]
    hazard.save(update_fields=["closing_lifted", "closing_unit", "changed_at"])
    changed = {"closing_unit": {"from": str(before), "to": str(hazard.closing_unit)}}
    _write(hazard, "set_closing_unit", "提级销号" if unit else "恢复销号单位", {"changed": changed}, by, now, reason)
    engine.refresh([hazard], now=now)
    return hazard


def _write(hazard: Hazard, verb: str, label: str, data: dict[str, Any], by: By, now: datetime, reason: str) -> None:
    announce(HazardChanged.of_step(hazard, by=by, now=now, data={"reason": reason}))
    audit.append(
        record_type=hazard._meta.label_lower,
        record_id=str(hazard.pk),
        kind="edit",
        verb=verb,
        label=label,
        by=by,
        now=now,
        data=data,
        reason=reason,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, int | str) else str(value)
