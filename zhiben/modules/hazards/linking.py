"""What a person makes of a proposed likeness: the same hazard twice, the same one again, or neither."""

from datetime import datetime

from django.db import transaction

from zhiben.core.access.acting import Acting
from zhiben.core.access.actors import may_act
from zhiben.core.access.directory import Directory
from zhiben.core.audit import services as audit
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine

from .actors import SUPERVISOR
from .duplicates import NOT_KEPT
from .models import Hazard, HazardLink, LinkKind
from .others import within_sight
from .reviews import tie_recurrence


@transaction.atomic
def confirm_link(*, link: HazardLink, reason: str = "", by: Acting, now: datetime) -> HazardLink:
    """Yes: a duplicate is put away for the one that was there; a recurrence is tied to the old one, and its review
    opens. Raises Refused, StepRefused."""
    link = _decided(link, True, reason, by, now)
    hazard, earlier = link.hazard, link.earlier
    if link.kind == LinkKind.DUPLICATE:
        because = reason or "；".join(link.because) or "与已有记录是同一隐患"
        engine.fire(hazard, "mark_duplicate", by=by, now=now, duplicate_number=earlier.number, reason=because)
    elif hazard.recurs_from_id is None:
        tie_recurrence(hazard, earlier, by=by, now=now)
    return link


@transaction.atomic
def reject_link(*, link: HazardLink, reason: str = "", by: Acting, now: datetime) -> HazardLink:
    """No: two different hazards."""
    link = _decided(link, False, reason, by, now)
    audit.append(
        record_type=link.hazard._meta.label_lower,
        record_id=str(link.hazard_id),
        kind="edit",
        verb="reject_link",
        label=f"认定不是{'重复' if link.kind == LinkKind.DUPLICATE else '复发'}",
        by=by,
        now=now,
        data={"earlier": link.earlier.number},
        reason=reason,
    )
    return link


def _decided(link: HazardLink, is_confirmed: bool, reason: str, by: Acting, now: datetime) -> HazardLink:
    hazard = Hazard.objects.select_for_update(of=("self",)).get(pk=link.hazard_id)
    link = HazardLink.objects.select_for_update(of=("self",)).select_related("earlier").get(pk=link.pk)
    link.hazard = hazard
    if not may_act(SUPERVISOR, hazard, by, Directory(now)):
        raise Refused(f"相似隐患由{SUPERVISOR.label}认定，您当前的岗位不能办理")
    if link.is_confirmed is not None:
        raise Refused("这条相似提示已经有人认定，请刷新页面")
    for each, called in ((hazard, "这一条"), (link.earlier, "此前的那一条")) if is_confirmed else ():
        if each.status in NOT_KEPT:
            raise Refused(f"{called}{each.get_status_display()}，不能再认定，请选择“不是同一处”")
    if is_confirmed and link.kind == LinkKind.DUPLICATE and not within_sight([link.earlier_id], by):
        raise Refused("此前的那一条您无权查看，不能认定为重复，请与上级单位核对；确实不同的，选择“不是同一处”")
    link.is_confirmed, link.decided_by, link.decided_at, link.reason = is_confirmed, by.person, now, reason.strip()
    link.save(update_fields=["is_confirmed", "decided_by", "decided_at", "reason"])
    return link
