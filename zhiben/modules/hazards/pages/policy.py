"""隐患治理规则: the numbers that hold in a region, each with what it does; who may change them, and who did."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from zhiben.core.access.permissions import Permission, may
from zhiben.core.audit.services import lines_of
from zhiben.core.org.models import Region, RegionLevel
from zhiben.core.org.paths import ancestors, contains, within
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of
from zhiben.core.web.refusing import put_beside
from zhiben.modules.hazards.models import HazardPolicy
from zhiben.modules.hazards.policy import CHOSEN, policy_of, set_policy

MEANS = {
    "judge_days": "隐患登记后，监管单位几个工作日内判定等级。到期不判定，报告其负责人。",
    "plan_days": "交办后，企业几个工作日内报送五定方案。到期不报，提醒企业负责人，三天后报告监管单位。",
    "verify_days": "报送方案或整改结果后，监管单位几个工作日内审核、复查。",
    "general_days": "交办一般隐患时，整改期限默认填几天以后；交办人可以改。",
    "major_days": "交办重大隐患时，整改期限默认填几天以后；交办人可以改。",
    "extensions": "监管单位经办人最多批几次延期；再多由其负责人特批。",
    "extension_days": "监管单位经办人每次最多批延几天；再多由其负责人特批。",
    "look_back_days": "重大隐患销号多少天以后，回头看是否保持。",
    "look_back_share": "每月从销号的一般隐患里随机抽百分之几回头看。抽取的种子公开，谁都能验算。",
    "recurrence_days": "销号后多少天内，同一处再次出现算复发，提示确认并启动五步复盘。",
    "review_days": "五步复盘几个工作日内完成。",
    "closing_level": "重大隐患最低由哪一级的单位销号。乡镇不能销县里列管的。",
    "clearance_from": "动态清零从哪一天起算：此前发现、当时没销号的算存量，以后发现的算增量。",
    "spot_check_doubtful": "整改照片的位置、时间或内容存疑时，须到现场复查。",
}
SHOWN_LINES = 20


class PolicyForm(forms.ModelForm):
    class Meta:
        model = HazardPolicy
        fields = CHOSEN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.help_text = MEANS.get(name, "")


def show(request: HttpRequest) -> HttpResponse:
    """The rules of one region, the post's own unless the address names one below it."""
    acting = request.acting
    if not may(acting, Permission.READ_RECORDS):
        raise Http404
    region = _region(request)
    holds = policy_of(region.path)
    changes = may(acting, Permission.MANAGE_HAZARD_RULES) and contains(acting.unit.region_path, region.path)
    form = PolicyForm(request.POST or None, instance=_copy(holds)) if changes else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                set_policy(region=region, by=acting, now=request.now, **form.cleaned_data)
            except Refused as refused:
                put_beside(form, refused)
            else:
                messages.success(request, f"已设定{region}的隐患治理规则；已在办理的隐患，期限不变。")
                return redirect(f"{reverse('hazards:policy')}?region={region.pk}")
    context = {
        "region": region,
        "regions": Region.objects.filter(within(acting.unit.region_path, "path"), level__lte=RegionLevel.TOWN)[:300],
        "holds": holds,
        "from_here": holds.pk is not None and holds.region_id == region.pk,
        "form": form,
        "rules": [(field.verbose_name, _said(holds, field), MEANS.get(field.name, "")) for field in _fields()],
        "lines": list(lines_of("hazards.hazardpolicy", str(holds.pk)).order_by("-seq")[:SHOWN_LINES])
        if holds.pk
        else [],
    }
    return render(request, "hazards/policy.html", context, status=422 if form and form.errors else 200)


def _region(request: HttpRequest) -> Region:
    """Its own, one below it, or one above it (whose rules it may read)."""
    here = request.acting.unit.region_path
    asked = request.GET.get("region", "")
    if not asked:
        return get_object_or_404(Region, path=here)
    region = get_object_or_404(Region, pk=key) if (key := key_of(asked)) is not None else None
    if region is None or not (contains(here, region.path) or region.path in ancestors(here)):
        raise Http404
    return region


def _copy(policy: HazardPolicy) -> HazardPolicy:
    """The form fills a row of its own: `set_policy` compares with what held before."""
    return HazardPolicy(**{name: getattr(policy, name) for name in CHOSEN})


def _fields() -> list[Any]:
    return [HazardPolicy._meta.get_field(name) for name in CHOSEN]


def _said(policy: HazardPolicy, field: Any) -> Any:
    display = getattr(policy, f"get_{field.name}_display", None)
    value = display() if display else getattr(policy, field.name)
    return ("是" if value else "否") if isinstance(value, bool) else value
