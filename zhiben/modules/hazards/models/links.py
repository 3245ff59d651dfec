"""The same hazard twice, or again: proposed by likeness, decided by a person."""

from django.db import models

from zhiben.core.org.models import Person

from .hazard import Hazard


class LinkKind(models.TextChoices):
    DUPLICATE = "duplicate", "可能重复"
    RECURRENCE = "recurrence", "可能复发"


class HazardLink(models.Model):
    """`hazard` looks like `earlier`, and why. Undecided until somebody says so."""

    # found by the pair, which is there once; nobody asks what looks like an earlier one
    hazard = models.ForeignKey(
        Hazard, on_delete=models.CASCADE, related_name="likenesses", verbose_name="隐患", db_index=False
    )
    earlier = models.ForeignKey(
        Hazard, on_delete=models.CASCADE, related_name="+", verbose_name="此前的隐患", db_index=False
    )
    kind = models.CharField("关系", max_length=12, choices=LinkKind.choices)
    score = models.FloatField("相似度")
    because = models.JSONField("理由", default=list)
    """Sentences: 同一企业同一位置；描述有 83% 相同."""
    found_at = models.DateTimeField("发现时间")
    is_confirmed = models.BooleanField("确认", null=True)
    """None: nobody has decided."""
    decided_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人", db_index=False
    )
    decided_at = models.DateTimeField("确认时间", null=True, blank=True)
    reason = models.TextField("理由", blank=True)

    class Meta:
        verbose_name = "相似隐患"
        ordering = ("-score", "pk")
        constraints = [
            models.UniqueConstraint(fields=("hazard", "earlier"), name="hazards_alike_once"),
        ]

    def __str__(self) -> str:
        return f"{self.hazard} {self.get_kind_display()}：{self.earlier}"
