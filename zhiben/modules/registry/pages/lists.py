"""The lists of the plans on pages: how far each is, one list with its enterprises and industries, an enterprise on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.access.scope import can_see
from zhiben.core.clock import local_day
from zhiben.core.org.models import Unit
from zhiben.core.org.paths import within
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web import words
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.organisation.forms import RecordForm
from zhiben.core.web.organisation.pickers import region_field, unit_field
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.filters import Choice, DateRange, Filter, Flag, RegionFilter, UnitFilter, overdue
from zhiben.core.web.pages.record import Panel, RecordPages, Total
from zhiben.core.web.words import full_day
from zhiben.core.workflow.offers import offers

from .. import lists
from ..list_life import LEADS_TO
from ..listed_industries import (
    counted_under,
    enterprises_under,
    falls_under,
    industries_of,
    list_industry,
    unlist_industry,
)
from ..models.enterprises import Enterprise
from ..models.lists import (
    OPEN_ENTRIES,
    TO_DO,
    EnterpriseList,
    EntryStatus,
    ListedIndustry,
    ListEntry,
    ListKind,
)
from .asking import ask
from .sight import overseer_or_404, region_asked, way_to

S = EntryStatus
DAY = forms.DateInput(format="%Y-%m-%d")
PAGE = 50
SHOWN = 30
"""Entries and industries on the page of a list; the rest stands in the list of entries."""
MOST_LISTS = 300
"""Shown at once, the newest; older ones are found in the table of lists."""
NOT_OVERDUE = tuple(status for status in EntryStatus if status not in TO_DO)


# ── all lists ────────────────────────────────────────────────────────────────────────────────────────────────────


def overview(request: HttpRequest) -> HttpResponse:
    """Every list that concerns a region, kind by kind, with how far it is among the enterprises within sight."""
    region, today = region_asked(request), local_day(request.now)
    seen = EnterpriseList.objects.visible_to(request.acting).select_related("region", "responsible_unit")
    known = list(seen.order_by("-made_at", "pk")[:MOST_LISTS])
    known.sort(key=lambda each: each.due_on)
    entries = ListEntry.objects.visible_to(request.acting).filter(within(region.path))
    progress = lists.progress_of(known, entries, today)
    groups = [
        (label, [(each, progress[each.pk]) for each in known if each.kind == kind]) for kind, label in ListKind.choices
    ]
    context = {
        "region": region, "way": way_to(region, request), "groups": [group for group in groups if group[1]],
        "today": today, "may_make": may(request.acting, Permission.MANAGE_ENTERPRISES),
    }  # fmt: skip
    return render(request, "registry/lists.html", context)


# ── one list ─────────────────────────────────────────────────────────────────────────────────────────────────────


class ListForm(RecordForm):
    title = forms.CharField(
        label="清单名称", max_length=100, help_text="写明年份和范围，例如“2026 年化工企业关闭退出清单”。"
    )
    basis = forms.CharField(label="依据", max_length=200, help_text="方案或文件的名称和文号。")
    due_on = forms.DateField(label="完成期限", widget=DAY, help_text="清单上的企业都要在这一天以前完成。")

    class Meta:
        model = EnterpriseList
        fields: tuple[str, ...] = ()


class NewListForm(ListForm):
    """Kind and region are chosen once: another kind or region is another list."""

    kind = forms.ChoiceField(label="清单类别", choices=ListKind.choices)
    region = region_field("区域", help_text="清单管到哪个区域，只能列入这个区域内的企业。")

    field_order = ("kind", "title", "basis", "region", "due_on")


def progress_panel(of: EnterpriseList, at: At) -> Mapping[str, Any]:
    entries = of.entries.visible_to(at.acting)
    rows = entries.select_related("enterprise", "supervising_unit").order_by("due_on", "pk")
    return {
        "list": of,
        "progress": lists.progress_of([of], entries, at.today)[of.pk],
        "entries": list(rows.filter(status__in=OPEN_ENTRIES)[:SHOWN]),
        "to_do": TO_DO,
        "today": at.today,
        "may_keep": lists.keeping_list_refusal(of, at.acting) is None,
    }


def industries_panel(of: EnterpriseList, at: At) -> Mapping[str, Any] | None:
    if not of.is_of_industries:
        return None
    seen = Enterprise.objects.visible_to(at.acting).filter(within(of.region_path))
    return {
        "list": of,
        "rows": counted_under(of.industries.select_related("list", "unit"), seen, at.today),
        "is_emerging": of.kind == ListKind.EMERGING,
        "may_keep": lists.keeping_list_refusal(of, at.acting) is None,
    }


class EnterpriseListPages(RecordPages):
    model, name, title = EnterpriseList, "enterprise_lists", "企业清单"
    columns = (
        Column("title", link=True),
        Column("kind"),
        Column("region"),
        Column("due_on"),
        Column("responsible_unit"),
        Column("basis", shown=False),
        Column("made_at", shown=False),
    )
    filters = (Choice("kind"), RegionFilter(), UnitFilter("unit", "建立单位", "responsible_unit"), DateRange("due_on"))
    search = ("title", "basis")
    sort = "-made_at"
    facts = (("清单", ("kind", "basis", "region", "due_on", "responsible_unit", "made_at")),)
    panels = (
        Panel("清单行业", "registry/panels/listed_industries.html", industries_panel),
        Panel("完成情况", "registry/panels/list_progress.html", progress_panel),
    )
    related = ("region", "responsible_unit")
    form = NewListForm
    creates = Permission.MANAGE_ENTERPRISES
    empty = "还没有清单。把方案、文件里的改造提升、整合重组、关闭退出等清单建进来，就能逐家盯到完成。"
    help = "清单由建立单位维护：列入企业、调整期限、移出。完成率只算经另一人验收的企业。"

    def may_edit(self, record: models.Model, at: At) -> str | None:
        assert isinstance(record, EnterpriseList)
        return lists.keeping_list_refusal(record, at.acting)

    def form_for(self, record: Any, at: At) -> type[forms.ModelForm]:
        return NewListForm if record is None else ListForm

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        if form.instance._state.adding:
            return lists.make_list(by=by, now=now, **form.cleaned_data)
        return lists.change_list(enterprise_list=form.instance, by=by, now=now, **form.cleaned_data)


class EntryForm(forms.Form):
    enterprise = unit_field("企业", help_text="输入名称中的几个字，从下拉列表中选择。")
    measures = forms.CharField(
        label="措施", widget=forms.Textarea({"rows": 4}), help_text="怎样改造、与谁整合、何时关闭。"
    )
    due_on = forms.DateField(label="完成期限", widget=DAY, required=False, help_text="不填则为清单的期限。")
    unit = unit_field("责任单位", required=False, help_text="负责督促和验收；不填则为企业的监管单位。")

    def clean_enterprise(self) -> Enterprise:
        unit: Unit = self.cleaned_data["enterprise"]
        found = Enterprise.objects.filter(unit=unit).select_related("unit__superior", "supervising_unit").first()
        if found is None:
            raise forms.ValidationError(f"“{unit}”没有企业档案，请先建档。")
        return found


def add_entry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put an enterprise on the list; `?enterprise=` names the one from whose line one comes."""
    of = _kept(request, pk)
    form = EntryForm(request.POST or None, initial={"enterprise": request.GET.get("enterprise", "")})

    def save(given: dict[str, Any]) -> ListEntry:
        return lists.list_enterprise(to=of, entry=lists.NewEntry(**given), by=request.acting, now=request.now)

    def said(entry: ListEntry) -> str:
        return f"已把“{entry.enterprise}”列入清单，由{entry.supervising_unit}督促落实。"

    return ask(request, form, save, title="列入企业", above=of, note=_told(of), said=said)


