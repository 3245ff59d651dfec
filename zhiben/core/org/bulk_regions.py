"""Many regions set up at once, by the rules of `open_region`, with the same number of queries whatever their number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Union

from django.db import transaction
from django.db.models import Max

from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind

from .models import Region, RegionCode, RegionLevel
from .paths import next_step, step
from .regions import refuse_unless_below, refuse_unless_free

if TYPE_CHECKING:
    from zhiben.core.access.acting import By

BATCH = 500


@dataclass(frozen=True, kw_only=True)
class NewRegion:
    """A region to be set up; its parent may be a new one of the same set, named before it."""

    name: str
    level: RegionLevel
    parent: Union[Region, "NewRegion", None] = None
    code: str = ""
    is_functional: bool = False


@transaction.atomic
def open_regions(*, regions: Sequence[NewRegion], by: "By", now: datetime) -> list[Region]:
    """Set up many regions, all or none, level of the tree by level; returns them in their order. Refused as a single
    one would be."""
    refuse_unless_free([new.code for new in regions if new.code])
    made: dict[int, Region] = {}
    waiting = list(regions)
    while waiting:
        ready = [new for new in waiting if not isinstance(new.parent, NewRegion) or id(new.parent) in made]
        if not ready:
            raise ValueError("a new region names a parent that is not among the new ones")
        for new, region in zip(ready, _open_level(ready, made), strict=True):
            made[id(new)] = region
        waiting = [new for new in waiting if id(new) not in made]
    opened = [made[id(new)] for new in regions]
    audit.append_many(
        [
            audit.NewLine(
                record_type="org.region", record_id=str(region.pk), kind=Kind.EDIT, verb="open_region",
                label="设立区域", by=by, now=now, data={"name": new.name, "code": new.code, "path": region.path},
            )
            for new, region in zip(regions, opened, strict=True)
        ]
    )  # fmt: skip
    return opened


def _open_level(news: Sequence[NewRegion], made: dict[int, Region]) -> list[Region]:
    parents = [made[id(new.parent)] if isinstance(new.parent, NewRegion) else new.parent for new in news]
    last_path = _last_paths({parent.pk if parent else None for parent in parents})
    regions = []
    for new, parent in zip(news, parents, strict=True):
        refuse_unless_below(new.name, new.level, parent, is_functional=new.is_functional)
        key = parent.pk if parent else None
        last = last_path.get(key)
        path = last_path[key] = next_step(last) if last else (parent.path if parent else "") + step(1)
        regions.append(
            Region(name=new.name, level=new.level, parent=parent, is_functional=new.is_functional, path=path)
        )
    regions = Region.objects.bulk_create(regions, batch_size=BATCH)
    RegionCode.objects.bulk_create(
        [RegionCode(region=region, code=new.code) for new, region in zip(news, regions, strict=True) if new.code],
        batch_size=BATCH,
    )
    return regions


def _last_paths(parents: set[int | None]) -> dict[int | None, str]:
    """The highest path taken below each of these; the parents are locked, so that nobody else takes the next."""
    known = {pk for pk in parents if pk is not None}
    list(Region.objects.select_for_update().filter(pk__in=known).order_by("pk").values_list("pk"))
    taken = Region.objects.filter(parent__in=known).values("parent").annotate(last=Max("path"))
    last: dict[int | None, str] = {row["parent"]: row["last"] for row in taken.values("parent", "last")}
    if None in parents and (top := Region.objects.filter(parent=None).aggregate(last=Max("path"))["last"]):
        last[None] = top
    return last
