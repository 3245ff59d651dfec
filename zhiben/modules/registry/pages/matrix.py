"""三管三必须 on pages: the grid, one cell of it with what is said about it, the gaps and overlaps, the disputes."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from zhiben.core.access.permissions import Permission, may
from zhiben.core.clock import local_day
from zhiben.core.org.models import Region
from zhiben.core.org.paths import ancestors, contains, within
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.organisation.pickers import unit_field
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.filters import Choice, RegionFilter, UnitFilter
from zhiben.core.web.pages.record import RecordPages
from zhiben.core.web.refusing import put_beside

from ..disputes import open_dispute
from ..dividing import (
    ask_to_follow,
    assign_supervision,
    claiming_refusal,
    end_supervision,
    state_claim,
    take_back_claim,
)
from ..gaps import gaps, grid, overlaps
from ..listed_industries import emerging_blind_spots
from ..models.enterprises import Enterprise
from ..models.supervision import DisputeStatus, Stance, SupervisionClaim, SupervisionDispute, SupervisionLine
from ..supervision import Supervision
from .sight import region_asked, way_to

DAY = forms.DateInput(attrs={"type": "date"})
MOST_LINES = 50


class AssignForm(forms.Form):
    unit = unit_field("监管单位")
    basis = forms.CharField(label="依据", max_length=200, help_text="文件名称和文号，例如三定规定、安委会分工文件")
    valid_from = forms.DateField(label="从哪天起", widget=DAY)
    valid_to = forms.DateField(label="到哪天止", widget=DAY, required=False, help_text="长期有效的不填")


class EndForm(forms.Form):
    last_day = forms.DateField(label="最后一天", widget=DAY)
    reason = forms.CharField(label="理由", max_length=200)


class ClaimForm(forms.Form):
    stance = forms.ChoiceField(label="本单位的表态", choices=Stance.choices)
    reason = forms.CharField(
        label="理由", max_length=500, widget=forms.Textarea(attrs={"rows": 3}), help_text="写明依据，例如三定规定的条款"
    )


class DisputeForm(forms.Form):
    respondent = unit_field("对方单位")
    matter = forms.CharField(
        label="争议事项", widget=forms.Textarea(attrs={"rows": 3}), help_text="哪些企业、哪些环节职责不清"
    )
    argument = forms.CharField(label="本单位的意见", widget=forms.Textarea(attrs={"rows": 3}))


FORMS: dict[str, type[forms.Form]] = {
    "assign": AssignForm, "end": EndForm, "claim": ClaimForm, "dispute": DisputeForm
}  # fmt: skip


def matrix(request: HttpRequest) -> HttpResponse:
    region, today = region_asked(request), local_day(request.now)
    columns, rows = grid(region, today)
    context = {
        "region": region,
        "way": way_to(region, request),
        "columns": columns,
        "rows": rows,
        "today": today,
        "may_set": may(request.acting, Permission.MANAGE_SUPERVISION),
    }
    return render(request, "registry/matrix.html", context)


def blind_spots(request: HttpRequest) -> HttpResponse:
    region, today = region_asked(request), local_day(request.now)
    found = gaps(region, today)
    context = {
        "region": region,
        "way": way_to(region, request),
        "gaps": [(each, str(Sector(each.sector).label) if each.sector else "没有填写行业") for each in found],
        "enterprises": sum(each.count for each in found),
        "is_known": bool(found) or Enterprise.objects.filter(within(region.path)).exists(),
        "overlaps": overlaps(region, today),
        "emerging": emerging_blind_spots(region, today),
    }
    return render(request, "registry/blind_spots.html", context)


def cell(request: HttpRequest, region_id: int, sector: str) -> HttpResponse:
    """One cell: who supervises and why, what was before, what units say, and what this post may do about it. A unit
    below the region of the cell sees it, too: it may claim or disclaim it."""
    region = _region_around(request, region_id)
    if sector not in Sector.values:
        raise Http404
    asked, form = "", None
    if request.method == "POST":
        asked = request.POST.get("do", "")
        if asked not in FORMS:
            raise Http404
        form = FORMS[asked](request.POST, auto_id=f"{asked}-%s")
        if form.is_valid():
            try:
                return _carry_out(request, asked, region, sector, form.cleaned_data)
            except Refused as refused:
                put_beside(form, refused)
    status = 422 if form is not None else 200
    return render(request, "registry/cell.html", _cell_context(request, region, sector, asked, form), status=status)


def _cell_context(
    request: HttpRequest, region: Region, sector: str, asked: str, form: forms.Form | None
) -> dict[str, Any]:
    today, acting = local_day(request.now), request.acting
    answer = Supervision([region.path], today).of(sector, region.path)
    lines = SupervisionLine.objects.filter(sector=sector, region=region).select_related("unit").order_by("-valid_from")
    claims = SupervisionClaim.objects.filter(sector=sector, region=region, ended_at=None)
    offered = _offered(request, region, bool(answer.line and answer.line.region_id == region.pk))
    initial = {"valid_from": today, "last_day": today}
    return {
        "region": region,
        "sector": sector,
        "sector_label": Sector(sector).label,
        "answer": answer,
        "lines": [(line, line.holds_on(today)) for line in lines[:MOST_LINES]],
        "claims": claims.select_related("unit", "made_by"),
        "disputes": SupervisionDispute.objects.filter(sector=sector, region=region)
        .visible_to(acting)
        .select_related("claimant", "responsible_unit", "region")[:MOST_LINES],
        "forms": [
            (name, title, form if name == asked else FORMS[name](initial=initial, auto_id=f"{name}-%s"))
            for name, title in offered
        ],
        "asked": asked,
        "own_unit": acting.unit,
        "today": today,
    }


def _offered(request: HttpRequest, region: Region, has_line: bool) -> list[tuple[str, str]]:
    acting = request.acting
    offered = []
    if may(acting, Permission.MANAGE_SUPERVISION) and contains(acting.unit.region_path, region.path):
        offered.append(("assign", "确定监管单位"))
        if has_line:
            offered.append(("end", "终止现行分工"))
    if claiming_refusal(region, acting) is None:
        offered += [("claim", "认领或否认"), ("dispute", "提请裁定")]
    return offered


def _carry_out(request: HttpRequest, asked: str, region: Region, sector: str, given: dict[str, Any]) -> HttpResponse:
    to: dict[str, Any] = {"by": request.acting, "now": request.now}
    if asked == "assign":
        line = assign_supervision(sector=sector, region=region, **given, **to)
        messages.success(request, f"已确定由{line.unit}监管，企业的监管单位正在后台更新。")
    elif asked == "end":
        current = SupervisionLine.objects.filter(sector=sector, region=region).valid_on(local_day(request.now)).first()
        if current is None:
            raise Refused("这里没有现行的分工，请刷新页面。")
        end_supervision(line=current, **given, **to)
        messages.success(request, "已终止，最后一天过后企业的监管单位自动更新。")
    elif asked == "claim":
        claim = state_claim(sector=sector, region=region, **given, **to)
        messages.success(request, f"已记下本单位的表态：{claim.get_stance_display()}。")
    else:
        dispute = open_dispute(sector=sector, region=region, **given, **to)
        messages.success(request, f"已提请{dispute.supervising_unit}裁定，先由{dispute.responsible_unit}说明意见。")
        return redirect(dispute)
    return redirect("supervision:cell", region.pk, sector)


@require_POST
def withdraw_claim(request: HttpRequest, claim_id: int) -> HttpResponse:
    claim = get_object_or_404(
        SupervisionClaim.objects.select_related("region"),
        pk=claim_id, unit=request.acting.unit if request.acting else None, ended_at=None,
    )  # fmt: skip
    take_back_claim(claim=claim, by=request.acting, now=request.now)
    messages.success(request, "已收回本单位的表态。")
    return redirect("supervision:cell", claim.region_id, claim.sector)


@require_POST
def derive_again(request: HttpRequest) -> HttpResponse:
    """Have all enterprises of a region compared with the matrix: after departments have changed their sectors."""
    region = region_asked(request, request.POST.get("region") or None)
    if not may(request.acting, Permission.MANAGE_SUPERVISION):
        raise Http404
    job = ask_to_follow("", region, f"all:{region.pk}:{request.now.isoformat()}", by=request.acting, now=request.now)
    messages.success(request, f"正在后台核对{region}全部企业的监管单位，可在“后台作业”看进度：{job.label}。")
    return redirect(f"{reverse('supervision:matrix')}?region={region.pk}")


def _region_around(request: HttpRequest, region_id: int) -> Region:
    """A region within one's own, or one that contains it: what the county decides concerns the town, too."""
    acting = request.acting
    if acting is not None and may(acting, Permission.OVERSEE_REGION):
        above = Region.objects.filter(pk=region_id, path__in=ancestors(acting.unit.region_path)).first()
        if above is not None:
            return above
    return region_asked(request, region_id)


