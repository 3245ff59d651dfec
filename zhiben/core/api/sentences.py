"""What pydantic finds wrong, in sentences a developer of another system understands."""

from collections.abc import Iterable, Mapping
from typing import Any

_SAID = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项，请检查名称",
    "string_type": "应为文字",
    "string_too_long": "不超过 {max_length} 个字",
    "string_too_short": "不能为空，至少 {min_length} 个字",
    "string_pattern_mismatch": "格式不对",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "数字过大",
    "int_from_float": "应为整数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不大于 {le}",
    "enum": "只能是 {expected}",
    "literal_error": "只能是 {expected}",
    "uuid_parsing": "不是编号，应像 0197a1f0-0000-7000-8000-000000000000",
    "uuid_type": "不是编号，应像 0197a1f0-0000-7000-8000-000000000000",
    "list_type": "应为数组",
    "dict_type": "应为对象",
    "model_attributes_type": "应为对象",
    "model_type": "应为对象",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "timezone_aware": "请带上时区，例如 2026-03-01T00:00:00+08:00",
    "json_invalid": "不是 JSON",
    "finite_number": "应为有限的数",
}
_BY_BEGINNING = (
    ("date_from_datetime", "不是日期，应像 2026-06-30"),
    ("datetime", "不是时间，应像 2026-03-01T00:00:00+08:00"),
    ("date", "不是日期，应像 2026-06-30"),
    ("decimal", "不是可以保存的数，最多 18 位、4 位小数"),
)
_PLACES = {"body", "query", "path", "header", "form", "file"}


def sentences_of(errors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Field → sentence, `milestones.0.due_on` for what lies deeper; the first of each field."""
    found: dict[str, str] = {}
    for error in errors:
        field = _field_of(error.get("loc", ()))
        found.setdefault(field, f"{field}：{_said(error)}")
    return found


def _field_of(place: Iterable[Any]) -> str:
    words = [str(part) for part in place]
    if words and words[0] in _PLACES:
        words = words[1:]
        if len(words) > 1 and words[0] in ("asked", "sent"):  # the argument that gathers the fields
            words = words[1:]
    return ".".join(words) if words and words != ["sent"] else "正文"


def _said(error: Mapping[str, Any]) -> str:
    kind, about = str(error.get("type", "")), dict(error.get("ctx") or {})
    if kind == "value_error":
        return str(about.get("error", "不符合要求"))
    if sentence := _SAID.get(kind):
        if "expected" in about:  # 'a', 'b' or 'c'
            about["expected"] = str(about["expected"]).replace(" or ", "、").replace(", ", "、").replace("'", "")
        return sentence.format_map(_Known(about))
    return next((sentence for start, sentence in _BY_BEGINNING if kind.startswith(start)), "不符合要求")


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "规定的值"
