"""Saved views and chosen columns of a list."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from zhiben.core.refusal import Refused
from zhiben.core.web.services import choose_columns, forget_view, save_view

from .record import RecordPages


def columns(pages: RecordPages, request: HttpRequest) -> HttpResponse:
    known = [column.name for column in pages.all_columns]
    names = [] if "reset" in request.POST else [name for name in known if name in request.POST.getlist("column")]
    choose_columns(pages=pages.name, names=names, by=request.acting)
    return _back(pages, request)


def save(pages: RecordPages, request: HttpRequest) -> HttpResponse:
    try:
        view = save_view(
            pages=pages.name,
            name=request.POST.get("name", ""),
            query=request.POST.get("query", ""),
            shared="shared" in request.POST,
            by=request.acting,
            now=request.now,
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, f"已保存视图“{view.name}”，可在“视图”菜单里打开。")
    return _back(pages, request)


def forget(pages: RecordPages, request: HttpRequest, view_id: int) -> HttpResponse:
    forget_view(view_id=view_id, by=request.acting)
    return _back(pages, request)


def _back(pages: RecordPages, request: HttpRequest) -> HttpResponse:
    return redirect(f"{pages.address('list')}?{request.POST.get('query', '')}")
