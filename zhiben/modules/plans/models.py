"""A plan as it was printed, version by version: what the document says, before and after a person has checked it.

Every reading keeps its place: `span_start`/`span_end` count characters in the document's text; both are null for what
was added by hand. A version's rows change only while it is a draft (services.editing); afterwards they are the record.
"""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from zhiben.core.access.scope import Scoped
from zhiben.core.files.models import StoredFile
from zhiben.core.org.models import Body, Person, Region, RegionLevel, Unit
from zhiben.modules.tasks.models import Task

from .reading.source import Block, SourceText


class PlanFacts(models.Model):
    """What head and foot of the document say: kept for each version, and on the plan as the version in force has it."""

    title = models.CharField("名称", max_length=255)
    issuer = models.CharField("印发单位", max_length=128, blank=True)
    """As printed; see `Plan.issuing_unit` for the unit it stands for."""
    document_number = models.CharField("发文字号", max_length=64, blank=True)
    issued_on = models.DateField("印发日期", null=True, blank=True)
    period_start = models.DateField("实施起始日", null=True, blank=True)
    period_end = models.DateField("实施截止日", null=True, blank=True)

    class Meta:
        abstract = True

    def facts(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in PlanFacts._meta.get_fields()}


class Plan(Scoped, PlanFacts):
    """方案: one plan through all its versions. `responsible_unit` is the office that keeps it."""

    issuing_unit = models.ForeignKey(
        Unit, verbose_name="印发单位（对应）", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    region = models.ForeignKey(Region, verbose_name="区域", on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField("层级", choices=RegionLevel.choices)
    current_version = models.ForeignKey(
        "PlanVersion", verbose_name="现行版本", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    upper = models.ForeignKey(
        "self", verbose_name="上级方案", on_delete=models.PROTECT, null=True, blank=True, related_name="lower"
    )
    created_at = models.DateTimeField("建立时间")

    class Meta:
        verbose_name = "方案"
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"《{self.title}》"

    def get_absolute_url(self) -> str:
        return reverse("plans:detail", args=(self.pk,))


class PlanDocument(models.Model):
    """The file as it was received and the text that was read from it. One file stands once in a unit's plans."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="documents")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("文件名", max_length=255)
    digest = models.CharField("摘要", max_length=128)
    text = models.TextField("文字", blank=True)
    blocks = models.JSONField("段落与表格", default=list)
    warnings = models.JSONField("读取提示", default=list)
    put_aside = models.BooleanField("已弃用", default=False)
    """Its version could not be read or was given up: the same file may be uploaded again."""
    uploaded_by = models.ForeignKey(Person, verbose_name="上传人", on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "方案文件"
        constraints = [
            models.UniqueConstraint(
                fields=("unit", "digest"), condition=Q(put_aside=False), name="plans_same_file_once_a_unit"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def source(self) -> SourceText:
        return SourceText(self.text, tuple(Block(**block) for block in self.blocks), name=self.name)


class VersionStatus(models.TextChoices):
    READING = "reading", "读取中"
    UNREADABLE = "unreadable", "未能读取"
    DRAFT = "draft", "待审核"
    PUBLISHED = "published", "已发布"
    SUPERSEDED = "superseded", "已修订"
    DISCARDED = "discarded", "已弃用"


class PlanVersion(Scoped, PlanFacts):
    """One reading of a plan: a draft to be checked, then the ledger in force, then history."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField("版本")
    status = models.CharField("状态", max_length=12, choices=VersionStatus.choices, default=VersionStatus.READING)
    document = models.ForeignKey(PlanDocument, on_delete=models.PROTECT, null=True, blank=True, related_name="versions")
    """The text its spans count in; a copy made for revision keeps the document of its original."""
    based_on = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="revisions")
    revision = models.PositiveIntegerField(default=0)
    """Of its facts; see `PlanItem.revision`."""
    edits_made = models.PositiveIntegerField(default=0)
    doubts = models.JSONField("对全文的疑点", default=list)
    metadata = models.JSONField("文头文尾", default=dict)
    """Provenance of title, doc_no, issuer, issue_date, period: {"title": {"span": [a, b], …}}."""
    unreadable_reason = models.TextField("未能读取的原因", blank=True)
    created_at = models.DateTimeField("建立时间")
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    published_by = models.ForeignKey(
        Person, verbose_name="发布人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "方案版本"
        ordering = ("plan", "-number")
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="plans_version_number_once"),
        ]

    def __str__(self) -> str:
        return f"《{self.title}》第 {self.number} 版"

    def get_absolute_url(self) -> str:
        return reverse("plan-versions:detail", args=(self.pk,))

    @property
    def is_draft(self) -> bool:
        return self.status == VersionStatus.DRAFT

    @property
    def office(self) -> Unit:
        """The unit that keeps the plan; `services.intake` gives one to every version."""
        assert self.responsible_unit is not None
        return self.responsible_unit

    @property
    def text(self) -> str:
        return self.document.text if self.document else ""


class Spanned(models.Model):
    """Where a reading stands, how sure we are (0 to 1), and the sentences that say why not."""

    span_start = models.PositiveIntegerField(null=True, blank=True)
    span_end = models.PositiveIntegerField(null=True, blank=True)
    confidence = models.FloatField(default=1.0)
    doubts = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True

    @property
    def span(self) -> tuple[int, int] | None:
        if self.span_start is None or self.span_end is None:
            return None
        return self.span_start, self.span_end


class Resolution(models.TextChoices):
    OPEN = "open", "待确认"
    RESOLVED = "resolved", "已对应"
    LEFT = "left", "不对应单位"


class Addressed(models.Model):
    """A printed name (州安委办, 各有关部门) and the units it stands for here: units, or a body through its office,
    or explicitly none. `suggestions` are what the directory offered: [{"units": [pk, …], "label", "reason"}]."""

    resolution = models.CharField("对应情况", max_length=8, choices=Resolution.choices, default=Resolution.OPEN)
    units = models.ManyToManyField(Unit, verbose_name="对应单位", blank=True, related_name="+")
    body = models.ForeignKey(
        Body, verbose_name="议事协调机构", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField("依据", max_length=255, blank=True)
    suggestions = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True


class PlanAction(Spanned):
    """行动: the level between 主要任务 and the tasks."""

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="actions")
    ordinal = models.CharField("序号", max_length=32)
    title = models.CharField("名称", max_length=255)
    position = models.FloatField()

    class Meta:
        verbose_name = "行动"
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return f"{self.ordinal}{self.title}"


class PlanItem(Spanned):
    """条目: what the document asks for under one number. `span` covers number and title, `body` the whole item."""

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="items")
    action = models.ForeignKey(PlanAction, on_delete=models.SET_NULL, null=True, blank=True, related_name="items")
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="children")
    predecessor = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="successors")
    """The item of the version before that this one continues."""
    upper = models.ForeignKey(
        "self", verbose_name="对应的上级条目", on_delete=models.SET_NULL, null=True, blank=True, related_name="lower"
    )
    number = models.CharField("序号", max_length=32, blank=True)
    title = models.TextField("标题")
    content = models.TextField("内容", blank=True)
    body_start = models.PositiveIntegerField(null=True, blank=True)
    body_end = models.PositiveIntegerField(null=True, blank=True)
    position = models.FloatField()
    dropped = models.BooleanField("已剔除", default=False)
    checked = models.BooleanField("已核对", default=False)
    left_undispatched = models.BooleanField("暂不交办", default=False)
    revision = models.PositiveIntegerField(default=0)
    """The number of the edit that last touched it; a later edit must have seen it."""
    task = models.ForeignKey(Task, on_delete=models.PROTECT, null=True, blank=True, related_name="plan_items")

    class Meta:
        verbose_name = "方案条目"
        ordering = ("position", "pk")
        indexes = [models.Index(fields=("version", "position"), name="plans_item_in_order")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}".strip()

    @property
    def body_span(self) -> tuple[int, int] | None:
        if self.body_start is None or self.body_end is None:
            return None
        return self.body_start, self.body_end


