"""我的代理: let somebody act from one's own post for some days, and take it back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.org import services as org
from zhiben.core.org.models import Delegation
from zhiben.core.refusal import Refused
from zhiben.core.web.refusing import put_beside

from .forms import DelegationForm


def show(request: HttpRequest) -> HttpResponse:
    if request.acting is None:
        return render(request, "web/no_post.html")
    person, today = request.acting.person, local_day(request.now)
    form = DelegationForm(request.POST or None, person=person, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            made = org.delegate(**form.cleaned_data, by=request.acting, now=request.now)
        except Refused as refused:
            put_beside(form, refused)
        else:
            since, until = (full_day(form.cleaned_data[name]) for name in ("valid_from", "valid_to"))
            messages.success(request, f"{made.deputy}将在{since}至{until}代理“{made.post}”。")
            return redirect("organisation:my_delegations")
    context: dict[str, Any] = {
        "form": form,
        "lent": _running(today).filter(post__person=person),
        "taken": _running(today).filter(deputy=person),
        "today": today,
    }
    return render(request, "web/organisation/my_delegations.html", context, status=422 if form.errors else 200)


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    person = request.acting.person if request.acting else None
    running = _running(local_day(request.now))
    delegation = get_object_or_404(running.filter(post__person=person) | running.filter(deputy=person), pk=pk)
    org.end_delegation(delegation=delegation, by=request.acting, now=request.now)
    messages.success(request, "代理已结束。")
    return redirect("organisation:my_delegations")


def _running(today: Any) -> Any:
    rows = Delegation.objects.filter(valid_to__gte=today).order_by("valid_from", "pk")
    return rows.select_related("deputy", "post__person", "post__unit")
