"""Dispatched work of any origin, what is fed back about it, and duties that recur."""

from datetime import date, datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Manager, Q
from django.urls import reverse

from zhiben.core.access.scope import Confidentiality, Scoped, ScopedQuerySet
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.ids import new_id
from zhiben.core.org.models import Person, Unit
from zhiben.core.org.paths import RegionPathField

from .cadence import Cadence
from .progress import EXPLANATIONS, ProgressRule
from .standing import Judgement, Operator, judge, plain, target_on


class Duty(models.TextChoices):
    """The part a unit has in a piece of work (牵头、参与、责任); an office that only holds the threads coordinates."""

    LEAD = "lead", "牵头"
    PARTICIPANT = "participant", "参与"
    RESPONSIBLE = "responsible", "责任"
    COORDINATOR = "coordinator", "统筹"


class Programme(models.Model):
    """A whole to which work belongs, under the key its origin gave it: a plan. Known here by name, so that a list of
    a hundred thousand tasks need not be read to offer the choice."""

    key = models.CharField(max_length=36, primary_key=True)
    label = models.CharField("名称", max_length=200)
    region_path = RegionPathField("所在区域", db_index=True)
    confidentiality = models.PositiveSmallIntegerField("知悉范围", default=Confidentiality.ORDINARY)

    class Meta:
        verbose_name = "方案"
        ordering = ("-key",)

    def __str__(self) -> str:
        return self.label


class FromOrigin(models.Model):
    """Where work comes from (a plan item, a meeting's decision, an instruction) and of what whole that is a part
    (the plan). Named by type and key: work must outlive what gave rise to it."""

    origin_type = models.CharField(max_length=64, blank=True, editable=False)
    origin_id = models.CharField(max_length=36, blank=True, editable=False)
    origin_label = models.CharField("来源", max_length=200, blank=True, editable=False)
    programme_id = models.CharField(max_length=36, blank=True, editable=False)
    programme_label = models.CharField("所属方案", max_length=200, blank=True, editable=False)
    number = models.CharField("序号", max_length=32, blank=True, editable=False)
    """As printed at its origin: (一)3."""
    position = models.PositiveIntegerField(default=0, editable=False)
    """Its place within the programme."""

    class Meta:
        abstract = True


class Assigned(Scoped):
    """Work never lacks a unit that does it and a unit that asks for it. Each of the three columns begins an index of
    the model that goes on with the order of its list, so that none needs an index of its own."""

    region_path = RegionPathField("所在区域", editable=False)
    responsible_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="+", verbose_name="承办单位", db_index=False
    )
    supervising_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="+", verbose_name="交办单位", db_index=False
    )

    class Meta:
        abstract = True


class TaskStatus(models.TextChoices):
    PENDING = "pending", "待接收"
    RUNNING = "running", "办理中"
    SUBMITTED = "submitted", "待核验"
    RETURNED = "returned", "已退回"
    COMPLETED = "completed", "已办结"
    WITHDRAWN = "withdrawn", "已撤回"


OPEN_STATUSES = (TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.SUBMITTED, TaskStatus.RETURNED)
CLOSED_STATUSES = (TaskStatus.COMPLETED, TaskStatus.WITHDRAWN)
ON_TIME = Q(status=TaskStatus.COMPLETED, submitted_at__date__lte=F("due_on"))
"""按期办结: handed in by its day; how long the verifying took is not the unit's doing."""


class TaskQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        return self.filter(status__in=OPEN_STATUSES)

    def overdue(self, now: datetime) -> Self:
        """Past their day, and neither handed in nor closed."""
        return self.filter(status__in=(TaskStatus.PENDING, TaskStatus.RUNNING), due_on__lt=local_day(now))


