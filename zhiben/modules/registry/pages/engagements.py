"""外包外租: the list for those who supervise, the record of each contractor and lessee, its papers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import models
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.pages.answers import Question, mark_errors, typed
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column, linked
from zhiben.core.web.pages.filters import Choice, DateRange, Flag, RegionFilter, UnitFilter
from zhiben.core.web.pages.record import Panel, RecordPages, Total
from zhiben.core.web.pages.uploads import keep_files
from zhiben.core.workflow.table import Input

from .. import engagements
from ..admission import MAJOR
from ..models.engagements import RUNNING, Engagement, EngagementStatus, Qualification
from ..models.enterprises import Enterprise
from .asking import ask
from .party_forms import ContactForm, EngagementForm, PaperForm

S = EngagementStatus
SHOWN_ON_FILE = 20
LAW = "生产经营单位对承包、承租单位的安全生产工作统一协调、管理，定期进行安全检查（《安全生产法》第四十九条，条文号须对照原文）。"


def check_overdue(at: At) -> Q:
    return Q(status=S.PRESENT, check_by__lt=at.today)


def papers_expired(at: At) -> Q:
    expired = Qualification.objects.filter(is_void=False, valid_to__lt=at.today)
    return Q(status__in=RUNNING, pk__in=expired.values("engagement"))


# ── panels ───────────────────────────────────────────────────────────────────────────────────────────────────────


def papers_of(engagement: Engagement, at: At) -> Mapping[str, Any]:
    """Its papers, and what they still lack: today while it is at work, on its first day before that."""
    papers = list(engagement.qualifications.select_related("proof__file", "checked_by", "entered_by"))
    day = at.today if engagement.status in (S.PRESENT, S.BARRED) else max(at.today, engagement.begins_on)
    is_open = engagement.status != S.ENDED
    return {
        "engagement": engagement,
        "papers": papers,
        "flaws": engagements.paper_flaws(engagement, papers, day) if is_open else [],
        "asked": "、".join(label for label, _ in engagements.papers_asked(engagement)),
        "may_keep": is_open and engagements.own_refusal(engagement.enterprise, at.acting) is None,
        "me": at.acting.person.pk,
    }


def papers_looked_at(engagement: Engagement, at: At) -> Mapping[str, Any]:
    """The same to look at, beside a step that goes by them."""
    return {**papers_of(engagement, at), "may_keep": False}


def coordination_of(engagement: Engagement, at: At) -> Mapping[str, Any] | None:
    """统一协调管理 and 定期检查: who, when, and what it means when either is missing."""
    if engagement.status not in (S.PRESENT, S.BARRED):
        return None
    enterprise = engagement.enterprise
    is_trade = enterprise.sector == Sector.INDUSTRY or any(each.startswith("工贸") for each in enterprise.trades)
    late = engagement.check_by is None or engagement.check_by < at.today
    return {
        "engagement": engagement,
        "sites": "、".join(site.name for site in engagement.sites.all()),
        "is_late": late and engagement.status == S.PRESENT,
        "rule": MAJOR if is_trade else LAW,
    }


def who_it_is(engagement: Engagement, at: At) -> Mapping[str, Any] | None:
    """The file of the contractor itself, where it is an enterprise of this system; a link for whoever may open it."""
    tied = engagements.tied_enterprise(engagement)
    if tied is None:
        return None
    return {"enterprise": tied, "opens": Enterprise.objects.visible_to(at.acting).filter(pk=tied.pk).exists()}


def engaged_by(enterprise: Enterprise, at: At) -> Mapping[str, Any] | None:
    """On an enterprise's page: who works or rents there."""
    rows = list(Engagement.objects.filter(enterprise=enterprise).exclude(status=S.ENDED)[: SHOWN_ON_FILE + 1])
    may_keep = engagements.own_refusal(enterprise, at.acting) is None
    if not rows and not may_keep:
        return None
    return {
        "enterprise": enterprise,
        "rows": rows[:SHOWN_ON_FILE],
        "more": len(rows) > SHOWN_ON_FILE,
        "may_keep": may_keep,
        "present": S.PRESENT,
    }


