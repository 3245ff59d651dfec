"""Posts and units change: somebody is appointed where nobody was, or leaves; a unit answers to another. Work that had
climbed past an empty seat comes down, work at a seat now empty climbs. Read from the trail of posts and units, so that
whoever changes them need not think of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q

from zhiben.core.access.directory import Directory
from zhiben.core.audit.models import AuditLine
from zhiben.core.batches import in_batches
from zhiben.core.clock import local_day
from zhiben.core.org.models import Post

from .engine import refresh, unit_columns
from .models import WorkItem
from .sweep import register_periodic
from .table import Workflow, registry

LOOK_BACK = timedelta(days=2)
BATCH = 500

_seen: dict[str, int] = {}


def reseat_changed(now: datetime) -> int:
    """Derive again what waits in units that changed since the last round, or whose posts did or began or ended by
    their dates. Returns how many records were looked at. After a restart two days are looked at again, which does
    no harm."""
    lines = AuditLine.objects.filter(record_type__in=("org.post", "org.unit"))
    recent = lines.filter(pk__gt=_seen["line"]) if "line" in _seen else lines.filter(at__gte=now - LOOK_BACK)
    keys: dict[str, set[int]] = {"org.post": set(), "org.unit": set()}
    for record_type, key in recent.values_list("record_type", "record_id"):
        keys[record_type].add(int(key))
    changed = Q(pk__in=keys["org.post"])
    day = local_day(now)
    if _seen.get("day") != day.toordinal():
        changed |= Q(valid_from__range=(day - LOOK_BACK, day)) | Q(valid_to__range=(day - LOOK_BACK, day))
    units = set(Post.objects.filter(changed).values_list("unit_id", flat=True)) | keys["org.unit"]
    count = reseat_units(units, now=now)
    newest = lines.order_by("-pk").values_list("pk", flat=True).first()
    _seen.update(line=newest or 0, day=day.toordinal())
    return count


def reseat_units(unit_ids: Iterable[int], *, now: datetime) -> int:
    """Derive again all that names these units, waits in them, or has climbed from them; returns how many records."""
    units = set(unit_ids)
    if not units:
        return 0
    directory = Directory(now)
    places = {place for unit_id in units for place in (unit_id, *directory.above(unit_id))}
    looked_at = 0
    for workflow in registry():
        keys = _naming(workflow, units) | _waiting_at(workflow, places)
        looked_at += len(keys)
        for batch in in_batches(sorted(keys), BATCH):
            refresh(workflow.model._base_manager.filter(pk__in=batch), now=now)
    return looked_at


def _naming(workflow: Workflow, units: set[int]) -> set[str]:
    conditions = [Q(**{f"{column}__in": units}) for column in unit_columns(workflow)]
    if not conditions:
        return set()
    rows = workflow.model._base_manager.filter(reduce(or_, conditions))
    alive = rows.exclude(**{f"{workflow.field_name}__in": workflow.final})
    return {str(pk) for pk in alive.values_list("pk", flat=True)}


def _waiting_at(workflow: Workflow, places: set[int]) -> set[str]:
    seats = reduce(or_, (Q(seat__startswith=f"u{place}:") for place in places))
    items = WorkItem.objects.filter(seats, record_type=workflow.record_type)
    return set(items.values_list("record_id", flat=True).distinct())


register_periodic("reseat", reseat_changed)
