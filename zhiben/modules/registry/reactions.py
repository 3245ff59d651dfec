"""What lists, evidence, contractors and lessees do when their enterprise is merged, closed, or given to another supervisor."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from zhiben.core.access.acting import Machine
from zhiben.core.audit import services as audit
from zhiben.core.events.services import later
from zhiben.core.workflow import engine

from . import evidence
from .events import EnterpriseClosed, EnterpriseMerged, EnterpriseMoved
from .lists import follow_enterprise
from .models.engagements import RUNNING, Engagement, EngagementStatus, Qualification
from .models.enterprises import Enterprise

FOLLOWING = Machine("外包外租随企业变更")
PLACE = ("enterprise", "responsible_unit", "supervising_unit", "region_path", "sector")


@later(EnterpriseMoved)
def carry_entries_along(event: EnterpriseMoved, *, now: datetime) -> None:
    follow_enterprise(UUID(event.record_id), supervising_before=event.supervising_unit_before, now=now)


@later(EnterpriseMerged)
def give_entries_to_the_heir(event: EnterpriseMerged, *, now: datetime) -> None:
    follow_enterprise(UUID(event.record_id), supervising_before=event.supervising_unit_id, now=now)


@later(EnterpriseMoved)
def give_evidence_to_the_new_supervisor(event: EnterpriseMoved, *, now: datetime) -> None:
    evidence.follow_enterprise(UUID(event.record_id), now=now)


@later(EnterpriseMerged, EnterpriseClosed)
def leave_no_evidence_to_be_checked(event: EnterpriseMerged | EnterpriseClosed, *, now: datetime) -> None:
    evidence.end_with_enterprise(UUID(event.record_id), now=now)


@later(EnterpriseMerged)
def carry_to_the_heir(event: EnterpriseMerged, *, now: datetime) -> None:
    """Who is at work stays at work, under the enterprise that takes over."""
    heir = Enterprise.objects.select_related("unit").get(pk=event.merged_into)
    _carry(UUID(event.record_id), heir, now)
    Qualification.objects.filter(enterprise=UUID(event.record_id)).update(enterprise=heir)


@later(EnterpriseMoved)
def follow_the_enterprise(event: EnterpriseMoved, *, now: datetime) -> None:
    enterprise = Enterprise.objects.select_related("unit").get(pk=event.record_id)
    _carry(enterprise.pk, enterprise, now)


@later(EnterpriseClosed)
def end_with_the_enterprise(event: EnterpriseClosed, *, now: datetime) -> None:
    """Nobody is left who coordinates them. Subcontractors go first, as they may not stay without their contractor."""
    rows = Engagement.objects.filter(enterprise=UUID(event.record_id))
    for engagement in rows.filter(status__in=RUNNING).order_by(F("under").desc(nulls_last=True), "pk"):
        engine.fire(engagement, "end", by=FOLLOWING, now=now, reason="企业已关闭")
    for engagement in rows.exclude(status=EngagementStatus.ENDED):
        engine.fire(engagement, "give_up", by=FOLLOWING, now=now, reason="企业已关闭")


@transaction.atomic
def _carry(enterprise_id: UUID, to: Enterprise, now: datetime) -> None:
    """All of them, the ended ones, too: whoever supervises the enterprise now reads its past."""
    rows = list(Engagement.objects.select_for_update(of=("self",)).filter(enterprise=enterprise_id).order_by("pk"))
    changed = []
    for row in rows:
        before = [getattr(row, f"{name}_id", None) for name in PLACE[:3]]
        row.enterprise, row.responsible_unit = to, to.unit
        row.supervising_unit_id = to.supervising_unit_id or to.unit.superior_id
        row.region_path, row.sector = to.region_path, to.sector
        if before != [getattr(row, f"{name}_id", None) for name in PLACE[:3]]:
            changed.append(row)
    Engagement.objects.bulk_update(rows, PLACE)
    audit.append_many(
        [
            audit.NewLine(
                record_type="registry.engagement", record_id=str(row.pk), kind="edit", verb="follow_enterprise",
                label="随企业变更", by=FOLLOWING, now=now, data={"enterprise": str(to)},
            )
            for row in changed
        ]
    )  # fmt: skip
    engine.refresh([row for row in rows if row.status != EngagementStatus.ENDED], now=now)
