"""The lists of the plans: enterprises to rebuild, merge or close, industries that are prohibited or restricted."""

from dataclasses import replace
from functools import reduce
from operator import or_
from typing import ClassVar

from django.db import models
from django.db.models import Manager, Q
from django.urls import reverse

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.access.scope import REGION, RESPONSIBLE, SUPERVISING, Perspective, Scoped, ScopedQuerySet
from zhiben.core.ids import new_id
from zhiben.core.org.models import Person, Region, Unit
from zhiben.core.org.paths import ancestors, within

from ..industries import industry_name
from .enterprises import Enterprise


class ListKind(models.TextChoices):
    REBUILD = "rebuild", "改造提升"
    MERGE = "merge", "整合重组"
    CLOSE = "close", "关闭退出"
    PROHIBITED = "prohibited", "禁止类"
    RESTRICTED = "restricted", "限制类"
    EMERGING = "emerging", "新兴行业领域"


OF_INDUSTRIES = (ListKind.PROHIBITED, ListKind.RESTRICTED, ListKind.EMERGING)
"""Kinds that name industries; enterprises follow from their industry code, and may be listed by name as well."""


def _holds_here(acting: Acting) -> Q | None:
    """A list is a document: it concerns whoever oversees its region, or a place inside it, whatever their sector."""
    if not may(acting, Permission.OVERSEE_REGION):
        return None
    own = acting.unit.region_path
    return Q(region_path__in=ancestors(own)) | within(own)


class EnterpriseList(Scoped):
    """A list with its own deadline. `responsible_unit` keeps it; each enterprise on it has its own measures and day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField("清单类别", max_length=12, choices=ListKind.choices)
    title = models.CharField("清单名称", max_length=100)
    basis = models.CharField("依据", max_length=200, help_text="方案或文件的名称和文号")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="区域")
    due_on = models.DateField("完成期限", help_text="清单上的企业都要在这一天以前完成")
    made_at = models.DateTimeField("建立时间", editable=False)
    responsible_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="建立单位"
    )

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()
    perspectives: ClassVar[tuple[Perspective, ...]] = (
        Perspective("keeping", "本单位建立", lambda acting: Q(responsible_unit=acting.post.unit_id)),
        Perspective("region", "本地和上级", _holds_here),
    )

    class Meta:
        verbose_name = "企业清单"
        ordering = ("-made_at", "id")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("enterprise_lists:detail", args=(self.pk,))

    @property
    def is_of_industries(self) -> bool:
        return self.kind in OF_INDUSTRIES


class ListedIndustry(models.Model):
    """An industry on a list. Its `unit` supervises it, on lists of new industries; without one it is a blind spot."""

    list = models.ForeignKey(EnterpriseList, on_delete=models.CASCADE, related_name="industries", verbose_name="清单")
    code = models.CharField("行业代码", max_length=5, blank=True)
    """GB/T 4754-2017, a letter and up to four digits; a new industry may have none yet."""
    name = models.CharField("行业名称", max_length=100)
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="监管单位"
    )
    note = models.CharField("范围和说明", max_length=300, blank=True)

    class Meta:
        verbose_name = "清单行业"
        ordering = ("code", "name", "id")
        constraints = [
            models.UniqueConstraint(fields=("list", "code", "name"), name="registry_industry_listed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()

    @property
    def class_name(self) -> str:
        """The class of two digits to which the code belongs; empty without a code."""
        return industry_name(self.code) if self.code else ""


class EntryStatus(models.TextChoices):
    LISTED = "listed", "已列入"
    UNDER_WAY = "under_way", "推进中"
    DONE = "done", "待验收"
    VERIFIED = "verified", "已验收"
    REMOVED = "removed", "已移出"


TO_DO = (EntryStatus.LISTED, EntryStatus.UNDER_WAY)
"""What runs against the day; what is reported done waits for whoever verifies it."""
OPEN_ENTRIES = (*TO_DO, EntryStatus.DONE)


ENTRY_VIEWS = (
    replace(RESPONSIBLE, label="本企业"),
    replace(SUPERVISING, label="本单位负责"),
    REGION,
    Perspective("keeping", "本单位清单上", lambda acting: Q(list__responsible_unit=acting.post.unit_id)),
)


def _any_view(acting: Acting) -> Q:
    """What the figures of a list are counted from, and therefore open as."""
    return reduce(or_, filter(None, (view.condition(acting) for view in ENTRY_VIEWS)))


class ListEntry(Scoped):
    """One enterprise on a list. `responsible_unit` is the enterprise, `supervising_unit` sees it through."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    list = models.ForeignKey(EnterpriseList, on_delete=models.PROTECT, related_name="entries", verbose_name="清单")
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="list_entries", verbose_name="企业"
    )
    status = models.CharField("状态", max_length=10, choices=EntryStatus.choices, default=EntryStatus.LISTED)
    measures = models.TextField("措施", help_text="怎样改造、与谁整合、何时关闭")
    due_on = models.DateField("完成期限")
    situation = models.TextField("进展情况", blank=True, help_text="做了什么、还差什么")
    listed_at = models.DateTimeField("列入时间", editable=False)
    done_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="报送验收人"
    )
    done_at = models.DateTimeField("报送验收时间", null=True, blank=True, editable=False)
    check_by = models.DateField("验收期限", null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="验收人"
    )
    finding = models.TextField("验收意见", blank=True, help_text="何时、怎样核实，是否达到要求")
    responsible_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="企业"
    )
    supervising_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任单位"
    )
    closed_at = models.DateTimeField("验收或移出时间", null=True, blank=True, editable=False)
    reason = models.TextField("最近一次理由", blank=True)

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()
    perspectives: ClassVar[tuple[Perspective, ...]] = (
        *ENTRY_VIEWS,
        Perspective("all", "全部", _any_view),
    )

    class Meta:
        verbose_name = "清单企业"
        ordering = ("due_on", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("list", "enterprise"), condition=~Q(status="removed"), name="registry_listed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise}（{self.list}）"

    def get_absolute_url(self) -> str:
        return reverse("list_entries:detail", args=(self.pk,))
