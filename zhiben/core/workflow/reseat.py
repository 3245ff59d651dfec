"""Posts change: somebody is appointed where nobody was, or leaves. Work that had climbed past an empty seat comes down,
work at a seat now empty climbs. Read from the trail of posts, so that whoever changes a post need not think of it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from zhiben.core.access.directory import Directory
from zhiben.core.audit.models import AuditLine
from zhiben.core.batches import in_batches
from zhiben.core.clock import local_day
from zhiben.core.org.models import Post

from .engine import refresh
from .models import WorkItem
from .sweep import register_periodic
from .table import workflow_of

LOOK_BACK = timedelta(days=2)
BATCH = 500

_seen: dict[str, int] = {}


def reseat_changed(now: datetime) -> int:
    """Derive again what waits in units whose posts changed since the last round, or began or ended by their dates.
    Returns how many records were looked at. After a restart two days are looked at again, which does no harm."""
    lines = AuditLine.objects.filter(record_type="org.post")
    lines = lines.filter(pk__gt=_seen["line"]) if "line" in _seen else lines.filter(at__gte=now - LOOK_BACK)
    changed = Q(pk__in=[key for key in lines.values_list("record_id", flat=True) if key.isdigit()])
    day = local_day(now)
    if _seen.get("day") != day.toordinal():
        changed |= Q(valid_from__range=(day - LOOK_BACK, day)) | Q(valid_to__range=(day - LOOK_BACK, day))
    units = set(Post.objects.filter(changed).values_list("unit_id", flat=True))
    newest = AuditLine.objects.filter(record_type="org.post").order_by("-pk").values_list("pk", flat=True).first()
    count = reseat_units(units, now=now)
    _seen.update(line=newest or 0, day=day.toordinal())
    return count


def reseat_units(unit_ids: Iterable[int], *, now: datetime) -> int:
    """Derive again all that waits in these units or has climbed from them; returns how many records."""
    directory = Directory(now)
    places = {place for unit_id in unit_ids for place in (unit_id, *directory.above(unit_id))}
    records: dict[str, set[str]] = defaultdict(set)
    for place in places:
        at_place = WorkItem.objects.filter(seat__startswith=f"u{place}:")
        for record_type, record_id in at_place.values_list("record_type", "record_id").distinct():
            records[record_type].add(record_id)
    for record_type, keys in records.items():
        model = workflow_of(record_type).model
        for batch in in_batches(sorted(keys), BATCH):
            refresh(model._base_manager.filter(pk__in=batch), now=now)
    return sum(map(len, records.values()))


register_periodic("reseat", reseat_changed)