# ── industries ───────────────────────────────────────────────────────────────────────────────────────────────────


class IndustryForm(forms.Form):
    code = forms.CharField(
        label="行业代码",
        max_length=40,
        help_text="《国民经济行业分类》的代码或大类名称，例如 C2614、C26；下级行业一并包括。",
    )
    name = forms.CharField(label="行业名称", max_length=100, required=False, help_text="不填则用所属大类的名称。")
    note = forms.CharField(
        label="范围和说明", max_length=300, required=False, widget=forms.Textarea({"rows": 3}),
        help_text="例如限制的规模、工艺，文件的条款。",
    )  # fmt: skip


class EmergingForm(IndustryForm):
    unit = unit_field("监管单位", required=False, help_text="还没有明确的先不填，会列入监管盲区。")

    field_order = ("name", "code", "unit", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].required = False
        self.fields["name"].help_text = "例如“密室逃脱”“低空经济”。"
        self.fields["code"].help_text = "有对应代码的填写，系统据此找出企业；没有的不填。"


def add_industry(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _industry_form(request, _kept(request, pk), None)


def change_industry(request: HttpRequest, pk: UUID, industry_id: int) -> HttpResponse:
    of = _kept(request, pk)
    return _industry_form(request, of, get_object_or_404(of.industries, pk=industry_id))


def _industry_form(request: HttpRequest, of: EnterpriseList, industry: ListedIndustry | None) -> HttpResponse:
    if not of.is_of_industries:
        raise Http404
    kind = EmergingForm if of.kind == ListKind.EMERGING else IndustryForm
    known = {name: getattr(industry, name) for name in ("code", "name", "note", "unit")} if industry else {}
    form = kind(request.POST or None, initial=known)

    def save(given: dict[str, Any]) -> ListedIndustry:
        return list_industry(to=of, industry=industry, by=request.acting, now=request.now, **given)

    return ask(request, form, save, title=f"修改行业：{industry}" if industry else "列入行业", above=of, note=_told(of))


@require_POST
def remove_industry(request: HttpRequest, pk: UUID, industry_id: int) -> HttpResponse:
    of = _kept(request, pk)
    industry = get_object_or_404(of.industries.select_related("list__responsible_unit"), pk=industry_id)
    try:
        unlist_industry(industry=industry, reason=request.POST.get("reason", ""), by=request.acting, now=request.now)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, f"已把“{industry}”移出清单。")
    return redirect(of)


