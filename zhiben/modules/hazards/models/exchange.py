"""What of the dual-prevention exchange has gone out, and what the other side has acknowledged."""

from django.db import models

from .hazard import Hazard


class DualPreventionDelivery(models.Model):
    """The last that went out of a hazard. It is due again as soon as its `changed_at` is not the one acknowledged: no
    date of creation and no cursor of time, under which a long transaction could slip."""

    hazard = models.OneToOneField(Hazard, on_delete=models.CASCADE, related_name="delivery", verbose_name="隐患")
    examined_at = models.DateTimeField("最近一次准备")
    changed_at = models.DateTimeField("送出的变化时间")
    """`changed_at` of the hazard as it was when it was handed out."""
    digest = models.CharField("送出内容的摘要", max_length=64, blank=True)
    """SHA-256 of the row, without its pictures; empty where it was refused."""
    batch = models.UUIDField("批次", null=True, db_index=True)
    """None where it was refused, with what is missing in `missing`."""
    missing = models.JSONField("不能送的原因", default=list)
    acknowledged_change = models.DateTimeField("已确认的变化时间", null=True)
    acknowledged_at = models.DateTimeField("确认时间", null=True)

    class Meta:
        verbose_name = "双重预防数据交换"

    def __str__(self) -> str:
        return f"双重预防数据：{self.hazard}"
