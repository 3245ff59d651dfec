"""The door around every operation: what Django itself would answer with a page is answered as a problem here, too."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path, resolve
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from zhiben.core.files.spooling import DISK_FULL

from . import documentation
from .authentication import token_of
from .problems import Problem, problem_of
from .reading import is_plain

View = Callable[..., HttpResponseBase]
ROOT = "/api/v1/"
POLICY = "default-src 'none'; frame-ancestors 'none'"
"""An answer that a browser shows by mistake does nothing there."""


class StraightToTheDoor:
    """Middleware. A request to an operation passes none of what pages need: session, login, messages, forms."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(ROOT):
            found = resolve(request.path_info)
            if getattr(found.func, "stands_alone", False):
                request.resolver_match = found
                answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
                return answer
        return self.get_response(request)


def routes_of(api: NinjaAPI) -> list[URLPattern]:
    """The addresses of the interface: every operation, its description, and an answer for everything else."""
    operations = [each for each in api.urls[0] if isinstance(each, URLPattern) and each.name != "api-root"]
    for each in operations:
        each.callback = guarded(each.callback)
    return [
        path("openapi.json", description(api), name="openapi"),
        path("docs", reading_page(api), name="docs"),
        *operations,
        re_path(r"^[\s\S]*$", guarded(nothing_here), name="nothing"),
    ]


def guarded(view: View) -> View:
    """No session, no CSRF, no page: a token or nothing, an answer or a problem."""

    @csrf_exempt
    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.acting = None  # whoever may be logged in here, it is the token that counts
        response = _answered(view, request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Content-Security-Policy", POLICY)
        if isinstance(response, HttpResponse):
            response["Content-Length"] = str(len(response.content))
        if allowance := getattr(request, "allowance", None):
            response["RateLimit-Limit"] = str(allowance.limit)
            response["RateLimit-Remaining"] = str(allowance.remaining)
            response["RateLimit-Reset"] = str(allowance.seconds_left)
        return response

    run.login_required = False  # type: ignore[attr-defined]
    run.reads_its_own_body = True  # type: ignore[attr-defined]
    run.stands_alone = True  # type: ignore[attr-defined]
    return run


def _answered(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    if not is_plain(request.path_info):
        return Problem(404, "地址中有不能识别的字符。").response()
    try:
        request.get_host()  # one of those this server answers to
        response = view(request, *args, **kwargs)
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        return problem.response()
    if request.META.get(DISK_FULL):
        return Problem(507, "服务器磁盘空间不足，文件没有收下。请稍后再传，或联系系统管理员清理磁盘。").response()
    if response.status_code == 405:
        allowed = response["Allow"]
        return Problem(405, f"这个地址只支持 {allowed}。", headers={"Allow": allowed}).response()
    return response


def nothing_here(request: HttpRequest) -> HttpResponse:
    return Problem(404, "接口中没有这个地址，请对照接口说明检查，注意末尾不带斜线。").response()


def description(api: NinjaAPI) -> View:
    """Read by generators of clients: with a token; and by people who are logged in."""

    def run(request: HttpRequest) -> HttpResponse:
        if "Authorization" in request.headers or not request.user.is_authenticated:
            try:
                token_of(request)
            except Problem as problem:
                return problem.response()
        return documentation.openapi(api, request)

    run.login_required = False  # type: ignore[attr-defined]
    return run


def reading_page(api: NinjaAPI) -> View:
    def run(request: HttpRequest) -> HttpResponse:
        return documentation.reference(api, request)  # request.user is logged in: the middleware sees to it

    return run
