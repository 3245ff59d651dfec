"""Refusals become pages that say what to do: never a stack, an English word, a bare 403."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhiben.core.access.permissions import NotPermitted
from zhiben.core.files.spooling import DISK_FULL
from zhiben.core.refusal import Refused


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.headers.get("HX-Request") and response.get("Location", "").startswith(settings.LOGIN_URL):
            return HttpResponse(status=401)  # the page stays as it is and says that one has to log in again
        return response

    def process_view(self, request: HttpRequest, view: object, *called_with: object) -> HttpResponse | None:
        if "%00" in request.META.get("QUERY_STRING", ""):  # PostgreSQL keeps no such character, and nobody types one
            return _page(request, "地址不对", "地址里有不能识别的字符。请从菜单重新打开这一页", 400)
        if getattr(view, "reads_its_own_body", False):  # it first asks who sends it
            return None
        request.POST  # noqa: B018 (reading the form is what spools its files)
        if request.META.get(DISK_FULL):
            sentence = "服务器磁盘空间不足，文件没有收下，别的内容也没有改动。请稍后再传，或联系系统管理员清理磁盘"
            return _page(request, "文件没有收下", sentence, 507)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, NotPermitted):
            return _page(request, "这项操作需要别的岗位", str(exception), 403)
        if isinstance(exception, Refused):
            return _page(request, "没有办成", exception.sentence, 409)
        return None


def _page(request: HttpRequest, title: str, sentence: str, status: int) -> HttpResponse:
    template = "web/parts/refusal.html" if request.headers.get("HX-Request") else "web/refusal.html"
    return render(request, template, {"title": title, "sentence": sentence}, status=status)
