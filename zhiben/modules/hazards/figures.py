"""What the rules of classes (分级分类) may look at in the hazards of an enterprise."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db.models import Count, QuerySet

from zhiben.modules.hazards.models import UNDER_RECTIFICATION, Hazard
from zhiben.modules.registry.classing import register_figure


def open_major_hazards(enterprises: Sequence[UUID], day: date) -> Mapping[UUID, int]:
    return _counts(Hazard.objects.open().major().filter(enterprise__in=enterprises))


def overdue_hazards(enterprises: Sequence[UUID], day: date) -> Mapping[UUID, int]:
    """Past the day by which they were to be rectified, and not handed in."""
    late = Hazard.objects.filter(status__in=UNDER_RECTIFICATION, rectify_by__lt=day)
    return _counts(late.filter(enterprise__in=enterprises))


def _counts(rows: QuerySet[Hazard]) -> Mapping[UUID, int]:
    return dict(rows.order_by().values_list("enterprise").annotate(Count("pk")))


register_figure("open_major_hazards", "未销号重大隐患", open_major_hazards)
register_figure("overdue_hazards", "逾期隐患", overdue_hazards)
