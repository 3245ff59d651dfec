"""The addresses of the pages of one kind of record, all behind the same first line: what is not yours is a 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import models
from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path

from . import bulk, conversation, detail, editing, export, listing, preferences, stepping
from .record import RecordPages

View = Callable[..., HttpResponseBase]


def routes_of(pages: type[RecordPages]) -> list[URLPattern | URLResolver]:
    key = "uuid" if isinstance(pages.model._meta.pk, models.UUIDField) else "int"
    record = f"<{key}:pk>/"

    def route(pattern: str, view: View, name: str, *, posts_only: bool = False) -> URLPattern:
        return path(pattern, guarded(pages, view, posts_only=posts_only), name=name)

    patterns = [
        route("", listing.show, "list"),
        route("columns/", preferences.columns, "columns", posts_only=True),
        route("views/", preferences.save, "save_view", posts_only=True),
        route("views/<int:view_id>/forget/", preferences.forget, "forget_view", posts_only=True),
        route("bulk/<slug:step>/", bulk.take, "bulk", posts_only=True),
        route(record, detail.show, "detail"),
        route(f"{record}proof/", detail.proof, "proof"),
    ]
    if pages.exportable:
        patterns.append(route("export/", export.download, "export"))
    if pages.commentable:
        patterns.append(route(f"{record}comments/", conversation.comment, "comment", posts_only=True))
    if pages.attachable:
        patterns.append(route(f"{record}files/", conversation.attach, "attach", posts_only=True))
    if pages.form:
        patterns.append(route(f"{record}edit/", editing.edit, "edit"))
        if pages.creates:
            patterns.insert(1, route("new/", editing.new, "new"))
    patterns += [
        route(f"{record}claim/", stepping.claim, "claim", posts_only=True),
        route(f"{record}release/", stepping.release, "release", posts_only=True),
        route(f"{record}requests/<int:request_id>/", stepping.decide, "decide", posts_only=True),
        route(f"{record}steps/<slug:step>/", stepping.take, "step"),
    ]
    return [path(f"{pages.name}/", include((patterns, pages.name)))]


def guarded(pages: type[RecordPages], view: View, *, posts_only: bool = False) -> View:
    @wraps(view)
    def run(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        declared = pages()
        if not declared.may_read(request.acting):
            raise Http404
        if posts_only and request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return view(declared, request, **kwargs)

    return run
