"""Others in an enterprise's safety: who insures, advises, evaluates, tests and trains."""

from typing import ClassVar, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Manager, Q
from django.urls import reverse

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.org.models import Person, Region
from zhiben.core.org.paths import RegionPathField, ancestors, within

from .enterprises import Part, TradedQuerySet


class PartyKind(models.TextChoices):
    EVALUATION = "evaluation", "安全评价机构"
    TESTING = "testing", "检测检验机构"
    TRAINING = "training", "培训机构"
    SERVICE = "service", "安全技术服务机构"
    INSURER = "insurer", "保险机构"
    EXPERT = "expert", "安全专家"


LICENSED = (PartyKind.EVALUATION, PartyKind.TESTING)
"""Whose qualification is granted by the state and ends on a day (安全评价检测检验机构管理办法，应急管理部令第1号)."""


class PartyQuerySet(TradedQuerySet):
    def visible_to(self, acting: Acting | None) -> Self:
        """The pools of one's own region, of those below it and of those above it."""
        if not may(acting, Permission.READ_RECORDS) or acting is None:
            return self.none()
        own = acting.unit.region_path
        return self.filter(within(own) | Q(region_path__in=ancestors(own)))


class Party(models.Model):
    """An institution, an insurer or an expert of a region's pool."""

    kind = models.CharField("类别", max_length=12, choices=PartyKind.choices)
    name = models.CharField("名称或姓名", max_length=128)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="服务区域")
    region_path = RegionPathField("所在区域", editable=False, db_index=True)
    field = models.CharField("专业或业务范围", max_length=200)
    trades = models.JSONField("安全行业", default=list, blank=True)
    """Sectors of the criteria catalogue: ["工贸-粉尘涉爆"]."""
    employer = models.CharField("工作单位", max_length=128, blank=True)
    qualification = models.CharField("资质（职称）", max_length=128, blank=True)
    qualification_number = models.CharField("资质编号", max_length=64, blank=True)
    valid_to = models.DateField("资质有效期至", null=True, blank=True)
    contact = models.CharField("联系人", max_length=32, blank=True)
    mobile = models.CharField("联系电话", max_length=20, blank=True)
    is_available = models.BooleanField("可以派出", default=True)
    is_retired = models.BooleanField("已停用", default=False)

    kinds: ClassVar[tuple[PartyKind, ...]] = tuple(PartyKind)
    objects: ClassVar[Manager] = PartyQuerySet.as_manager()

    class Meta:
        verbose_name = "专家和机构"
        ordering = ("kind", "name", "pk")
        constraints = [
            models.UniqueConstraint(fields=("kind", "name", "region"), name="registry_party_once_a_region"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        pages = {PartyKind.EXPERT: "experts", PartyKind.INSURER: "insurers"}.get(PartyKind(self.kind), "institutions")
        return reverse(f"{pages}:detail", args=(self.pk,))

    @property
    def trade_names(self) -> str:
        return "、".join(self.trades)


class Expert(Party):
    """安全专家."""

    kinds = (PartyKind.EXPERT,)

    class Meta:
        proxy = True
        verbose_name = "安全专家"


class Institution(Party):
    """评价、检测检验、培训和技术服务机构."""

    kinds = (PartyKind.EVALUATION, PartyKind.TESTING, PartyKind.TRAINING, PartyKind.SERVICE)

    class Meta:
        proxy = True
        verbose_name = "服务机构"


class Insurer(Party):
    """承保安责险的保险机构."""

    kinds = (PartyKind.INSURER,)

    class Meta:
        proxy = True
        verbose_name = "保险机构"


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
    promised_hours = models.DecimalField(
        "约定的事故预防服务（小时）", max_digits=7, decimal_places=1, default=0, validators=[MinValueValidator(0)]
    )
    service_hours = models.DecimalField("已提供的服务（小时）", max_digits=7, decimal_places=1, default=0)
    """The sum of its `PreventionVisit`s."""
    service_note = models.CharField("约定的服务内容", max_length=300, blank=True)
    is_cancelled = models.BooleanField("已退保", default=False)

    class Meta:
        verbose_name = "安责险保单"
        ordering = ("-ends_on", "pk")
        constraints = [
            models.UniqueConstraint(fields=("insurer", "number"), name="registry_policy_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("begins_on")), name="registry_policy_runs"),
        ]
        indexes = [models.Index(fields=("ends_on",), name="registry_policy_due", condition=Q(is_cancelled=False))]

    def __str__(self) -> str:
        return f"保单 {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("policies:detail", args=(self.pk,))


class PreventionVisit(models.Model):
    """事故预防服务: what the insurer did in the enterprise under a policy."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="visits", verbose_name="保单")
    given_on = models.DateField("服务日期")
    hours = models.DecimalField("时长（小时）", max_digits=5, decimal_places=1)
    content = models.CharField("服务内容", max_length=300)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间", editable=False)

    class Meta:
        verbose_name = "事故预防服务"
        ordering = ("-given_on", "-pk")

    def __str__(self) -> str:
        return f"{self.given_on} {self.content}"
