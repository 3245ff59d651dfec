"""外包外租: who else works or rents on an enterprise's ground, and the papers that let them."""

from dataclasses import replace
from typing import ClassVar

from django.db import models
from django.db.models import F, Manager, Q
from django.urls import reverse

from zhiben.core.access.scope import REGION, RESPONSIBLE, SUPERVISING, Scoped, ScopedQuerySet
from zhiben.core.files.models import Attachment
from zhiben.core.ids import new_id
from zhiben.core.org.models import Person

from .enterprises import Enterprise, Part
from .parts import Site


class EngagementKind(models.TextChoices):
    CONTRACTOR = "contractor", "承包"
    SUBCONTRACTOR = "subcontractor", "分包"
    LESSEE = "lessee", "承租"


class EngagementStatus(models.TextChoices):
    PROPOSED = "proposed", "待准入"
    REFUSED = "refused", "未准入"
    ADMITTED = "admitted", "待签协议"
    SIGNED = "signed", "待进场"
    PRESENT = "present", "在场"
    BARRED = "barred", "停止作业"
    ENDED = "ended", "已结束"


RUNNING = (
    EngagementStatus.ADMITTED, EngagementStatus.SIGNED, EngagementStatus.PRESENT, EngagementStatus.BARRED,
)  # fmt: skip
"""Admitted and not over: their papers have to hold."""


class Engagement(Scoped):
    """Another party at work in the enterprise, under the enterprise's own safety system (安全生产法 第49条).
    `responsible_unit` is the enterprise: it admits, coordinates and checks; `supervising_unit` sees."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="engagements", verbose_name="发包（出租）企业"
    )
    kind = models.CharField("类别", max_length=14, choices=EngagementKind.choices)
    name = models.CharField("承包（承租）单位", max_length=128)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    """Where an enterprise of this system bears the same code, it is that enterprise: nothing else ties the two."""
    under = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="subcontracts", verbose_name="总包单位"
    )
    work = models.CharField("作业或承租内容", max_length=200)
    sites = models.ManyToManyField(Site, blank=True, related_name="engagements", verbose_name="所在场所")
    place = models.CharField("具体位置", max_length=200, blank=True)
    special_work = models.BooleanField("有特种作业", default=False)
    unlicensed_reason = models.CharField("不需要资质的理由", max_length=200, blank=True)
    head_name = models.CharField("现场负责人", max_length=32)
    head_mobile = models.CharField("现场负责人电话", max_length=20, blank=True)
    workers = models.PositiveIntegerField("作业人数", null=True, blank=True)
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    agreement_signed_on = models.DateField("安全管理协议签订日", null=True, blank=True)
    coordinator = models.CharField("本企业统一协调管理的人", max_length=32, blank=True)
    checked_on = models.DateField("最近一次安全检查", null=True, blank=True)
    check_by = models.DateField("下次安全检查期限", null=True, blank=True)
    """定期进行安全检查 (安全生产法 第49条): the law names no number of days; at least once a year is kept."""
    status = models.CharField(
        "状态", max_length=10, choices=EngagementStatus.choices, default=EngagementStatus.PROPOSED
    )
    proposed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="申请人"
    )
    """Who filled it in last before it was admitted: another person admits."""
    proposed_at = models.DateTimeField("申请时间", editable=False)
    finding = models.TextField("审查或检查意见", blank=True)
    reason = models.TextField("最近一次理由", blank=True)

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()
    perspectives = (replace(RESPONSIBLE, label="本企业"), replace(SUPERVISING, label="本单位监管的企业"), REGION)

    class Meta:
        verbose_name = "外包外租"
        ordering = ("-proposed_at", "id")
        constraints = [models.CheckConstraint(condition=Q(ends_on__gte=F("begins_on")), name="registry_period_runs")]
        indexes = [
            models.Index(fields=("credit_code",), name="registry_engaged_by_code", condition=~Q(credit_code="")),
            models.Index(fields=("check_by",), name="registry_check_due", condition=Q(status=EngagementStatus.PRESENT)),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.get_kind_display()}）"

    def get_absolute_url(self) -> str:
        return reverse("engagements:detail", args=(self.pk,))


class PaperKind(models.TextChoices):
    BUSINESS = "business", "营业执照"
    CAPABILITY = "capability", "资质证书"
    PERMIT = "permit", "安全生产许可证"
    SAFETY_HEAD = "safety_head", "安全管理人员合格证"
    SPECIAL = "special", "特种作业证"
    OTHER = "other", "其他证照"


class Qualification(Part):
    """A licence or certificate of a contractor or lessee, with its proof. `enterprise` is the one that engages."""

    engagement = models.ForeignKey(
        Engagement, on_delete=models.CASCADE, related_name="qualifications", verbose_name="外包外租"
    )
    kind = models.CharField("证照", max_length=12, choices=PaperKind.choices)
    holder = models.CharField("持证单位或人员", max_length=128)
    number = models.CharField("编号", max_length=64)
    valid_to = models.DateField("有效期至", null=True, blank=True)
    """Null: without an end, as most business licences."""
    proof = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="+", verbose_name="证照照片或扫描件")
    is_void = models.BooleanField("已作废", default=False)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    checked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="核对人"
    )
    checked_at = models.DateTimeField("核对时间", null=True, blank=True)

    class Meta:
        verbose_name = "外来单位证照"
        ordering = ("is_void", "kind", "pk")
        indexes = [models.Index(fields=("valid_to",), name="registry_paper_due", condition=Q(is_void=False))]

    def __str__(self) -> str:
        return f"{self.holder} {self.get_kind_display()}（{self.number}）"

    def get_absolute_url(self) -> str:
        return reverse("engagements:detail", args=(self.engagement_id,))
