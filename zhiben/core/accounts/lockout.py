"""What somebody sees, and what the trail says, when logging in fails too often (django-axes counts)."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhiben.core import clock

from .models import User
from .services import Owner, leave_line


def show_locked_out(
    request: HttpRequest, original: HttpResponse | None, credentials: Mapping[str, Any] | None
) -> HttpResponse:
    """The page of one who is locked out: until when, and what else helps."""
    username = (credentials or {}).get("username", "")
    again_at = _last_attempt(username) + settings.AXES_COOLOFF_TIME
    minutes = max(1, math.ceil((again_at - clock.machine_now()) / timedelta(minutes=1)))
    context = {"again_at": again_at, "minutes": minutes, "limit": settings.AXES_FAILURE_LIMIT}
    return render(request, "accounts/locked_out.html", context, status=429)


@transaction.atomic
def note_failure(username: str, address: str | None, *, is_locked: bool) -> None:
    """A failed login leaves a line in the trail of the account, if there is such an account."""
    user = User.objects.filter(username=username).first()
    if user is not None:
        verb, label = ("lock_out", "登录失败次数过多，已锁定") if is_locked else ("fail_to_log_in", "登录失败")
        leave_line(user, verb, label, by=Owner(username), now=clock.now(), address=address)


def _last_attempt(username: str) -> datetime:
    newest = AccessAttempt.objects.filter(username=username).order_by("-attempt_time").first()
    return newest.attempt_time if newest else clock.machine_now()
