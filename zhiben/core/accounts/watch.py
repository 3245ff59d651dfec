"""Stands at the door of every request of somebody logged in: ends what was left idle, and lets nobody pass who has to
choose a new password first."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from zhiben.core import clock

from .models import LoginSession

SEEN, SINCE = "seen", "since"
NOTED_EVERY = 60
"""Seconds between two notes of "last seen": a row is not written for every click."""


class LoginWatch:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            if self._is_over(request):
                logout(request)
                messages.info(request, "您已有一段时间没有操作，为了安全请重新登录。没有保存的内容请重新填写。")
            elif self._must_change_password(request):
                return self._to_password(request)
        return self.get_response(request)

    def _is_over(self, request: HttpRequest) -> bool:
        moment = clock.machine_now().timestamp()
        seen = request.session.get(SEEN)
        since = request.session.setdefault(SINCE, moment)
        if seen is not None and moment - seen > settings.ZHIBEN_IDLE_MINUTES * 60:
            return True
        if moment - since > settings.SESSION_COOKIE_AGE:
            return True
        if seen is None or moment - seen > NOTED_EVERY:
            request.session[SEEN] = moment
            LoginSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=clock.now())
        return False

    def _must_change_password(self, request: HttpRequest) -> bool:
        open_to_all = (reverse("accounts:password"), reverse("accounts:logout"), settings.STATIC_URL)
        return request.user.must_change_password and not request.path.startswith(open_to_all)

    def _to_password(self, request: HttpRequest) -> HttpResponse:
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": reverse("accounts:password")})
        return redirect("accounts:password")
