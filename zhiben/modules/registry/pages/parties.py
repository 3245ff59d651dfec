"""Experts, institutions and insurers by region; the liability policies of enterprises (安责险)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.db import models
from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.refusal import Refused
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column, linked
from zhiben.core.web.pages.filters import Choice, DateRange, Flag, RegionFilter
from zhiben.core.web.pages.record import Panel, RecordPages, Total

from .. import parties
from ..checks import keeping_refusal
from ..models.enterprises import Enterprise
from ..models.parties import Expert, Institution, Insurer, Policy
from .asking import ask
from .enterprises import TradeFilter
from .party_forms import ExpertForm, InstitutionForm, InsurerForm, PolicyForm, VisitForm

SHOWN_ON_FILE = 20
SOON = 30
"""Days before its end in which a policy asks for the next one."""
IN_USE = Q(is_retired=False)
NAME = Column("name", "名称")
RETIRED = Column("is_retired", kind="text", value=lambda party: "是" if party.is_retired else "")


def _expired(at: At) -> Q:
    return Q(valid_to__lt=at.today, is_retired=False)


def _in_force(at: At) -> Q:
    return Q(begins_on__lte=at.today, ends_on__gte=at.today, is_cancelled=False)


# ── the pool of a region ─────────────────────────────────────────────────────────────────────────────────────────


class PoolPages(RecordPages):
    """What the pages of experts, institutions and insurers have in common."""

    search = ("name", "field", "employer")
    sort = "name"
    creates = Permission.MANAGE_ENTERPRISES
    empty = "还没有登记。有权维护的岗位可以用“新建”登记。"

    def base(self) -> QuerySet:
        return self.model._default_manager.filter(kind__in=self.model.kinds)  # type: ignore[attr-defined]

    def is_met(self, column: Column, record: Any) -> bool:
        return bool(record.is_retired)

    def may_edit(self, record: Any, at: At) -> str | None:
        return parties.pool_refusal(record, at.acting)

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        given = dict(form.cleaned_data)
        if form.instance._state.adding:
            made: models.Model = parties.add_party(of=self.model, by=by, now=now, **given)  # type: ignore[type-var]
            return made
        before: Any = self.model._default_manager.get(pk=form.instance.pk)
        changed: models.Model = parties.change_party(party=before, by=by, now=now, **given)
        return changed


class ExpertPages(PoolPages):
    model, name, title = Expert, "experts", "安全专家"
    permission = Permission.OVERSEE_REGION
    columns = (
        Column("name", "姓名", link=True),
        Column("field", "专业"),
        Column("trade_names", "安全行业"),
        Column("qualification", "职称或注册资格"),
        Column("employer"),
        Column("region"),
        Column("is_available"),
        Column("valid_to", "证书有效期至", kind="due", shown=False),
        Column("mobile", shown=False),
    )
    filters = (
        RegionFilter(),
        TradeFilter("trade", "安全行业"),
        Flag("free", "可以派出", condition=lambda at: Q(is_available=True) & IN_USE),
        Flag("retired", "已停用", condition=lambda at: Q(is_retired=True)),
    )
    totals = (Total("可以派出", lambda at: Q(is_available=True) & IN_USE, opens="free=1"),)
    facts = (
        ("专长", (Column("name", "姓名"), Column("field", "专业"), Column("trade_names", "安全行业"),
                Column("qualification", "职称或注册资格"), Column("qualification_number", "证书编号"),
                Column("valid_to", "证书有效期至", kind="due"))),
        ("派用", ("region", "employer", "mobile", "is_available", RETIRED)),
    )  # fmt: skip
    form = ExpertForm
    help = "本区域和上下级区域的专家。只有监管岗位可以查看联系方式。"


class InstitutionPages(PoolPages):
    model, name, title = Institution, "institutions", "服务机构"
    columns = (
        Column("name", "名称", link=True),
        Column("kind"),
        Column("field", "业务范围"),
        Column("qualification_number"),
        Column("valid_to", kind="due"),
        Column("region"),
        Column("contact", shown=False),
        Column("mobile", shown=False),
    )
    filters = (
        Choice("kind", options=tuple((each.value, str(each.label)) for each in Institution.kinds)),
        RegionFilter(),
        DateRange("valid_to"),
        Flag("expired", "资质过期", condition=_expired),
        Flag("retired", "已停用", condition=lambda at: Q(is_retired=True)),
    )
    totals = (Total("在用", lambda at: IN_USE), Total("资质过期", _expired, opens="expired=1"))
    facts = (
        ("资质", ("kind", NAME, "credit_code", Column("field", "业务范围"), "qualification", "qualification_number",
                Column("valid_to", kind="due"))),
        ("联系", ("region", "contact", "mobile", RETIRED)),
    )  # fmt: skip
    form = InstitutionForm
    help = "评价、检测检验、培训和技术服务机构。选用前请核对资质的有效期。"


def policies_of_insurer(insurer: Insurer, at: At) -> Mapping[str, Any]:
    """What it insures now, and what it promised and gave, among the enterprises within sight."""
    seen = PolicyPages().rows(at.acting).filter(_in_force(at), insurer=insurer.pk)
    return dict(
        seen.aggregate(
            policies=Count("pk"),
            enterprises=Count("enterprise", distinct=True),
            promised=Sum("promised_hours", default=Decimal(0)),
            done=Sum("service_hours", default=Decimal(0)),
        )
    )


class InsurerPages(PoolPages):
    model, name, title = Insurer, "insurers", "保险机构"
    columns = (
        Column("name", "名称", link=True),
        Column("field", "业务范围"),
        Column("region"),
        Column("contact"),
        Column("mobile"),
        Column("is_retired", shown=False),
    )
    filters = (RegionFilter(), Flag("retired", "已停用", condition=lambda at: Q(is_retired=True)))
    facts = (("基本信息", (NAME, "credit_code", Column("field", "业务范围"), "region", "contact", "mobile", RETIRED)),)
    panels = (Panel("承保和服务", "registry/panels/insured.html", policies_of_insurer),)
    form = InsurerForm


# ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────


def visits_of(policy: Policy, at: At) -> Mapping[str, Any]:
    return {
        "policy": policy,
        "visits": list(policy.visits.select_related("entered_by")[: SHOWN_ON_FILE * 5]),
        "is_behind": policy.service_hours < policy.promised_hours,
        "is_over": policy.ends_on < at.today,
        "ends_soon": not policy.is_cancelled and (policy.ends_on - at.today).days <= SOON,
        "may_keep": keeping_refusal(policy.enterprise, at.acting, seen=True) is None,
    }


def policies_of(enterprise: Enterprise, at: At) -> Mapping[str, Any] | None:
    """On an enterprise's page."""
    rows = list(Policy.objects.filter(enterprise=enterprise).select_related("insurer")[:SHOWN_ON_FILE])
    may_keep = keeping_refusal(enterprise, at.acting, seen=True) is None
    if not rows and not may_keep:
        return None
    return {"enterprise": enterprise, "rows": rows, "may_keep": may_keep, "today": at.today}