def at_work_elsewhere(enterprise: Enterprise, at: At) -> Mapping[str, Any] | None:
    """On an enterprise's page: for whom it works, or from whom it rents, as far as this post may see."""
    if not enterprise.credit_code:
        return None
    seen = Engagement.objects.visible_to(at.acting).filter(credit_code=enterprise.credit_code)
    rows = list(seen.exclude(status=S.ENDED).select_related("enterprise")[:SHOWN_ON_FILE])
    return {"rows": rows} if rows else None


# ── the record ───────────────────────────────────────────────────────────────────────────────────────────────────


class EngagementPages(RecordPages):
    model, name, title = Engagement, "engagements", "外包外租"
    columns = (
        Column("name", link=True),
        Column("kind"),
        Column("enterprise"),
        Column("status", kind="state"),
        Column("work", shown=False),
        Column("coordinator", "协调管理的人"),
        Column("checked_on", shown=False),
        Column("check_by", kind="due"),
        Column("ends_on", kind="due"),
        Column("workers", shown=False),
        Column("credit_code", shown=False),
        Column("head_name", shown=False),
        Column("head_mobile", shown=False),
    )
    filters = (
        Choice("kind"),
        Choice("status"),
        Choice("sector", "企业行业", options=tuple(Sector.choices)),
        RegionFilter(),
        UnitFilter("unit", "企业", "responsible_unit"),
        DateRange("ends_on"),
        Flag("late", "逾期未检查", condition=check_overdue),
        Flag("expired", "证照过期", condition=papers_expired),
        Flag("over", "到期未离场", condition=lambda at: Q(status__in=RUNNING, ends_on__lt=at.today)),
    )
    search = ("name", "credit_code", "work", "enterprise__name")
    sort = "-proposed_at"
    totals = (
        Total("在场", lambda at: Q(status=S.PRESENT), opens="status=present"),
        Total("待准入", lambda at: Q(status=S.PROPOSED), opens="status=proposed"),
        Total("逾期未检查", check_overdue, opens="late=1"),
        Total("证照过期", papers_expired, opens="expired=1"),
    )
    facts = (
        (
            "基本信息",
            (Column("enterprise", kind="text", value=lambda engagement: linked(engagement.enterprise)), "kind", "name",
             "credit_code", "under", "work", "place", "begins_on",
             Column("ends_on", kind="due"), "workers", "head_name", "head_mobile", "special_work", "unlicensed_reason"),
        ),
        ("准入和协议", ("proposed_by", "proposed_at", "agreement_signed_on", "finding", "reason")),
    )  # fmt: skip
    panels = (
        Panel("证照和资质", "registry/panels/papers.html", papers_of),
        Panel("统一协调和安全检查", "registry/panels/coordination.html", coordination_of, side=True),
        Panel("这家单位的档案", "registry/panels/tied.html", who_it_is, side=True),
    )
    beside = {
        "admit": Panel("证照和资质", "registry/panels/papers.html", papers_looked_at),
        "enter": Panel("证照和资质", "registry/panels/papers.html", papers_looked_at),
    }
    tones = {S.REFUSED: "red", S.PRESENT: "green", S.BARRED: "red"}
    related = ("enterprise__unit",)
    form = EngagementForm
    empty = "企业在自己的档案页登记外包外租单位后，会出现在这里。"
    help = "企业自己登记、审查和管理承包、分包和承租单位；申请人以外的人审查证照后准入。监管单位查看。"

    def is_met(self, column: Column, record: Any) -> bool:
        """A check is due only of those who are there; the period ends only for those who were admitted."""
        if column.name == "check_by":
            return bool(record.status != S.PRESENT)
        return record.status not in RUNNING if column.name == "ends_on" else super().is_met(column, record)

    def may_edit(self, record: models.Model, at: At) -> str | None:
        assert isinstance(record, Engagement)
        if record.status == S.ENDED:
            return "已结束，不能再修改。"
        return engagements.own_refusal(record.enterprise, at.acting)

    def form_for(self, record: Any, at: At) -> type[forms.ModelForm]:
        return EngagementForm if record.status in (S.PROPOSED, S.REFUSED) else ContactForm

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        before = Engagement.objects.get(pk=form.instance.pk)
        return engagements.change_engagement(engagement=before, by=by, now=now, **form.cleaned_data)


