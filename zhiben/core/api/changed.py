"""Which records have changed since a moment: read from the trail, in which every change leaves a line."""

from datetime import datetime

from zhiben.core.audit.models import AuditLine, DailySeal
from zhiben.core.clock import local_day

from .problems import Problem

MOST = 5000


def changed_since(record_type: str, moment: datetime) -> list[str]:
    """The keys of these records. Raises Problem 422 when they are too many to be listed one by one."""
    sealed = DailySeal.objects.filter(day__lt=local_day(moment)).order_by("-number").values_list("last_id", flat=True)
    lines = AuditLine.objects.filter(id__gt=sealed.first() or 0, record_type=record_type, at__gte=moment)
    keys = list(lines.order_by().values_list("record_id", flat=True).distinct()[: MOST + 1])
    if len(keys) > MOST:
        sentence = f"这一时间以来变动的记录超过 {MOST} 件，请把时间改近一些，或用 /changes 逐条跟踪。"
        raise Problem(422, sentence, {"updated_since": sentence})
    return keys
