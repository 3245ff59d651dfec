"""Others in an enterprise's safety: who works or rents on its ground, who insures, advises, tests and trains."""

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Manager, Q
from django.urls import reverse

from zhiben.core.access.scope import Scoped, ScopedQuerySet
from zhiben.core.ids import new_id
from zhiben.core.org.models import Person, Region
from zhiben.core.org.paths import RegionPathField

from .enterprises import Enterprise, Part


class EngagementKind(models.TextChoices):
    CONTRACTOR = "contractor", "承包（外包）"
    SUBCONTRACTOR = "subcontractor", "分包"
    LESSEE = "lessee", "承租"


class EngagementStatus(models.TextChoices):
    PROPOSED = "proposed", "待准入"
    REFUSED = "refused", "未准入"
    ADMITTED = "admitted", "已准入"
    BARRED = "barred", "停止作业"
    ENDED = "ended", "已离场"


class Engagement(Scoped):
    """外包外租: another party at work in the enterprise, under the enterprise's own safety system (安全生产法 第49条).
    `responsible_unit` is the enterprise: it admits, coordinates and checks."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="engagements", verbose_name="发包（出租）企业"
    )
    kind = models.CharField("类别", max_length=14, choices=EngagementKind.choices)
    name = models.CharField("承包（承租）单位", max_length=128)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    work = models.CharField("作业或承租内容", max_length=200)
    place = models.CharField("作业地点或场所", max_length=200, blank=True)
    head_name = models.CharField("现场负责人", max_length=32)
    head_mobile = models.CharField("现场负责人电话", max_length=20, blank=True)
    workers = models.PositiveIntegerField("作业人数", null=True, blank=True)
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    qualifications = models.TextField(
        "资质和人员证书", help_text="资质证书、安全生产许可证、特种作业证的名称、编号和有效期"
    )
    agreement_signed_on = models.DateField("安全管理协议签订日", null=True, blank=True)
    coordinator = models.CharField("本企业统一协调管理的人", max_length=32, blank=True)
    check_by = models.DateField("下次检查期限", null=True, blank=True)
    """At least once a year (安全生产法 第49条: 定期进行安全检查)."""
    status = models.CharField(
        "状态", max_length=10, choices=EngagementStatus.choices, default=EngagementStatus.PROPOSED
    )
    proposed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="申请人"
    )
    proposed_at = models.DateTimeField("申请时间", editable=False)
    finding = models.TextField("审查或检查意见", blank=True)
    reason = models.TextField("最近一次理由", blank=True)

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "外包外租"
        ordering = ("-proposed_at", "id")
        constraints = [models.CheckConstraint(condition=Q(ends_on__gte=F("begins_on")), name="registry_period_runs")]

    def __str__(self) -> str:
        return f"{self.name}（{self.get_kind_display()}）"

    def get_absolute_url(self) -> str:
        return reverse("engagements:detail", args=(self.pk,))


class PartyKind(models.TextChoices):
    EVALUATION = "evaluation", "安全评价机构"
    TESTING = "testing", "检测检验机构"
    TRAINING = "training", "培训机构"
    SERVICE = "service", "安全技术服务机构"
    INSURER = "insurer", "保险机构"
    EXPERT = "expert", "安全专家"


class Party(models.Model):
    """An institution, an insurer or an expert of a region's pool."""

    kind = models.CharField("类别", max_length=12, choices=PartyKind.choices)
    name = models.CharField("名称或姓名", max_length=128)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="服务区域")
    region_path = RegionPathField("所在区域", editable=False, db_index=True)
    field = models.CharField("专业或业务范围", max_length=200)
    qualification = models.CharField("资质（职称）", max_length=128, blank=True)
    qualification_number = models.CharField("资质编号", max_length=64, blank=True)
    valid_to = models.DateField("资质有效期至", null=True, blank=True)
    contact = models.CharField("联系人", max_length=32, blank=True)
    mobile = models.CharField("联系电话", max_length=20, blank=True)
    is_retired = models.BooleanField("已停用", default=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "专家和机构"
        ordering = ("kind", "name", "pk")
        constraints = [
            models.UniqueConstraint(fields=("kind", "name", "region"), name="registry_party_once_a_region"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("parties:detail", args=(self.pk,))


class Policy(Part):
    """安责险: a liability policy with its accident-prevention service (应急〔2025〕27号)."""

    insurer = models.ForeignKey(
        Party, on_delete=models.PROTECT, related_name="policies", limit_choices_to={"kind": PartyKind.INSURER},
        verbose_name="保险机构",
    )  # fmt: skip
    number = models.CharField("保单号", max_length=64)
    begins_on = models.DateField("起保日期")
    ends_on = models.DateField("到期日期")
    amount = models.DecimalField("保险金额（万元）", max_digits=12, decimal_places=2, validators=[MinValueValidator(0)])
    """Ten thousand yuan."""
    insured_people = models.PositiveIntegerField("投保人数", null=True, blank=True)
    service_hours = models.DecimalField("事故预防服务（小时）", max_digits=7, decimal_places=1, default=0)
    """Hours of accident prevention that the insurer has given so far."""
    service_note = models.CharField("服务内容", max_length=300, blank=True)

    class Meta:
        verbose_name = "安责险保单"
        ordering = ("-ends_on", "pk")
        constraints = [
            models.UniqueConstraint(fields=("insurer", "number"), name="registry_policy_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("begins_on")), name="registry_policy_runs"),
        ]

    def __str__(self) -> str:
        return f"{self.insurer} {self.number}"
