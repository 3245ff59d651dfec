"""Refusals become pages that say what to do: never a stack, an English word, a bare 403."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhiben.core.access.permissions import NotPermitted
from zhiben.core.workflow.refusal import StepRefused


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, NotPermitted):
            return _page(request, "这项操作需要别的岗位", str(exception), 403)
        if isinstance(exception, StepRefused):
            return _page(request, "这一步没有办成", exception.sentence, 409)
        return None


def _page(request: HttpRequest, title: str, sentence: str, status: int) -> HttpResponse:
    template = "web/parts/refusal.html" if request.headers.get("HX-Request") else "web/refusal.html"
    return render(request, template, {"title": title, "sentence": sentence}, status=status)