def enterprises_of_industry(request: HttpRequest, pk: UUID, industry_id: int) -> HttpResponse:
    """The enterprises within sight that fall under one listed industry, and those that may."""
    overseer_or_404(request)
    of = _found(request, pk)
    industry = get_object_or_404(of.industries.select_related("list", "unit"), pk=industry_id)
    rows = enterprises_under(industry, Enterprise.objects.visible_to(request.acting))
    page = Paginator(rows.order_by("name", "pk").select_related("supervising_unit", "unit"), PAGE).get_page(
        request.GET.get("page")
    )
    listed = {
        each.enterprise_id: each
        for each in of.entries.filter(enterprise__in=[row.pk for row in page]).exclude(status=S.REMOVED)
    }
    context = {
        "list": of,
        "industry": industry,
        "page": page,
        "rows": [(each, falls_under(industry.code, each.industry), listed.get(each.pk)) for each in page],
        "may_keep": lists.keeping_list_refusal(of, request.acting) is None,
    }
    return render(request, "registry/listed_enterprises.html", context)


# ── an enterprise on a list ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ListFilter(Filter):
    """The enterprises of one list."""

    template = "web/filters/select.html"

    def choices(self, model: Any, at: At) -> list[tuple[str, str]]:
        seen = EnterpriseList.objects.visible_to(at.acting)
        return [(str(pk), title) for pk, title in seen.values_list("pk", "title")[:300]]

    def read(self, params: QueryDict, at: At) -> EnterpriseList | None:
        try:
            key = UUID(params.get(self.name, ""))
        except ValueError:
            return None
        return EnterpriseList.objects.visible_to(at.acting).filter(pk=key).first()

    def narrow(self, rows: QuerySet, value: EnterpriseList, at: At) -> QuerySet:
        return rows.filter(list=value)


def next_step(entry: ListEntry, at: At) -> Mapping[str, Any] | None:
    """After a verified closing or merger: the step of the enterprise's own life, for whoever may take it."""
    step = LEADS_TO.get(ListKind(entry.list.kind))
    if step is None or entry.status != S.VERIFIED or not entry.enterprise.exists:
        return None
    if not can_see(entry.enterprise, at.acting):
        return None
    offered = [each for each in offers(entry.enterprise, at.acting, at.now) if each.step.name == step]
    if not offered or offered[0].refusal:
        return None
    return {
        "enterprise": entry.enterprise,
        "step": offered[0].step,
        "address": reverse("enterprises:step", args=(entry.enterprise_id, step)),
    }


def files_of(entry: ListEntry, at: At) -> Mapping[str, Any]:
    """Where an entry leads: the enterprise's file and the list, for those who may open them."""
    sees = EnterpriseList.objects.visible_to(at.acting).filter(pk=entry.list_id).exists()
    return {"enterprise": entry.enterprise if can_see(entry.enterprise, at.acting) else None,
            "list": entry.list if sees else None}  # fmt: skip


