"""The list of hazards and the page of one: its photos and facts, what was decided and planned, what may be done now."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.org.sectors import Sector
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.detail import find, record_context
from zhiben.core.web.pages.filters import Choice, DateRange, Flag, RegionFilter, UnitFilter
from zhiben.core.web.pages.listing import Listing
from zhiben.core.web.pages.record import Panel, RecordPages, Total
from zhiben.core.web.pages.routes import guarded
from zhiben.core.web.words import said_day
from zhiben.core.workflow.models import ApprovalRequest
from zhiben.modules.hazards.codes import DISCIPLINES, SOURCES
from zhiben.modules.hazards.forms import CorrectionForm
from zhiben.modules.hazards.models import (
    OPEN_STATUSES,
    UNDER_RECTIFICATION,
    Channel,
    Hazard,
    HazardLevel,
    HazardStatus,
    LookBack,
    Review,
)
from zhiben.modules.hazards.searching import HAZARD_WORDS
from zhiben.modules.hazards.sector_reports import reports_wanted
from zhiben.modules.hazards.services import correct_hazard, correction_refusal
from zhiben.modules.hazards.workflow import STAGE_DAYS

from .beside import about_plan, about_rectification, candidates_now
from .filters import BeyondRegion, ClearingFilter, CriterionFilter, EnterpriseFilter, OwnRegion, TradeOfEnterprise
from .photos import photos_of
from .places import collection, point
from .relations import relations_of
from .trail import followers_of, trail_of, within_sight

LONGEST_IN_LIST = 60


def told_briefly(hazard: Hazard) -> str:
    """What stands in a line of the list: where, and what."""
    return hazard.told if len(hazard.told) <= LONGEST_IN_LIST else f"{hazard.told[:LONGEST_IN_LIST]}…"


def overdue_on(day: date) -> Q:
    return Q(status__in=UNDER_RECTIFICATION, rectify_by__lt=day)


class HazardPages(RecordPages):
    model, name, title = Hazard, "hazards", "隐患"
    imports = "hazards.hazards"
    columns = (
        Column("description", "隐患", kind="text", link=True, value=told_briefly, order=""),
        Column("responsible_unit", "整改单位"),
        Column("level", kind="choice", tones={HazardLevel.MAJOR: "red"}),
        Column("status", kind="state"),
        Column("rectify_by", kind="due"),
        Column("found_on"),
        Column("number"),
        Column("supervising_unit", "监管单位", shown=False),
        Column("channel", kind="choice", shown=False),
        Column("category", kind="choice", shown=False),
        Column("criterion", shown=False),
        Column("progress", kind="progress", shown=False),
        Column("extensions", shown=False),
        Column("spent", shown=False),
        Column("reported_at", shown=False),
        Column("closed_at", shown=False),
    )
    related = ("criterion__standard", "enterprise", "responsible_unit")
    filters = (
        Choice("status"),
        Choice("level"),
        EnterpriseFilter("enterprise"),
        RegionFilter(),
        Flag("open", "未销号", condition=lambda at: Q(status__in=OPEN_STATUSES)),
        Flag("overdue", "已逾期", condition=lambda at: overdue_on(at.today)),
        UnitFilter("unit", "整改单位", "responsible_unit", rare=True),
        UnitFilter("supervising", "监管单位", "supervising_unit", rare=True),
        Choice("sector", "行业领域", options=tuple((str(each.value), str(each.label)) for each in Sector), rare=True),
        TradeOfEnterprise("trade", "安全行业", rare=True),
        CriterionFilter("criterion", "判定依据", rare=True),
        Choice("channel", rare=True),
        Choice("category", rare=True),
        DateRange("found_on", rare=True),
        DateRange("rectify_by", rare=True),
        Flag("recurring", "复发的", condition=lambda at: Q(recurs_from__isnull=False), rare=True),
        ClearingFilter("clearing", "动态清零"),
        OwnRegion("own_region", "本级直管", "region_path"),
        BeyondRegion("beyond_region", "辖区以外", "region_path"),
    )
    search = HAZARD_WORDS
    sort = "-found_on"
    totals = (
        Total("重大", lambda at: Q(level=HazardLevel.MAJOR), opens="level=major"),
        Total("未销号", lambda at: Q(status__in=OPEN_STATUSES), opens="open=1"),
        Total("已销号", lambda at: Q(status=HazardStatus.CLOSED), opens="status=closed"),
        Total("逾期", lambda at: overdue_on(at.today), opens="overdue=1"),
    )
    facts = (
        (
            "隐患情况",
            (
                "number",
                "enterprise",
                "site",
                "place",
                "description",
                "danger",
                "category",
                Column("discipline", value=lambda hazard: DISCIPLINES.get(hazard.discipline or 0, "")),
                "immediate_measures",
            ),
        ),
        (
            "判定",
            (
                Column("level", kind="choice", tones={HazardLevel.MAJOR: "red"}),
                "criterion",
                "criterion_reason",
                "judged_by",
                "judged_at",
                Column("catalogue", "依据的目录版本"),
            ),
        ),
        (
            "责任和期限",
            (
                Column("responsible_unit", "整改单位"),
                Column("supervising_unit", "监管单位"),
                Column("closing_unit", "销号单位"),
                Column("judge_by", kind="due"),
                Column("plan_by", kind="due"),
                Column("rectify_by", kind="due"),
                Column("verify_by", kind="due"),
                "extensions",
                "ordered_at",
            ),
        ),
        (
            "来源",
            (
                "channel",
                Column("inspection_kind", value=lambda hazard: SOURCES.get(hazard.inspection_kind or 0, "")),
                "origin_label",
                "found_on",
                "found_by",
                "found_by_name",
                "found_by_unit",
                "reported_at",
            ),
        ),
        (
            "整改和复查结果",
            (
                "summary",
                "spent",
                "rectified_by",
                "rectified_at",
                "on_site",
                "finding",
                "verified_by",
                "verified_at",
                "closed_at",
                "reason",
            ),
        ),
    )
    beside = {
        "judge": Panel("可能适用的判定标准", "hazards/steps/judge.html", candidates_now),
        "judge_and_order": Panel("可能适用的判定标准", "hazards/steps/judge.html", candidates_now),
        "report_as_major": Panel("可能适用的判定标准", "hazards/steps/judge.html", candidates_now),
        "upgrade": Panel("可能适用的判定标准", "hazards/steps/judge.html", candidates_now),
        "accept_plan": Panel("报送的方案", "hazards/steps/plan.html", about_plan),
        "return_plan": Panel("报送的方案", "hazards/steps/plan.html", about_plan),
        "verify": Panel("方案和整改照片", "hazards/steps/verify.html", about_rectification),
        "verify_and_close": Panel("方案和整改照片", "hazards/steps/verify.html", about_rectification),
        "reject": Panel("方案和整改照片", "hazards/steps/verify.html", about_rectification),
        "close": Panel("方案和整改照片", "hazards/steps/verify.html", about_rectification),
    }
    controls = {"criterion_key": "hazards/inputs/criterion.html"}
    tones = {
        HazardStatus.REPORTED: "yellow",
        HazardStatus.RECTIFIED: "orange",
        HazardStatus.VERIFIED: "orange",
        HazardStatus.CLOSED: "green",
    }
    form = CorrectionForm
    list_template = "hazards/list.html"
    detail_template = "hazards/detail.html"
    empty = "点“登记隐患”把发现的问题记下来；导入台账、企业自查和检查发现的隐患也会出现在这里。"
    help = "本单位整改、本单位监管、本辖区是几种看法，可在上方切换。数字都可以点开。"

    def may_edit(self, record: models.Model, at: At) -> str | None:
        assert isinstance(record, Hazard)
        return correction_refusal(record, by=at.acting, now=at.now)

    def attach_refusal(self, record: models.Model, at: At) -> str | None:
        assert isinstance(record, Hazard)
        if record.channel != Channel.PUBLIC_REPORT or at.acting.unit.pk == record.responsible_unit_id:
            return None
        return "群众举报的隐患不在这里上传附件：附件整改单位看得到。举报材料请另行保管，现场照片在办理步骤中上传。"

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        return correct_hazard(hazard=form.instance, by=by, now=now, **form.cleaned_data)

    @classmethod
    def urls(cls) -> list[URLPattern | URLResolver]:
        from .addresses import odd_addresses

        (declared,) = super().urls()
        assert isinstance(declared, URLResolver)
        own = [
            path("", guarded(cls, listed), name="list"),
            path("<uuid:pk>/", guarded(cls, show), name="detail"),
        ]
        return [path(f"{cls.name}/", include(([*odd_addresses(), *own, *declared.url_patterns], cls.name)))]


def listed(pages: HazardPages, request: HttpRequest) -> HttpResponse:
    """The list like every other, with the button that begins a report."""
    context = {
        "pages": pages,
        "listing": Listing(pages, request),
        "may_report": may(request.acting, Permission.REPORT_HAZARDS),
    }
    alone = request.headers.get("HX-Target") == "list"
    return render(request, "web/parts/list_body.html" if alone else pages.list_template, context)


def show(pages: HazardPages, request: HttpRequest, pk: UUID) -> HttpResponse:
    """The record page: photos first, the trail with its proofs last."""
    hazard = find(pages, request, pk)
    at = At(request.acting, request.now)
    context = record_context(pages, request, hazard)
    followers = followers_of(hazard, at.acting)
    looks = [record for _, record in followers if isinstance(record, LookBack)]
    review = next((record for _, record in followers if isinstance(record, Review)), None)
    trail = trail_of(pages, hazard, followers, at.acting)
    photos = photos_of(hazard, context["attachments"])
    context |= {
        "facts": [(title, known) for title, group in context["facts"] if (known := _said(group, hazard))],
        "photos": photos,
        "has_photos": any(photos.values()),
        "plans": list(hazard.plans.select_related("filed_by", "accepted_by")),
        "progress": list(hazard.reports.select_related("by")),
        "extensions": extensions_asked(hazard),
        "dual_reports": list(hazard.dual_reports.select_related("by")),
        "reports_wanted": [(each, each.is_late(at.today)) for each in reports_wanted(hazard)],
        "look_backs": looks,
        "review": review,
        "opens": [
            *within_sight(LookBack, looks, at.acting),
            *within_sight(Review, [review] if review else [], at.acting),
        ],
        "relations": relations_of(hazard, at),
        "trail": trail[::-1],
        "may_print": may(at.acting, Permission.EXPORT_RECORDS),
        "may_report": may(at.acting, Permission.REPORT_HAZARDS),
    }
    return render(request, pages.detail_template, context)


def _said(group: list[tuple[Column, Any]], hazard: Hazard) -> list[tuple[Column, Any]]:
    """Without the days of stages that do not run, without the words of a verification that has not been passed, and
    without what stands at the head of the page."""
    unsaid = {name for name in STAGE_DAYS if getattr(hazard, name) is None}
    if not hazard.extensions:
        unsaid.add("extensions")
    if hazard.status in (HazardStatus.WITHDRAWN, HazardStatus.DUPLICATE):
        unsaid |= {"rectify_by", "reason"}
    if hazard.verified_at is None:
        unsaid |= {"on_site", "finding"}
    return [(column, html) for column, html in group if column.name not in unsaid]


def on_map(pages: HazardPages, request: HttpRequest, pk: UUID) -> JsonResponse:
    """One hazard with its landmarks: the enterprise, and where the photos were taken."""
    hazard = find(pages, request, pk)
    points = []
    if (firm := hazard.enterprise) and firm.latitude is not None and firm.longitude is not None:
        points.append(point(firm.name, firm.latitude, firm.longitude, 4, label="企业登记的位置"))
    for kind, photos in photos_of(hazard).items():
        for photo in photos:
            if (facts := photo.facts) and facts.has_place:
                words = {"before": "整改前照片", "after": "整改后照片"}.get(kind, "照片")
                points.append(point(photo.attachment.name, facts.latitude, facts.longitude, 5, label=words))
    if hazard.latitude is not None:
        points.append(point(hazard.place, hazard.latitude, hazard.longitude, 1, label="隐患"))
    return collection(points)


def extensions_asked(hazard: Hazard) -> list[dict[str, Any]]:
    """What was asked for beyond the day, granted or not, with who voted and why. Two queries."""
    rows = ApprovalRequest.objects.filter(
        record_type="hazards.hazard", record_id=str(hazard.pk), step__in=("extend", "extend_beyond")
    )
    return [
        {
            "request": each,
            "step": "特批延期" if each.step == "extend_beyond" else "延期",
            "until": said_day(each.data.get("extended_to") or each.data.get("extended_beyond") or ""),
            "reason": each.data.get("reason", ""),
            "votes": list(each.votes.all()),
        }
        for each in rows.prefetch_related("votes").order_by("asked_at")
    ]
