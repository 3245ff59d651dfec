"""The body of a request, read with care: no part of it may do harm further inside."""

import json
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from .problems import Problem

DEEPEST = 20
LARGEST = 2**63 - 1
"""What a column of whole numbers holds."""


class CarefulParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise Problem(415, "正文应为 JSON，请设标头 Content-Type: application/json。")
        return read_json(request.body)


def read_json(body: bytes) -> Any:
    """Raises Problem 400 with the reason."""
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except RecursionError:
        raise Problem(400, f"正文嵌套过深，最多 {DEEPEST} 层。") from None
    except ValueError:
        raise Problem(400, "正文不是完整的 JSON（UTF-8），请检查括号、引号和编码。") from None
    _check(found, 0)
    return found


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise Problem(400, f"正文嵌套过深，最多 {DEEPEST} 层。")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise Problem(400, "正文中有过大的整数。")


def _check_text(text: str) -> None:
    if not is_plain(text):
        raise Problem(400, "正文中有不能保存的字符（空字符或残缺的代理对），请去掉后再发。")


def is_plain(text: str) -> bool:
    """Neither NUL nor half of a surrogate pair: no database keeps them."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _no_constant(word: str) -> Any:
    raise ValueError(word)
