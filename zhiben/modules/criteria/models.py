"""Judgement standards as versioned data: which documents there are, from when to when each holds, and what it lists.

The rows follow the catalogue that ships with the program (`data/`): `services.keep` writes them, nobody else does.
"""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Manager, Q
from django.urls import reverse


class VerifyLevel(models.TextChoices):
    """How far our text of a criterion has been compared with the original."""

    FULL_TEXT = "full_text", "已核对原文"
    TOPIC_ONLY = "topic_only", "只核对到条号和主题"
    DOC_ONLY = "doc_only", "只核对到文件"
    NONE = "none", "未核对"


class InForce(models.QuerySet):
    def in_force_on(self, day: date) -> Self:
        """What holds on that day; a document without a known first day holds on none."""
        return self.filter(Q(effective_to=None) | Q(effective_to__gte=day), effective_on__lte=day)


class Standard(models.Model):
    """A document that says what is a major hazard (判定标准), in one version."""

    doc_no = models.CharField("文号", max_length=64, unique=True)
    name = models.CharField("名称", max_length=128)
    effective_on = models.DateField("施行日期", null=True)
    effective_to = models.DateField("失效日期", null=True)
    """The last day on which it holds."""
    superseded_by = models.CharField("被取代为", max_length=64, blank=True)
    """`doc_no` of the later version."""
    validity = models.CharField("效力", max_length=64)

    objects: ClassVar[Manager] = InForce.as_manager()

    class Meta:
        verbose_name = "判定标准文件"
        ordering = ("name", "effective_on", "doc_no")

    def __str__(self) -> str:
        return f"《{self.name}》（{self.doc_no}）"

    def get_absolute_url(self) -> str:
        return reverse("criteria:standard", args=(self.pk,))


class Edition(models.Model):
    """A version of the catalogue that the tables have followed."""

    version = models.CharField("目录版本", max_length=32)
    kept_at = models.DateTimeField("写入时间")

    class Meta:
        verbose_name = "判定标准目录版本"

    def __str__(self) -> str:
        return self.version


class Criterion(models.Model):
    """One situation that makes a hazard a major one, after one version of a standard."""

    key = models.CharField("编号", max_length=128, unique=True)
    """A name only: never taken apart."""
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="criteria", verbose_name="判定标准")
    sector = models.CharField("行业领域", max_length=32, db_index=True)
    """As the catalogue divides them: 工贸-粉尘涉爆. `sectors.SUPERVISED_AS` says who supervises it."""
    article = models.CharField("条", max_length=64)
    item = models.CharField("项", max_length=32, blank=True)
    title = models.CharField("情形", max_length=300)
    """In our own words: the limits and exceptions that it leaves out are in `note`."""
    keywords = models.CharField("关键词", max_length=300, blank=True)
    note = models.CharField("说明", max_length=500, blank=True)
    verify_level = models.CharField("核对程度", max_length=12, choices=VerifyLevel.choices)
    source_url = models.URLField("来源", max_length=300, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_retired = models.BooleanField("已移出目录", default=False)
    """No longer in the catalogue; kept because hazards were judged after it."""

    class Meta:
        verbose_name = "判定情形"
        ordering = ("position",)

    def __str__(self) -> str:
        gap = " " if self.place[:1].isascii() else ""
        return f"{self.standard.doc_no}{gap}{self.place}：{self.title}"

    def get_absolute_url(self) -> str:
        return reverse("criteria:criterion", args=(self.pk,))

    @property
    def place(self) -> str:
        """Where it stands in the standard: 第7条(三), 5.4.4; an item that repeats its article or chapter stands alone."""
        repeats = self.item.startswith(f"{self.article.strip('第章')}.")
        return self.item if repeats else f"{self.article}{self.item}"

    @property
    def may_match(self) -> bool:
        """Only what was compared with the full text may be judged after automatically; the rest suggests."""
        return self.verify_level == VerifyLevel.FULL_TEXT