CHECK_BY = Column("check_by", kind="text", value=lambda entry: entry.check_by and full_day(entry.check_by))
"""A fact only once there is something to verify; unlike other deadlines it is not missed before."""


class ListEntryPages(RecordPages):
    model, name, title = ListEntry, "list_entries", "清单企业"
    imports = "registry.list_entries"
    columns = (
        Column("enterprise", link=True),
        Column("list"),
        Column("list__kind", "类别"),
        Column("status", kind="state"),
        Column("due_on", kind="due"),
        Column("supervising_unit"),
        Column("measures", kind="text", shown=False),
        Column("listed_at", shown=False),
        Column("verified_by", shown=False),
        Column("closed_at", shown=False),
    )
    filters = (
        ListFilter("list", "清单"),
        Choice("kind", "清单类别", "list__kind", options=tuple(ListKind.choices)),
        Choice("status"),
        RegionFilter(),
        Choice("sector", "行业领域", options=tuple(Sector.choices)),
        UnitFilter("unit", "责任单位", "supervising_unit"),
        DateRange("due_on"),
        overdue(ListEntry, NOT_OVERDUE),
        Flag("counted", "计入完成率", condition=lambda at: ~Q(status=S.REMOVED)),
    )
    search = ("enterprise__name", "list__title")
    sort = "due_on"
    totals = (
        Total("已验收", lambda at: Q(status=S.VERIFIED), opens="status=verified"),
        Total("待验收", lambda at: Q(status=S.DONE), opens="status=done"),
        Total("已逾期", lambda at: Q(status__in=TO_DO, due_on__lt=at.today), opens="overdue=1"),
    )
    facts = (
        ("清单", ("enterprise", "list", Column("list__kind", "类别", kind="text",
                                             value=lambda entry: entry.list.get_kind_display()),
                  Column("list__basis", "依据"), "listed_at")),
        ("落实", ("measures", "due_on", "supervising_unit", "situation")),
        ("验收", ("done_by", "done_at", CHECK_BY, "verified_by", "finding", "closed_at", "reason")),
    )  # fmt: skip
    panels = (
        Panel("下一步", "registry/panels/list_next.html", next_step, side=True),
        Panel("相关档案", "registry/panels/list_files.html", files_of, side=True),
    )
    related = ("list", "enterprise__unit")
    tones = {S.DONE: "orange", S.VERIFIED: "green"}
    empty = "打开一份清单，可以逐家列入企业；也可以用“导入”把名单一次录入。"
    help = (
        "企业落实措施后上传材料报送验收，由责任单位的另一人验收。逾期先提醒企业主要负责人，一周后提醒责任单位负责人。"
    )


def lists_panel(enterprise: Enterprise, at: At) -> Mapping[str, Any] | None:
    """The lists an enterprise is on, and the listed industries under which it falls."""
    entries = list(
        enterprise.list_entries.visible_to(at.acting).select_related("list", "supervising_unit").order_by("-listed_at")
    )
    industries = list(industries_of(enterprise)) if enterprise.industry else []
    if not entries and not industries:
        return None
    return {
        "entries": entries,
        "industries": industries,
        "opens": may(at.acting, Permission.OVERSEE_REGION),
        "today": at.today,
        "to_do": TO_DO,
    }


# ── within ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _found(request: HttpRequest, pk: UUID) -> EnterpriseList:
    seen = EnterpriseList.objects.visible_to(request.acting).select_related("region", "responsible_unit")
    return get_object_or_404(seen, pk=pk)


def _kept(request: HttpRequest, pk: UUID) -> EnterpriseList:
    """A list that this post keeps; for anybody else there is no such page."""
    of = _found(request, pk)
    if lists.keeping_list_refusal(of, request.acting):
        raise Http404
    return of


def _told(of: EnterpriseList) -> str:
    """Which list it is, above what is asked about it."""
    return f"{of.get_kind_display()}清单，{of.region}，{words.full_day(of.due_on)}前完成。依据：{of.basis}。"


menu = (
    MenuEntry(
        "清单总览", "lists:overview", icon="list-details", permission=Permission.OVERSEE_REGION, under="清单企业"
    ),
    MenuEntry("清单企业", "list_entries:list", icon="checklist", permission=Permission.READ_RECORDS, under="清单企业"),
)
