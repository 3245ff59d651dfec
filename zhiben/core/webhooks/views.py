"""推送: what is sent to which system, how it goes, and what to do when it does not."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from zhiben.core.access.permissions import Permission, may
from zhiben.core.events.event import EVENT_TYPES
from zhiben.core.org.paths import within
from zhiben.core.refusal import Refused
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.refusing import put_beside

from . import services
from .forms import SendAgainForm, SubscriptionForm
from .models import Subscription
from .sending import send_test

SHOWN = 50
menu = (MenuEntry("推送", "webhooks:list", icon="broadcast", permission=Permission.MANAGE_SECURITY),)


def subscriptions(request: HttpRequest) -> HttpResponse:
    _require(request)
    rows = Subscription.objects.filter(within(request.acting.unit.region_path, "post__unit__region_path"))
    return render(request, "webhooks/list.html", {"rows": rows.select_related("post__person", "post__unit")[:200]})


@never_cache
def subscribe(request: HttpRequest) -> HttpResponse:
    _require(request)
    form = SubscriptionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.subscribe(**form.cleaned_data, by=request.acting, now=request.now)
        except Refused as refused:
            put_beside(form, refused)
        else:
            return _told_once(request, made.subscription, made.secret)
    context = {"form": form, "title": "设立推送", "back": reverse("webhooks:list"), "does": "设立"}
    return render(request, "web/organisation/form.html", context, status=422 if form.errors else 200)


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    subscription = _find(request, pk)
    waiting = subscription.messages.filter(sent_at=None)
    context = {
        "subscription": subscription,
        "names": [_label(name) for name in subscription.names],
        "waiting": waiting.count(),
        "recent": [
            {"message": message, "label": _label(message.event_name)}
            for message in subscription.messages.order_by("-event_id")[:SHOWN]
        ],
        "again": SendAgainForm(),
    }
    return render(request, "webhooks/detail.html", context)


def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    subscription = _find(request, pk)
    initial = {"address": subscription.address, "names": subscription.names}
    form = SubscriptionForm(request.POST or None, initial=initial, keep_post=True)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_subscription(
                subscription=subscription, **form.cleaned_data, by=request.acting, now=request.now
            )
        except Refused as refused:
            put_beside(form, refused)
        else:
            messages.success(request, "已保存。")
            return redirect("webhooks:detail", pk=pk)
    back = reverse("webhooks:detail", args=[pk])
    context = {"form": form, "title": f"修改推送：{subscription}", "back": back, "does": "保存"}
    return render(request, "web/organisation/form.html", context, status=422 if form.errors else 200)


@require_POST
def test(request: HttpRequest, pk: UUID) -> HttpResponse:
    subscription = _find(request, pk)
    messages.info(request, f"测试消息：{send_test(subscription, request.now)}")
    return redirect("webhooks:detail", pk=pk)


@require_POST
def pause(request: HttpRequest, pk: UUID) -> HttpResponse:
    subscription = _find(request, pk)
    reason = request.POST.get("reason", "").strip() or "管理员停止"
    services.pause(subscription=subscription, reason=reason, by=request.acting, now=request.now)
    messages.success(request, "已停止。这期间的变动会留着，恢复后接着推送。")
    return redirect("webhooks:detail", pk=pk)


@require_POST
def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    subscription = _find(request, pk)
    from_now = "from_now" in request.POST
    services.resume(subscription=subscription, from_now=from_now, by=request.acting, now=request.now)
    messages.success(request, "已恢复，从现在开始推送。" if from_now else "已恢复，从停下的地方接着推送。")
    return redirect("webhooks:detail", pk=pk)


@require_POST
def send_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    subscription = _find(request, pk)
    form = SendAgainForm(request.POST)
    if form.is_valid():
        count = services.send_again(
            subscription=subscription, since=form.cleaned_data["since"], by=request.acting, now=request.now
        )
        messages.success(request, f"{count} 条将按原来的编号重新推送。")
    else:
        messages.error(request, "请填写从什么时候起重新推送，例如 2026-03-10 08:00。")
    return redirect("webhooks:detail", pk=pk)


@require_POST
@never_cache
def renew_secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    subscription = _find(request, pk)
    secret = services.renew_secret(subscription=subscription, by=request.acting, now=request.now)
    return _told_once(request, subscription, secret)


@require_POST
def unsubscribe(request: HttpRequest, pk: UUID) -> HttpResponse:
    subscription = _find(request, pk)
    if "sure" not in request.POST:
        messages.error(request, "请先勾选“我确定要撤销”，再按“撤销这项推送”。")
        return redirect("webhooks:detail", pk=pk)
    services.unsubscribe(subscription=subscription, by=request.acting, now=request.now)
    messages.success(request, f"推送“{subscription}”已撤销。")
    return redirect("webhooks:list")


def _told_once(request: HttpRequest, subscription: Subscription, secret: str) -> HttpResponse:
    return render(request, "webhooks/secret.html", {"subscription": subscription, "secret": secret})


def _label(name: str) -> str:
    return EVENT_TYPES[name].label if name in EVENT_TYPES else name


def _find(request: HttpRequest, pk: UUID) -> Subscription:
    _require(request)
    within_reach = within(request.acting.unit.region_path, "post__unit__region_path")
    return get_object_or_404(Subscription.objects.select_related("post__person", "post__unit"), within_reach, pk=pk)


def _require(request: HttpRequest) -> None:
    if not may(request.acting, Permission.MANAGE_SECURITY):
        raise Http404