class PolicyPages(RecordPages):
    model, name, title = Policy, "policies", "安责险保单"
    columns = (
        Column("enterprise", link=True),
        Column("insurer"),
        Column("begins_on", shown=False),
        Column("ends_on", kind="due"),
        Column("number"),
        Column("amount"),
        Column("insured_people", shown=False),
        Column("promised_hours", "约定服务", unit="小时"),
        Column("service_hours", "已提供", unit="小时"),
        Column("is_cancelled", shown=False),
    )
    filters = (
        RegionFilter(field="enterprise__region_path"),
        DateRange("ends_on"),
        Flag("in_force", "有效", condition=_in_force),
        Flag("ended", "已到期", condition=lambda at: Q(ends_on__lt=at.today, is_cancelled=False)),
        Flag("behind", "服务未达约定", condition=lambda at: Q(service_hours__lt=F("promised_hours"))),
    )
    search = ("number", "enterprise__name", "insurer__name")
    sort = "ends_on"
    totals = (
        Total("有效保单", _in_force, opens="in_force=1"),
        Total("约定服务", sum_of="promised_hours", unit="小时"),
        Total("已提供", sum_of="service_hours", unit="小时"),
        Total("服务未达约定", lambda at: Q(service_hours__lt=F("promised_hours")), opens="behind=1"),
    )
    facts = (
        ("保单", (Column("enterprise", kind="text", value=lambda policy: linked(policy.enterprise)), "insurer", "number",
                "begins_on", Column("ends_on", kind="due"), "amount", "insured_people",
                Column("is_cancelled", kind="text", value=lambda policy: "是" if policy.is_cancelled else ""))),
        ("事故预防服务", ("promised_hours", "service_hours", "service_note")),
    )  # fmt: skip
    panels = (Panel("服务记录", "registry/panels/visits.html", visits_of),)
    related = ("enterprise__unit",)
    form = PolicyForm
    empty = "在企业档案页登记安责险保单后，会出现在这里。"
    help = "投保是否覆盖应投保的企业，见“企业责任落实”的安全生产责任保险一项。"

    def rows(self, acting: Acting) -> QuerySet:
        return self.base().filter(enterprise__in=Enterprise.objects.visible_to(acting))

    def is_met(self, column: Column, record: Any) -> bool:
        return bool(record.is_cancelled)

    def may_edit(self, record: Any, at: At) -> str | None:
        return keeping_refusal(record.enterprise, at.acting, seen=True)

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        before = Policy.objects.select_related("enterprise").get(pk=form.instance.pk)
        return parties.change_policy(policy=before, by=by, now=now, **form.cleaned_data)


