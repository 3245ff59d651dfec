"""企业应尽的责任: the duties, the evidence before the officer, and coverage with its numerators and denominators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.clock import local_day
from zhiben.core.org.paths import ancestors, within
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.pages.answers import Question, mark_errors, typed
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column, linked
from zhiben.core.web.pages.filters import Choice, DateRange, Flag, RegionFilter, UnitFilter, overdue
from zhiben.core.web.pages.record import Panel, RecordPages, Total
from zhiben.core.web.pages.uploads import keep_files
from zhiben.core.workflow.table import Input

from .. import coverage, duties
from ..applying import duties_of
from ..checks import keeping_refusal
from ..evidence import file_evidence
from ..insured import INSURANCE, policies_of
from ..models.duties import Duty, DutyEvidence, DutyWaiver, EvidenceStatus
from ..models.enterprises import Enterprise, Scale
from .sight import region_asked, way_to

S = EvidenceStatus
ENTERPRISE = Column("enterprise", kind="text", value=lambda record: linked(record.enterprise))
PAGE = 50
MOST_DUTIES = 60


# ── evidence ─────────────────────────────────────────────────────────────────────────────────────────────────────


class EvidencePages(RecordPages):
    model, name, title = DutyEvidence, "evidence", "责任落实佐证"
    columns = (
        Column("enterprise", link=True),
        Column("duty"),
        Column("status", kind="state"),
        Column("check_by", kind="due"),
        Column("filed_at"),
        Column("checked_by"),
        Column("valid_until"),
        Column("supervising_unit", "核查单位", shown=False),
    )
    filters = (
        Choice("status"),
        Choice("sector", options=tuple(Sector.choices)),
        RegionFilter(),
        UnitFilter("unit", "企业", "responsible_unit"),
        DateRange("valid_until"),
        overdue(DutyEvidence, (S.ACCEPTED, S.RETURNED, S.EXPIRED, S.WITHDRAWN), field="check_by"),
        Flag("open", "待核查", condition=lambda at: Q(status=S.FILED)),
    )
    search = ("enterprise__name", "duty__name")
    sort = "-filed_at"
    totals = (
        Total("待核查", lambda at: Q(status=S.FILED), opens="open=1"),
        Total("已通过", lambda at: Q(status=S.ACCEPTED), opens="status=accepted"),
    )
    facts = (
        ("落实情况", (ENTERPRISE, "duty", "description", "filed_by", "filed_at")),
        (
            "核查",
            ("check_by", Column("supervising_unit", "核查单位"), "checked_by", "checked_at", "finding", "valid_until",
             "reason"),
        ),
    )  # fmt: skip
    panels = (Panel("这项责任的要求", "registry/panels/duty.html", lambda evidence, at: {"duty": evidence.duty}),)
    tones = {S.RETURNED: "red", S.ACCEPTED: "green"}
    empty = "企业在自己的档案页报送佐证后，会出现在这里。"
    help = "勾选多份后可以一次通过或退回。自己报送的不能自己核查。"


# ── duties ───────────────────────────────────────────────────────────────────────────────────────────────────────


class DutyForm(forms.ModelForm):
    sectors = forms.MultipleChoiceField(
        label="适用行业", choices=Sector.choices, required=False, help_text="不选表示所有行业。",
        widget=forms.CheckboxSelectMultiple({"class": "choices"}),
    )  # fmt: skip
    scales = forms.MultipleChoiceField(
        label="适用规模", choices=Scale.choices, required=False, help_text="不选表示所有规模。",
        widget=forms.CheckboxSelectMultiple({"class": "choices"}),
    )  # fmt: skip

    class Meta:
        model = Duty
        fields = (
            "name", "requirement", "reading", "basis", "evidence", "months", "sectors", "scales", "staff_from",
            "is_retired",
        )  # fmt: skip


def said_of(duty: Duty) -> str:
    """For whom a duty holds, in words."""
    parts = [
        "、".join(str(Sector(each).label) for each in duty.sectors),
        "、".join(duty.trades),
        "、".join(str(Scale(each).label) for each in duty.scales),
        f"从业人员不少于 {duty.staff_from} 人" if duty.staff_from else "",
    ]
    return "；".join(filter(None, parts)) or "所有在营企业"


class DutyPages(RecordPages):
    model, name, title = Duty, "duties", "责任事项"
    columns = (
        Column("name", link=True),
        Column("evidence"),
        Column("months"),
        Column("basis"),
        Column("unit", "设定单位"),
        Column("is_retired", shown=False),
    )
    filters = (Flag("own", "本地设定", condition=lambda at: ~Q(region_path="")),)
    search = ("name", "requirement")
    sort = "position"
    facts = (
        ("要求", ("requirement", "reading", "basis", "evidence", "months")),
        (
            "适用",
            (
                Column("applies", "适用范围", kind="text", value=said_of),
                Column("unit", "设定单位"),
                "is_retired",
            ),
        ),
    )
    exportable = commentable = attachable = False
    form = DutyForm
    creates = Permission.MANAGE_SUPERVISION
    help = "随系统提供的事项全国通用；各地口径不同的，可以新建本地事项。"

    def rows(self, acting: Acting) -> QuerySet:
        own = acting.unit.region_path
        return self.base().filter(Q(region_path__in=["", *ancestors(own)]) | within(own))

    def may_edit(self, record: models.Model, at: At) -> str | None:
        if not may(at.acting, Permission.MANAGE_SUPERVISION):
            return "您当前的岗位不能设定责任事项。"
        assert isinstance(record, Duty)
        return duties.changing_refusal(record, at.acting)

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        before = Duty.objects.filter(pk=form.instance.pk).first()
        return duties.set_duty(duty=before, by=by, now=now, **form.cleaned_data)


# ── coverage ─────────────────────────────────────────────────────────────────────────────────────────────────────


def show_coverage(request: HttpRequest) -> HttpResponse:
    region = region_asked(request)
    by = "sector" if request.GET.get("by") == "sector" else "region"
    enterprises = Enterprise.objects.visible_to(request.acting)
    wanted = list(coverage.duties_in(region)[:MOST_DUTIES])
    columns, lines = coverage.table(
        enterprises=enterprises, duties=wanted, region=region, by=by, day=local_day(request.now)
    )
    context = {
        "region": region, "way": way_to(region, request), "by": by, "columns": columns, "lines": lines,
        "today": local_day(request.now),
    }  # fmt: skip
    return render(request, "registry/coverage.html", context)


def covered_enterprises(request: HttpRequest, key: str) -> HttpResponse:
    """The enterprises behind one number of the table: those that owe the duty, those covered, those not."""
    region = region_asked(request)
    duty = get_object_or_404(coverage.duties_in(request.acting.unit.region), key=key)
    today = local_day(request.now)
    enterprises = Enterprise.objects.visible_to(request.acting).filter(within(region.path))
    place, by = request.GET.get("key", ""), request.GET.get("by", "region")
    if place:
        direct = {"region_path": place} if place == region.path else {}
        enterprises = enterprises.filter(
            Q(sector="" if place == "-" else place) if by == "sector" else Q(**direct) if direct else _inside(place)
        )
    owing, covered = coverage.owing(enterprises, duty), coverage.covered(enterprises, duty, today)
    shown = request.GET.get("show", "")
    rows = {"covered": covered, "uncovered": owing.exclude(pk__in=covered.values("pk"))}.get(shown, owing)
    page = Paginator(rows.order_by("name", "pk").select_related("supervising_unit"), PAGE).get_page(
        request.GET.get("page")
    )
    latest = {
        each.enterprise_id: each
        for each in DutyEvidence.objects.filter(duty=duty, enterprise__in=[row.pk for row in page]).order_by("filed_at")
    }
    policies = policies_of([row.pk for row in page], today) if duty.key == INSURANCE else {}
    asked, done = owing.count(), covered.count()
    context = {
        "region": region, "duty": duty, "page": page, "shown": shown,
        "rows": [(each, latest.get(each.pk), policies.get(each.pk)) for each in page],
        "counts": (("", "应落实", asked), ("covered", "已落实", done), ("uncovered", "未落实", asked - done)),
        "waivers": DutyWaiver.objects.filter(duty=duty, enterprise__in=enterprises.values("pk"))
        .select_related("enterprise")[:PAGE],
    }  # fmt: skip
    return render(request, "registry/covered.html", context)


def _inside(path: str) -> Q:
    return within(path) if path.isalnum() and len(path) % 4 == 0 else Q(pk__in=())


# ── an enterprise's own ──────────────────────────────────────────────────────────────────────────────────────────


def duties_panel(enterprise: Enterprise, at: At) -> Mapping[str, Any] | None:
    """Each duty with where it stands: the evidence or the policy that holds, or what is under way, or nothing."""
    waivers = list(enterprise.waivers.select_related("duty", "made_by"))
    owed = duties_of(enterprise, waived={each.duty_id for each in waivers})
    if not owed and not waivers:
        return None
    rows = []
    filed: dict[int, list[DutyEvidence]] = {}
    for each in enterprise.evidence.order_by("-filed_at").exclude(status=S.WITHDRAWN):
        filed.setdefault(each.duty_id, []).append(each)
    insured = any(duty.key == INSURANCE for duty in owed)
    policies = policies_of([enterprise.pk], at.today) if insured else {}
    for duty in owed:
        own = filed.get(duty.pk, [])
        holding = next((each for each in own if _holds(each, at)), None)
        pending = next((each for each in own if each.status in (S.FILED, S.RETURNED)), None)
        policy = policies.get(enterprise.pk) if duty.key == INSURANCE and not holding else None
        rows.append({"duty": duty, "holding": holding, "pending": pending, "policy": policy})
    return {
        "enterprise": enterprise,
        "rows": rows,
        "done": sum((row["holding"] or row["policy"]) is not None for row in rows),
        "waivers": waivers,
        "may_file": keeping_refusal(enterprise, at.acting, seen=True) is None,
        "may_waive": may(at.acting, Permission.MANAGE_ENTERPRISES),
    }


def _holds(evidence: DutyEvidence, at: At) -> bool:
    return evidence.status == S.ACCEPTED and (evidence.valid_until is None or evidence.valid_until >= at.today)


def _enterprise(request: HttpRequest, pk: UUID) -> Enterprise:
    return get_object_or_404(Enterprise.objects.visible_to(request.acting).select_related("unit"), pk=pk)


def file_one(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    enterprise, duty = _enterprise(request, pk), get_object_or_404(Duty, key=key)
    if keeping_refusal(enterprise, request.acting):
        raise Http404
    at = At(request.acting, request.now)
    questions = [
        Question(Input("description", "落实情况", "long_text", help="做了什么、何时做的、还差什么"), required=True),
        Question(Input("files", "佐证材料", "files", help=f"需要：{duty.evidence}"), required=True),
    ]
    problems: list[str] = []
    if request.method == "POST":
        try:
            given = typed(questions, request, keep_files(at))
            evidence = file_evidence(
                enterprise=enterprise, duty=duty, description=given["description"], files=given["files"],
                by=request.acting, now=request.now,
            )  # fmt: skip
        except Refused as refused:
            problems = mark_errors(questions, {refused.field: refused.sentence})
        else:
            messages.success(request, f"已报送“{duty}”，等{evidence.supervising_unit}核查。")
            return redirect(evidence)
    context = {"enterprise": enterprise, "duty": duty, "questions": questions, "problems": problems}
    status = 422 if request.method == "POST" else 200
    return render(request, "registry/file_evidence.html", context, status=status)


@require_POST
def waive(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    enterprise, duty = _enterprise(request, pk), get_object_or_404(Duty, key=key)
    if not may(request.acting, Permission.MANAGE_ENTERPRISES):
        raise Http404
    try:
        if request.POST.get("withdraw"):
            waiver = get_object_or_404(DutyWaiver.objects.select_related("enterprise", "duty"),
                                       enterprise=enterprise, duty=duty)  # fmt: skip
            duties.withdraw_waiver(waiver=waiver, by=request.acting, now=request.now)
            messages.success(request, f"已取消“{duty}”的不适用认定。")
        else:
            duties.waive_duty(
                enterprise=enterprise, duty=duty, reason=request.POST.get("reason", ""), by=request.acting,
                now=request.now,
            )  # fmt: skip
            messages.success(request, f"已认定“{duty}”不适用，不再计入分母。")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(enterprise)


menu = (
    MenuEntry(
        "企业责任落实",
        "coverage:table",
        icon="clipboard-check",
        permission=Permission.OVERSEE_REGION,
        under="企业责任落实",
    ),
    MenuEntry(
        "责任落实佐证", "evidence:list", icon="file-check", permission=Permission.READ_RECORDS, under="企业责任落实"
    ),
)
