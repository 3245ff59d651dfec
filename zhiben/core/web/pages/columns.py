"""What a list or a record shows of a field: one declaration, told in HTML and in a spreadsheet."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.template.defaultfilters import linebreaks_filter
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from zhiben.core.clock import CHINA
from zhiben.core.web import words
from zhiben.core.web.templatetags.web import due_span

from .at import At

Kind = Literal[
    "text",
    "long_text",
    "state",
    "choice",
    "due",
    "date",
    "moment",
    "number",
    "percent",
    "progress",
    "yes_no",
    "related",
]
Tone = Literal["", "blue", "green", "yellow", "orange", "red"]


@dataclass(frozen=True)
class Column:
    """One thing shown of a record.

    `name`   a field, a path (`plan__title`) or a property of the record; or any name, with `value(record)`
    `kind`   how it is shown; derived from the field when left out
    `link`   the cell opens the record
    `shown`  whether it is there before somebody chooses columns
    `order`  the field by which a click on the head sorts; derived for plain fields, "" for none
    `tones`  colour of a state or choice; the word is always there
    """

    name: str
    label: str = ""
    kind: Kind | None = None
    link: bool = False
    shown: bool = True
    order: str | None = None
    value: Callable[[Any], Any] | None = None
    tones: dict[str, Tone] | None = None
    unit: str = ""

    def of(self, model: type[models.Model]) -> "Column":
        """The same with everything derived from the model's field."""
        field = field_at(model, self.name)
        order = self.order
        if order is None:
            order = self.name if field is not None and not field.is_relation and self.value is None else ""
        return replace(
            self,
            label=self.label or str(getattr(field, "verbose_name", self.name)),
            kind=self.kind or (_kind_of(field) if field is not None and self.value is None else "text"),
            order=order,
        )

    def read(self, record: models.Model) -> Any:
        if self.value is not None:
            return self.value(record)
        found: Any = record
        for part in self.name.split("__"):
            found = getattr(found, part, None)
            if found is None:
                return None
        return found() if callable(found) else found

    def said(self, record: models.Model) -> str:
        """The word for a state or choice."""
        *path, name = self.name.split("__")
        holder: Any = record
        for part in path:
            holder = getattr(holder, part, None)
        display = getattr(holder, f"get_{name}_display", None)
        return str(display()) if display else str(self.read(record) or "")

    @property
    def is_long(self) -> bool:
        return self.kind == "long_text"

    @property
    def is_number(self) -> bool:
        return self.kind in ("number", "percent")


def field_at(model: type[models.Model], path: str) -> Any:
    """The model field at the end of a path, or None when the name is a property."""
    field = None
    for part in path.split("__"):
        try:
            field = model._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        if field.is_relation and field.related_model is not None:
            model = field.related_model
    return field


def relations_of(model: type[models.Model], columns: Iterable[Column]) -> tuple[str, ...]:
    """What to fetch together with the rows so that showing a row asks the database nothing more."""
    paths = set()
    for column in columns:
        parts: list[str] = []
        current = model
        for part in column.name.split("__"):
            try:
                field = current._meta.get_field(part)
            except FieldDoesNotExist:
                break
            if not (field.many_to_one or field.one_to_one) or field.related_model is None:
                break
            parts.append(part)
            current = field.related_model
        if parts:
            paths.add("__".join(parts))
    return tuple(sorted(paths))


def cell(column: Column, record: Any, at: At, *, finished: bool = False) -> SafeString | str:
    """The column of this record in HTML. `finished`: its deadline no longer matters."""
    value = column.read(record)
    if value is None or value == "":
        return (
            mark_safe('<span class="text-secondary">—</span>') if column.kind != "due" or finished else _no_deadline()
        )
    return _CELLS[column.kind or "text"](column, record, value, at, finished)


def plain(column: Column, record: models.Model) -> str | int | float | date | datetime | bool | None:
    """The column of this record for a spreadsheet: a number, a day, a moment on the office's clock, or text."""
    value = column.read(record)
    if value is None:
        return None
    if column.kind in ("state", "choice"):
        return column.said(record)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.astimezone(CHINA).replace(tzinfo=None, microsecond=0)
    return value if isinstance(value, int | float | date) else str(value)


def _no_deadline() -> SafeString:
    return mark_safe('<span class="text-secondary">无期限</span>')


def _tag(column: Column, record: Any, value: Any, at: At, finished: bool) -> SafeString:
    tone = (column.tones or {}).get(str(value), "")
    return format_html('<span class="tag {}">{}</span>', f"tag-{tone}" if tone else "", column.said(record))


def _progress(column: Column, record: Any, value: Any, at: At, finished: bool) -> SafeString:
    return format_html(
        '<progress value="{0}" max="100" aria-label="{1}"></progress> <span class="num">{0}%</span>',
        value,
        column.label,
    )


def _due(column: Column, record: Any, value: date, at: At, finished: bool) -> SafeString:
    return due_span(value, at.today, finished=finished)


def _long_text(column: Column, record: Any, value: Any, at: At, finished: bool) -> SafeString:
    return linebreaks_filter(str(value), autoescape=True)


def _number(column: Column, record: Any, value: Any, at: At, finished: bool) -> str:
    text = f"{value.normalize():,f}" if isinstance(value, Decimal) else f"{value:,}"
    return f"{text} {column.unit}".rstrip()


def linked(record: Any) -> SafeString | None:
    """The record's name, leading to it: the value of a column of kind text."""
    return format_html('<a href="{}">{}</a>', record.get_absolute_url(), record) if record is not None else None


_CELLS: dict[str, Callable[..., SafeString | str]] = {
    "text": lambda column, record, value, at, finished: str(value),
    "long_text": _long_text,
    "related": lambda column, record, value, at, finished: str(value),
    "state": _tag,
    "choice": _tag,
    "due": _due,
    "date": lambda column, record, value, at, finished: words.full_day(value),
    "moment": lambda column, record, value, at, finished: words.moment(value),
    "number": _number,
    "percent": lambda column, record, value, at, finished: f"{value}%",
    "progress": _progress,
    "yes_no": lambda column, record, value, at, finished: "是" if value else "否",
}


def _kind_of(field: Any) -> Kind:
    if field.choices:
        return "choice"
    for field_type, kind in _KINDS:
        if isinstance(field, field_type):
            return kind
    return "related" if field.is_relation else "text"


_KINDS: tuple[tuple[type[models.Field], Kind], ...] = (
    (models.BooleanField, "yes_no"),
    (models.DateTimeField, "moment"),
    (models.DateField, "date"),
    (models.IntegerField, "number"),
    (models.DecimalField, "number"),
    (models.FloatField, "number"),
    (models.TextField, "long_text"),
)
