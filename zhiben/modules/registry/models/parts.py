"""What stands, works and happens in an enterprise: sites, equipment, people, hazardous processes, licences."""

from datetime import date

from django.db import models
from django.db.models import Q

from zhiben.core.org.models import Person

from .enterprises import Part

SOON = 30
"""Days before a day that ends something, from which on it is shown as near."""


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
    UNDER_REPAIR = "under_repair", "检修"
    OUT_OF_USE = "out_of_use", "停用"
    SCRAPPED = "scrapped", "报废"


class Equipment(Part):
    """重点设备设施 through its life: put into use, repaired, out of use, scrapped; inspected by its day."""

    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True, blank=True, verbose_name="场所")
    name = models.CharField("设备", max_length=128)
    kind = models.CharField("类型", max_length=64, blank=True)
    number = models.CharField("设备编号", max_length=64, blank=True)
    state = models.CharField("状态", max_length=16, choices=EquipmentState.choices, default=EquipmentState.IN_USE)
    in_use_on = models.DateField("投用日期", null=True, blank=True)
    inspected_on = models.DateField("上次检验日期", null=True, blank=True)
    inspect_by = models.DateField("下次检验日期", null=True, blank=True)
    retire_by = models.DateField("设计使用年限至", null=True, blank=True)

    class Meta:
        verbose_name = "设备设施"
        ordering = ("name", "pk")
        indexes = [
            models.Index(
                fields=("inspect_by",), name="registry_inspection_due", condition=Q(state=EquipmentState.IN_USE)
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.number}）" if self.number else self.name

    @property
    def ends_on(self) -> date | None:
        """The day by which something must be done; what is not in use waits for nothing."""
        days = [day for day in (self.inspect_by, self.retire_by) if day is not None]
        return min(days, default=None) if self.state == EquipmentState.IN_USE else None


class Staff(Part):
    """People with a duty in safety and their certificates; who has an account is also a `Person`."""

    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField("姓名", max_length=32)
    job = models.CharField("岗位", max_length=64, blank=True)
    mobile = models.CharField("电话", max_length=20, blank=True)
    certificate = models.CharField("证书", max_length=64, blank=True)
    certificate_number = models.CharField("证书编号", max_length=64, blank=True)
    certificate_until = models.DateField("证书有效期至", null=True, blank=True)
    is_gone = models.BooleanField("已离岗", default=False)

    class Meta:
        verbose_name = "安全相关人员"
        ordering = ("name", "pk")
        indexes = [
            models.Index(fields=("certificate_until",), name="registry_certificate_due", condition=Q(is_gone=False))
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.job}）" if self.job else self.name

    @property
    def ends_on(self) -> date | None:
        return None if self.is_gone else self.certificate_until


class Process(Part):
    """涉及的危险工艺、危险作业、危险物质."""

    name = models.CharField("名称", max_length=128)
    kind = models.CharField("类别", max_length=64, blank=True)
    quantity = models.CharField("数量", max_length=64, blank=True)
    is_ended = models.BooleanField("已不涉及", default=False)

    class Meta:
        verbose_name = "危险工艺、作业和物质"
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class Licence(Part):
    """安全生产许可证 and other permissions that end on a day."""

    name = models.CharField("证照", max_length=128)
    number = models.CharField("编号", max_length=64, blank=True)
    issued_by = models.CharField("发证机关", max_length=128, blank=True)
    valid_from = models.DateField("有效期起", null=True, blank=True)
    valid_to = models.DateField("有效期至", null=True, blank=True)
    is_void = models.BooleanField("已作废", default=False)

    class Meta:
        verbose_name = "证照"
        ordering = ("valid_to", "pk")
        indexes = [models.Index(fields=("valid_to",), name="registry_licence_due", condition=Q(is_void=False))]

    def __str__(self) -> str:
        return f"{self.name} {self.number}".rstrip()

    @property
    def ends_on(self) -> date | None:
        return None if self.is_void else self.valid_to