class DepartmentRole(models.TextChoices):
    LEAD = "lead", "牵头"
    PARTICIPANT = "participant", "参与"
    RESPONSIBLE = "responsible", "责任"


class ItemDepartment(Spanned, Addressed):
    item = models.ForeignKey(PlanItem, on_delete=models.CASCADE, related_name="departments")
    name = models.CharField("原文名称", max_length=128)
    role = models.CharField("分工", max_length=12, choices=DepartmentRole.choices)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "责任单位"
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return f"{self.get_role_display()}:{self.name}"


class ItemMilestone(Spanned):
    item = models.ForeignKey(PlanItem, on_delete=models.CASCADE, related_name="milestones")
    due_on = models.DateField("时限")
    text = models.CharField("要求", max_length=500)

    class Meta:
        verbose_name = "里程碑"
        ordering = ("due_on", "pk")

    def __str__(self) -> str:
        return f"{self.due_on:%Y-%m-%d} {self.text}"


class Operator(models.TextChoices):
    AT_LEAST = ">=", "不低于"
    EQUAL = "=", "等于"
    AT_MOST = "<=", "不超过"


class ItemIndicator(Spanned):
    item = models.ForeignKey(PlanItem, on_delete=models.CASCADE, related_name="indicators")
    metric = models.CharField("指标", max_length=500)
    operator = models.CharField("要求", max_length=2, choices=Operator.choices)
    value = models.DecimalField("数值", max_digits=16, decimal_places=4)
    unit = models.CharField("单位", max_length=32, blank=True)
    year = models.PositiveSmallIntegerField("年度", null=True, blank=True)
    approximate = models.BooleanField("左右", default=False)

    class Meta:
        verbose_name = "指标"
        ordering = ("year", "pk")

    def __str__(self) -> str:
        """In the document's own words; what they leave out (the year, the figure) is added."""
        year = f"{self.year} 年" if self.year and str(self.year) not in self.metric else ""
        figure = "" if self.figure in self.metric else f" {self.get_operator_display()} {self.figure}{self.unit}"
        return f"{year}{self.metric}{figure}"

    @property
    def figure(self) -> str:
        """100.0000 → 100, 0.5000 → 0.5."""
        return f"{self.value.normalize():f}" if self.value else "0"


