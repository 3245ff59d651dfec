"""Before a plan goes out: the page says what will happen, then one button makes it happen, once."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from zhiben.core.clock import local_day
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import keys_of
from zhiben.core.workflow.offers import offer
from zhiben.core.workflow.refusal import StepRefused

from ..comparing import differences
from ..models import PlanItem
from ..services.publication import items_in_full, prepare
from ..services.publishing import publish_version
from .at_work import find_version, with_readings


def show(request: HttpRequest, version_id: int) -> HttpResponse:
    version = find_version(request, version_id)
    if not version.is_draft:
        return redirect("plan-versions:detail", version.pk)
    problem = ""
    if request.method == "POST":
        chosen = keys_of(request.POST.getlist("withdraw"))
        withdraw = list(PlanItem.objects.filter(version=version.based_on_id, pk__in=chosen).select_related("task"))
        try:
            published = publish_version(
                version=version, withdraw=withdraw, by=request.acting, now=request.now, key=request.POST.get("key")
            )
        except (StepRefused, Refused) as refused:
            problem = refused.sentence
            version.refresh_from_db()
        else:
            count = published.items.exclude(task=None).count()
            messages.success(request, f"《{published.title}》已发布，{count} 条任务都已落到承办单位")
            return redirect("plans:detail", published.plan_id)
    publication, today = prepare(version), local_day(request.now)
    context = {
        "version": version,
        "publication": publication,
        "past": sum(count for day, count in publication.by_day if day < today),
        "refusal": offer(version, "publish", request.acting, request.now).refusal,
        "problem": problem,
        "key": str(uuid4()),
    }
    return render(request, "plans/publish.html", context, status=409 if problem else 200)


def step(request: HttpRequest, pk: int) -> HttpResponse:
    """The step `publish` has a page of its own instead of a dialog."""
    address = reverse("drafts:publish", args=(find_version(request, pk).pk,))
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def difference(request: HttpRequest, version_id: int) -> HttpResponse:
    """A version beside the one it is based on: added, changed, moved, removed."""
    version = find_version(request, version_id)
    before = list(items_in_full(version.based_on)) if version.based_on else []
    found = differences(
        before, list(with_readings(PlanItem.objects.filter(version=version)).select_related("predecessor"))
    )
    shown = request.GET.get("kind", "")
    counts = {
        kind: sum(each.kind == kind for each in found) for kind in ("added", "changed", "moved", "removed", "same")
    }
    context = {
        "version": version,
        "counts": counts,
        "shown": shown,
        "found": [each for each in found if each.kind == shown or (not shown and each.kind != "same")],
    }
    return render(request, "plans/difference.html", context)
