"""Odd pages of the organisation: accounts, appointments, members, closing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from zhiben.core.access.permissions import Permission, require
from zhiben.core.accounts import services as accounts
from zhiben.core.clock import local_day
from zhiben.core.org import services as org
from zhiben.core.org.models import BodyMembership, Region
from zhiben.core.org.paths import within
from zhiben.core.org.roles import Role
from zhiben.core.refusal import Refused
from zhiben.core.web.refusing import put_beside

from .account_panel import is_administrator
from .forms import AccountForm, AppointmentForm, LastDayForm, MemberForm
from .pages import BodyPages, PersonPages, PostPages, UnitPages, keep_within_reach

P = Permission
MOST_FOUND = 12


def find(pages: type[Any], request: HttpRequest, pk: int) -> Any:
    """A record within this administrator's reach; otherwise 404."""
    declared = pages()
    rows = declared.rows(request.acting) if declared.may_read(request.acting) else declared.base().none()
    return get_object_or_404(rows, pk=pk)


@require_POST
@never_cache
def open_account(request: HttpRequest, pk: int) -> HttpResponse:
    require(request.acting, P.MANAGE_ACCOUNTS)
    person = find(PersonPages, request, pk)
    form = AccountForm(request.POST)
    if person.user is not None or not form.is_valid():
        sentence = str(next(iter(form.errors.values()))[0]) if form.errors else f"{person}已有账号。"
        messages.error(request, sentence)
        return redirect("people:detail", pk)
    to = {"by": request.acting, "now": request.now}
    opened = accounts.open_account(username=form.cleaned_data["username"], **to)
    org.link_account(person=person, username=opened.user.username, **to)
    return _once(request, person, opened.user.username, opened.password)


@require_POST
@never_cache
def reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    person = _with_account(request, pk, P.MANAGE_ACCOUNTS)
    if is_administrator(person):
        raise Refused("管理员的密码只能由操作员在服务器上重置：zhiben accounts reset 登录名。")
    password = accounts.reset_password(user=person.user, by=request.acting, now=request.now)
    return _once(request, person, person.user.username, password)


@require_POST
def switch_account(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an account, or open it again."""
    person = _with_account(request, pk, P.MANAGE_ACCOUNTS)
    if is_administrator(person):
        raise Refused("管理员的账号只能由操作员在服务器上停用或恢复。")
    verb = accounts.close_account if person.user.is_active else accounts.reopen_account
    verb(user=person.user, by=request.acting, now=request.now)
    messages.success(request, "账号已停用。" if verb is accounts.close_account else "账号已恢复。")
    return redirect("people:detail", pk)


@require_POST
def free_account(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift a lockout and log out everywhere."""
    person = _with_account(request, pk, P.MANAGE_SECURITY)
    to = {"by": request.acting, "now": request.now}
    accounts.unlock(user=person.user, **to)
    count = accounts.end_all_sessions(user=person.user, **to)
    messages.success(request, f"已解除锁定，并退出 {count} 处登录。")
    return redirect("people:detail", pk)


def appoint(request: HttpRequest, pk: int) -> HttpResponse:
    require(request.acting, P.APPOINT)
    person = find(PersonPages, request, pk)
    form = AppointmentForm(request.POST or None, initial={"valid_from": local_day(request.now)})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data | {"role": Role(form.cleaned_data["role"])}
        try:
            keep_within_reach(request.acting, given["unit"].region)
            post = org.appoint(person=person, **given, by=request.acting, now=request.now)
        except Refused as refused:
            put_beside(form, refused)
        else:
            messages.success(request, f"已任命{person}：{post}。")
            return redirect("people:detail", pk)
    context = {"form": form, "title": f"任命{person}", "back": PersonPages().address("detail", pk), "does": "任命"}
    return render(request, "web/organisation/form.html", context, status=422 if form.errors else 200)


@require_POST
def end_post(request: HttpRequest, pk: int) -> HttpResponse:
    require(request.acting, P.APPOINT)
    post = find(PostPages, request, pk)
    form = LastDayForm(request.POST)
    if form.is_valid():
        org.end_post(post=post, last_day=form.cleaned_data["last_day"], by=request.acting, now=request.now)
        messages.success(request, f"{post.person}在“{post}”任职到 {form.cleaned_data['last_day']}。")
    else:
        messages.error(request, "请填写最后一天，例如 2026-06-30。")
    return redirect("appointments:detail", pk)


@require_POST
def close_unit(request: HttpRequest, pk: int) -> HttpResponse:
    require(request.acting, P.MANAGE_ORGANISATION)
    unit = find(UnitPages, request, pk)
    form = LastDayForm(request.POST)
    if form.is_valid():
        org.close_unit(unit=unit, last_day=form.cleaned_data["last_day"], by=request.acting, now=request.now)
        messages.success(request, f"“{unit}”到 {form.cleaned_data['last_day']} 撤销，在岗人员同日离任。")
    else:
        messages.error(request, "请填写最后一天，例如 2026-06-30。")
    return redirect("units:detail", pk)


def add_member(request: HttpRequest, pk: int) -> HttpResponse:
    require(request.acting, P.MANAGE_ORGANISATION)
    body = find(BodyPages, request, pk)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            org.add_member(body=body, **form.cleaned_data, by=request.acting, now=request.now)
        except Refused as refused:
            put_beside(form, refused)
        else:
            messages.success(request, "成员已增加。")
            return redirect("bodies:detail", pk)
    context = {"form": form, "title": f"{body}：增加成员", "back": BodyPages().address("detail", pk), "does": "增加"}
    return render(request, "web/organisation/form.html", context, status=422 if form.errors else 200)


@require_POST
def end_membership(request: HttpRequest, pk: int, member_id: int) -> HttpResponse:
    require(request.acting, P.MANAGE_ORGANISATION)
    body = find(BodyPages, request, pk)
    member = get_object_or_404(BodyMembership, pk=member_id, body=body)
    org.end_membership(member=member, last_day=local_day(request.now), by=request.acting, now=request.now)
    messages.success(request, "该成员自明天起不再是成员。")
    return redirect("bodies:detail", pk)


def look_up_regions(request: HttpRequest) -> JsonResponse:
    """`?q=柳` → {"found": [{"id", "label", "detail"}]}"""
    text = request.GET.get("q", "").strip()
    if request.acting is None or not text:
        return JsonResponse({"found": []})
    rows = Region.objects.valid_on(local_day(request.now)).filter(
        within(request.acting.unit.region_path, "path"), name__icontains=text
    )
    found = [
        {"id": str(each.pk), "label": each.name, "detail": f"{each.parent or ''} {each.get_level_display()}".strip()}
        for each in rows.select_related("parent")[:MOST_FOUND]
    ]
    return JsonResponse({"found": found})


def _with_account(request: HttpRequest, pk: int, permission: Permission) -> Any:
    require(request.acting, permission)
    person = find(PersonPages, request, pk)
    if person.user is None:
        raise Refused(f"{person}还没有账号，请先开设。")
    return person


def _once(request: HttpRequest, person: Any, username: str, password: str) -> HttpResponse:
    context = {"person": person, "username": username, "password": password}
    return render(request, "web/organisation/password.html", context)
