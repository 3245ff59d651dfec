"""What an answer shows of a record: named once, read from the columns at once, told in JSON's types."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal
from uuid import UUID

from django.db import models
from django.db.models.expressions import Combinable
from ninja import Schema
from pydantic import Field, create_model

from zhiben.core.access.acting import Acting
from zhiben.core.clock import CHINA
from zhiben.core.org.models import Person, Region, Unit


class Named(Schema):
    """另一个对象的编号和名称。"""

    id: int = Field(description="编号", examples=[12])
    name: str = Field(description="名称", examples=["县应急管理局"])


class OtherRecord(Schema):
    """另一条记录。令牌的岗位无权查看的，只说明有这一条。"""

    id: UUID | None = Field(description="编号；无权查看的为 null")
    number: str | None = Field(description="业务编号；无权查看的为 null")
    is_out_of_sight: bool = Field(description="true：另有一条记录，令牌的岗位无权查看")


@dataclass(frozen=True)
class Shown:
    """One thing told of a record. `columns` are paths or expressions of the ORM; `tell` makes JSON of their values."""

    name: str
    type: Any
    columns: tuple[str | Combinable, ...]
    tell: Callable[..., Any]
    help: str = ""
    names: type[models.Model] | None = None
    """Where it is the key of another record: of which model (`other`)."""


def other(model: type[models.Model], name: str) -> Shown:
    """Another record that has a `number`: told by `opened` to whoever may open it."""
    field: Any = model._meta.get_field(name)
    kind = OtherRecord | None if field.null else OtherRecord
    return Shown(name, kind, (f"{name}_id",), _same, str(field.verbose_name), names=field.related_model)


def opened(model: type[models.Model], keys: Iterable[UUID], acting: Acting) -> dict[UUID, dict[str, Any]]:
    """What `OtherRecord` tells of each of these records: its key and number to whoever may open it, to anybody else that
    there is one. A query where there is any."""
    wanted = set(keys)
    if not wanted:
        return {}
    seen = model._default_manager.visible_to(acting).filter(pk__in=wanted)  # type: ignore[attr-defined]
    numbers = dict(seen.values_list("pk", "number"))
    return {
        key: {"id": str(key), "number": numbers[key], "is_out_of_sight": False}
        if key in numbers
        else {"id": None, "number": None, "is_out_of_sight": True}
        for key in wanted
    }


def shown(model: type[models.Model], name: str) -> Shown:
    """Everything derived from the model's field of that name."""
    field: Any = model._meta.get_field(name)
    label = "编号" if field.primary_key else str(field.verbose_name)
    if field.is_relation and field.related_model in _NAMES:
        names = _NAMES[field.related_model]
        columns = (f"{name}_id", *(f"{name}__{column}" for column in names))
        return Shown(name, Named | None if field.null else Named, columns, _named, label)
    if field.is_relation:
        field, name, column = field.target_field, f"{name}_id", f"{name}_id"
        return Shown(name, _optional(_type_of(field), True), (column,), _teller_of(field), label)
    if field.choices:
        return Shown(name, _choice(field), (name,), _same, f"{label}：{said_choices(field.flatchoices)}")
    return Shown(name, _optional(_type_of(field), field.null), (name,), _teller_of(field), label)


def schema_of(name: str, fields: Mapping[str, Shown] | tuple[Shown, ...], base: Any = Schema, **more: Any) -> Any:
    """The type of the answer, for the description of the interface."""
    rows = fields.values() if isinstance(fields, Mapping) else fields
    kinds: dict[str, Any] = {each.name: (each.type, Field(description=each.help or each.name)) for each in rows}
    return create_model(name, __base__=base, **kinds, **more)


def teller(
    fields: tuple[Shown, ...],
) -> tuple[tuple[str | Combinable, ...], Callable[[tuple[Any, ...]], dict[str, Any]]]:
    """The columns to ask for, and what makes the answer of one row of them."""
    columns: list[str | Combinable] = []
    plan: list[tuple[str, Callable[..., Any], int, int]] = []
    for each in fields:
        plan.append((each.name, each.tell, len(columns), len(columns) + len(each.columns)))
        columns += each.columns
    return tuple(columns), partial(_tell, plan)


def _tell(plan: list[tuple[str, Callable[..., Any], int, int]], row: tuple[Any, ...]) -> dict[str, Any]:
    return {name: tell(*row[start:end]) for name, tell, start, end in plan}


def plain(value: Any) -> Any:
    """Moments with the office's zone, days, decimals and UUIDs as text."""
    if isinstance(value, datetime):
        return value.astimezone(CHINA).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, UUID) else value


def said_choices(choices: Any) -> str:
    """待接收（pending）、办理中（running）"""
    return "、".join(f"{label}（{value if value != '' else '空'}）" for value, label in choices)


def named(record: models.Model | None) -> dict[str, Any] | None:
    return {"id": record.pk, "name": str(record)} if record is not None else None


def _same(value: Any) -> Any:
    return value


def _named(key: Any, *names: str | None) -> dict[str, Any] | None:
    return None if key is None else {"id": key, "name": next((name for name in names if name), "")}


_NAMES: dict[Any, tuple[str, ...]] = {Unit: ("short_name", "name"), Person: ("name",), Region: ("name",)}
"""The columns of which the first that is not empty is the name by which it is called."""


def _choice(field: Any) -> Any:
    values = tuple(value for value, _ in field.flatchoices)
    if field.blank and "" not in values and not isinstance(field, models.IntegerField):
        values += ("",)
    return _optional(Literal[values], field.null)


def _teller_of(field: Any) -> Callable[[Any], Any]:
    """What needs no telling is handed on as it is: most of a page is."""
    return _same if _type_of(field) in (str, int, bool, list[str]) else plain


def _optional(kind: Any, null: bool) -> Any:
    return kind | None if null else kind


def _type_of(field: Any) -> Any:
    for field_type, kind in _TYPES:
        if isinstance(field, field_type):
            return kind
    raise TypeError(f"the interface cannot show {field}: declare a Shown for it")


_TYPES: tuple[tuple[type[models.Field], Any], ...] = (
    (models.BooleanField, bool),
    (models.DateTimeField, datetime),
    (models.DateField, date),
    (models.DecimalField, Decimal),
    (models.UUIDField, UUID),
    (models.IntegerField, int),
    (models.JSONField, list[str]),
    (models.TextField, str),
    (models.CharField, str),
)