class Period(models.TextChoices):
    DAY = "day", "每日"
    WEEK = "week", "每周"
    MONTH = "month", "每月"
    QUARTER = "quarter", "每季度"
    HALF_YEAR = "half-year", "每半年"
    YEAR = "year", "每年"


class ItemFrequency(Spanned):
    item = models.ForeignKey(PlanItem, on_delete=models.CASCADE, related_name="frequencies")
    text = models.CharField("原文", max_length=500)
    per = models.CharField("周期", max_length=10, choices=Period.choices)
    min_count = models.PositiveSmallIntegerField("至少次数", default=1)

    class Meta:
        verbose_name = "频次"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.get_per_display()}至少 {self.min_count} 次：{self.text}"


class PlanGoal(Spanned):
    """阶段目标."""

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="goals")
    due_on = models.DateField("时限")
    text = models.TextField("目标")
    indicators = models.JSONField("指标", default=list, blank=True)
    """As the reader writes them: {"metric_text", "operator", "value", "unit", "year"}."""
    dropped = models.BooleanField("已剔除", default=False)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "阶段目标"
        ordering = ("due_on", "pk")

    def __str__(self) -> str:
        return f"{self.due_on:%Y-%m-%d} {self.text}"


def new_lineage() -> str:
    return str(uuid.uuid4())


class PlanObligation(Spanned, Addressed):
    """A dated or recurring duty outside the tasks: 每年 12 月 1 日前报送年度总结."""

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="obligations")
    text = models.TextField("要求")
    who = models.CharField("责任主体（原文）", max_length=128, blank=True)
    per = models.CharField("周期", max_length=10, choices=Period.choices, blank=True)
    due_on = models.DateField("时限", null=True, blank=True)
    min_count = models.PositiveSmallIntegerField("至少次数", null=True, blank=True)
    position = models.FloatField()
    dropped = models.BooleanField("已剔除", default=False)
    revision = models.PositiveIntegerField(default=0)
    lineage = models.CharField(max_length=36, default=new_lineage, editable=False)
    """The same duty through all versions: the origin of the obligations set up for it."""

    class Meta:
        verbose_name = "任务之外的要求"
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.text


class DraftEdit(models.Model):
    """One edit of a draft: what stood there before and what stands there after, piece by piece.

    `before`/`after`: {"planitem:12": snapshot or null}; see services.drafting for the shape of a snapshot.
    """

    class Kind(models.TextChoices):
        EDIT = "edit", "修改"
        UNDO = "undo", "撤销"
        REDO = "redo", "重做"

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="edits")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.EDIT)
    operation = models.CharField(max_length=32)
    label = models.CharField("说明", max_length=500)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    before = models.JSONField()
    after = models.JSONField()
    reverses = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    reversed = models.BooleanField(default=False)

    class Meta:
        verbose_name = "草稿修改"
        ordering = ("version", "number")
        constraints = [models.UniqueConstraint(fields=("version", "number"), name="plans_edit_number_once")]

    def __str__(self) -> str:
        return self.label
