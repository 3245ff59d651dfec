"""The rules of classes on pages: each version with its lines and what it would change; writing one, putting it in
force."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.forms import formset_factory
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.org.paths import ancestors, within
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of
from zhiben.core.web.organisation.pickers import region_field
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.filters import Choice, Flag, RegionFilter
from zhiben.core.web.pages.record import Panel, RecordPages
from zhiben.core.web.refusing import put_beside

from ..class_rules import (
    MOST_CONDITIONS,
    MOST_POINTS,
    NewCondition,
    NewRule,
    apply_rule,
    ask_to_try,
    changing_refusal,
    discard_rule,
    draft_rule,
    end_rule,
    fingerprint,
    is_tried,
    proposal,
)
from ..figures import FACTS, read_value
from ..models.classing import ClassCondition, ClassRule, Comparison, SupervisionClass
from ..models.enterprises import Enterprise

BLANK_LINES = 6
CLASSES = (*"ABCD", "")


class RuleForm(forms.Form):
    name = forms.CharField(label="规则名称", max_length=100)
    region = region_field("适用区域", help_text="下级没有另定规则的，都按这一版")
    sector = forms.ChoiceField(
        label="适用行业", choices=[("", "所有行业"), *Sector.choices], required=False,
        help_text="选了行业的，先于同一区域“所有行业”的规则",
    )  # fmt: skip
    basis = forms.CharField(label="依据", max_length=200, required=False, help_text="文件名称和文号")
    b_from = forms.IntegerField(label="B 类起点", min_value=-1000, max_value=1000, help_text="低于这个分数的是 A 类")
    c_from = forms.IntegerField(label="C 类起点", min_value=-1000, max_value=1000)
    d_from = forms.IntegerField(label="D 类起点", min_value=-1000, max_value=1000)


class ConditionForm(forms.Form):
    """One line of the rule; without a fact it is no line."""

    fact = forms.ChoiceField(
        label="看什么", required=False,
        choices=lambda: [("", "（不用这一行）"), *((key, fact.label) for key, fact in FACTS.items())],
    )  # fmt: skip
    comparison = forms.ChoiceField(label="比较", choices=Comparison.choices, required=False)
    value = forms.CharField(
        label="值", max_length=64, required=False, widget=forms.TextInput(attrs={"list": "class-values"})
    )
    points = forms.IntegerField(label="加分", required=False, min_value=-MOST_POINTS, max_value=MOST_POINTS)
    at_best = forms.ChoiceField(
        label="不优于", required=False, choices=[("", "—"), *((each.value, f"{each.value} 类") for each in SupervisionClass)]
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        fact = FACTS.get(given.get("fact") or "")
        if fact is None:
            return given
        try:
            given["value"] = read_value(fact, given.get("comparison") or "", given.get("value") or "")
        except Refused as refused:
            self.add_error(refused.field, refused.sentence)
        if not given.get("points") and not given.get("at_best") and "points" not in self.errors:
            self.add_error("points", "请填写加几分，或在右边选一类。")
        return given


Conditions = formset_factory(ConditionForm, extra=BLANK_LINES, max_num=MOST_CONDITIONS, validate_max=True)


# ── one version ──────────────────────────────────────────────────────────────────────────────────────────────────


def lines_panel(rule: ClassRule, at: At) -> Mapping[str, Any]:
    return {"rule": rule, "lines": [_told(line) for line in rule.conditions.all()]}


def _told(line: ClassCondition) -> dict[str, Any]:
    fact = FACTS.get(line.fact)
    return {
        "fact": fact.label if fact else f"{line.fact}（现在取不到，不计分）",
        "comparison": line.get_comparison_display(),
        "value": fact.options().get(line.value, line.value) if fact else line.value,
        "points": f"{line.points:+d}" if line.points else "",
        "at_best": line.at_best,
    }


def preview_panel(rule: ClassRule, at: At) -> Mapping[str, Any] | None:
    """From → to, with some of the enterprises of each change that this post may see."""
    found = rule.preview
    if not found:
        return None
    counts = {(each["from"], each["to"]): each for each in found["changes"]}
    before = [each for each in CLASSES if any(start == each for start, _ in counts)]
    after = [each for each in CLASSES if any(end == each for _, end in counts)]
    named = [key for each in found["changes"] for key in each["examples"]]
    seen = Enterprise.objects.visible_to(at.acting).in_bulk(named) if named else {}
    known = {str(pk): enterprise for pk, enterprise in seen.items()}
    changes = [each for each in found["changes"] if each["from"] != each["to"]]
    return {
        "on": parse_date(found["on"]), "total": found["total"], "held": found["held"], "is_stale": not is_tried(rule),
        "moved": sum(each["count"] for each in changes),
        "after": [_name(each) for each in after],
        "rows": [
            (_name(start), [(counts.get((start, end), {}).get("count", 0), start == end, _name(end)) for end in after])
            for start in before
        ],
        "changes": [
            (_name(each["from"]), _name(each["to"]), each["count"], [known[key] for key in each["examples"] if key in known])
            for each in changes
        ],
    }  # fmt: skip


def verbs_panel(rule: ClassRule, at: At) -> Mapping[str, Any]:
    begins, ends = rule.valid_from, rule.valid_to
    if begins is None:
        stage = "草稿"
    elif ends is not None and ends < max(at.today, begins):
        stage = "已终止"
    else:
        stage = "现行" if begins <= at.today else "待生效"
    refusal = changing_refusal(rule, at.acting)
    return {
        "rule": rule, "stage": stage, "refusal": refusal, "may_change": refusal is None, "is_tried": is_tried(rule),
        "may_copy": may(at.acting, Permission.MANAGE_SUPERVISION), "today": at.today,
    }  # fmt: skip


def _name(supervision_class: str) -> str:
    return f"{supervision_class} 类" if supervision_class else "未定类"


def _in_force(at: At) -> Q:
    return Q(valid_from__lte=at.today) & (Q(valid_to=None) | Q(valid_to__gte=at.today))


class ClassRulePages(RecordPages):
    model, name, title = ClassRule, "class_rules", "分级规则"
    columns = (
        Column("name", link=True),
        Column("region"),
        Column("sector"),
        Column("valid_from"),
        Column("valid_to"),
        Column("unit"),
        Column("made_at", shown=False),
    )
    filters = (
        Choice("sector", options=tuple(Sector.choices)),
        RegionFilter(),
        Flag("current", "现行", condition=_in_force),
        Flag("draft", "草稿", condition=lambda at: Q(valid_from=None)),
    )
    search = ("name", "basis")
    sort = "-made_at"
    facts = (
        ("规则", ("region", "sector", "basis", "unit", "made_at", "valid_from", "valid_to")),
        ("分数与类别", ("b_from", "c_from", "d_from")),
    )
    panels = (
        Panel("条件", "registry/panels/class_lines.html", lines_panel),
        Panel("试算：哪些企业的类别会变", "registry/panels/class_preview.html", preview_panel),
        Panel("办理", "registry/panels/class_verbs.html", verbs_panel, side=True),
    )
    permission = Permission.OVERSEE_REGION
    exportable = commentable = attachable = False
    empty = "还没有分级规则。请从“分级分类”页面新拟一版，可以用系统建议稿做底稿。"
    help = "全国没有统一的分级分值，各地自己定。离企业最近的区域的规则优先，同一区域内分行业的规则优先。生效日为空的是草稿。"

    def rows(self, acting: Acting) -> QuerySet:
        own = acting.unit.region_path
        return self.base().filter(Q(region_path__in=ancestors(own)) | within(own))


# ── writing one ──────────────────────────────────────────────────────────────────────────────────────────────────


def new_rule(request: HttpRequest) -> HttpResponse:
    """A draft from `?from=` an earlier version, or from the proposal that is shipped, or from nothing."""
    acting = _setter_or_404(request)
    source = request.GET.get("from", "")
    if source == "proposal":
        start = {"region": acting.unit.region, **proposal()}
    elif source:
        start = _said_by(_rule_or_404(acting, source))
    else:
        start = {"region": acting.unit.region, "b_from": 20, "c_from": 40, "d_from": 60, "conditions": ()}
    return _write(request, acting, None, start)


def edit_rule(request: HttpRequest, pk: int) -> HttpResponse:
    acting = _setter_or_404(request)
    rule = _rule_or_404(acting, pk)
    if refusal := changing_refusal(rule, acting) or (None if rule.is_draft else "已生效的规则不能修改，请新拟一版。"):
        messages.error(request, refusal)
        return redirect(rule)
    return _write(request, acting, rule, _said_by(rule))


def _write(request: HttpRequest, acting: Acting, rule: ClassRule | None, start: Mapping[str, Any]) -> HttpResponse:
    typed = request.POST if request.method == "POST" else None
    form = RuleForm(typed, initial={name: value for name, value in start.items() if name != "conditions"})
    lines = Conditions(typed, prefix="lines", initial=[_shown(line) for line in start["conditions"]])
    version = fingerprint(rule) if rule else ""
    if typed is not None and form.is_valid() and lines.is_valid():
        if rule and typed.get("version") != version:
            form.add_error(None, "您打开以后，别人改过这份草稿。请另开一页看看改了什么，再决定怎样保存。")
        else:
            conditions = tuple(NewCondition(**_kept(line)) for line in lines.cleaned_data if line.get("fact"))
            try:
                rule = draft_rule(
                    new=NewRule(**form.cleaned_data, conditions=conditions), rule=rule, by=acting, now=request.now
                )
            except Refused as refused:
                put_beside(form, refused)
            else:
                messages.success(request, "已保存草稿。请先试算，看清哪些企业的类别会变，再让它生效。")
                return redirect(rule)
    context = {
        "rule": rule, "form": form, "lines": lines, "version": typed.get("version", "") if typed else version,
        "values": sorted({label for fact in FACTS.values() for label in fact.options().values()}),
    }  # fmt: skip
    return render(request, "registry/class_rule_form.html", context, status=200 if typed is None else 422)


def _said_by(rule: ClassRule) -> dict[str, Any]:
    names = ("name", "region", "sector", "basis", "b_from", "c_from", "d_from")
    lines = tuple(
        NewCondition(
            fact=line.fact, comparison=line.comparison, value=line.value, points=line.points, at_best=line.at_best
        )
        for line in rule.conditions.all()
    )
    return {**{name: getattr(rule, name) for name in names}, "conditions": lines}


def _shown(line: NewCondition) -> dict[str, Any]:
    """A line as the form shows it: values by what people call them."""
    fact = FACTS.get(line.fact)
    return {**asdict(line), "value": fact.options().get(line.value, line.value) if fact else line.value}


def _kept(given: Mapping[str, Any]) -> dict[str, Any]:
    return {**given, "points": given.get("points") or 0}


# ── what is done with one ────────────────────────────────────────────────────────────────────────────────────────


@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Try a draft out, put it in force, throw it away; end a version that is in force."""
    acting = _setter_or_404(request)
    rule = _rule_or_404(acting, pk)
    now = request.now
    try:
        if verb == "try":
            return redirect("web:job", pk=ask_to_try(rule, by=acting, now=now).pk)
        if verb == "apply":
            day = _day(request.POST.get("valid_from", ""))
            apply_rule(rule=rule, valid_from=day, by=acting, now=now)
            messages.success(request, "规则已确定生效日，从这一天起企业的监管类别按它计算。")
        elif verb == "end":
            end_rule(rule=rule, reason=request.POST.get("reason", ""), by=acting, now=now)
            messages.success(request, "规则已终止，明天起按上级或其他适用的规则计算。")
        elif verb == "discard":
            discard_rule(rule=rule, by=acting, now=now)
            messages.success(request, "草稿已删除。")
            return redirect("class_rules:list")
        else:
            raise Http404
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(rule)


def _day(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise Refused("请填写生效日。", "valid_from")
    return day


def _setter_or_404(request: HttpRequest) -> Acting:
    if request.acting is None or not may(request.acting, Permission.MANAGE_SUPERVISION):
        raise Http404
    return request.acting


def _rule_or_404(acting: Acting, key: object) -> ClassRule:
    return get_object_or_404(ClassRulePages().rows(acting).select_related("region", "unit"), pk=key_of(key))
