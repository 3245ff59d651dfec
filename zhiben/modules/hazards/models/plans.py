"""五定: who, how, with what money, by when, and what if something happens meanwhile."""

from django.db import models

from zhiben.core.org.models import Person

from .hazard import Hazard


class RectificationPlan(models.Model):
    """One filing of the five; rows are only ever added, the last one holds. For a major hazard also the parts that the
    governance plan needs (安监总局令第16号第十五条): goals, bodies, and the safety measures meanwhile.

    What a ledger already said of the five comes in as a plan that nobody has filed: parts of it may be missing, and the
    enterprise's own filing goes on from it."""

    hazard = models.ForeignKey(Hazard, on_delete=models.CASCADE, related_name="plans", verbose_name="隐患")
    liable_person = models.CharField("整改责任人", max_length=32, blank=True)
    liable_mobile = models.CharField("责任人电话", max_length=20, blank=True)
    measures = models.TextField("整改措施", blank=True)
    funds = models.DecimalField("整改资金（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    rectify_by = models.DateField("整改时限", null=True, blank=True)
    contingency_plan = models.TextField("应急预案和防范措施", blank=True)
    goals = models.TextField("治理目标和任务", blank=True)
    bodies = models.TextField("负责机构和人员", blank=True)
    safety_measures = models.TextField("治理期间的安全措施", blank=True)
    filed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="报送人", db_index=False
    )
    """Null where a ledger brought it in."""
    filed_at = models.DateTimeField("报送时间")
    accepted_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审核人", db_index=False
    )
    accepted_at = models.DateTimeField("审核通过时间", null=True, blank=True)

    returned_because = models.TextField("退回理由", blank=True)

    class Meta:
        verbose_name = "整改方案"
        ordering = ("-filed_at", "-pk")

    def __str__(self) -> str:
        return f"{self.hazard}的整改方案"


class ProgressReport(models.Model):
    """进展: how far it has come, at which stage, what has been spent; rows are only ever added."""

    hazard = models.ForeignKey(Hazard, on_delete=models.CASCADE, related_name="reports", verbose_name="隐患")
    stage = models.CharField("阶段", max_length=64, blank=True)
    percent = models.PositiveSmallIntegerField("整改进度")
    text = models.TextField("进展情况")
    spent = models.DecimalField("累计投入资金（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="填报人")
    at = models.DateTimeField("填报时间")

    class Meta:
        verbose_name = "整改进展"
        ordering = ("at", "pk")
