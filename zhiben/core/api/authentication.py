"""Who asks: a token in the Authorization header, and nothing else. A browser's session opens nothing here."""

import logging
from typing import Any

from django.http import HttpRequest
from ninja.security.base import AuthBase

from zhiben.core import clock

from .limits import take
from .models import ApiToken
from .problems import Problem
from .scopes import label_of
from .tokens import TokenRefused, note_refusal, note_use, recognise

FAILURES_A_MINUTE = 30
"""From one address; a right token is let in all the same."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="zhiben"'}
log = logging.getLogger(__name__)


class Bearer(AuthBase):
    """`Authorization: Bearer zb_…` with the scope that the operation asks for (any token, when empty)."""

    openapi_type: str = "http"
    openapi_scheme: str = "bearer"
    openapi_name: str = "令牌"

    def __init__(self, scope: str = "") -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        request.acting = None
        token = token_of(request)
        allowed, allowance = take(f"token:{token.prefix}", token.per_minute)
        request.allowance = allowance  # type: ignore[attr-defined]
        if not allowed:
            raise Problem(
                429,
                f"这个令牌每分钟最多 {token.per_minute} 次请求，请在 {allowance.seconds_left} 秒后再试。",
                headers={"Retry-After": str(allowance.seconds_left)},
            )
        note_use(token, clock.now())
        if self.scope and self.scope not in token.scopes:
            raise Problem(
                403,
                f"令牌没有“{label_of(self.scope)}”（{self.scope}）这一权限范围，请向安全保密管理员申请。",
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self.scope}"'},
            )
        return token


def token_of(request: HttpRequest) -> ApiToken:
    """The token of the request, which then acts as its post. Raises Problem 401, 429."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    address = request.META.get("REMOTE_ADDR", "")
    now = clock.now()
    try:
        if kind.lower() != "bearer" or not secret.strip():
            raise TokenRefused("请在标头中给出令牌：Authorization: Bearer zb_…。网页登录在这里无效。")
        token, acting = recognise(secret.strip(), address=address, now=now)
    except TokenRefused as refused:
        raise _turned_away(refused, address) from None
    request.acting, request.now = acting, now
    return token


def _turned_away(refused: TokenRefused, address: str) -> Problem:
    allowed, allowance = take(f"failed:{address}", FAILURES_A_MINUTE)
    if not allowed:
        seconds = allowance.seconds_left
        return Problem(429, f"失败的次数过多，请在 {seconds} 秒后再试。", headers={"Retry-After": str(seconds)})
    if refused.token is not None:
        note_refusal(refused.token, refused.sentence, address=address, now=clock.now())
    log.warning("api.turned_away", extra={"token": refused.token.prefix if refused.token else ""})
    return Problem(401, refused.sentence, headers=CHALLENGE)
