"""The lists of the plans: enterprises to rebuild, merge or close, industries that are prohibited or restricted."""

from typing import ClassVar

from django.db import models
from django.db.models import Manager
from django.urls import reverse

from zhiben.core.access.scope import Scoped, ScopedQuerySet
from zhiben.core.ids import new_id
from zhiben.core.org.models import Region

from .enterprises import Enterprise


class ListKind(models.TextChoices):
    REBUILD = "rebuild", "改造提升"
    MERGE = "merge", "整合重组"
    CLOSE = "close", "关闭退出"
    PROHIBITED = "prohibited", "禁止类"
    RESTRICTED = "restricted", "限制类"
    EMERGING = "emerging", "新兴行业领域"


class EnterpriseList(Scoped):
    """A list with its own deadline. `responsible_unit` keeps it; each enterprise on it has its own measures and day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField("清单类别", max_length=12, choices=ListKind.choices)
    title = models.CharField("清单名称", max_length=100)
    basis = models.CharField("依据", max_length=200, help_text="方案或文件的名称和文号")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="区域")
    due_on = models.DateField("完成期限")
    made_at = models.DateTimeField("建立时间", editable=False)

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "企业清单"
        ordering = ("-made_at", "id")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("enterprise_lists:detail", args=(self.pk,))


class EntryStatus(models.TextChoices):
    LISTED = "listed", "已列入"
    UNDER_WAY = "under_way", "推进中"
    DONE = "done", "待验收"
    VERIFIED = "verified", "已验收"
    REMOVED = "removed", "已移出"


OPEN_ENTRIES = (EntryStatus.LISTED, EntryStatus.UNDER_WAY, EntryStatus.DONE)


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
    progress = models.TextField("进展情况", blank=True)
    listed_at = models.DateTimeField("列入时间", editable=False)
    finding = models.TextField("验收意见", blank=True)
    closed_at = models.DateTimeField("验收或移出时间", null=True, blank=True, editable=False)
    reason = models.TextField("最近一次理由", blank=True)

    objects: ClassVar[Manager] = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "清单企业"
        ordering = ("due_on", "id")
        constraints = [models.UniqueConstraint(fields=("list", "enterprise"), name="registry_listed_once")]

    def __str__(self) -> str:
        return f"{self.enterprise}（{self.list}）"

    def get_absolute_url(self) -> str:
        return reverse("list_entries:detail", args=(self.pk,))
