"""Published plans and what they ask for, for systems that pull the tasks of a plan (`GET /tasks?programme=`)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from ninja import Schema
from pydantic import Field

from zhiben.core.api.fields import Named, Shown, named, plain
from zhiben.core.api.records import Filters, Key, RecordApi
from zhiben.core.api.scopes import scope
from zhiben.core.web.pages.at import At

from .models import Plan, PlanItem

scope("plans:read", "读取方案和条目")

_items_in_force = (
    PlanItem.objects.filter(version=OuterRef("current_version"), dropped=False)
    .order_by()
    .values("version")
    .annotate(count=Count("pk"))
    .values("count")
)


def published(at: At) -> QuerySet[Plan]:
    return Plan.objects.visible_to(at.acting).exclude(current_version=None)


class PlanFilters(Filters):
    unit: Key | None = Field(None, description="编制单位的编号")
    document_number: str = Field("", max_length=64, description="发文字号，须完全一致")

    lookups = {"unit": "responsible_unit_id", "document_number": "document_number"}


class PlanApi(RecordApi):
    model, path, title, scope, answer = Plan, "plans", "方案", "plans", "Plan"
    fields = (
        "id",
        "title",
        Shown("document_number", str, ("document_number",), plain, "发文字号"),
        Shown("issuer", str, ("issuer",), plain, "印发单位，与原文相同"),
        "issued_on",
        "period_start",
        "period_end",
        Shown("version", int, ("current_version__number",), plain, "现行版本是第几版"),
        Shown("published_at", datetime | None, ("current_version__published_at",), plain, "现行版本的发布时间"),
        Shown("items", int, (Coalesce(Subquery(_items_in_force), 0),), plain, "现行版本有多少条目"),
        "region",
        Shown("unit", Named | None, ("responsible_unit_id", "responsible_unit__short_name", "responsible_unit__name"),
              lambda key, short, name: key and {"id": key, "name": short or name}, "编制单位"),
    )  # fmt: skip
    filters = PlanFilters
    sort = "-created_at"
    help = "令牌的岗位看得到的、已经发布的方案，最近建立的在前。条目见 /plan-items?plan=，任务见 /tasks?programme=。"

    def rows(self, at: At) -> QuerySet[Plan]:
        return published(at)


class DepartmentOut(Schema):
    """方案原文写明的一个责任单位。"""

    name: str = Field(description="原文中的名称")
    role: str = Field(description="牵头（lead）、参与（participant）、责任（responsible）")
    units: list[Named] = Field(description="对应的单位")


class DueOut(Schema):
    """一个时限。"""

    due_on: date = Field(description="时限")
    text: str = Field(description="要求")


class TargetOut(Schema):
    """一个指标。"""

    metric: str = Field(description="指标")
    operator: str = Field(description="不低于（>=）、不超过（<=）、等于（=）")
    value: Decimal = Field(description="数值")
    unit: str = Field(description="计量单位")
    year: int | None = Field(description="年度")


class ItemMore(Schema):
    """一个条目比列表多说的内容。"""

    content: str = Field(description="内容")
    departments: list[DepartmentOut]
    milestones: list[DueOut]
    indicators: list[TargetOut]
    frequencies: list[str] = Field(description="频次要求的原文")


class ItemFilters(Filters):
    plan: Key | None = Field(None, description="方案的编号")

    lookups = {"plan": "version__plan_id"}


class ItemApi(RecordApi):
    model, path, title, scope, answer = PlanItem, "plan-items", "方案条目", "plans", "PlanItem"
    fields = (
        "id",
        Shown("plan", int, ("version__plan_id",), plain, "方案的编号"),
        Shown("action", str, ("action__ordinal", "action__title"),
              lambda ordinal, title: f"{ordinal or ''}{title or ''}", "所属行动；没有时为空"),
        "number",
        "title",
        Shown("task", UUID | None, ("task_id",), plain, "由它交办的任务的编号；没有交办时为 null"),
    )  # fmt: skip
    filters = ItemFilters
    detail = ItemMore
    sort = "position"
    help = "各方案现行版本的条目，按原文的先后排列。"

    def rows(self, at: At) -> QuerySet[PlanItem]:
        return PlanItem.objects.filter(dropped=False, version__in=published(at).values("current_version"))

    def more(self, item: PlanItem, at: At) -> dict[str, Any]:
        return {
            "content": item.content,
            "departments": [
                {"name": each.name, "role": each.role, "units": [named(unit) for unit in each.units.all()]}
                for each in item.departments.prefetch_related("units")
            ],
            "milestones": [{"due_on": plain(each.due_on), "text": each.text} for each in item.milestones.all()],
            "indicators": [
                {
                    "metric": each.metric,
                    "operator": each.operator,
                    "value": plain(each.value),
                    "unit": each.unit,
                    "year": each.year,
                }
                for each in item.indicators.all()
            ],
            "frequencies": [each.text for each in item.frequencies.all()],
        }


plans, items = PlanApi.router(), ItemApi.router()