class DisputePages(RecordPages):
    model, name, title = SupervisionDispute, "disputes", "监管职责争议"
    columns = (
        Column("cell", "争议", link=True),
        Column("claimant"),
        Column("responsible_unit"),
        Column("status", kind="state"),
        Column("answer_by", kind="due"),
        Column("settle_by", kind="due"),
        Column("decided_unit", "裁定监管单位", shown=False),
        Column("supervising_unit", shown=False),
    )
    related = ("region",)
    filters = (
        Choice("status"),
        Choice("sector"),
        UnitFilter("claimant", "提出单位"),
        UnitFilter("unit", "对方单位", "responsible_unit"),
        RegionFilter(),
    )
    search = ("matter",)
    sort = "-opened_at"
    facts = (
        (
            "争议",
            ("sector", "region", "matter", "claimant", "claimant_argument", "responsible_unit", "respondent_argument"),
        ),
        ("办理", ("opened_at", "answer_by", "settle_by", "supervising_unit")),
        ("裁定", ("decided_unit", "decision", "document", "effective_on", "settled_at", "reason")),
    )
    tones = {DisputeStatus.ARGUED: "orange", DisputeStatus.SETTLED: "green"}
    detail_template = "registry/dispute.html"
    empty = "在监管分工表中打开一格，可以提请裁定。"
    help = "两个单位对同一行业、同一区域由谁监管有争议时，由安委会办公室裁定；裁定自动写入监管分工表。"


menu = (MenuEntry("监管分工", "supervision:matrix", icon="sitemap", permission=Permission.OVERSEE_REGION),)
