"""消息设置: how one wants to be reached, on one screen."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from zhiben.core.calendar import is_known
from zhiben.core.clock import local_day
from zhiben.core.notify import contacts, preferences
from zhiben.core.notify.channels.known import CHANNELS
from zhiben.core.notify.kinds import Medium
from zhiben.core.notify.models import Contact
from zhiben.core.refusal import Refused
from zhiben.core.web.addresses import address_of
from zhiben.core.web.refusing import put_beside

from .forms import AddressForm, CodeForm, SettingsForm


def show(request: HttpRequest) -> HttpResponse:
    if request.acting is None:
        return render(request, "web/no_post.html")
    person = request.acting.person
    form = _settings_form(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            preferences.choose(
                person=person,
                choices=preferences.choices(person) | form.chosen,
                quiet_from=given["quiet_from"],
                quiet_to=given["quiet_to"],
                digest_at=given["digest_at"],
                only_working_days=given["only_working_days"],
                overdue_breaks_quiet=given["overdue_breaks_quiet"],
                now=request.now,
            )
        except Refused as refused:
            put_beside(form, refused)
        else:
            messages.success(request, "消息设置已保存。")
            return redirect("notices:mine")
    return _page(request, form=form)


@require_POST
def ask_for_code(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            contacts.ask_for_code(person=person, address=form.cleaned_data["address"], now=request.now)
        except Refused as refused:
            form.add_error("address", refused.sentence)
        else:
            messages.success(request, "验证码已发往这个邮箱，请查收后填到下面。一两分钟没收到，请看看垃圾邮件。")
            return redirect("notices:mine")
    return _page(request, address_form=form)


@require_POST
def confirm_code(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            contacts.confirm_code(
                person=person, code=form.cleaned_data["code"], by=request.acting, now=request.now
            )  # fmt: skip
        except Refused as refused:
            form.add_error("code", refused.sentence)
        else:
            messages.success(request, "邮箱已验证，从现在起按您的设置发邮件。")
            return redirect("notices:mine")
    return _page(request, code_form=form)


@require_POST
def forget_address(request: HttpRequest) -> HttpResponse:
    contacts.forget_address(person=_person(request), by=request.acting, now=request.now)
    messages.success(request, "邮箱已删除，以后不再发邮件；系统内的通知照旧。")
    return redirect("notices:mine")


@require_POST
def try_it(request: HttpRequest, medium: str) -> HttpResponse:
    if medium not in Medium:
        raise Http404
    chosen = Medium(medium)
    try:
        preferences.send_trial(person=_person(request), medium=chosen, now=request.now)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, f"已交给{chosen.label}通道，请过一分钟看看有没有收到。")
    return redirect("notices:mine")


def record(request: HttpRequest, record_type: str, record_id: str) -> HttpResponse:
    """Where a link in a group leads: the record's own page, which decides who sees it."""
    address = address_of(record_type, record_id)
    if request.acting is None or not address:
        raise Http404
    return redirect(address)


def _person(request: HttpRequest) -> Any:
    if request.acting is None:
        raise Http404
    return request.acting.person


def _settings_form(request: HttpRequest, data: Any = None) -> SettingsForm:
    person = request.acting.person
    known = SettingsForm.known(preferences.habits_of(person), preferences.choices(person))
    return SettingsForm(data, initial=known, media=_media())


def _media() -> list[Medium]:
    return [medium for medium in Medium if CHANNELS[medium].is_configured()]


def _page(request: HttpRequest, **forms: Any) -> HttpResponse:
    person, year = request.acting.person, local_day(request.now).year
    contact = Contact.objects.filter(person=person, medium=Medium.MAIL).first()
    context = {
        "person": person,
        "media": _media(),
        "has_mail": Medium.MAIL in _media(),
        "has_sms": Medium.SMS in _media(),
        "contact": contact,
        "unknown_year": next((each for each in (year, year + 1) if not is_known(each)), None),
        "form": _settings_form(request),
        "address_form": AddressForm(),
        "code_form": CodeForm(),
        **forms,
    }
    wrong = any(form.errors for form in forms.values())
    return render(request, "web/notices/mine.html", context, status=422 if wrong else 200)
