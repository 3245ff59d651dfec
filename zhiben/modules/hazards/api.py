"""Hazards for other systems: lists, records with all that was planned and proved, reports, steps; look-backs; reviews."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from pydantic import AwareDatetime, Field, field_validator

from zhiben.core.api.fields import Shown, named, opened, other, plain
from zhiben.core.api.operations import told, writes
from zhiben.core.api.records import (
    Filters,
    Key,
    RecordApi,
    Updated,
    attached_to,
)
from zhiben.core.api.scopes import scope
from zhiben.core.audit.services import lines_of
from zhiben.core.org.sectors import Sector
from zhiben.core.search.matching import matching
from zhiben.core.web.pages.at import At

from .api_report import ReportIn, report_of
from .api_told import MOST_TOLD, HazardMore, PlanOut
from .codes import DISCIPLINES, SOURCES
from .models import (
    UNDER_RECTIFICATION,
    Channel,
    Hazard,
    HazardLevel,
    HazardLink,
    HazardStatus,
    LookBack,
    LookBackStatus,
    Review,
    ReviewStatus,
)
from .reporting import report_hazard
from .searching import HAZARD_WORDS

scope("hazards:read", "读取隐患、回头看和复盘")
scope("hazards:write", "登记隐患，办理判定、交办、整改、复查、销号等步骤")


# ── hazards ──────────────────────────────────────────────────────────────────────────────────────────────────────


class HazardFilters(Updated, Filters):
    status: list[HazardStatus] = Field([], max_length=10, description="状态，可写多个")
    level: HazardLevel | None = Field(None, description="等级")
    channel: list[Channel] = Field([], max_length=9, description="来源，可写多个")
    enterprise: UUID | None = Field(None, description="企业的编号")
    unit: Key | None = Field(None, description="整改单位的编号")
    supervising_unit: Key | None = Field(None, description="监管单位的编号")
    sector: list[Sector] = Field([], max_length=30, description="行业领域，可写多个")
    found_from: date | None = Field(None, description="发现日期不早于")
    found_to: date | None = Field(None, description="发现日期不晚于")
    rectify_from: date | None = Field(None, description="整改期限不早于")
    rectify_to: date | None = Field(None, description="整改期限不晚于")
    changed_from: AwareDatetime | None = Field(None, description="最近变化不早于，须带时区")
    changed_to: AwareDatetime | None = Field(None, description="最近变化早于，须带时区")
    overdue: bool | None = Field(None, description="true：只要已逾期的；false：不要已逾期的")
    number: str = Field("", max_length=32, description="隐患编号")
    q: str = Field("", max_length=64, description="隐患情况、位置、编号或企业名称中的几个字，多个词用空格隔开")

    lookups = {
        "status": "status__in",
        "level": "level",
        "channel": "channel__in",
        "enterprise": "enterprise_id",
        "unit": "responsible_unit_id",
        "supervising_unit": "supervising_unit_id",
        "sector": "sector__in",
        "found_from": "found_on__gte",
        "found_to": "found_on__lte",
        "rectify_from": "rectify_by__gte",
        "rectify_to": "rectify_by__lte",
        "changed_from": "changed_at__gte",
        "changed_to": "changed_at__lt",
        "number": "number",
    }

    @field_validator("changed_from", "changed_to")
    @classmethod
    def _of_our_time(cls, value: datetime | None) -> datetime | None:
        if value is not None and not 2000 <= value.year <= 2100:
            raise ValueError("时间应在 2000 年到 2100 年之间")
        return value

    def narrow(self, rows: QuerySet, at: At) -> QuerySet:
        rows = super().narrow(rows, at)
        if self.overdue is not None:
            late = Q(status__in=UNDER_RECTIFICATION, rectify_by__lt=at.today)
            rows = rows.filter(late) if self.overdue else rows.exclude(late)
        return matching(rows, HAZARD_WORDS, self.q)


class HazardApi(RecordApi):
    model, path, title, scope, answer = Hazard, "hazards", "隐患", "hazards", "Hazard"
    fields = (
        "id", "number", "status", "level", "enterprise", "responsible_unit", "supervising_unit", "closing_unit", "sector",
        "place", "latitude", "longitude", "description", "category", "channel",
        Shown("discipline", int | None, ("discipline",), plain,
              f"专业：{'、'.join(f'{label}（{code}）' for code, label in DISCIPLINES.items())}"),
        Shown("inspection_kind", int | None, ("inspection_kind",), plain,
              f"排查类型：{'、'.join(f'{label}（{code}）' for code, label in SOURCES.items())}"),
        Shown("criterion", str | None, ("criterion__key",), plain, "判定情形的编号"),
        "found_on", "found_by_name", "reported_at", "rectify_by", "plan_by", "verify_by", "extensions", "progress",
        "spent", "ordered_at", "rectified_at", "verified_at", "closed_at", "fixed_on_spot",
        other(Hazard, "recurs_from"), other(Hazard, "duplicate_of"), "changed_at",
    )  # fmt: skip
    filters = HazardFilters
    detail = HazardMore
    sort = "-found_on"
    help = "令牌的岗位看得到的隐患，最近发现的在前。要接着上次取变动的，用 updated_since。"

    def more(self, hazard: Hazard, at: At) -> dict[str, Any]:
        links = list(HazardLink.objects.filter(hazard=hazard)[:MOST_TOLD])
        earlier = opened(Hazard, (link.earlier_id for link in links), at.acting)
        return {
            **{name: getattr(hazard, name) for name in _LONG_TEXTS},
            "plans": [
                {name: plain(getattr(plan, name)) for name in PlanOut.model_fields} for plan in hazard.plans.all()
            ],
            "progress_reports": [
                {
                    "at": plain(each.at),
                    "by": named(each.by),
                    **{name: plain(getattr(each, name)) for name in ("stage", "percent", "text", "spent")},
                }
                for each in hazard.reports.select_related("by")
            ],
            "likenesses": [
                {
                    "hazard": earlier[each.earlier_id],
                    **{name: getattr(each, name) for name in ("kind", "score", "because", "is_confirmed")},
                }
                for each in links
            ],
            "timeline": [
                {
                    "at": plain(line.at),
                    "by": line.actor_name,
                    **{name: getattr(line, name) for name in ("label", "from_state", "to_state", "reason", "digest")},
                }
                for line in lines_of(self.record_type, str(hazard.pk))[:MOST_TOLD]
            ],
            "attachments": attached_to(self.record_type, str(hazard.pk)),
        }


_LONG_TEXTS = ("danger", "immediate_measures", "criterion_reason", "summary", "finding")


hazards = HazardApi.router()
_hazards = HazardApi()


@writes(
    hazards, "", scope="hazards:write", answer=_hazards.row_schema, status=201, summary="登记隐患",
    name="report_hazard",
    description="只能登记令牌的岗位管得着的企业；照片先用 POST /files 上传。同一 id 或 reference 再发一次，回答原来的那条。",
)  # fmt: skip
def report(request: HttpRequest, sent: ReportIn) -> HttpResponse:
    at = At(request.acting, request.now)
    hazard = report_hazard(report=report_of(sent, at), by=at.acting, now=at.now)
    return told(_hazards.row_of(hazard.pk, at), status=201)


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────


class LookBackFilters(Updated, Filters):
    status: LookBackStatus | None = Field(None, description="状态")
    hazard: UUID | None = Field(None, description="隐患的编号")
    due_from: date | None = Field(None, description="期限不早于")
    due_to: date | None = Field(None, description="期限不晚于")

    lookups = {"status": "status", "hazard": "hazard_id", "due_from": "due_on__gte", "due_to": "due_on__lte"}


class LookBackApi(RecordApi):
    model, path, title, scope, answer = LookBack, "look-backs", "回头看", "hazards", "LookBack"
    fields = (
        "id", "hazard", "status", "due_on", "looked_on", "looked_by", "finding", "never_fixed",
        other(LookBack, "new_hazard"), "supervising_unit",
        Shown("is_drawn", bool, ("draw_id",), lambda draw: draw is not None, "是否随机抽中；重大隐患的按规则安排"),
    )  # fmt: skip
    filters = LookBackFilters
    sort = "due_on"
    help = "已销号的隐患再去看一次。企业的令牌看不到。"


class ReviewFilters(Updated, Filters):
    status: ReviewStatus | None = Field(None, description="进行到哪一步")
    hazard: UUID | None = Field(None, description="隐患的编号")
    unit: Key | None = Field(None, description="复盘单位的编号")

    lookups = {"status": "status", "hazard": "hazard_id", "unit": "responsible_unit_id"}


class ReviewApi(RecordApi):
    model, path, title, scope, answer = Review, "reviews", "五步复盘", "hazards", "Review"
    fields = (
        "id", "hazard", "status", "due_on", "responsible_unit", "supervising_unit", "facts", "cause_person",
        "cause_machine", "cause_environment", "cause_management", "accountability", "duties", "root_fix", "done_at",
    )  # fmt: skip
    filters = ReviewFilters
    sort = "due_on"
    help = "复发隐患的复盘：述情、析因、追责、明责、治源。"


look_backs, reviews = LookBackApi.router(), ReviewApi.router()
