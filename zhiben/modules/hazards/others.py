"""Another hazard beside this one: its words and number are for whoever may open it; the others learn that there is one."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import F

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.any_of import AnyOf
from zhiben.core.files.models import Attachment

from .models import Doubt, Hazard
from .photos import USED_ELSEWHERE

OUT_OF_SIGHT = "另一条记录，您无权查看"
NAMED_IN_TRAIL = ("recurs_from", "recurred_as", "duplicate_number", "through", "earlier", "new_hazard")
"""What lines of the trail call the number of another hazard."""
MOST_NAMED = 5
"""Of the hazards in which one photo stands."""


def within_sight(keys: Collection[UUID], by: By) -> set[UUID]:
    """Those of these hazards that this post may open. A query where there are any."""
    if isinstance(by, Machine) or not keys:
        return set(keys)
    return set(Hazard.objects.visible_to(by).filter(AnyOf(F("pk"), keys)).values_list("pk", flat=True))


def veiled(told: Collection[Mapping[str, Any]], acting: Acting) -> list[dict[str, Any]]:
    """What lines of the trail tell, with OUT_OF_SIGHT for the number of every hazard that this post may not open. A query
    where there is any."""
    named = {str(line[name]) for line in told for name in NAMED_IN_TRAIL if line.get(name)}
    rows = Hazard.objects.visible_to(acting).filter(number__in=named)
    seen = set(rows.values_list("number", flat=True)) if named else set()
    return [
        {
            name: OUT_OF_SIGHT if name in NAMED_IN_TRAIL and value and str(value) not in seen else value
            for name, value in line.items()
        }
        for line in told
    ]


def also_used_in(doubts: Collection[Doubt], acting: Acting) -> dict[int, list[Hazard]]:
    """Doubt → the other hazards in which its photo stands, those that this post may open. Two queries where there is
    such a doubt."""
    shared = [doubt for doubt in doubts if doubt.sentence.startswith(USED_ELSEWHERE)]
    if not shared:
        return {}
    kept = Attachment.objects.filter(record_type=Hazard._meta.label_lower, file__in={doubt.file_id for doubt in shared})
    pairs = set(kept.values_list("file", "record_id"))
    seen = Hazard.objects.visible_to(acting).in_bulk({UUID(key) for _, key in pairs})
    others: dict[int, list[Hazard]] = {}
    for doubt in shared:
        keys = {UUID(key) for file, key in pairs if file == doubt.file_id} - {doubt.hazard_id}
        others[doubt.pk] = sorted((seen[key] for key in keys if key in seen), key=lambda each: each.number)[:MOST_NAMED]
    return others
