"""How an operation of the interface is declared: one line says its scope, its answer and its words; that it is limited,
repeatable, refused in the usual ways and documented follows from it."""

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from ninja import Router

from .authentication import Bearer
from .idempotency import PARAMETER, once
from .problems import ProblemOut

READ = (401, 403, 422, 429)
WRITE = (400, 401, 403, 409, 413, 415, 422, 429)
View = Callable[..., Any]
GROUPS: dict[str, str] = {}
"""Name of a group of operations, from which generated clients name their modules → what people call it."""


def group(name: str, title: str) -> Router:
    GROUPS[name] = title
    return Router(tags=[name])


def reads(
    router: Router,
    path: str,
    *,
    scope: str,
    answer: Any,
    summary: str,
    name: str,
    also: Iterable[int] = (),
    **more: Any,
) -> Callable[[View], View]:
    """A GET. `also`: further statuses with which it may refuse (404, 410)."""
    refusals = dict.fromkeys(sorted({*READ, *also}), ProblemOut)
    return router.get(
        path,
        auth=Bearer(scope),
        response={200: answer, **refusals},
        summary=summary,
        operation_id=name,
        openapi_extra={"x-scope": scope},
        **more,
    )


def writes(
    router: Router,
    path: str,
    *,
    scope: str,
    answer: Any,
    summary: str,
    name: str,
    status: int = 200,
    also: Iterable[int] = (),
    **more: Any,
) -> Callable[[View], View]:
    """A POST that is done once however often it is sent. The view returns an HttpResponse (`told`)."""
    refusals = dict.fromkeys(sorted({*WRITE, *also}), ProblemOut)
    declare = router.post(
        path,
        auth=Bearer(scope),
        response={status: answer, **refusals},
        summary=summary,
        operation_id=name,
        openapi_extra={"parameters": [PARAMETER], "x-scope": scope},
        **more,
    )
    return lambda view: declare(once(view))


def told(data: Any, status: int = HTTPStatus.OK) -> HttpResponse:
    """An answer whose parts are already of JSON's types: nothing is checked or converted again."""
    return HttpResponse(
        json.dumps(data, ensure_ascii=False, separators=(",", ":")), status=status, content_type="application/json"
    )