class Task(FromOrigin, Assigned):
    """Work given to ONE unit (`responsible_unit`) by another (`supervising_unit`), which verifies it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    title = models.CharField("任务", max_length=200)
    content = models.TextField("内容", blank=True)
    duty = models.CharField("职责", max_length=12, choices=Duty.choices, default=Duty.RESPONSIBLE)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级任务"
    )
    status = models.CharField("状态", max_length=12, choices=TaskStatus.choices, default=TaskStatus.PENDING)

    dispatched_at = models.DateTimeField("交办时间", editable=False)
    starts_on = models.DateField("开始日期")
    due_on = models.DateField("办结期限")
    limit_on = models.DateField("最晚期限", null=True, blank=True)
    """The end of the plan it serves: an extension past it is the chief's to grant."""
    accept_by = models.DateField("接收期限", null=True, blank=True)
    answer_by = models.DateField("答复期限", null=True, blank=True)
    """By when the issuing office must answer what was returned or handed in."""
    next_milestone_on = models.DateField("下一节点", null=True, blank=True, editable=False)
    extensions = models.PositiveSmallIntegerField("延期次数", default=0, editable=False)

    progress = models.PositiveSmallIntegerField("进度", default=0)
    progress_rule = models.CharField("进度规则", max_length=8, choices=ProgressRule.choices, default=ProgressRule.OWN)
    progress_note = models.CharField("进度由来", max_length=255, blank=True, editable=False)
    fed_back_at = models.DateTimeField("最近反馈", null=True, blank=True, editable=False)

    lead_officer = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="承办人"
    )
    accepted_at = models.DateTimeField("接收时间", null=True, blank=True, editable=False)
    submitted_at = models.DateTimeField("报送时间", null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="报送人"
    )
    completed_at = models.DateTimeField("办结时间", null=True, blank=True, editable=False)
    summary = models.TextField("办结说明", blank=True, help_text="做了什么、取得什么成效、佐证材料是哪些")
    finding = models.TextField("核验意见", blank=True)
    reason = models.TextField("最近一次理由", blank=True)
    """Why it was last returned, sent back, reassigned or withdrawn; all earlier reasons are in the trail."""

    objects: ClassVar[Manager] = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = "任务"
        ordering = ("due_on", "id")
        constraints = [
            models.CheckConstraint(condition=Q(progress__lte=100), name="tasks_progress_is_a_percentage"),
        ]
        indexes = [
            models.Index(fields=("responsible_unit", "due_on", "id"), name="tasks_of_responsible"),
            models.Index(fields=("supervising_unit", "due_on", "id"), name="tasks_of_supervising"),
            # all that the view of a region asks for: the rows themselves are read for one page only
            models.Index(fields=("region_path", "due_on", "id", "confidentiality", "status"), name="tasks_of_region"),
            models.Index(fields=("due_on", "id"), name="tasks_by_due_day"),
            models.Index(fields=("status", "due_on", "id"), name="tasks_by_status"),
            models.Index(fields=("programme_id", "position", "id"), name="tasks_of_programme"),
            models.Index(fields=("origin_type", "origin_id"), name="tasks_of_origin"),
        ]

    def __str__(self) -> str:
        """A share of somebody else's task is told apart by its unit."""
        return f"{self.title}（{self.responsible_unit}）" if self.parent_id else self.title

    def get_absolute_url(self) -> str:
        return reverse("tasks:detail", args=(self.pk,))

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    def is_overdue(self, day: date) -> bool:
        return self.status in (TaskStatus.PENDING, TaskStatus.RUNNING) and self.due_on < day

    @property
    def progress_explanation(self) -> str:
        """The rule in words, then what it gave last."""
        rule = EXPLANATIONS[ProgressRule(self.progress_rule)]
        return f"{rule}。{self.progress_note}" if self.progress_note else rule

    def open_children(self) -> list["Task"]:
        """Sub-tasks that still run: they keep this one from being closed."""
        return list(self.children.filter(status__in=OPEN_STATUSES).select_related("responsible_unit"))


class Feedback(models.Model):
    """反馈: what a unit reported on its task. Rows are only ever added."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="feedbacks")
    at = models.DateTimeField("时间")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="反馈人")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="反馈单位")
    percent_before = models.PositiveSmallIntegerField("此前进度")
    percent = models.PositiveSmallIntegerField("进度")
    text = models.TextField("进展情况")
    fall_reason = models.TextField("进度下降的理由", blank=True)
    file_count = models.PositiveSmallIntegerField("佐证材料", default=0)

    class Meta:
        verbose_name = "进展反馈"
        ordering = ("-at", "-id")
        indexes = [models.Index(fields=("task", "-at"), name="tasks_feedback_latest")]


class Milestone(models.Model):
    """A day by which a part of the task must be there (节点)."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="milestones")
    due_on = models.DateField("期限")
    text = models.CharField("要求", max_length=500)
    reached_on = models.DateField("完成日期", null=True, blank=True)
    feedback = models.ForeignKey(Feedback, on_delete=models.PROTECT, null=True, blank=True, related_name="milestones")

    class State(models.TextChoices):
        OPEN = "open", "未到期"
        REACHED = "reached", "已完成"
        LATE = "late", "逾期完成"
        MISSED = "missed", "逾期未完成"

    class Meta:
        verbose_name = "节点"
        ordering = ("due_on", "pk")

    def __str__(self) -> str:
        return f"{full_day(self.due_on)} {self.text}"

    def state_on(self, day: date) -> "Milestone.State":
        if self.reached_on:
            return self.State.REACHED if self.reached_on <= self.due_on else self.State.LATE
        return self.State.MISSED if self.due_on < day else self.State.OPEN


