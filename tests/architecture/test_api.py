"""Every operation of the interface is known: its scope, its words, its refusals; and it asks for a token."""

import re

from django.urls import get_resolver, resolve

from zhiben.config.api import api
from zhiben.core.api.authentication import Bearer
from zhiben.core.api.documentation import description_of
from zhiben.core.api.scopes import SCOPES

from .program import CHINESE

OPEN_TO_ANY_TOKEN = {"get_me"}
NO_TOKEN_YET = {"openapi.json", "docs"}
"""The description: with a token or a login, and the page with a login."""


def operations() -> list:
    return [
        operation
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
    ]


def test_every_operation_asks_for_a_token_with_a_known_scope() -> None:
    assert len(operations()) > 15
    for operation in operations():
        (bearer,) = operation.auth_callbacks
        assert isinstance(bearer, Bearer), operation.operation_id
        if operation.operation_id in OPEN_TO_ANY_TOKEN:
            assert bearer.scope == ""
        else:
            assert bearer.scope in SCOPES, operation.operation_id
            wanted = "write" if operation.methods == ["POST"] else "read"
            assert bearer.scope.endswith(wanted), f"{operation.operation_id} has the scope {bearer.scope}"


def test_every_scope_opens_something() -> None:
    assert {operation.auth_callbacks[0].scope for operation in operations()} - {""} == set(SCOPES)


def test_every_write_is_repeatable_and_every_refusal_declared() -> None:
    for path, methods in description_of(api)["paths"].items():
        for method, told in methods.items():
            statuses = {int(status) for status in told["responses"]}
            assert statuses >= {401, 403, 422, 429}, path
            if method == "post":
                assert "Idempotency-Key" in {each["name"] for each in told["parameters"]}, path
                assert statuses >= {400, 409, 413, 415}, path
            else:
                assert method == "get"
            if "{" in path:
                assert 404 in statuses, path


def test_every_operation_and_every_field_is_told_in_chinese() -> None:
    found = description_of(api)
    for path, methods in found["paths"].items():
        for told in methods.values():
            assert CHINESE.search(told["summary"]), path
            assert told["tags"], path
            for each in told.get("parameters", ()):
                if each["in"] != "path":
                    assert CHINESE.search(each.get("description", "")), f"{path} {each['name']}"
    names = [told["operationId"] for methods in found["paths"].values() for told in methods.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


def test_every_address_below_the_interface_is_behind_the_door() -> None:
    (interface,) = [each for each in get_resolver().url_patterns if str(each.pattern) == "api/v1/"]
    outside = {str(each.pattern) for each in interface.url_patterns if getattr(each.callback, "login_required", True)}
    assert outside == {"docs"}
    assert {str(each.pattern) for each in interface.url_patterns} >= NO_TOKEN_YET
    assert resolve("/api/v1/nowhere/at/all").url_name == "nothing"
