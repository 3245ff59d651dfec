"""A write that is sent twice has one effect (draft-ietf-httpapi-idempotency-key-header).

The answer is kept in the transaction of the effect, under the key the client chose. The second request with the same
key waits for the first, if that is still running, and is given the same answer. Only what was done is kept: after a
refusal the same key may be used again.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import Any

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse

from .models import ApiAnswer, ApiToken
from .problems import Problem

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=48)
WAITS = 5
"""Seconds for which a request waits for an earlier one with the same key (PostgreSQL)."""
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": True,
    "description": "由您生成的请求编号（例如 UUID）。网络中断后用同一编号重发，不会办两次；48 小时内有效。",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
    "example": "0197a1f0-5b1c-7d1e-9f00-3c5f2d9e8a11",
}


def once(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Run the view in one transaction with the keeping of its answer; give the kept answer where there is one."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        token: ApiToken = request.auth  # type: ignore[attr-defined]
        key = _key_of(request)
        fingerprint = _fingerprint(request)
        try:
            with transaction.atomic():
                kept = _kept_or_reserved(token, key, fingerprint, request.now)
                if isinstance(kept, HttpResponse):
                    return kept
                response = view(request, *args, **given)
                if response.status_code >= 400:
                    raise _Refusal(response)
                ApiAnswer.objects.filter(pk=kept).update(
                    status_code=response.status_code, body=response.content.decode()
                )
                return response
        except _Refusal as refusal:
            return refusal.response
        except OperationalError as error:
            raise _still_running(error) from error

    return run


def forget_answers(now: datetime) -> int:
    return ApiAnswer.objects.filter(at__lt=now - KEPT).delete()[0]


class _Refusal(Exception):
    """Undoes what was done and the keeping of its answer."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def _kept_or_reserved(token: ApiToken, key: str, fingerprint: str, now: datetime) -> HttpResponse | int:
    """The number of the row that was reserved for the answer; or the answer, where there is one."""
    # Whoever comes second waits here until the first has ended, one way or the other.
    at = ApiAnswer._meta.get_field("at").get_db_prep_value(now, connection)
    patience = [f"{WAITS}s"] if connection.vendor == "postgresql" else []
    with connection.cursor() as cursor:
        cursor.execute(_RESERVING[connection.vendor], [*patience, token.pk, key, fingerprint, at])
        if reserved := cursor.fetchone():
            return int(reserved[0])
    kept = ApiAnswer.objects.get(token=token, key=key)
    if kept.fingerprint != fingerprint:
        raise Problem(422, f"这个 {HEADER} 已用于另一个请求，请换一个新的编号。", {HEADER: "已用于另一个请求"})
    return HttpResponse(
        kept.body, status=kept.status_code, content_type="application/json", headers={"Idempotent-Replayed": "true"}
    )


_RESERVING = {
    "sqlite": """
        INSERT INTO api_apianswer (token_id, key, fingerprint, status_code, body, at) VALUES (%s, %s, %s, 0, '', %s)
        ON CONFLICT DO NOTHING RETURNING id
    """,
    # The limit holds for this waiting only, and is put back in the same breath.
    "postgresql": """
        WITH patience AS MATERIALIZED (
            SELECT current_setting('lock_timeout') AS usual, set_config('lock_timeout', %s, true)
        )
        INSERT INTO api_apianswer (token_id, key, fingerprint, status_code, body, at)
        SELECT %s, %s, %s, 0, '', %s FROM patience
        ON CONFLICT DO NOTHING RETURNING id, set_config('lock_timeout', (SELECT usual FROM patience), true)
    """,
}


def _still_running(error: OperationalError) -> Exception:
    if getattr(error.__cause__, "sqlstate", "") == "55P03":
        return Problem(409, "同一编号的请求还在办理，请稍后用同一编号再试。", headers={"Retry-After": str(WAITS)})
    return error


def _key_of(request: HttpRequest) -> str:
    text = request.headers.get(HEADER, "").strip()
    quoted = len(text) > 1 and text.startswith('"') and text.endswith('"')  # the draft writes a quoted string
    key = text[1:-1] if quoted else text
    if not _KEY.fullmatch(key):
        sentence = f"请在 {HEADER} 标头中给出请求编号：1 到 128 个可见的英文字符，每个新的请求换一个。"
        raise Problem(400, sentence, {HEADER: "缺少请求编号" if not key else "请求编号的格式不对"})
    return key


def _fingerprint(request: HttpRequest) -> str:
    digest = sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type == "multipart/form-data":
        for name in sorted(request.FILES):
            for file in request.FILES.getlist(name):
                digest.update(f"{name}\n{file.name}\n{file.size}\n".encode("utf-8", "replace"))
                for chunk in file.chunks():
                    digest.update(chunk)
                file.seek(0)
    else:
        digest.update(request.body)
    return digest.hexdigest()
