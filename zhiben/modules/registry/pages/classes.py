"""分级分类 on pages: how many are in which class and which they are; the class of one enterprise, with what an officer
says about it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from zhiben.core.access.permissions import Permission, may
from zhiben.core.clock import local_day
from zhiben.core.refusal import Refused
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.pages.at import At
from zhiben.core.web.refusing import put_beside

from ..class_rules import ask_to_classify, rule_of, rules_around
from ..classing import LONGEST_OVERRIDE, end_override, override_class, override_on, score_enterprise
from ..models.classing import Score, SupervisionClass
from ..models.enterprises import Enterprise
from ..spread import CLASSES, among, spread
from .sight import region_asked, way_to

PAGE = 50
EARLIER = 5
DAY = forms.DateInput(attrs={"type": "date"})


class OverrideForm(forms.Form):
    supervision_class = forms.ChoiceField(label="定为", choices=SupervisionClass.choices)
    valid_to = forms.DateField(
        label="到哪天止", widget=DAY, help_text="最长一年。这一天过后自动恢复按规则定类，不用再操作"
    )
    reason = forms.CharField(
        label="理由", max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写明依据的事实或文件，企业和上级都会看到",
    )  # fmt: skip


class EndOverrideForm(forms.Form):
    reason = forms.CharField(label="提前结束的理由", max_length=300)


class ScoreForm(forms.Form):
    points = forms.IntegerField(label="得分", min_value=0, max_value=100, help_text="0 到 100 分，以最近一次为准")
    note = forms.CharField(label="说明", max_length=300, required=False, help_text="按哪张评分表、主要扣分点")


FORMS: dict[str, tuple[str, Permission, type[forms.Form]]] = {
    "override": ("人工定类", Permission.MANAGE_SUPERVISION, OverrideForm),
    "end": ("提前结束人工定类", Permission.MANAGE_SUPERVISION, EndOverrideForm),
    "score": ("现场评分", Permission.MANAGE_ENTERPRISES, ScoreForm),
}


# ── many ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def table(request: HttpRequest) -> HttpResponse:
    region, by = region_asked(request), _by(request)
    context = {
        "region": region, "way": way_to(region, request), "by": by, "today": local_day(request.now),
        "columns": [f"{each} 类" if each else "未定类" for each in CLASSES],
        "rows": spread(enterprises=Enterprise.objects.visible_to(request.acting), region=region, by=by),
        "rules": rules_around(region, local_day(request.now)),
        "may_set": may(request.acting, Permission.MANAGE_SUPERVISION),
    }  # fmt: skip
    return render(request, "registry/classes.html", context)


def enterprises(request: HttpRequest) -> HttpResponse:
    """Those behind one number of the table, each with its reason."""
    region, by = region_asked(request), _by(request)
    asked = request.GET.get("class", "")
    if asked not in (*"ABCD", "none", ""):
        raise Http404
    rows = among(
        enterprises=Enterprise.objects.visible_to(request.acting), region=region, by=by,
        key=request.GET.get("key", ""), supervision_class=asked,
    )  # fmt: skip
    page = Paginator(rows.order_by("name", "pk").select_related("supervising_unit"), PAGE).get_page(
        request.GET.get("page")
    )
    tabs = [("", "全部"), *((each, f"{each} 类") for each in "ABCD"), ("none", "未定类")]
    context = {"region": region, "page": page, "asked": asked, "tabs": tabs, "by": by}
    return render(request, "registry/classed.html", context)


@require_POST
def classify_again(request: HttpRequest) -> HttpResponse:
    """Have the classes of a region computed now instead of tonight."""
    region = region_asked(request, request.POST.get("region") or None)
    if not may(request.acting, Permission.MANAGE_SUPERVISION):
        raise Http404
    now = request.now
    job = ask_to_classify(region, "", f"all:{region.pk}:{now.isoformat()}", by=request.acting, now=now)
    return redirect("web:job", pk=job.pk)


def _by(request: HttpRequest) -> str:
    return "sector" if request.GET.get("by") == "sector" else "region"


# ── one ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def class_panel(enterprise: Enterprise, at: At) -> Mapping[str, Any] | None:
    """The class with its reason, the rule it comes from, and what officers said, now and before."""
    rule = rule_of(sector=enterprise.sector, region_path=enterprise.region_path, day=at.today)
    overrides = list(enterprise.classoverride_set.select_related("made_by")[: EARLIER + 1])
    current = next((each for each in overrides if each.holds_on(at.today)), None)
    score = Score.objects.filter(enterprise=enterprise).select_related("scored_by").first()
    offered = [
        (name, title) for name, (title, permission, _) in FORMS.items()
        if enterprise.exists and may(at.acting, permission) and (name != "end" or current)
    ]  # fmt: skip
    if not (enterprise.supervision_class or rule or overrides or score or offered):
        return None
    return {
        "enterprise": enterprise, "rule": rule, "current": current, "score": score, "offered": offered,
        "label": _label(enterprise.supervision_class), "links": may(at.acting, Permission.OVERSEE_REGION),
        "earlier": [each for each in overrides if each is not current][:EARLIER],
    }  # fmt: skip


def say(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """An officer's class, its early end, or the score of a visit, each with its reason."""
    enterprise = get_object_or_404(Enterprise.objects.visible_to(request.acting).select_related("unit"), pk=pk)
    if what not in FORMS or not may(request.acting, FORMS[what][1]):
        raise Http404
    title, _, asked = FORMS[what]
    today = local_day(request.now)
    current = override_on(enterprise, today)
    if what == "end" and current is None:
        messages.error(request, "这家企业现在没有人工定类，不用结束。")
        return redirect(enterprise)
    form = asked(request.POST or None)
    if what == "override":
        form.fields["valid_to"].widget.attrs |= {"min": today, "max": today + LONGEST_OVERRIDE}
    if request.method == "POST" and form.is_valid():
        to: dict[str, Any] = {"by": request.acting, "now": request.now}
        try:
            if what == "override":
                override_class(enterprise=enterprise, **form.cleaned_data, **to)
            elif what == "score":
                score_enterprise(enterprise=enterprise, **form.cleaned_data, **to)
            elif current is not None:
                end_override(override=current, **form.cleaned_data, **to)
        except Refused as refused:
            put_beside(form, refused)
        else:
            enterprise.refresh_from_db()
            messages.success(request, f"已登记{title}，目前{_label(enterprise.supervision_class)}。")
            return redirect(enterprise)
    context = {"enterprise": enterprise, "title": title, "form": form, "current": current if what != "score" else None}
    return render(request, "registry/class_form.html", context, status=422 if form.errors else 200)


def _label(supervision_class: str) -> str:
    known = dict(SupervisionClass.choices)
    return f"监管类别为 {known[supervision_class]}" if supervision_class in known else "未定监管类别"


menu = (MenuEntry("分级分类", "classing:table", icon="stairs", permission=Permission.OVERSEE_REGION),)
