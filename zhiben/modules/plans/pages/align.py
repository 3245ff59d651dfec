"""上下对齐: which item of the plan above each item here carries out."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of

from ..models import Plan
from ..services.aligning import align_plan, suggested_pairs


def show(request: HttpRequest, plan_id: int) -> HttpResponse:
    plan = get_object_or_404(Plan.objects.visible_to(request.acting).select_related("current_version"), pk=plan_id)
    if plan.current_version is None:
        raise Http404
    others = Plan.objects.visible_to(request.acting).exclude(pk=plan.pk).exclude(current_version=None)
    asked = request.POST.get("upper") or request.GET.get("upper") or str(plan.upper_id or "")
    upper = get_object_or_404(others, pk=key) if (key := key_of(asked)) is not None else None
    if request.method == "POST" and upper:
        chosen = ((key_of(name.removeprefix("item-")), key_of(value)) for name, value in request.POST.items())
        pairs = {item: above for item, above in chosen if item is not None and above is not None}
        try:
            count = align_plan(plan=plan, upper=upper, pairs=pairs, by=request.acting, now=request.now)
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, f"已与{upper}对齐，{count} 条任务对应上级任务")
            return redirect(plan)
    rows = suggested_pairs(plan, upper) if upper else []
    upper_items = list(upper.current_version.items.filter(dropped=False)) if upper and upper.current_version else []
    context = {"plan": plan, "upper": upper, "others": others[:200], "rows": rows, "upper_items": upper_items}
    return render(request, "plans/align.html", context)