def add_policy(request: HttpRequest, pk: UUID) -> HttpResponse:
    enterprise = _kept_enterprise(request, pk)
    form = PolicyForm(request.POST or None, instance=Policy(enterprise=enterprise))

    def save(given: dict[str, Any]) -> models.Model:
        return parties.add_policy(enterprise=enterprise, by=request.acting, now=request.now, **given)

    return ask(request, form, save, title="登记安责险保单", above=enterprise, then=lambda policy: policy)


def add_visit(request: HttpRequest, pk: int) -> HttpResponse:
    """The insurer's people were here: so many hours of accident prevention."""
    if not may(request.acting, Permission.READ_RECORDS):
        raise Http404
    policy = get_object_or_404(PolicyPages().rows(request.acting).select_related("enterprise"), pk=pk)
    if sentence := keeping_refusal(policy.enterprise, request.acting, seen=True):
        raise Refused(sentence)
    form = VisitForm(request.POST or None)

    def save(given: dict[str, Any]) -> models.Model:
        return parties.record_visit(policy=policy, by=request.acting, now=request.now, **given)

    return ask(request, form, save, title="登记事故预防服务", above=policy)


def _kept_enterprise(request: HttpRequest, pk: UUID) -> Enterprise:
    if not may(request.acting, Permission.READ_RECORDS):
        raise Http404
    enterprise = get_object_or_404(Enterprise.objects.visible_to(request.acting).select_related("unit"), pk=pk)
    if sentence := keeping_refusal(enterprise, request.acting, seen=True):
        raise Refused(sentence)
    return enterprise


menu = (
    MenuEntry(
        "安责险保单", "policies:list", icon="shield-check", permission=Permission.READ_RECORDS, under="专家、机构、保险"
    ),
    MenuEntry("安全专家", "experts:list", icon="user", permission=Permission.OVERSEE_REGION, under="专家、机构、保险"),
    MenuEntry(
        "服务机构", "institutions:list", icon="file-check", permission=Permission.READ_RECORDS, under="专家、机构、保险"
    ),
    MenuEntry("保险机构", "insurers:list", icon="users", permission=Permission.READ_RECORDS, under="专家、机构、保险"),
)
