"""What the lists do when something happens to an enterprise."""

from datetime import datetime
from uuid import UUID

from zhiben.core.events.services import later

from .events import EnterpriseMerged, EnterpriseMoved
from .lists import follow_enterprise


@later(EnterpriseMoved)
def carry_entries_along(event: EnterpriseMoved, *, now: datetime) -> None:
    follow_enterprise(UUID(event.record_id), supervising_before=event.supervising_unit_before, now=now)


@later(EnterpriseMerged)
def give_entries_to_the_heir(event: EnterpriseMerged, *, now: datetime) -> None:
    follow_enterprise(UUID(event.record_id), supervising_before=event.supervising_unit_id, now=now)
