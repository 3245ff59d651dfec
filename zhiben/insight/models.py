"""What analysis keeps of its own: the head of a paper, as an office filled it in. The figures are made anew from the
records whenever they are asked for."""

from django.db import models

from zhiben.core.org.models import Unit


class ReviewHead(models.Model):
    """What stands around the text of one monthly review of one unit: number, signer, addressees, dates."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="单位")
    month = models.CharField("月份", max_length=7)
    perspective = models.CharField("范围", max_length=20)
    programme = models.CharField("方案", max_length=36, blank=True)
    main_only = models.BooleanField("只计主任务", default=False)

    number = models.CharField("发文字号", max_length=64, blank=True)
    signer = models.CharField("签发人", max_length=64, blank=True)
    to = models.CharField("主送", max_length=300, blank=True)
    copies_to = models.CharField("抄送", max_length=300, blank=True)
    issued_on = models.DateField("成文日期", null=True, blank=True)
    demand_by = models.DateField("整改时限", null=True, blank=True)
    """By when overdue work is to be handed in."""

    class Meta:
        verbose_name = "月度调度公文头"
        constraints = [
            models.UniqueConstraint(
                fields=("unit", "month", "perspective", "programme", "main_only"), name="insight_one_head_a_review"
            )
        ]

    def __str__(self) -> str:
        return f"{self.month} 月度调度（{self.unit}）"
