"""What I may see: columns kept beside the record, so that each way of looking is one range of one index."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from zhiben.core.org.models import Unit, UnitKind
from zhiben.core.org.paths import RegionPathField, within
from zhiben.core.org.sectors import EVERY_SECTOR

from .acting import Acting
from .permissions import Permission, may


class Confidentiality(models.IntegerChoices):
    ORDINARY = 0, "一般"
    RESTRICTED = 1, "限知悉"


@dataclass(frozen=True)
class Perspective:
    """A way of looking at records, named as people say it. `condition` gives the rows a post sees this way,
    or None where that post has no such view."""

    name: str
    label: str
    condition: Callable[[Acting], Q | None]


TERRITORIAL = frozenset(
    {UnitKind.GOVERNMENT, UnitKind.COMMITTEE_OFFICE, UnitKind.TOWN, UnitKind.PARK, UnitKind.VILLAGE}
)
"""The kinds of unit that answer for all that happens in their region (属地); a department answers for its sectors."""


def _region(acting: Acting) -> Q | None:
    if not may(acting, Permission.OVERSEE_REGION):
        return None
    rows = within(acting.unit.region_path)
    if not may(acting, Permission.READ_RESTRICTED):
        rows &= Q(confidentiality=Confidentiality.ORDINARY)
    if acting.unit.kind in TERRITORIAL:
        return rows
    sectors = acting.post.sectors or acting.unit.sectors
    if EVERY_SECTOR in sectors:
        return rows
    return rows & Q(sector__in=sectors) if sectors else None


RESPONSIBLE = Perspective("responsible", "本单位承办", lambda acting: Q(responsible_unit=acting.post.unit_id))
SUPERVISING = Perspective("supervising", "本单位交办", lambda acting: Q(supervising_unit=acting.post.unit_id))
REGION = Perspective("region", "本辖区", _region)


class ScopedQuerySet(models.QuerySet):
    def visible_to(self, acting: Acting | None) -> Self:
        """Every row this post may see. Nobody, and an administrator, sees none."""
        conditions = [condition for _, condition in perspectives_of(self.model, acting)]
        return self.filter(reduce(or_, conditions)) if conditions else self.none()

    def views_of(self, acting: Acting | None) -> list[Self]:
        """The same rows as `visible_to`, each way of looking by itself: several indexes lead to them, and an order that
        is to be read from an index needs one at a time. A row may stand in more than one."""
        return [self.filter(condition) for _, condition in perspectives_of(self.model, acting)]

    def seen_as(self, perspective: str, acting: Acting | None) -> Self:
        """The rows of one named view: one index range. A view this post does not have is empty."""
        for offered, condition in perspectives_of(self.model, acting):
            if offered.name == perspective:
                return self.filter(condition)
        return self.none()


class Scoped(models.Model):
    """A record that somebody is responsible for, somebody supervises, somewhere, in some sector.

    The services of its module fill the columns; `move_region` keeps the path true when a region moves.
    """

    region_path = RegionPathField("所在区域", db_index=True, editable=False)
    sector = models.CharField("行业领域", max_length=32, blank=True)
    responsible_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="承办单位"
    )
    supervising_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="交办单位"
    )
    confidentiality = models.PositiveSmallIntegerField(
        "知悉范围", choices=Confidentiality.choices, default=Confidentiality.ORDINARY
    )

    objects = ScopedQuerySet.as_manager()
    perspectives: ClassVar[tuple[Perspective, ...]] = (RESPONSIBLE, SUPERVISING, REGION)

    class Meta:
        abstract = True


def perspectives_of(model: type[models.Model], acting: Acting | None) -> list[tuple[Perspective, Q]]:
    """The views that this post has on a model, each with its condition, in the order the model names them."""
    if acting is None or not may(acting, Permission.READ_RECORDS):
        return []
    declared: tuple[Perspective, ...] = model.perspectives  # type: ignore[attr-defined]
    offered = ((each, each.condition(acting)) for each in declared)
    return [(perspective, condition) for perspective, condition in offered if condition is not None]


def can_see(record: models.Model, acting: Acting | None) -> bool:
    """Whether this post may see this record: asked of the database, so that the rule is written once."""
    seen: ScopedQuerySet = type(record)._default_manager.visible_to(acting)  # type: ignore[attr-defined]
    return seen.filter(pk=record.pk).exists()
