"""What a step asks for: from what a form or caller gives to values of the right type, and to JSON and back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from zhiben.core.access.acting import Acting, By
from zhiben.core.audit import canonical
from zhiben.core.files.models import Upload
from zhiben.core.org.models import Person, Unit

from .refusal import StepInvalid
from .table import Input, Record, Step, Workflow

LONGEST_TEXT = 20_000
TOO_LONG = 19
"""Figures: no key that a database keeps."""


def inputs_of(workflow: Workflow, step: Step) -> list[Input]:
    return [workflow.input(name) for name in (*step.needs, *step.takes)]


def clean(
    workflow: Workflow, step: Step, record: Record, data: Mapping[str, Any], *, by: By, now: datetime
) -> dict[str, Any]:
    """The step's data with their types; names the step does not know are refused. Raises StepInvalid."""
    errors: dict[str, str] = {}
    cleaned: dict[str, Any] = {}
    for given in inputs_of(workflow, step):
        raw = data.get(given.name)
        if _is_blank(raw):
            if given.name in step.needs:
                errors[given.name] = f"请填写「{given.label}」"
            continue
        try:
            value = _CLEANERS[given.kind](given, raw)
        except ValueError as problem:
            errors[given.name] = f"「{given.label}」{problem}"
            continue
        if sentence := _not_yours(given, value, by) or _objection(workflow, given, value, record, now):
            errors[given.name] = sentence
        else:
            cleaned[given.name] = value
    for name in data:
        if name not in (*step.needs, *step.takes):
            errors[name] = f"「{step.label}」不需要“{name}”这一项"
    if errors:
        raise StepInvalid(errors)
    return cleaned


def to_json(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """For the trail and for a request that waits: people, units and files by key and name."""
    return {name: _plain(value) for name, value in cleaned.items()}


def to_json_rows(columns: Mapping[str, Sequence[Any]], count: int) -> list[str]:
    """As `to_json` of `count` rows of the same names, given by columns; each as the text that the trail keeps."""
    return canonical.joined({name: _spelled_column(values) for name, values in columns.items()}, count)


def _spelled_column(values: Sequence[Any]) -> list[str]:
    if all(map(_is_named, values)):  # thousands of enterprises, each with a key and a name of its own
        named = {"key": [str(value.pk) for value in values], "name": [str(value) for value in values]}
        return canonical.to_json_rows(named, len(values))
    return canonical.spelled_column([_plain(value) for value in values])


def from_json(kept: Mapping[str, Any]) -> dict[str, Any]:
    """What `clean` accepts again from what `to_json` kept."""
    return {name: _key_of(value) for name, value in kept.items()}


def _is_blank(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip()) or (isinstance(raw, list | tuple) and not raw)


def _not_yours(given: Input, value: Any, by: By) -> str | None:
    """Uploads are named by a number that anybody could type: only one's own may be handed in."""
    if given.kind == "files" and isinstance(by, Acting) and any(u.uploaded_by_id != by.person.pk for u in value):
        return f"「{given.label}」所选的文件已不存在，请重新上传"
    return None


def _objection(workflow: Workflow, given: Input, value: Any, record: Record, now: datetime) -> str | None:
    if workflow.is_field(given.name):
        field: Any = workflow.model._meta.get_field(given.name)
        if not field.is_relation and not field.choices:
            try:
                field.clean(value, record)
            except ValidationError as problem:
                return f"「{given.label}」{''.join(problem.messages)}"
    return given.check(value, record, now) if given.check else None


def _text(given: Input, raw: Any) -> str:
    text = str(raw).strip()
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"过长({len(text)} 字),请控制在 {LONGEST_TEXT} 字以内，详情可作附件上传")
    return text.replace("\x00", "")


def _date(given: Input, raw: Any) -> date:
    if isinstance(raw, datetime):
        raise ValueError("应为日期")
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(str(raw).strip())
    except ValueError:
        raise ValueError(f"“{raw}”不是日期，请按 2026-06-30 的样子填写") from None


def _number(given: Input, raw: Any) -> Decimal:
    try:
        value = Decimal(str(raw).strip().replace(",", "").replace("\uff0c", ""))
    except InvalidOperation:
        raise ValueError(f"“{raw}”不是数字") from None
    if not value.is_finite():
        raise ValueError(f"“{raw}”不是数字")
    return value


def _percent(given: Input, raw: Any) -> int:
    value = _number(given, str(raw).strip().rstrip("%\uff05"))
    if not 0 <= value <= 100 or value != value.to_integral_value():
        raise ValueError("应为 0 到 100 的整数")
    return int(value)


def _choice(given: Input, raw: Any) -> str:
    if str(raw) not in {value for value, _ in given.choices or ()}:
        raise ValueError("不在可选范围内，请重新选择")
    return str(raw)


def _yes_no(given: Input, raw: Any) -> bool:
    return raw if isinstance(raw, bool) else str(raw).lower() in {"1", "true", "on", "yes", "是"}


def _one(model: Any, raw: Any) -> Any:
    if isinstance(raw, model):
        return raw
    try:
        return model._default_manager.get(pk=raw)
    except (model.DoesNotExist, ValueError, TypeError):
        raise ValueError("所选的已不存在，请重新选择") from None


def _many(model: type[models.Model], raw: Any) -> list[Any]:
    chosen = raw if isinstance(raw, Iterable) and not isinstance(raw, str) else [raw]
    keys = [item.pk if isinstance(item, model) else item for item in chosen]
    try:
        found = model._default_manager.in_bulk(keys) if all(len(str(key)) < TOO_LONG for key in keys) else {}
    except (ValueError, TypeError):
        found = {}
    rows = [row for key in keys if (row := found.get(model._meta.pk.to_python(key)))]
    if len(rows) != len(keys):
        raise ValueError("有所选的已不存在，请重新选择")
    return rows


_CLEANERS: dict[str, Any] = {
    "text": _text,
    "long_text": _text,
    "date": _date,
    "number": _number,
    "percent": _percent,
    "choice": _choice,
    "yes_no": _yes_no,
    "unit": lambda given, raw: _one(Unit, raw),
    "units": lambda given, raw: _many(Unit, raw),
    "person": lambda given, raw: _one(Person, raw),
    "files": lambda given, raw: _many(Upload, raw),
}


def _is_named(value: Any) -> bool:
    return isinstance(value, models.Model) and not isinstance(value, Upload)


def _plain(value: Any) -> Any:
    if type(value) is str or isinstance(value, Enum):
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Upload):
        return {"key": str(value.pk), "name": value.name, "digest": value.file.digest}
    if _is_named(value):
        return {"key": str(value.pk), "name": str(value)}
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _key_of(value: Any) -> Any:
    if isinstance(value, list):
        return [_key_of(item) for item in value]
    return value["key"] if isinstance(value, dict) else value
