"""双重预防数据交换，几个接收方各取各的: each keeps its own place, and this side keeps nothing of any of them.

Receivers of the chain write what they are given under its id, so a row that comes twice is the same row. What they need is
that none is missing: first every hazard that takes part, by its key; from then on what the outbox tells of, in which every
change of a hazard stands in the order in which it was committed (`events.since`). No clock, under which a long transaction
could slip; and nobody's answer hides anything from anybody else. A row that still lacks something comes when it is there,
for that is a change too (`following.follow_change`).
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from zhiben.core.access.acting import By
from zhiben.core.events.since import LATEST, CursorDamaged, changes_since

from .dual_prevention import missing_of, photos_in, row_of, taking_part
from .models import Hazard

WHOLE = "~"
"""Parts the place in the outbox from the key of the last row, while everything is being read for the first time."""
BEGINNING = "0"
"""The place before anything stood in the outbox."""
NOTHING = UUID(int=0)
HAZARD = Hazard._meta.label_lower


@dataclass(frozen=True)
class Told:
    rows: list[dict[str, Any]]
    refused: int
    """How many of those looked at lack something."""
    next: str
    """The place from which this receiver goes on."""
    more: bool
    """Whether it may go on at once: further ones may be there."""


def told_since(place: str, *, by: By, limit: int, photos: bool = False) -> Told:
    """The next rows for a receiver at this place; an empty place begins with all. Raises CursorGone, CursorDamaged."""
    if not place:
        _, after = changes_since(LATEST, limit=1)  # what changes while everything is read comes once more, afterwards
        return _of_all(after, NOTHING, by=by, limit=limit, photos=photos)
    if WHOLE in place:
        after, _, key = place.partition(WHOLE)
        return _of_all(after, _key(key), by=by, limit=limit, photos=photos)
    events, after = changes_since("" if place == BEGINNING else place, limit=limit)
    keys = {event.record_id for event in events if event.record_type == HAZARD}
    hazards = _dressed(taking_part(by).filter(pk__in=keys).order_by("pk"))
    return _told(list(hazards), after or BEGINNING, more=bool(events) and after != place, photos=photos)


def _of_all(after: str, key: UUID, *, by: By, limit: int, photos: bool) -> Told:
    found = list(_dressed(taking_part(by).filter(pk__gt=key).order_by("pk"))[: limit + 1])
    hazards = found[:limit]
    more = len(found) > limit
    return _told(hazards, f"{after}{WHOLE}{hazards[-1].pk}" if more else after or BEGINNING, more=more, photos=photos)


def _told(hazards: list[Hazard], place: str, *, more: bool, photos: bool) -> Told:
    rows = [(hazard, row_of(hazard)) for hazard in hazards]
    whole = [row | (photos_in(hazard) if photos else {}) for hazard, row in rows if not missing_of(row)]
    return Told(whole, len(rows) - len(whole), place, more)


def _dressed(hazards: Any) -> Any:
    around = ("enterprise", "found_by", "reported_by", "verified_by", "closed_by")
    return hazards.select_related(*around).prefetch_related("plans")


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CursorDamaged("游标不对，请原样使用上一次回答中的 next。", "after") from None
