"""分级分类: the rule by which enterprises are put into classes A to D, version by version, and what overrides it."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from zhiben.core.org.models import Dated, Person, Region, Unit
from zhiben.core.org.paths import RegionPathField
from zhiben.core.org.sectors import Sector

from .enterprises import Enterprise, Part


class SupervisionClass(models.TextChoices):
    A = "A", "A 类（好）"
    B = "B", "B 类（较好）"
    C = "C", "C 类（一般）"
    D = "D", "D 类（差）"


class ClassRule(Dated):
    """One version of the rule for a region, and for one sector or all. Points add up; the bands turn them into a
    class; a condition that names a class holds enterprises there whatever the points. `valid_from` empty: a draft."""

    name = models.CharField("规则名称", max_length=100)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="适用区域")
    region_path = RegionPathField("所在区域", editable=False, db_index=True)
    sector = models.CharField("适用行业", max_length=32, choices=Sector.choices, blank=True)
    """Empty: every sector that has no rule of its own."""
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="制定单位")
    basis = models.CharField("依据", max_length=200, blank=True)
    b_from = models.SmallIntegerField("B 类起点", default=20)
    c_from = models.SmallIntegerField("C 类起点", default=40)
    d_from = models.SmallIntegerField("D 类起点", default=60)
    """Risk points: below `b_from` is A. No national scale exists; every region sets its own."""
    preview = models.JSONField("试算结果", default=dict, blank=True, editable=False)
    made_at = models.DateTimeField("制定时间", editable=False)

    class Meta:
        verbose_name = "分级规则"
        ordering = ("-made_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=("region", "sector"),
                condition=Q(valid_from__isnull=False, valid_to=None),
                name="registry_rule_in_force_once",
            ),
            models.CheckConstraint(
                condition=Q(b_from__lte=models.F("c_from")) & Q(c_from__lte=models.F("d_from")),
                name="registry_bands_rise",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("class_rules:detail", args=(self.pk,))

    @property
    def is_draft(self) -> bool:
        return self.valid_from is None


class Comparison(models.TextChoices):
    AT_LEAST = "at_least", "不少于"
    AT_MOST = "at_most", "不多于"
    IS = "is", "是"
    IS_NOT = "is_not", "不是"


class ClassCondition(models.Model):
    """One line of a rule: where `fact` compares so with `value`, these points, or at best this class."""

    rule = models.ForeignKey(ClassRule, on_delete=models.CASCADE, related_name="conditions", verbose_name="规则")
    position = models.PositiveSmallIntegerField(default=0)
    fact = models.CharField("看什么", max_length=64)
    comparison = models.CharField("比较", max_length=8, choices=Comparison.choices)
    value = models.CharField("值", max_length=64)
    points = models.SmallIntegerField("加分", default=0)
    at_best = models.CharField("直接定为", max_length=1, choices=SupervisionClass.choices, blank=True)
    """The class is this or worse."""

    class Meta:
        verbose_name = "分级条件"
        ordering = ("position", "pk")


class ClassOverride(Part, Dated):
    """人工调整: an officer's class for an enterprise, with the reason, until a day."""

    supervision_class = models.CharField("监管类别", max_length=1, choices=SupervisionClass.choices)
    reason = models.CharField("理由", max_length=300)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="调整人")
    made_at = models.DateTimeField("调整时间")

    class Meta:
        verbose_name = "人工定类"
        ordering = ("-made_at",)
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__isnull=False), name="registry_override_ends"),
        ]


class Score(models.Model):
    """现场评分: the latest score that an officer gave an enterprise, 0 to 100."""

    enterprise = models.OneToOneField(Enterprise, on_delete=models.CASCADE, related_name="score", verbose_name="企业")
    points = models.PositiveSmallIntegerField("得分")
    scored_on = models.DateField("评分日期")
    note = models.CharField("说明", max_length=300, blank=True)
    scored_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="评分人")

    class Meta:
        verbose_name = "现场评分"
        constraints = [models.CheckConstraint(condition=Q(points__lte=100), name="registry_score_of_100")]
