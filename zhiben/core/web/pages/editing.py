"""Making a record, and changing one: an ordinary form. Two people at once do not lose each other's work."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from zhiben.core.access.permissions import require
from zhiben.core.audit.services import lines_of
from zhiben.core.refusal import Refused
from zhiben.core.web.refusing import put_beside

from .at import At
from .detail import find
from .record import RecordPages


def new(pages: RecordPages, request: HttpRequest) -> HttpResponse:
    assert pages.creates is not None
    require(request.acting, pages.creates)
    return _run(pages, request, None)


def edit(pages: RecordPages, request: HttpRequest, pk: Any) -> HttpResponse:
    record = find(pages, request, pk)
    if sentence := pages.may_edit(record, At(request.acting, request.now)):
        messages.error(request, sentence)
        return redirect(pages.address("detail", pk))
    return _run(pages, request, record)


def _run(pages: RecordPages, request: HttpRequest, record: Any) -> HttpResponse:
    at = At(request.acting, request.now)
    asked = pages.form_for(record, at)
    if asked is None:
        raise Http404
    form = asked(request.POST or None, request.FILES or None, instance=record)
    version = _version(pages, record)
    if request.method == "POST" and form.is_valid():
        if record is not None and request.POST.get("version") != version:
            form.add_error(None, _overtaken(pages, record))
        else:
            try:
                saved = pages.save(form, by=at.acting, now=at.now)
            except Refused as refused:
                put_beside(form, refused)
            else:
                messages.success(request, f"已保存“{saved}”。")
                return redirect(pages.address("detail", saved.pk))
    context = {
        "pages": pages,
        "record": record,
        "form": form,
        "version": request.POST.get("version", version),
        "draft": f"{pages.record_type}:{record.pk if record else 'new'}:edit",
        "back": pages.address("detail", record.pk) if record else pages.address("list"),
    }
    return render(request, "web/form.html", context, status=422 if form.errors else 200)


def _version(pages: RecordPages, record: models.Model | None) -> str:
    """The last line of the trail: whatever was done since then is a change."""
    if record is None:
        return ""
    last = lines_of(pages.record_type, str(record.pk)).last()
    return str(last.seq) if last else ""


def _overtaken(pages: RecordPages, record: models.Model) -> forms.ValidationError:
    last = lines_of(pages.record_type, str(record.pk)).last()
    who = f"{last.actor_name}刚刚办理了“{last.label}”" if last else "有人刚刚修改过"
    return forms.ValidationError(
        f"您填写期间，{who}。您的内容还在本页，请另开一个窗口核对最新情况，再返回列表重新打开修改。"
    )
