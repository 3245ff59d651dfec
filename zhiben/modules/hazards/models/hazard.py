"""事故隐患. PRC usage ("hidden danger"): a state or an act that may lead to an accident, **not** the ISO 45001 hazard."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Manager, Q
from django.urls import reverse

from zhiben.core.access.scope import REGION, RESPONSIBLE, SUPERVISING, Perspective, Scoped, ScopedQuerySet
from zhiben.core.clock import local_day
from zhiben.core.ids import new_id
from zhiben.core.org.models import Person, Unit
from zhiben.core.org.paths import RegionPathField
from zhiben.modules.criteria.models import Criterion
from zhiben.modules.registry.models import Enterprise, Site


class Channel(models.TextChoices):
    """How it came to us; each keeps its origin (`origin_type`, `origin_id`, `origin_label`)."""

    SELF_INSPECTION = "self_inspection", "企业自查"
    INSPECTION = "inspection", "监督检查"
    PUBLIC_REPORT = "public_report", "群众举报"
    SENSOR_ALARM = "sensor_alarm", "监测报警"
    EXPERT = "expert", "专家检查"
    INSURER = "insurer", "保险机构服务"
    SUPERIOR = "superior", "上级交办"
    LEDGER = "ledger", "台账导入"
    INTERFACE = "interface", "系统接口"


class Category(models.TextChoices):
    """人、物、环、管: the four of GB/T 13861-2022."""

    PERSON = "person", "人的因素"
    THING = "thing", "物的因素"
    ENVIRONMENT = "environment", "环境因素"
    MANAGEMENT = "management", "管理因素"


class HazardLevel(models.TextChoices):
    GENERAL = "general", "一般"
    MAJOR = "major", "重大"


class HazardStatus(models.TextChoices):
    REPORTED = "reported", "待判定"
    JUDGED = "judged", "待交办"
    ORDERED = "ordered", "待报方案"
    PLANNED = "planned", "待审方案"
    RECTIFYING = "rectifying", "整改中"
    RECTIFIED = "rectified", "待复查"
    VERIFIED = "verified", "待销号"
    CLOSED = "closed", "已销号"
    WITHDRAWN = "withdrawn", "已撤销"
    DUPLICATE = "duplicate", "重复"


OPEN_STATUSES = (
    HazardStatus.REPORTED,
    HazardStatus.JUDGED,
    HazardStatus.ORDERED,
    HazardStatus.PLANNED,
    HazardStatus.RECTIFYING,
    HazardStatus.RECTIFIED,
    HazardStatus.VERIFIED,
)
UNDER_RECTIFICATION = (HazardStatus.ORDERED, HazardStatus.PLANNED, HazardStatus.RECTIFYING)
"""Where the day by which it must be rectified runs."""


def told_as(place: str, description: str, most: int | None = None) -> str:
    """Where and what in one line; the place is not said twice. `most`: characters of the description.

    >>> told_as("西门", "门禁失灵"), told_as("西门", "西门门禁失灵"), told_as("", "门禁失灵", 2)
    ('西门：门禁失灵', '西门门禁失灵', '门禁…')
    """
    if not place or description.startswith(place):
        return _cut(description, None if most is None else len(place) + most)
    return f"{place}：{_cut(description, most)}"


def _cut(text: str, most: int | None) -> str:
    return text if most is None or len(text) <= most else f"{text[:most].rstrip('，、；：')}…"


RECTIFIES = replace(RESPONSIBLE, label="本单位整改")
SUPERVISES = replace(SUPERVISING, label="本单位监管")
CLOSING = Perspective("closing", "由本单位销号", lambda acting: Q(closing_unit=acting.post.unit_id))
OFFERED = Perspective("offered", "移交给本单位", lambda acting: Q(transfer_to=acting.post.unit_id))
FOUND = Perspective("found", "本单位发现", lambda acting: Q(found_by_unit=acting.post.unit_id))


class HazardQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        return self.filter(status__in=OPEN_STATUSES)

    def counted(self) -> Self:
        """What counts as a hazard in figures: neither withdrawn nor a second record of the same."""
        return self.exclude(status__in=(HazardStatus.WITHDRAWN, HazardStatus.DUPLICATE))

    def major(self) -> Self:
        return self.filter(level=HazardLevel.MAJOR)

    def overdue(self, now: datetime) -> Self:
        """Past the day by which it was to be rectified, and not handed in."""
        return self.filter(status__in=UNDER_RECTIFICATION, rectify_by__lt=local_day(now))


_HOW_FAR = ("status", "level", "rectify_by")
_WHERE = ("region_path", "sector", "confidentiality")


class Hazard(Scoped):
    """`responsible_unit` is the unit that must rectify (the enterprise's), `supervising_unit` the one that judges,
    orders and verifies (in self-inspection, for ordinary ones, the enterprise itself), `closing_unit` the one that may
    close it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    """Made where the hazard is recorded, perhaps on a phone without network."""
    number = models.CharField("隐患编号", max_length=32, unique=True, editable=False)
    """990121-2026-000123: county, year, running number; given by `numbering`."""
    status = models.CharField("状态", max_length=12, choices=HazardStatus.choices, default=HazardStatus.REPORTED)

    # no key has an index of its own: by unit, enterprise and region one below leads on into the order of the list, of what
    # is seldom said one knows only where it is; by person or site nobody asks, and neither is ever deleted
    region_path = RegionPathField("所在区域", editable=False)
    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="hazards",
        verbose_name="企业",
        db_index=False,
    )
    """Null where no enterprise is responsible: a public place, a village road."""
    site = models.ForeignKey(
        Site,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="场所",
        db_index=False,
    )
    responsible_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="+", verbose_name="整改单位", db_index=False
    )
    supervising_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="+", verbose_name="监管单位", db_index=False
    )
    closing_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="+", verbose_name="销号单位", db_index=False
    )
    closing_lifted = models.BooleanField("已提级销号", default=False, editable=False)
    """Set by whoever lists or lifts it (`services.set_closing_unit`): the rules of the region no longer move it."""
    transfer_to = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="移交至", db_index=False
    )
    """Offered, not yet accepted: until then the first unit keeps it (首查负责)."""

    place = models.CharField("具体位置", max_length=128, help_text="车间、楼层、设备等，例如：一号厂房北侧消防车通道")
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)
    description = models.TextField("隐患情况", help_text="什么东西、什么问题、有多严重，能写数量的写数量")
    danger = models.TextField("危害", blank=True, help_text="可能造成什么事故、影响哪些人")
    category = models.CharField("类别", max_length=12, choices=Category.choices, blank=True)
    discipline = models.PositiveSmallIntegerField("专业", null=True, blank=True)
    """安全 1 … 其他 8: `hazardDangerType` of the dual-prevention exchange (`codes.DISCIPLINES`)."""
    immediate_measures = models.TextField("已采取的临时措施", blank=True)

    level = models.CharField("等级", max_length=8, choices=HazardLevel.choices, default=HazardLevel.GENERAL)
    """As proposed by the finder until somebody has judged."""
    criterion = models.ForeignKey(
        Criterion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="判定依据",
        db_index=False,
    )
    criterion_reason = models.TextField("判定理由", blank=True)
    catalogue = models.CharField(max_length=32, blank=True, editable=False)
    """Version of the criteria catalogue that was looked at when it was judged."""
    judged_at = models.DateTimeField("判定时间", null=True, blank=True, editable=False)
    judged_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="判定人", db_index=False
    )
    candidates = models.JSONField(default=list, editable=False)
    """What the catalogue proposed when it was judged, best first: [{"key", "kind", "score"}]. A person decides."""

    channel = models.CharField("来源", max_length=16, choices=Channel.choices)
    inspection_kind = models.PositiveSmallIntegerField("排查类型", null=True, blank=True)
    """日常 1 … 其他 10: `dangerSrc` of the dual-prevention exchange (`codes.SOURCES`)."""
    origin_type = models.CharField(max_length=64, blank=True, editable=False)
    origin_id = models.CharField(max_length=64, blank=True, editable=False)
    origin_label = models.CharField("来源说明", max_length=200, blank=True, editable=False)
    found_on = models.DateField("发现日期")
    found_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="发现人", db_index=False
    )
    found_by_name = models.CharField("发现人", max_length=64, blank=True)
    """Where the finder is nobody of ours, or must not be known: then empty."""
    found_by_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="发现单位", db_index=False
    )
    reported_at = models.DateTimeField("录入时间", editable=False)
    reported_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="录入人", db_index=False
    )
    """Null where a machine did."""

    fixed_on_spot = models.BooleanField("即查即改", default=False, editable=False)
    judge_by = models.DateField("判定期限", null=True, blank=True, editable=False)
    plan_by = models.DateField("报方案期限", null=True, blank=True, editable=False)
    rectify_by = models.DateField("整改期限", null=True, blank=True)
    verify_by = models.DateField("审核、复查期限", null=True, blank=True, editable=False)
    extensions = models.PositiveSmallIntegerField("延期次数", default=0, editable=False)
    plan_returns = models.PositiveSmallIntegerField("方案退回次数", default=0, editable=False)
    rejections = models.PositiveSmallIntegerField("复查不通过次数", default=0, editable=False)
    ordered_at = models.DateTimeField("交办时间", null=True, blank=True, editable=False)
    rectified_at = models.DateTimeField("报送复查时间", null=True, blank=True, editable=False)
    rectified_by = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="整改报送人",
        db_index=False,
    )
    hands = models.JSONField(default=list, editable=False)
    """Keys of the persons who filed the plan or handed in the rectification, and of those in whose name they did:
    none of them accepts, verifies or closes it."""
    took_part = models.JSONField(default=dict, editable=False)
    """{"ordered": keys, "verified": keys}: the persons who did it last, and those in whose name (`apart`)."""
    summary = models.TextField("整改情况", blank=True)
    spent = models.DecimalField("已投入资金（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    progress = models.PositiveSmallIntegerField("整改进度", default=0)
    verified_at = models.DateTimeField("复查时间", null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="复查人", db_index=False
    )
    on_site = models.BooleanField("现场复查", default=False)
    finding = models.TextField("复查意见", blank=True)
    closed_at = models.DateTimeField("销号时间", null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="销号人", db_index=False
    )
    changed_at = models.DateTimeField("最近变化", editable=False)
    """Kept by every step and edit: what was sent to another system is sent again after it."""

    recurs_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="recurrences",
        verbose_name="原隐患",
        db_index=False,
    )
    duplicate_of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="duplicates",
        verbose_name="已有记录",
        db_index=False,
    )
    reason = models.TextField("最近一次理由", blank=True)

    was_due_on: date | None = None

    objects: ClassVar[Manager] = HazardQuerySet.as_manager()
    perspectives = (RECTIFIES, SUPERVISES, CLOSING, OFFERED, FOUND, REGION)

    class Meta:
        verbose_name = "隐患"
        ordering = ("-found_on", "-id")
        constraints = [
            models.CheckConstraint(condition=Q(progress__lte=100), name="hazards_progress_is_a_percentage"),
            models.UniqueConstraint(
                fields=("origin_type", "origin_id"), condition=~Q(origin_id=""), name="hazards_origin_once"
            ),
        ]
        # after the order what else lists ask of a row: the keys of a page are found without fetching any (ADR 0019)
        indexes = [
            models.Index(fields=("-found_on", "-id"), name="hazards_by_day"),
            models.Index(fields=("rectify_by", "id"), name="hazards_by_due"),
            models.Index(fields=("level", "status", "-found_on", "-id", *_WHERE), name="hazards_by_level"),
            models.Index(fields=("status", "rectify_by", "id", "found_on", *_WHERE), name="hazards_by_status"),
            models.Index(
                fields=("region_path", "-found_on", "-id", *_HOW_FAR, "sector", "confidentiality"),
                name="hazards_of_region",
            ),
            models.Index(fields=("responsible_unit", "-found_on", "-id"), name="hazards_of_responsible"),
            models.Index(fields=("supervising_unit", "-found_on", "-id", *_HOW_FAR), name="hazards_of_supervising"),
            models.Index(fields=("closing_unit", "-found_on", "-id", *_HOW_FAR), name="hazards_of_closing"),
            models.Index(fields=("found_by_unit", "-found_on", "-id", *_HOW_FAR), name="hazards_of_finder"),
            models.Index(fields=("enterprise", "-found_on", "-id"), name="hazards_of_enterprise"),
            models.Index(fields=("changed_at", "id"), name="hazards_by_change"),
            models.Index(fields=("closed_at",), name="hazards_by_closing", condition=Q(closed_at__isnull=False)),
            models.Index(fields=("transfer_to",), name="hazards_of_offered", condition=Q(transfer_to__isnull=False)),
            models.Index(fields=("criterion",), name="hazards_of_criterion", condition=Q(criterion__isnull=False)),
            models.Index(fields=("recurs_from",), name="hazards_of_recurring", condition=Q(recurs_from__isnull=False)),
            models.Index(
                fields=("duplicate_of",), name="hazards_of_duplicated", condition=Q(duplicate_of__isnull=False)
            ),
        ]

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any) -> Self:
        """Remembers until when it was to be rectified when it was read: a step that moves the day is measured by it."""
        hazard = super().from_db(db, field_names, values, **more)
        hazard.was_due_on = hazard.__dict__.get("rectify_by")
        return hazard

    def __str__(self) -> str:
        return f"{self.enterprise or self.responsible_unit} {told_as(self.place, self.description, 30)}"

    def get_absolute_url(self) -> str:
        return reverse("hazards:detail", args=(self.pk,))

    @property
    def told(self) -> str:
        """Where and what, in one line."""
        return told_as(self.place, self.description)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def is_major(self) -> bool:
        return self.level == HazardLevel.MAJOR

    @property
    def is_internal(self) -> bool:
        """An enterprise's own loop: it found the hazard itself, and judges, orders and verifies inside."""
        return self.supervising_unit_id == self.responsible_unit_id

    def is_overdue(self, day: date) -> bool:
        return self.status in UNDER_RECTIFICATION and self.rectify_by is not None and self.rectify_by < day


class HazardNumber(models.Model):
    """The last running number of a county in a year."""

    prefix = models.CharField(max_length=16, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "隐患编号"
