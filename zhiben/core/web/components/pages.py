"""组件: every part a page is built from, in every state, as the real templates paint it. For those who build pages and
those who look after the system; in a demonstration for everybody."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_safe

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.pages.at import At

from . import samples
from .catalogue import CATALOGUE, Component


def _is_for(acting: Acting | None) -> bool:
    return acting is not None and (settings.ZHIBEN_DEMO or may(acting, Permission.KEEP_SYSTEM))


def _is_shown(acting: Acting) -> bool:
    """Whoever keeps a real system has no use for it in the menu, and finds it by its address."""
    return settings.ZHIBEN_DEMO


menu = (MenuEntry("组件", "web:components", icon="components", shown=_is_shown),)


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Buttons of the samples may be pressed: nothing happens, and it says so."""
    _require(request)
    if request.method == "POST":
        messages.info(request, "这是示例，没有办理任何事。")
        return redirect("web:components")
    at = At(request.acting, request.now)
    groups = [(title, [_painted(each, at, request) for each in components]) for title, components in CATALOGUE]
    return render(request, "web/components/page.html", {"groups": groups})


def step(request: HttpRequest, pk: str, step: str) -> HttpResponse:
    """The sample dialog, opened as every dialog is; sent without words it is refused as every form is."""
    _require(request)
    at = At(request.acting, request.now)
    context = samples.dialog(at.today) | {"in_dialog": bool(request.headers.get("HX-Request"))}
    status = 200
    if request.method == "POST":
        if request.POST.get("text"):
            messages.info(request, "这是示例，没有办理任何事。")
            return HttpResponse(headers={"HX-Redirect": samples.PAGE})
        context["questions"][1].error = "请填写进展情况"
        status = 422
    template = "web/parts/step.html" if context["in_dialog"] else "web/step.html"
    return render(request, template, context, status=status)


@require_safe
def chart(request: HttpRequest) -> HttpResponse:
    _require(request)
    series = [{"name": "已办结", "values": [3, 5, 8, 12]}, {"name": "逾期", "values": [0, 1, 1, 2]}]
    months = [f"{month}月" for month in (8, 9, 10, 11)]
    return JsonResponse({"kind": "bar", "unit": "项", "categories": months, "series": series})


def _painted(component: Component, at: At, request: HttpRequest) -> dict[str, Any]:
    states = [
        (state.label, render_to_string(state.template, dict(state.context), request)) for state in component.states(at)
    ]
    return {"component": component, "states": states}


def _require(request: HttpRequest) -> None:
    if not _is_for(request.acting):
        raise Http404
