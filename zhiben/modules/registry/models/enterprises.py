"""一企一档: an enterprise as an organisation that somebody supervises."""

from dataclasses import replace
from typing import ClassVar, Self

from django.db import connection, models
from django.db.models import Manager, Q
from django.db.models.expressions import Func, Value
from django.urls import reverse

from zhiben.core.access.scope import REGION, RESPONSIBLE, SUPERVISING, Scoped, ScopedQuerySet
from zhiben.core.ids import new_id
from zhiben.core.org.models import Region, Unit
from zhiben.core.org.paths import RegionPathField
from zhiben.core.org.sectors import Sector

from ..industries import industry_name


class Scale(models.TextChoices):
    """统计上大中小微型企业划分办法（2017）; 个体工商户 stand beside it."""

    LARGE = "large", "大型"
    MEDIUM = "medium", "中型"
    SMALL = "small", "小型"
    MICRO = "micro", "微型"
    HOUSEHOLD = "household", "个体工商户"


class EnterpriseStatus(models.TextChoices):
    OPERATING = "operating", "在营"
    SUSPENDED = "suspended", "停产停业"
    CLOSED = "closed", "已关闭"
    MERGED = "merged", "已并入"


EXISTING = (EnterpriseStatus.OPERATING, EnterpriseStatus.SUSPENDED)
"""Enterprises that are there: closed and merged ones are only history."""


class _Lists(Func):
    """Whether a list kept as JSON on SQLite has a value; by its column, under whatever name the query knows the table."""

    template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s)"
    arg_joiner = ") WHERE value = "
    output_field = models.BooleanField()


def has_trade(trade: str) -> Q:
    """Condition on rows with `trades`: the list names this one."""
    if connection.vendor == "postgresql":
        return Q(trades__contains=[trade])
    return Q(_Lists("trades", Value(trade)))


class TradedQuerySet(ScopedQuerySet):
    """Rows with `trades`, a list of sectors of the criteria catalogue."""

    def of_trade(self, trade: str) -> Self:
        """Those to which this sector of the criteria catalogue applies."""
        return self.filter(has_trade(trade))


class EnterpriseQuerySet(TradedQuerySet):
    def existing(self) -> Self:
        return self.filter(status__in=EXISTING)


class Enterprise(Scoped):
    """An enterprise (生产经营单位). `unit` is the same enterprise as an organisation: its people hold posts there,
    its hazards wait there; where it has nobody with an account, its work climbs to the unit that supervises it.
    `responsible_unit` is that unit, `supervising_unit` the one that the supervision matrix names."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    unit = models.OneToOneField(Unit, on_delete=models.PROTECT, related_name="enterprise", verbose_name="单位")
    name = models.CharField("企业名称", max_length=128)
    name_key = models.CharField(max_length=128, editable=False, default="")
    """The name as `likeness.name_key` writes it: what two lists call one enterprise meets here."""
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    """Empty for those who have none (yet); checked by `core.org.credit_code`."""
    company_code = models.CharField("企业编码", max_length=9, blank=True)
    """Nine digits: `companyCode` of the national registration of chemical enterprises, for the dual-prevention exchange."""
    industry = models.CharField("国民经济行业", max_length=5, blank=True)
    """GB/T 4754-2017: letter and up to four digits, C2614."""
    trades = models.JSONField("安全行业", default=list, blank=True)
    """Sectors of the criteria catalogue that apply: ["工贸-机械", "工贸-粉尘涉爆"]."""
    scale = models.CharField("规模", max_length=12, choices=Scale.choices, blank=True)
    staff_count = models.PositiveIntegerField("从业人数", null=True, blank=True)
    products = models.CharField("主要产品或业务", max_length=200, blank=True)
    established_on = models.DateField("成立日期", null=True, blank=True)
    address = models.CharField("地址", max_length=200, blank=True)
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)
    """Degrees of WGS 84."""
    head_name = models.CharField("主要负责人", max_length=32, blank=True)
    head_mobile = models.CharField("主要负责人电话", max_length=20, blank=True)
    officer_name = models.CharField("安全管理员", max_length=32, blank=True)
    officer_mobile = models.CharField("安全管理员电话", max_length=20, blank=True)
    status = models.CharField(
        "状态", max_length=12, choices=EnterpriseStatus.choices, default=EnterpriseStatus.OPERATING
    )
    status_since = models.DateField("状态自", null=True, blank=True)
    reason = models.CharField("最近一次变更状态的理由", max_length=500, blank=True)
    """All earlier reasons are in the trail."""
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="absorbed", verbose_name="并入企业"
    )
    supervision_class = models.CharField("监管类别", max_length=8, blank=True)
    """A, B, C, D after the rule in force; `class_reason` says why."""
    class_reason = models.CharField("定类理由", max_length=500, blank=True)
    registered_at = models.DateTimeField("建档时间")

    # each of these begins an index below that goes on with the order of the list
    region_path = RegionPathField("所在区域", editable=False)
    responsible_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="企业本身"
    )
    supervising_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="监管单位", db_index=False
    )

    objects: ClassVar[Manager] = EnterpriseQuerySet.as_manager()
    perspectives = (replace(RESPONSIBLE, label="本企业"), replace(SUPERVISING, label="本单位监管"), REGION)

    class Meta:
        verbose_name = "企业"
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(fields=("credit_code",), condition=~Q(credit_code=""), name="registry_code_once"),
            models.CheckConstraint(condition=~Q(merged_into=models.F("id")), name="registry_not_into_itself"),
        ]
        indexes = [
            models.Index(fields=("name", "id"), name="registry_by_name"),
            models.Index(fields=("name_key",), name="registry_by_name_key"),
            models.Index(fields=("region_path", "name", "id"), name="registry_of_region"),
            models.Index(fields=("supervising_unit", "name", "id"), name="registry_of_supervising"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("enterprises:detail", args=(self.pk,))

    @property
    def region(self) -> Region:
        return self.unit.region

    @property
    def sector_name(self) -> str:
        return str(Sector(self.sector).label) if self.sector in Sector.values else ""

    @property
    def industry_name(self) -> str:
        """C26 化学原料和化学制品制造业; empty where none is kept."""
        return f"{self.industry} {industry_name(self.industry)}".strip()

    @property
    def trade_names(self) -> str:
        return "、".join(self.trades)

    @property
    def position(self) -> str:
        """Latitude and longitude, 24.345678，102.345678; empty where one is missing."""
        if self.latitude is None or self.longitude is None:
            return ""
        return f"{self.latitude.normalize():f}，{self.longitude.normalize():f}"

    @property
    def exists(self) -> bool:
        return self.status in EXISTING


class Part(models.Model):
    """Something of an enterprise. `name` is what people call it."""

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="%(class)s_set", verbose_name="企业"
    )

    class Meta:
        abstract = True
