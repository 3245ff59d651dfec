"""What hazards do when something happens below."""

from datetime import datetime
from uuid import UUID

from zhiben.core.access.acting import Machine
from zhiben.core.events.services import later
from zhiben.core.jobs import services as jobs
from zhiben.modules.registry.events import EnterpriseChanged, EnterpriseClosed, EnterpriseMerged, EnterpriseMoved

from . import following
from .dual_prevention import TOLD_OF_ENTERPRISE
from .duplicates import tell_finders
from .events import HazardClosed
from .models import Hazard


@later(EnterpriseMerged)
def carry_to_the_heir(event: EnterpriseMerged, *, now: datetime) -> None:
    following.follow_merger(UUID(event.record_id), event.merged_into, now=now)


@later(EnterpriseClosed)
def keep_watching_what_is_open(event: EnterpriseClosed, *, now: datetime) -> None:
    following.follow_closing(UUID(event.record_id), now=now)


@later(EnterpriseMoved)
def follow_the_enterprise(event: EnterpriseMoved, *, now: datetime) -> None:
    following.follow_move(UUID(event.record_id), supervising_before=event.supervising_unit_before, now=now)


@later(EnterpriseChanged)
def keep_findable_by_the_new_name(event: EnterpriseChanged, *, now: datetime) -> None:
    if "name" in event.changed:
        jobs.enqueue(
            "hazards.keep_words",
            args={"enterprise": event.record_id},
            key=f"hazards.keep_words:{event.record_id}:{event.at.isoformat()}",
            by=Machine("企业更名"),
            now=now,
            label="企业更名后更新隐患的检索",
        )


@later(EnterpriseChanged)
def send_again_what_names_the_enterprise(event: EnterpriseChanged, *, now: datetime) -> None:
    if TOLD_OF_ENTERPRISE & set(event.changed):
        following.follow_change(UUID(event.record_id), now=now)


@later(HazardClosed)
def tell_who_found_it_too(event: HazardClosed, *, now: datetime) -> None:
    tell_finders(Hazard.objects.get(pk=event.record_id), now=now)
