"""重复: a second record of the same hazard. It stays as it was found, with its photos and origin, and points at the one
that is kept; its finder hears when that one is closed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import OperationalError, transaction

from zhiben.core.access.acting import Acting, By
from zhiben.core.audit import services as audit
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.events.services import announce_many
from zhiben.core.notify.kinds import Kind
from zhiben.core.notify.services import Message, tell_many
from zhiben.core.workflow.refusal import StepInvalid, StepRefused

from .events import HazardChanged
from .models import Hazard, HazardStatus

Fields = list[str]
NOT_KEPT = (HazardStatus.WITHDRAWN, HazardStatus.DUPLICATE)


def point_at_kept(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Records that were duplicates of this one now point at the same kept one. Raises StepInvalid: itself, none that the
    person may see, or one that is itself put away."""
    kept = _kept(hazard, data["duplicate_number"], by)
    hazard.duplicate_of = kept
    following = list(Hazard.objects.select_for_update().filter(duplicate_of=hazard).order_by("pk"))
    for other in following:
        other.duplicate_of, other.changed_at = kept, now
    Hazard.objects.bulk_update(following, ["duplicate_of", "changed_at"])
    if following:
        audit.append_many([_line(other, hazard, kept, by, now) for other in following])
        announce_many([HazardChanged.of_step(other, by=by, now=now, data={}) for other in following])
    return ["duplicate_of"]


def tell_finders(kept: Hazard, *, now: datetime) -> None:
    """Whoever found it too hears that it is closed."""
    others = kept.duplicates.exclude(found_by=None, reported_by=None)
    tell_many(
        [
            Message(
                people=tuple({person for person in (other.found_by_id, other.reported_by_id) if person}),
                title=f"您发现的隐患已销号：{other}",
                body=f"您登记的 {other.number} 与另一条记录是同一隐患，那一条已整改并销号，可打开本条查看。",
                record_type=other._meta.label_lower,
                record_id=str(other.pk),
                reason="您是发现人",
                kind=Kind.NEWS,
                key=f"kept-closed:{kept.pk}:{other.pk}",
            )
            for other in others
        ],
        now=now,
    )


def _kept(hazard: Hazard, number: str, by: By) -> Hazard:
    seen = Hazard.objects.visible_to(by) if isinstance(by, Acting) else Hazard.objects.all()
    found = seen.filter(number=number.strip()).values_list("pk", flat=True).first()
    if found is None:
        raise StepInvalid({"duplicate_number": f"没有找到编号为“{number}”的隐患，请核对编号"})
    if found == hazard.pk:
        raise StepInvalid({"duplicate_number": "这就是它本身的编号，请填写另一条记录的编号"})
    try:
        with transaction.atomic():
            kept = Hazard.objects.select_for_update(nowait=True, of=("self",)).get(pk=found)
    except OperationalError:  # two records marked as duplicates of each other in the same instant
        raise StepRefused("另一条记录正在被办理，请稍后再试") from None
    if kept.status in NOT_KEPT:
        raise StepInvalid(
            {"duplicate_number": f"{kept.number} {kept.get_status_display()}，请填写保留的那条记录的编号"}
        )
    if sentence := _no_place_for(hazard, kept):
        raise StepInvalid({"duplicate_number": sentence})
    return kept


def _no_place_for(hazard: Hazard, kept: Hazard) -> str | None:
    """Why this one would be lost in that one: a duplicate is put away, not done away with."""
    if hazard.enterprise_id and hazard.responsible_unit_id != kept.responsible_unit_id:
        return f"{kept.number} 是{kept.enterprise or kept.responsible_unit}的隐患，不是同一家企业，请核对编号"
    if kept.closed_at and hazard.found_on > local_day(kept.closed_at):
        return f"{kept.number} 已于 {full_day(local_day(kept.closed_at))} 销号，以后发现的不是重复，请按复发办理"
    if hazard.is_major and kept.closed_at:
        return f"{kept.number} 已经销号，重大事故隐患不能并入；确已整改的，请照常复查、销号"
    if hazard.is_major and not kept.is_major:
        return f"这条是重大事故隐患，{kept.number} 是一般隐患，请先把保留的那条升为重大"
    if kept.is_internal and not hazard.is_internal:
        return f"{kept.number} 在企业内部闭环，请先把它收归监管"
    if hazard.closing_lifted and kept.closing_unit_id != hazard.closing_unit_id:
        return f"这条隐患已提级由{hazard.closing_unit}销号，{kept.number} 不是，请保留这一条"
    return None


def _line(other: Hazard, through: Hazard, kept: Hazard, by: By, now: datetime) -> audit.NewLine:
    return audit.NewLine(
        record_type=other._meta.label_lower,
        record_id=str(other.pk),
        kind="edit",
        verb="follow_duplicate",
        label="改指保留的记录",
        by=by,
        now=now,
        data={"duplicate_number": kept.number, "through": through.number},
    )
