"""What follows a hazard: reports that the law asks for, looking at it again, and the review of what came back."""

from typing import ClassVar

from django.db import models
from django.db.models import Manager
from django.urls import reverse

from zhiben.core.access.scope import Scoped, ScopedQuerySet
from zhiben.core.ids import new_id
from zhiben.core.org.models import Person

from .hazard import Hazard


class DualReport(models.Model):
    """双报告 (安全生产法第四十一条): to the regulator and to the workers' congress, with proof."""

    class To(models.TextChoices):
        REGULATOR = "regulator", "负有监管职责的部门"
        WORKERS = "workers", "职工大会或职工代表大会"

    hazard = models.ForeignKey(Hazard, on_delete=models.CASCADE, related_name="dual_reports", verbose_name="隐患")
    to = models.CharField("报告对象", max_length=12, choices=To.choices)
    reported_on = models.DateField("报告日期")
    text = models.TextField("报告内容", blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "双报告"
        ordering = ("reported_on", "pk")


class LookBackStatus(models.TextChoices):
    DUE = "due", "待回头看"
    HOLDS = "holds", "整改保持"
    RECURRED = "recurred", "隐患复发"
    EXCUSED = "excused", "免予回头看"


class LookBack(Scoped):
    """回头看: a closed hazard looked at again, scheduled by level, drawn at random for ordinary ones."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    hazard = models.ForeignKey(Hazard, on_delete=models.PROTECT, related_name="look_backs", verbose_name="隐患")
    status = models.CharField("状态", max_length=12, choices=LookBackStatus.choices, default=LookBackStatus.DUE)
    due_on = models.DateField("回头看期限")
    drawn = models.BooleanField("随机抽取", default=False)
    looked_on = models.DateField("查看日期", null=True, blank=True)
    looked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="查看人"
    )
    finding = models.TextField("查看情况", blank=True)
    new_hazard = models.ForeignKey(
        Hazard, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="复发的隐患"
    )
    reason = models.TextField("最近一次理由", blank=True)

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "回头看"
        ordering = ("due_on", "id")

    def __str__(self) -> str:
        return f"回头看：{self.hazard}"

    def get_absolute_url(self) -> str:
        return reverse("hazards:look_back", args=(self.pk,))


class ReviewStatus(models.TextChoices):
    FACTS = "facts", "述情"
    CAUSES = "causes", "析因"
    ACCOUNTABILITY = "accountability", "追责"
    DUTIES = "duties", "明责"
    ROOT_FIX = "root_fix", "治源"
    DONE = "done", "已完成"


class Review(Scoped):
    """五步工作法 on what came back: what happened, why (人机环管), who answers for it, whose duty it is, the root fix."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    hazard = models.OneToOneField(Hazard, on_delete=models.PROTECT, related_name="review", verbose_name="复发隐患")
    status = models.CharField("状态", max_length=16, choices=ReviewStatus.choices, default=ReviewStatus.FACTS)
    due_on = models.DateField("完成期限")
    facts = models.TextField("情况经过", blank=True)
    cause_person = models.TextField("人的原因", blank=True)
    cause_machine = models.TextField("机（物）的原因", blank=True)
    cause_environment = models.TextField("环境的原因", blank=True)
    cause_management = models.TextField("管理的原因", blank=True)
    accountability = models.TextField("责任认定和追究", blank=True)
    duties = models.TextField("责任划分和制度", blank=True)
    root_fix = models.TextField("治本措施", blank=True)
    done_at = models.DateTimeField("完成时间", null=True, blank=True)
    reason = models.TextField("最近一次理由", blank=True)

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "复盘"
        ordering = ("due_on", "id")

    def __str__(self) -> str:
        return f"五步复盘：{self.hazard}"

    def get_absolute_url(self) -> str:
        return reverse("hazards:review", args=(self.pk,))
