"""The description of the interface (OpenAPI 3.1), and the page on which people read it."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import JsonResponse
from django.shortcuts import render
from ninja import NinjaAPI

from .operations import GROUPS
from .problems import MEDIA_TYPE, TITLES

SUCCESS = {200: "办成", 201: "已建立"}
PLACES = {"key": "编号", "step": "步骤的名称"}
"""What stands in an address between braces."""


@cache
def description_of(api: NinjaAPI) -> dict[str, Any]:
    """The schema with our words for statuses and the media types that are really sent."""
    found: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=""))
    for path in found["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                _put_right(int(status), answer)
            _say_headers(operation["responses"])
            for each in operation.get("parameters", ()):
                if each["in"] == "path":
                    each.setdefault("description", PLACES[each["name"]])
    found["tags"] = [{"name": name, "description": title} for name, title in GROUPS.items()]
    found["servers"] = [{"url": "/api/v1", "description": "本服务器"}]
    return found


def openapi(api: NinjaAPI, request: HttpRequest) -> HttpResponse:
    """For whoever is logged in, or comes with a valid token."""
    return JsonResponse(description_of(api), json_dumps_params={"ensure_ascii": False, "indent": 1})


def reference(api: NinjaAPI, request: HttpRequest) -> HttpResponse:
    """Every operation on one page that needs neither scripts nor the internet."""
    found = description_of(api)
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            told = _told(found, method, path, operation)
            groups.setdefault(GROUPS[operation["tags"][0]], []).append(told)
    context = {"groups": groups, "host": request.build_absolute_uri("/").rstrip("/"), "titles": TITLES}
    return render(request, "api/reference.html", context)


def _put_right(status: int, answer: dict[str, Any]) -> None:
    content = answer.get("content", {})
    if status >= 400:
        answer["description"] = TITLES[status]
        answer["content"] = {MEDIA_TYPE: content["application/json"]}
        return
    answer["description"] = SUCCESS[status]
    if content.get("application/json", {}).get("schema", {}).get("format") == "binary":
        answer["content"] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


_LIMIT_HEADERS = {
    "RateLimit-Limit": "每分钟可用的次数",
    "RateLimit-Remaining": "这一分钟还剩的次数",
    "RateLimit-Reset": "多少秒后重新计数",
}


def _say_headers(responses: dict[Any, Any]) -> None:
    for status, answer in responses.items():
        if int(status) < 400:
            answer["headers"] = {
                name: {"description": told, "schema": {"type": "integer"}} for name, told in _LIMIT_HEADERS.items()
            }
        elif int(status) == 429:
            answer["headers"] = {"Retry-After": {"description": "多少秒后再试", "schema": {"type": "integer"}}}


def _told(found: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    schemas = found["components"]["schemas"]
    body: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
    success = next(answer for status, answer in operation["responses"].items() if int(status) < 400)
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "lines": [_line(text) for text in operation.get("description", "").splitlines() if text],
        "scope": operation.get("x-scope", ""),
        "parameters": [
            {"name": each["name"], "required": each["required"], "help": each.get("description", "")}
            for each in operation.get("parameters", ())
        ],
        "body": _fields(schemas, _first_schema(body)),
        "answer": _fields(schemas, _first_schema(success.get("content", {}))),
        "refusals": [
            (status, answer["description"]) for status, answer in operation["responses"].items() if int(status) >= 400
        ],
    }


def _line(text: str) -> dict[str, Any]:
    """The little Markdown we write: `- ` before what is listed, and names between back quotes (every second part)."""
    return {"listed": text.startswith("- "), "parts": text.removeprefix("- ").split("`")}


def _first_schema(content: dict[str, Any]) -> dict[str, Any]:
    return next((each["schema"] for each in content.values()), {})


def _fields(
    schemas: dict[str, Any], schema: dict[str, Any] | None, before: str = "", depth: int = 0
) -> list[dict[str, Any]]:
    """Each field with its kind and its words; what lies in lists and objects below it, with its path."""
    schema = _resolved(schemas, schema or {})
    if schema.get("type") == "array":
        return _fields(schemas, schema.get("items"), f"{before}[]", depth)
    rows = []
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(schemas, field)
        place = f"{before}.{name}".lstrip(".")
        rows.append(
            {
                "name": place,
                "required": name in schema.get("required", ()),
                "kind": _kind(inner),
                "help": field.get("description") or inner.get("description", ""),
            }
        )
        if depth < 3 and inner.get("type") in ("array", "object"):
            rows += _fields(schemas, inner, place, depth + 1)
    return rows


def _resolved(schemas: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if options:
        schema = options[0]
    if "$ref" in schema:
        return dict(schemas[schema["$ref"].rsplit("/", 1)[-1]])
    return schema


_KINDS = {
    "string": "文字",
    "integer": "整数",
    "number": "数",
    "boolean": "是否",
    "array": "数组",
    "object": "对象",
    "date": "日期",
    "date-time": "时间",
    "uuid": "编号",
    "binary": "文件",
}


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "、".join(str(value) for value in schema["enum"] if value != "")
    return _KINDS.get(schema.get("format", ""), _KINDS.get(str(schema.get("type", "")), ""))
