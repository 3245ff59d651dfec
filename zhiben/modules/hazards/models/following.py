"""What follows a hazard: reports that the law asks for, looking at it again, and the review of what came back."""

from dataclasses import replace
from typing import ClassVar

from django.db import models
from django.db.models import Manager
from django.urls import reverse

from zhiben.core.access.scope import REGION, RESPONSIBLE, SUPERVISING, Scoped, ScopedQuerySet
from zhiben.core.files.models import StoredFile
from zhiben.core.ids import new_id
from zhiben.core.org.models import Person
from zhiben.core.org.paths import RegionPathField

from .hazard import Hazard


class DualReport(models.Model):
    """双报告 (安全生产法（2021）第四十一条第二款): how a major hazard was found and dealt with is reported to the regulator
    and to the workers' congress, with proof."""

    class To(models.TextChoices):
        REGULATOR = "regulator", "负有监管职责的部门"
        WORKERS = "workers", "职工大会或职工代表大会"

    hazard = models.ForeignKey(Hazard, on_delete=models.CASCADE, related_name="dual_reports", verbose_name="隐患")
    to = models.CharField("报告对象", max_length=12, choices=To.choices)
    reported_on = models.DateField("报告日期")
    text = models.TextField("报告内容", blank=True)
    proof = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+", verbose_name="凭证")
    """The receipt, the minutes, a photo of the notice; further ones are attached to the hazard beside it."""
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "双报告"
        ordering = ("reported_on", "pk")


class Draw(models.Model):
    """随机抽取: which ordinary hazards of a county, closed in a month, are looked at again. Anybody who has the list of
    candidates and the seed draws the same ones (`look_back.drawn`)."""

    county_path = RegionPathField("区域")
    month = models.DateField("销号月份")
    """Its first day."""
    seed = models.CharField("随机种子", max_length=64)
    """Published; made from the last sealed root of the audit chain, which nobody knew when the hazards were closed."""
    seed_source = models.CharField("种子来源", max_length=64, blank=True)
    share = models.PositiveSmallIntegerField("抽取比例（%）")
    candidates = models.PositiveIntegerField("候选数")
    drawn = models.PositiveIntegerField("抽中数")
    digest = models.CharField("候选名单摘要", max_length=64)
    """SHA-256 of the numbers of the candidates, sorted, a line each."""
    at = models.DateTimeField("抽取时间")

    class Meta:
        verbose_name = "回头看抽取"
        ordering = ("-month", "county_path")
        constraints = [
            models.UniqueConstraint(fields=("county_path", "month"), name="hazards_drawn_once_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} 回头看抽取"


class LookBackStatus(models.TextChoices):
    DUE = "due", "待回头看"
    HOLDS = "holds", "整改保持"
    RECURRED = "recurred", "隐患复发"
    EXCUSED = "excused", "免予回头看"


class Excuse(models.TextChoices):
    """Why nobody has to look again."""

    CLOSED = "closed", "企业已关闭或搬离"
    REMOVED = "removed", "设备设施已拆除或停用"
    SEEN = "seen", "已在其他检查中到现场看过"
    OTHER = "other", "其他"
    HISTORIC = "historic", "台账带入的历史记录"
    """Nobody's choice: closed long before it was brought in."""


class LookBack(Scoped):
    """回头看: a closed hazard looked at again, scheduled by level, drawn at random for ordinary ones. The enterprise
    does not see it coming."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    hazard = models.ForeignKey(Hazard, on_delete=models.PROTECT, related_name="look_backs", verbose_name="隐患")
    status = models.CharField("状态", max_length=12, choices=LookBackStatus.choices, default=LookBackStatus.DUE)
    due_on = models.DateField("回头看期限")
    draw = models.ForeignKey(
        "Draw", on_delete=models.PROTECT, null=True, blank=True, related_name="look_backs", verbose_name="随机抽取"
    )
    """Null where it was scheduled because the hazard was a major one."""
    looked_on = models.DateField("查看日期", null=True, blank=True)
    looked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="查看人"
    )
    finding = models.TextField("查看情况", blank=True)
    never_fixed = models.BooleanField("整改不实", default=False, help_text="当初并没有整改到位，不是后来又出现的")
    new_hazard = models.ForeignKey(
        Hazard, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="复发的隐患"
    )
    excuse = models.CharField("免予的情形", max_length=12, choices=Excuse.choices, blank=True)
    reason = models.TextField("最近一次理由", blank=True)

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()
    perspectives = (replace(SUPERVISING, label="本单位查看"), REGION)

    class Meta:
        verbose_name = "回头看"
        ordering = ("due_on", "id")

    def __str__(self) -> str:
        return f"回头看：{self.hazard}"

    def get_absolute_url(self) -> str:
        return reverse("look_backs:detail", args=(self.pk,))


class ReviewStatus(models.TextChoices):
    FACTS = "facts", "述情"
    CAUSES = "causes", "析因"
    ACCOUNTABILITY = "accountability", "追责"
    DUTIES = "duties", "明责"
    ROOT_FIX = "root_fix", "治源"
    SUBMITTED = "submitted", "待验收"
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
    hands = models.JSONField(default=list, editable=False)
    """Keys of the persons who wrote it, and of those in whose name: none of them accepts it."""
    done_at = models.DateTimeField("完成时间", null=True, blank=True)
    reason = models.TextField("最近一次理由", blank=True)

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()
    perspectives = (replace(RESPONSIBLE, label="本单位复盘"), replace(SUPERVISING, label="本单位监管"), REGION)

    class Meta:
        verbose_name = "复盘"
        ordering = ("due_on", "id")

    def __str__(self) -> str:
        return f"五步复盘：{self.hazard}"

    def get_absolute_url(self) -> str:
        return reverse("hazard_reviews:detail", args=(self.pk,))
