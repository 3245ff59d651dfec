"""What every enterprise owes, and the evidence that it has done it: enterprise × duty × evidence × checked by whom."""

from dataclasses import replace
from typing import ClassVar

from django.db import models
from django.db.models import Manager, Q
from django.urls import reverse

from zhiben.core.access.scope import REGION, RESPONSIBLE, SUPERVISING, Scoped, ScopedQuerySet
from zhiben.core.ids import new_id
from zhiben.core.org.models import Person, Unit
from zhiben.core.org.paths import RegionPathField

from .enterprises import Enterprise


class Duty(models.Model):
    """企业应尽的一项责任. Those shipped hold everywhere; an office adds its own for its region."""

    key = models.SlugField("代号", max_length=40, unique=True, editable=False)
    name = models.CharField("责任事项", max_length=100)
    requirement = models.TextField("要求")
    reading = models.TextField("口径说明", blank=True, help_text="各地说法不同的，写明采用哪一种")
    basis = models.CharField("依据", max_length=300)
    evidence = models.CharField("佐证材料", max_length=300)
    months = models.PositiveSmallIntegerField("有效月数", default=12, help_text="到期须重新报送；0 表示长期有效")
    sectors = models.JSONField("适用行业", default=list, blank=True)
    """Keys of org `Sector`; empty means every sector."""
    trades = models.JSONField("适用安全行业", default=list, blank=True)
    """Sectors of the criteria catalogue; empty means every one."""
    scales = models.JSONField("适用规模", default=list, blank=True)
    staff_from = models.PositiveIntegerField("从业人数不少于", null=True, blank=True)
    region_path = RegionPathField("所在区域", blank=True, editable=False, db_index=True)
    """Empty: everywhere."""
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="设定单位"
    )
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    is_retired = models.BooleanField("已停用", default=False)

    class Meta:
        verbose_name = "企业责任"
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("duties:detail", args=(self.pk,))


class EvidenceStatus(models.TextChoices):
    FILED = "filed", "待核查"
    RETURNED = "returned", "已退回"
    ACCEPTED = "accepted", "已通过"
    EXPIRED = "expired", "已到期"
    WITHDRAWN = "withdrawn", "已撤回"


UNDECIDED = (EvidenceStatus.FILED, EvidenceStatus.RETURNED)


class DutyEvidence(Scoped):
    """What an enterprise files for one duty. `responsible_unit` is the enterprise, `supervising_unit` checks it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="evidence", verbose_name="企业")
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="evidence_set", verbose_name="责任事项")
    status = models.CharField("状态", max_length=10, choices=EvidenceStatus.choices, default=EvidenceStatus.FILED)
    description = models.TextField("落实情况", help_text="做了什么、何时做的、佐证材料是哪些")
    filed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="报送人")
    filed_at = models.DateTimeField("报送时间")
    check_by = models.DateField("核查期限")
    checked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="核查人"
    )
    checked_at = models.DateTimeField("核查时间", null=True, blank=True)
    finding = models.TextField("核查意见", blank=True)
    valid_until = models.DateField("有效期至", null=True, blank=True)
    """Null while undecided, and for what holds without end."""
    reason = models.TextField("最近一次理由", blank=True)

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()
    perspectives = (replace(RESPONSIBLE, label="本单位报送"), replace(SUPERVISING, label="本单位核查"), REGION)

    class Meta:
        verbose_name = "责任落实佐证"
        ordering = ("-filed_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("enterprise", "duty"),
                condition=Q(status__in=("filed", "returned")),
                name="registry_undecided_evidence_once",
            ),
        ]
        indexes = [
            models.Index(fields=("duty", "status", "enterprise"), name="registry_evidence_of_duty"),
            models.Index(fields=("status", "valid_until"), name="registry_evidence_ends"),
            models.Index(fields=("-filed_at", "id"), name="registry_evidence_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise}：{self.duty}"

    def get_absolute_url(self) -> str:
        return reverse("evidence:detail", args=(self.pk,))


class DutyWaiver(models.Model):
    """不适用: why one enterprise does not owe a duty that its kind owes. It is counted out of the denominator, by name."""

    enterprise = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="waivers", verbose_name="企业")
    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="waivers", verbose_name="责任事项")
    reason = models.CharField("理由", max_length=300)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="认定人")
    made_at = models.DateTimeField("认定时间")

    class Meta:
        verbose_name = "责任不适用认定"
        constraints = [models.UniqueConstraint(fields=("enterprise", "duty"), name="registry_waived_once")]
