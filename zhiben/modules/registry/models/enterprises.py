"""一企一档: an enterprise and what stands, works and happens in it."""

from typing import ClassVar

from django.db import models
from django.db.models import Manager, Q
from django.urls import reverse

from zhiben.core.access.scope import Scoped, ScopedQuerySet
from zhiben.core.ids import new_id
from zhiben.core.org.models import Person, Unit


class Scale(models.TextChoices):
    """统计上大中小微型企业划分办法（2017）; 规下 is what offices call those below the statistical threshold."""

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


class EnterpriseQuerySet(ScopedQuerySet):
    pass


class Enterprise(Scoped):
    """An enterprise (生产经营单位). `unit` is the same enterprise as an organisation: its people hold posts there,
    its hazards wait there; where it has nobody with an account, its work climbs to the unit that supervises it.
    `responsible_unit` is that unit, `supervising_unit` the one that the supervision matrix names."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    unit = models.OneToOneField(Unit, on_delete=models.PROTECT, related_name="enterprise", verbose_name="单位")
    name = models.CharField("企业名称", max_length=128)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    """Empty for those who have none (yet); checked by `core.org.credit_code`."""
    industry = models.CharField("国民经济行业", max_length=5, blank=True)
    """GB/T 4754-2017: letter and up to four digits, C2614."""
    trades = models.JSONField("安全行业", default=list, blank=True)
    """Sectors of the criteria catalogue that apply: ["工贸-机械", "工贸-粉尘涉爆"]."""
    scale = models.CharField("规模", max_length=12, choices=Scale.choices, blank=True)
    staff_count = models.PositiveIntegerField("从业人数", null=True, blank=True)
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
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="absorbed", verbose_name="并入企业"
    )
    supervision_class = models.CharField("监管类别", max_length=8, blank=True)
    """A, B, C, D after the rule in force; `class_reason` says why."""
    class_reason = models.CharField("定类理由", max_length=500, blank=True)
    registered_at = models.DateTimeField("建档时间")

    objects: ClassVar[Manager] = EnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = "企业"
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(fields=("credit_code",), condition=~Q(credit_code=""), name="registry_code_once"),
        ]
        indexes = [
            models.Index(fields=("name", "id"), name="registry_by_name"),
            models.Index(fields=("region_path", "name", "id"), name="registry_of_region"),
            models.Index(fields=("supervising_unit", "name", "id"), name="registry_of_supervising"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("registry:enterprise", args=(self.pk,))


class Part(models.Model):
    """Something of an enterprise."""

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="%(class)s_set", verbose_name="企业"
    )

    class Meta:
        abstract = True


class Site(Part):
    """场所: a workshop, a warehouse, a tank farm, a shop."""

    name = models.CharField("场所", max_length=128)
    kind = models.CharField("类型", max_length=64, blank=True)
    place = models.CharField("位置", max_length=200, blank=True)
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)
    is_closed = models.BooleanField("已停用", default=False)

    class Meta:
        verbose_name = "场所"
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class EquipmentState(models.TextChoices):
    IN_USE = "in_use", "在用"
    OUT_OF_USE = "out_of_use", "停用"
    UNDER_REPAIR = "under_repair", "检修"
    SCRAPPED = "scrapped", "报废"


class Equipment(Part):
    """重点设备设施 through its life: put into use, inspected, out of use, scrapped."""

    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True, blank=True, verbose_name="场所")
    name = models.CharField("设备", max_length=128)
    kind = models.CharField("类型", max_length=64, blank=True)
    number = models.CharField("设备编号", max_length=64, blank=True)
    state = models.CharField("状态", max_length=16, choices=EquipmentState.choices, default=EquipmentState.IN_USE)
    in_use_on = models.DateField("投用日期", null=True, blank=True)
    inspect_by = models.DateField("下次检验日期", null=True, blank=True)
    retire_by = models.DateField("设计使用年限至", null=True, blank=True)

    class Meta:
        verbose_name = "设备设施"
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return f"{self.name}（{self.number}）" if self.number else self.name


class Staff(Part):
    """People with a duty in safety and their certificates; who has an account is also a `Person`."""

    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField("姓名", max_length=32)
    job = models.CharField("岗位", max_length=64, blank=True)
    certificate = models.CharField("证书", max_length=64, blank=True)
    certificate_number = models.CharField("证书编号", max_length=64, blank=True)
    certificate_until = models.DateField("证书有效期至", null=True, blank=True)

    class Meta:
        verbose_name = "安全相关人员"
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class Process(Part):
    """涉及的危险工艺、危险作业、危险物质."""

    name = models.CharField("名称", max_length=128)
    kind = models.CharField("类别", max_length=64, blank=True)
    quantity = models.CharField("数量", max_length=64, blank=True)

    class Meta:
        verbose_name = "危险工艺和物质"
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class Licence(Part):
    """安全生产许可证 and other permissions that end on a day."""

    name = models.CharField("证照", max_length=128)
    number = models.CharField("编号", max_length=64, blank=True)
    issued_by = models.CharField("发证机关", max_length=128, blank=True)
    valid_to = models.DateField("有效期至", null=True, blank=True)

    class Meta:
        verbose_name = "证照"
        ordering = ("valid_to", "pk")

    def __str__(self) -> str:
        return self.name