# ── odd pages ────────────────────────────────────────────────────────────────────────────────────────────────────


def propose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The enterprise puts a contractor or lessee forward."""
    visible = Enterprise.objects.visible_to(request.acting).select_related("unit")
    enterprise = get_object_or_404(visible, pk=pk)
    if sentence := engagements.own_refusal(enterprise, request.acting):
        raise Refused(sentence)
    form = EngagementForm(request.POST or None, instance=Engagement(enterprise=enterprise))

    def save(given: dict[str, Any]) -> Engagement:
        return engagements.propose_engagement(enterprise=enterprise, by=request.acting, now=request.now, **given)

    return ask(
        request, form, save, title="登记外包外租单位", above=enterprise, note=LAW, then=lambda made: made,
        said="已登记“{}”。请接着登记它的证照，再由本企业其他人审查准入。".format,
    )  # fmt: skip


def add_paper(request: HttpRequest, pk: UUID) -> HttpResponse:
    engagement = _kept(request, pk)
    return _paper_form(request, engagement, None)


def change_paper(request: HttpRequest, pk: UUID, paper_id: int) -> HttpResponse:
    engagement = _kept(request, pk)
    return _paper_form(request, engagement, get_object_or_404(engagement.qualifications, pk=paper_id))


@require_POST
def check_paper(request: HttpRequest, pk: UUID, paper_id: int) -> HttpResponse:
    engagement = _kept(request, pk)
    paper = get_object_or_404(engagement.qualifications, pk=paper_id)
    try:
        engagements.check_qualification(qualification=paper, by=request.acting, now=request.now)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, f"已核对“{paper}”。")
    return redirect(engagement)


def _kept(request: HttpRequest, pk: UUID) -> Engagement:
    """One of this post's own; a 404 for what is out of sight. Raises Refused for those who only read it."""
    if not may(request.acting, Permission.READ_RECORDS):
        raise Http404
    visible = Engagement.objects.visible_to(request.acting).select_related("enterprise")
    engagement = get_object_or_404(visible, pk=pk)
    if sentence := engagements.own_refusal(engagement.enterprise, request.acting):
        raise Refused(sentence)
    return engagement


def _paper_form(request: HttpRequest, engagement: Engagement, paper: Qualification | None) -> HttpResponse:
    form = PaperForm(request.POST or None, instance=paper or Qualification(engagement=engagement))
    held = f"现在是“{paper.proof.name}”，不换可不选。" if paper else "照片或者 PDF，编号和有效期要看得清。"
    question = Question(Input("proof", "证照照片或扫描件", "files", help=held), required=paper is None)
    problems: list[str] = []
    if request.method == "POST":
        try:
            kept = typed([question], request, keep_files(At(request.acting, request.now)))["proof"]
            if len(kept) > 1:
                raise Refused("一件证照只放一个文件，正反两面请合成一张图片或一个 PDF 再选。", "proof")
            if form.is_valid():
                to = {"proof": kept[0] if kept else None, "by": request.acting, "now": request.now}
                saved = (
                    engagements.change_qualification(qualification=paper, **to, **form.cleaned_data)
                    if paper
                    else engagements.add_qualification(engagement=engagement, **to, **form.cleaned_data)
                )
                messages.success(request, f"已保存“{saved}”，请由登记人以外的人核对。")
                return redirect(engagement)
        except Refused as refused:
            if refused.field in form.fields:
                form.add_error(refused.field, refused.sentence)
            else:
                problems = mark_errors([question], {refused.field or "": refused.sentence})
    context = {
        "form": form, "question": question, "problems": problems, "above": engagement,
        "title": f"修改证照：{paper}" if paper else "登记证照",
    }  # fmt: skip
    return render(request, "registry/form.html", context, status=422 if request.method == "POST" else 200)


menu = (MenuEntry("外包外租", "engagements:list", icon="users", permission=Permission.READ_RECORDS),)
