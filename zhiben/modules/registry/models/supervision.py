"""三管三必须: who supervises what where, what units say about it, and how a quarrel over it was settled."""

from typing import ClassVar

from django.db import models
from django.db.models import Manager, Q
from django.urls import reverse

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.access.scope import REGION, Perspective, Scoped, ScopedQuerySet
from zhiben.core.ids import new_id
from zhiben.core.org.models import Dated, Person, Region, Unit
from zhiben.core.org.paths import RegionPathField
from zhiben.core.org.sectors import Sector


class Cell(models.Model):
    """A place in the matrix: one sector in one region and everything below it."""

    sector = models.CharField("行业领域", max_length=32, choices=Sector.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="区域")
    region_path = RegionPathField("所在区域", editable=False, db_index=True)

    class Meta:
        abstract = True

    @property
    def cell(self) -> str:
        return f"{self.region}·{self.get_sector_display()}"


class SupervisionLine(Cell, Dated):
    """分工: this unit supervises this sector in this region, from a day on. A line of a smaller region inside goes
    before it. Lines of one cell never overlap: a new one ends the one before."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="监管单位")
    basis = models.CharField("依据", max_length=200)
    """The document it rests on: 三定规定, 县安委〔2025〕3号."""
    next_turn = models.DateField(null=True, blank=True, editable=False, db_index=True)
    """The next day on which this line begins or ceases to count, and enterprises have to follow."""

    class Meta:
        verbose_name = "监管分工"
        ordering = ("region_path", "sector", "valid_from")
        indexes = [models.Index(fields=("sector", "region_path", "valid_from"), name="registry_cell")]
        constraints = [
            models.UniqueConstraint(
                fields=("sector", "region"), condition=Q(valid_to=None), name="registry_cell_in_force_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cell}：{self.unit}"


class Stance(models.TextChoices):
    CLAIM = "claim", "认领"
    DISCLAIM = "disclaim", "否认"


class SupervisionClaim(Cell):
    """What a unit says about a cell: it is ours, it is not ours, and why. Stands until taken back or settled."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="单位")
    stance = models.CharField("表态", max_length=8, choices=Stance.choices)
    reason = models.CharField("理由", max_length=500)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="表态人")
    made_at = models.DateTimeField("表态时间")
    ended_at = models.DateTimeField("终止时间", null=True, blank=True)

    class Meta:
        verbose_name = "监管分工表态"
        ordering = ("region_path", "sector", "made_at")
        constraints = [
            models.UniqueConstraint(
                fields=("sector", "region", "unit"), condition=Q(ended_at=None), name="registry_stance_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit}{self.get_stance_display()}{self.cell}"


class DisputeStatus(models.TextChoices):
    OPENED = "opened", "待对方说明"
    ARGUED = "argued", "待裁定"
    SETTLED = "settled", "已裁定"
    WITHDRAWN = "withdrawn", "已撤回"


def _settles_here(acting: Acting) -> Q | None:
    """Whoever sets supervision in a region sees the quarrels in it; everybody else only their own."""
    return REGION.condition(acting) if may(acting, Permission.MANAGE_SUPERVISION) else None


class SupervisionDispute(Cell, Scoped):
    """职责争议: two units on one cell, each with its argument, settled by the safety committee's office.
    `responsible_unit` is the unit that has to answer, `supervising_unit` the office that settles."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    region_path = RegionPathField("所在区域", editable=False, db_index=True)
    sector = models.CharField("行业领域", max_length=32, choices=Sector.choices)
    responsible_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="对方单位")
    supervising_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="裁定单位")
    claimant = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="提出单位")
    status = models.CharField("状态", max_length=12, choices=DisputeStatus.choices, default=DisputeStatus.OPENED)
    matter = models.TextField("争议事项", help_text="哪些企业、哪些环节职责不清")
    claimant_argument = models.TextField("提出单位的意见")
    respondent_argument = models.TextField("对方单位的意见", blank=True)
    opened_at = models.DateTimeField("提出时间")
    answer_by = models.DateField("说明期限")
    settle_by = models.DateField("裁定期限")
    decided_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="裁定由哪个单位监管"
    )
    decision = models.TextField("裁定意见", blank=True)
    document = models.CharField("裁定文件", max_length=200, blank=True, help_text="文件名称和文号")
    effective_on = models.DateField("裁定生效日", null=True, blank=True)
    settled_at = models.DateTimeField("裁定时间", null=True, blank=True)
    reason = models.TextField("最近一次理由", blank=True)

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()
    perspectives: ClassVar[tuple[Perspective, ...]] = (
        Perspective("responsible", "等本单位说明", lambda acting: Q(responsible_unit=acting.post.unit_id)),
        Perspective("claimant", "本单位提出", lambda acting: Q(claimant=acting.post.unit_id)),
        Perspective("supervising", "本单位裁定", lambda acting: Q(supervising_unit=acting.post.unit_id)),
        Perspective("region", "本辖区", _settles_here),
    )

    class Meta:
        verbose_name = "监管职责争议"
        ordering = ("-opened_at", "id")

    def __str__(self) -> str:
        return f"{self.cell}由谁监管"

    def get_absolute_url(self) -> str:
        return reverse("disputes:detail", args=(self.pk,))