class Indicator(models.Model):
    """A number that the task must reach: what is counted, against which target, in which unit of measure."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="indicators")
    metric = models.CharField("指标", max_length=200)
    operator = models.CharField("要求", max_length=2, choices=Operator.choices)
    unit = models.CharField("计量单位", max_length=16, blank=True)
    approximate = models.BooleanField("左右", default=False)
    measured_by = models.CharField("绑定的统计指标", max_length=64, blank=True)
    """Key of a declared metric that measures it; empty: its value is fed back by hand."""

    class Meta:
        verbose_name = "指标"
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.metric

    def latest(self) -> "IndicatorValue | None":
        return max(self.values.all(), key=lambda value: (value.as_of, value.pk), default=None)

    def judged(self, day: date) -> Judgement:
        """Where it stands on that day; reads `targets` and `values` (prefetch them for a list)."""
        value = self.latest()
        target = target_on({row.year: row.value for row in self.targets.all()}, day)
        return judge(
            self.operator, target, value.value if value else None, unit=self.unit, approximate=self.approximate
        )


class IndicatorTarget(models.Model):
    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="targets")
    year = models.PositiveSmallIntegerField("年度", null=True, blank=True)
    value = models.DecimalField("目标值", max_digits=18, decimal_places=4)

    class Meta:
        verbose_name = "指标目标"
        ordering = ("year", "pk")
        constraints = [
            models.UniqueConstraint(fields=("indicator", "year"), name="tasks_one_target_a_year"),
            models.UniqueConstraint(fields=("indicator",), condition=Q(year=None), name="tasks_one_target_of_no_year"),
        ]


class IndicatorValue(models.Model):
    """A value as it was on a day. A rate carries its numerator and denominator. Rows are only ever added."""

    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="values")
    as_of = models.DateField("截至")
    value = models.DecimalField("数值", max_digits=18, decimal_places=4)
    numerator = models.DecimalField("分子", max_digits=18, decimal_places=4, null=True, blank=True)
    denominator = models.DecimalField("分母", max_digits=18, decimal_places=4, null=True, blank=True)
    feedback = models.ForeignKey(Feedback, on_delete=models.PROTECT, null=True, blank=True, related_name="figures")
    """Null: measured by the system itself."""
    at = models.DateTimeField("填报时间")

    class Meta:
        verbose_name = "指标数值"
        ordering = ("as_of", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(numerator=None, denominator=None) | Q(denominator__gt=0, numerator__isnull=False),
                name="tasks_rate_has_both_parts",
            ),
        ]

    def __str__(self) -> str:
        """整改率 90%（45/50）"""
        parts = f"（{self.fraction}）" if self.fraction else ""
        return f"{self.indicator.metric} {plain(self.value)}{self.indicator.unit}{parts}"

    @property
    def fraction(self) -> str:
        """Numerator and denominator beside the rate; empty for a plain number."""
        if self.numerator is None or self.denominator is None:
            return ""
        return f"{plain(self.numerator)}/{plain(self.denominator)}"


class ObligationStatus(models.TextChoices):
    ACTIVE = "active", "执行中"
    SUSPENDED = "suspended", "已暂停"
    ENDED = "ended", "已结束"


class Obligation(FromOrigin, Assigned):
    """A duty that recurs (每季度至少 1 次) or is due once on a day (2026年11月20日前报送评估报告), for any module."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    title = models.CharField("工作要求", max_length=300)
    cadence = models.CharField("频次", max_length=10, choices=Cadence.choices, blank=True)
    """Empty: due once, on `due_on`."""
    min_count = models.PositiveIntegerField("每期至少次数", default=1)
    due_on = models.DateField("期限", null=True, blank=True)
    """With a cadence: the pattern of the due day in each period (12-01 for 每年12月1日前); none: the period's last."""
    starts_on = models.DateField("起")
    ends_on = models.DateField("止", null=True, blank=True)
    next_opening = models.DateField(null=True, blank=True, editable=False)
    """The first day of the next period that has no occurrence yet; null when none is left."""
    status = models.CharField("状态", max_length=10, choices=ObligationStatus.choices, default=ObligationStatus.ACTIVE)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, null=True, blank=True, related_name="obligations")
    """The task whose frequency this is: it ends when the task is withdrawn, and outlives its completion."""
    reason = models.TextField("最近一次理由", blank=True)
    made_at = models.DateTimeField("设立时间", editable=False)

    class Meta:
        verbose_name = "定期工作"
        ordering = ("-made_at", "id")
        constraints = [
            models.CheckConstraint(
                condition=~Q(cadence="") | Q(due_on__isnull=False), name="tasks_single_duty_has_a_day"
            ),
            models.CheckConstraint(condition=Q(min_count__gte=1), name="tasks_duty_is_done_at_least_once"),
        ]
        indexes = [
            models.Index(fields=("next_opening",), name="tasks_obligation_opens", condition=Q(status="active")),
            models.Index(fields=("responsible_unit", "made_at", "id"), name="tasks_obligation_responsible"),
            models.Index(fields=("supervising_unit", "made_at", "id"), name="tasks_obligation_supervising"),
            models.Index(fields=("region_path", "made_at", "id"), name="tasks_obligation_region"),
            models.Index(fields=("origin_type", "origin_id"), name="tasks_obligation_origin"),
            models.Index(fields=("programme_id", "position", "id"), name="tasks_obligation_programme"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("obligations:detail", args=(self.pk,))

    @property
    def rhythm(self) -> str:
        """How often, in words: 每季度至少 2 次 / 2026年11月20日前."""
        if self.due_on and not self.cadence:
            return f"{full_day(self.due_on)}前"
        return f"{self.get_cadence_display()}至少 {self.min_count} 次"


class OccurrenceStatus(models.TextChoices):
    OPEN = "open", "待完成"
    DONE = "done", "已完成"
    MISSED = "missed", "逾期未完成"
    EXCUSED = "excused", "免予完成"


class ObligationOccurrence(Assigned):
    """One period of an obligation (2025年第3季度), to be done `min_count` times by `due_on`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    obligation = models.ForeignKey(Obligation, on_delete=models.CASCADE, related_name="occurrences")
    title = models.CharField("工作要求", max_length=300)
    period_label = models.CharField("所属期", max_length=40)
    """2025年第3季度; for a duty due once, its day."""
    period_start = models.DateField("期初")
    period_end = models.DateField("期末")
    due_on = models.DateField("期限")
    min_count = models.PositiveIntegerField("应完成次数", default=1)
    count = models.PositiveIntegerField("已完成次数", default=0)
    done_on = models.DateField("完成日期", null=True, blank=True)
    status = models.CharField("状态", max_length=10, choices=OccurrenceStatus.choices, default=OccurrenceStatus.OPEN)
    reason = models.TextField("理由", blank=True)

    class Meta:
        verbose_name = "定期工作（各期）"
        ordering = ("due_on", "id")
        constraints = [
            models.UniqueConstraint(fields=("obligation", "period_start"), name="tasks_one_occurrence_a_period"),
        ]
        indexes = [
            models.Index(fields=("responsible_unit", "due_on", "id"), name="tasks_occurrence_responsible"),
            models.Index(fields=("supervising_unit", "due_on", "id"), name="tasks_occurrence_supervising"),
            models.Index(fields=("region_path", "due_on", "id"), name="tasks_occurrence_region"),
            models.Index(fields=("due_on", "id"), name="tasks_occurrence_open", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return f"{self.title}（{self.period_label}）"

    def get_absolute_url(self) -> str:
        return reverse("occurrences:detail", args=(self.pk,))

    @property
    def tally(self) -> str:
        return f"{self.count}/{self.min_count} 次"

    @property
    def was_late(self) -> bool:
        return self.done_on is not None and self.done_on > self.due_on


class OccurrenceRecord(models.Model):
    """One time that the duty was done, with what shows it. Rows are only ever added."""

    occurrence = models.ForeignKey(ObligationOccurrence, on_delete=models.CASCADE, related_name="records")
    happened_on = models.DateField("开展日期")
    text = models.TextField("开展情况")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")
    file_count = models.PositiveSmallIntegerField("佐证材料", default=0)

    class Meta:
        verbose_name = "完成记录"
        ordering = ("happened_on", "pk")
