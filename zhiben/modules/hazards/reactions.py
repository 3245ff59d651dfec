"""What hazards do when something happens below."""

from datetime import datetime
from uuid import UUID

from zhiben.core.events.services import later
from zhiben.modules.registry.events import EnterpriseClosed, EnterpriseMerged, EnterpriseMoved

from . import following
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


@later(HazardClosed)
def tell_who_found_it_too(event: HazardClosed, *, now: datetime) -> None:
    tell_finders(Hazard.objects.get(pk=event.record_id), now=now)
