"""Lists and record pages of plans, their versions, and the ledger with the live state of each task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Count, Model, Q, QuerySet

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.web.keys import key_of
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.filters import Choice, DateRange, Filter, Flag, RegionFilter, UnitFilter
from zhiben.core.web.pages.record import Panel, RecordPages, Total
from zhiben.modules.tasks.models import OPEN_STATUSES, TaskStatus

from ..models import Plan, PlanItem, PlanVersion, VersionStatus

# ── plans ────────────────────────────────────────────────────────────────────────────────────────────────────────


def state_of(plan: Plan) -> str:
    """A plan has no life of its own: where it stands is where its newest version stands."""
    current = plan.current_version
    return f"第 {current.number} 版施行中" if current else "尚未发布"


def versions_of(plan: Plan, at: At) -> Mapping[str, Any]:
    rows = list(plan.versions.select_related("document", "published_by").order_by("-number"))
    mine = plan.responsible_unit_id == at.acting.post.unit_id and may(at.acting, Permission.MANAGE_PLANS)
    return {
        "rows": rows,
        "plan": plan,
        "draft": next((row for row in rows if row.status in (VersionStatus.DRAFT, VersionStatus.READING)), None),
        "may_revise": mine and plan.current_version_id is not None,
    }


def ledger_of(plan: Plan, at: At) -> Mapping[str, Any] | None:
    """The version in force, item by item, with the state of its task today."""
    version = plan.current_version
    if version is None:
        return None
    items = version.items.filter(dropped=False).select_related("action", "task__responsible_unit", "upper")
    rows = list(items.annotate(lower_count=Count("lower", filter=Q(lower__dropped=False))))
    tasks = [row.task for row in rows if row.task]
    return {
        "plan": plan,
        "version": version,
        "rows": [(row, row.task is not None and row.task.is_overdue(at.today)) for row in rows],
        "total": len(rows),
        "done": sum(task.status == TaskStatus.COMPLETED for task in tasks),
        "overdue": sum(task.is_overdue(at.today) for task in tasks),
    }


def levels_of(plan: Plan, at: At) -> Mapping[str, Any] | None:
    """The plan above and the plans below, as far as this post sees them."""
    lower = list(Plan.objects.visible_to(at.acting).filter(upper=plan).select_related("responsible_unit"))
    mine = plan.responsible_unit_id == at.acting.post.unit_id and may(at.acting, Permission.MANAGE_PLANS)
    if not (plan.upper_id or lower or mine):
        return None
    return {
        "plan": plan,
        "upper": plan.upper,
        "lower": lower,
        "may_align": mine and plan.current_version_id is not None,
    }


class PlanPages(RecordPages):
    model, name, title = Plan, "plans", "方案"
    columns = (
        Column("title", link=True),
        Column("state", "状态", value=state_of, kind="text", order=""),
        Column("responsible_unit", "编制单位"),
        Column("level"),
        Column("period_start"),
        Column("period_end"),
        Column("document_number", shown=False),
        Column("issuer", shown=False),
        Column("created_at", shown=False),
    )
    filters = (
        Choice("level"),
        UnitFilter("unit", "编制单位", "responsible_unit"),
        RegionFilter(),
        DateRange("period_end"),
        Flag("published", "只看已发布", condition=lambda at: Q(current_version__isnull=False)),
    )
    related = ("current_version",)
    search = ("title", "document_number", "issuer")
    sort = "-created_at"
    facts = (
        ("方案信息", ("title", "issuer", "document_number", "issued_on", "period_start", "period_end")),
        ("范围", ("level", "region", Column("responsible_unit", "编制单位"))),
    )  # fmt: skip
    panels = (
        Panel("台账", "plans/panels/ledger.html", ledger_of),
        Panel("版本", "plans/panels/versions.html", versions_of, side=True),
        Panel("上下级方案", "plans/panels/levels.html", levels_of, side=True),
    )
    list_template = "plans/list.html"
    empty = "点右上角「上传方案」，把收到的方案文件拖进去，系统会读成任务台账。"
    help = "一份方案可以有多个版本。上传、核对、发布以后，任务才会交办下去；修订时会列出与现行版本的差别。"


# ── versions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def work_on(version: PlanVersion, at: At) -> Mapping[str, Any]:
    return {"version": version, "mine": version.responsible_unit_id == at.acting.post.unit_id}


class VersionPages(RecordPages):
    model, name, title = PlanVersion, "plan-versions", "方案版本"
    columns = (
        Column("title", link=True),
        Column("number"),
        Column("status", kind="state"),
        Column("responsible_unit", "编制单位"),
        Column("created_at"),
        Column("published_at"),
        Column("published_by"),
    )
    filters = (Choice("status"), UnitFilter("unit", "编制单位", "responsible_unit"))
    search = ("title",)
    sort = "-created_at"
    facts = (
        ("版本信息", ("title", "number", "issuer", "document_number", "issued_on", "period_start", "period_end",
                    "created_at", "published_at", "published_by", "unreadable_reason")),
    )  # fmt: skip
    panels = (Panel("台账与原文", "plans/panels/work.html", work_on),)
    tones = {VersionStatus.PUBLISHED: "green", VersionStatus.UNREADABLE: "red", VersionStatus.DRAFT: "yellow"}


# ── the ledger as a list: to be filtered and exported ────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class PlanFilter(Filter):
    """One plan among those this post sees."""

    template = "web/filters/select.html"

    def choices(self, model: Any, at: At) -> list[tuple[str, str]]:
        plans = Plan.objects.visible_to(at.acting).exclude(current_version=None)
        return [(str(pk), title) for pk, title in plans.values_list("pk", "title")[:200]]

    def read(self, params: Any, at: At) -> int | None:
        return key_of(params.get(self.name))

    def narrow(self, rows: QuerySet, value: int, at: At) -> QuerySet:
        return rows.filter(version__plan=value)

    def say(self, value: int, model: Any) -> str:
        return Plan.objects.filter(pk=value).values_list("title", flat=True).first() or ""


def _units(item: PlanItem, *roles: str) -> str:
    """The units of these roles, as far as names were resolved; printed names in brackets where they were not."""
    said = []
    for department in item.departments.all():
        if department.role in roles:
            units = "、".join(str(unit) for unit in department.units.all())
            said.append(units or f"({department.name})")
    return "、".join(dict.fromkeys(said))


def printed_number(item: PlanItem) -> str:
    """(一)3: the number within its action."""
    return f"{item.action.ordinal if item.action else ''}{item.number}"


def _listed(rows: Any) -> str:
    return ";".join(str(row) for row in rows)


class LedgerPages(RecordPages):
    model, name, title = PlanItem, "plan-items", "方案台账"
    columns = (
        Column("version__title", "方案", shown=False),
        Column("action", "行动", order="", shown=False),
        Column("number", "序号", value=printed_number, kind="text", order=""),
        Column("title", link=True, order=""),
        Column("lead", "牵头单位", value=lambda item: _units(item, "lead"), kind="text"),
        Column("shared", "参与和责任单位", value=lambda item: _units(item, "participant", "responsible"), kind="text",
               shown=False),
        Column("milestones", "时限", value=lambda item: _listed(item.milestones.all()), kind="text", shown=False),
        Column("indicators", "指标", value=lambda item: _listed(item.indicators.all()), kind="text", shown=False),
        Column("frequencies", "频次", value=lambda item: _listed(item.frequencies.all()), kind="text", shown=False),
        Column("content", shown=False),
        Column("task__responsible_unit", "承办单位", order=""),
        Column("task_state", "任务状态", value=lambda item: item.task.get_status_display() if item.task else "未交办",
               kind="text"),
        Column("task__progress", "进度", kind="progress", order=""),
        Column("task__due_on", "办结期限", kind="due", order=""),
    )  # fmt: skip
    filters = (
        PlanFilter("plan", "方案"),
        UnitFilter("unit", "承办单位", "task__responsible_unit"),
        Choice("state", "任务状态", "task__status", options=tuple(TaskStatus.choices)),
    )
    search = ("title", "content")
    sort = "position"
    related = ("version", "action", "task__responsible_unit")
    totals = (
        Total("未办结", lambda at: Q(task__status__in=OPEN_STATUSES)),
        Total("已办结", lambda at: Q(task__status=TaskStatus.COMPLETED), opens="state=completed"),
    )
    facts = (("条目", (Column("version__title", "方案"), "action", "number", "title", "content", "task")),)
    panels = (Panel("原文与台账", "plans/panels/item.html", lambda item, at: {"item": item}),)
    commentable = attachable = False
    empty = "方案发布以后，台账出现在这里。"

    def base(self) -> QuerySet:
        """Items of versions in force."""
        items = PlanItem.objects.filter(dropped=False, version__status=VersionStatus.PUBLISHED)
        return items.prefetch_related("departments__units", "milestones", "indicators", "frequencies")

    def is_met(self, column: Column, record: Model) -> bool:
        """The deadline shown is the task's: it runs while the unit has the task in hand."""
        task = cast(PlanItem, record).task
        return task is None or task.status not in (TaskStatus.PENDING, TaskStatus.RUNNING)

    def rows(self, acting: Acting) -> QuerySet:
        return self.base().filter(version__in=PlanVersion.objects.visible_to(acting))


menu = (
    MenuEntry("方案", "plans:list", icon="file-text", permission=Permission.READ_RECORDS),
    MenuEntry("方案台账", "plan-items:list", icon="list-details", permission=Permission.READ_RECORDS),
)
