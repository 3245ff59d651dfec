"""Every operation, tried with what its description allows and with what it forbids: no answer is ours to be ashamed of,
and each is as described (schemathesis, with a fixed seed)."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from zhiben.config.api import api
from zhiben.core.api import limits
from zhiben.core.api.documentation import description_of

CONFIG = {
    "seed": 20260310,
    "generation": {"mode": "all"},
    "phases": {"coverage": {"enabled": True, "unexpected-methods": []}},
}
EXAMPLES = 2
schema = schemathesis.openapi.from_dict(description_of(api), config=SchemathesisConfig.from_dict(CONFIG))
django = get_wsgi_application()


def whole(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """The answer, read and closed as a server does it; schemathesis leaves that undone."""
    answer = django(environ, start_response)
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


schema.app = whole


@pytest.fixture
def one_connection() -> Iterator[None]:
    """As Django's own test client does: the transaction of the test outlives its requests."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
@pytest.mark.django_db
def test_an_operation_keeps_its_promises(case: schemathesis.Case, work, one_connection, monkeypatch) -> None:
    monkeypatch.setattr(limits, "take", lambda key, limit: (True, limits.Allowance(limit, 0)))
    monkeypatch.setattr("zhiben.core.api.authentication.take", limits.take)
    kind = case.path.strip("/").split("/{")[0]
    if kind in work.ids and "key" in case.path_parameters and len(str(case.body)) % 3:
        case.path_parameters["key"] = str(work.ids[kind])  # what exists is more worth trying than what does not
    answer = case.call(headers={"Authorization": f"Bearer {work.secret}"})
    case.validate_response(
        answer,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
        ],
    )
