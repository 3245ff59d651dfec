"""The trail of a record in words: who, in which post, for whom, when, what, why, and what changed."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from zhiben.core.audit.models import AuditLine
from zhiben.core.audit.services import lines_of
from zhiben.core.web import words
from zhiben.core.workflow.table import Input

from .columns import field_at
from .record import RecordPages


@dataclass(frozen=True)
class Change:
    label: str
    after: str
    before: str | None = None
    """None where the trail only says what was given, not what it replaced."""


@dataclass(frozen=True)
class Entry:
    line: AuditLine
    from_label: str
    to_label: str
    changes: list[Change]

    @property
    def moves(self) -> bool:
        return bool(self.line.to_state) and self.line.from_state != self.line.to_state


def timeline_of(pages: RecordPages, record: models.Model) -> list[Entry]:
    """Oldest first. One query."""
    return [_entry(pages, line) for line in lines_of(pages.record_type, str(record.pk))]


def _entry(pages: RecordPages, line: AuditLine) -> Entry:
    def named(state: str) -> str:
        return pages.workflow.state_label(state) if pages.workflow and state else state

    return Entry(line, named(line.from_state), named(line.to_state), list(changes_of(pages, line.data)))


def changes_of(pages: RecordPages, data: Mapping[str, Any]) -> Any:
    """Lines keep `{name: value}`, edits `{"changed": {name: {"from", "to"}}}`; a name without a label stays inside."""
    for name, change in (data.get("changed") or {}).items():
        if isinstance(change, Mapping) and "to" in change and (label := label_of(pages, name)):
            yield Change(label, _said(pages, name, change["to"]), _said(pages, name, change.get("from")))
    for name, value in data.items():
        if name != "changed" and (label := label_of(pages, name)):
            yield Change(label, _said(pages, name, value))


def _input_of(pages: RecordPages, name: str) -> Input | None:
    if pages.workflow:
        with suppress(FieldDoesNotExist, TypeError, KeyError):  # not something a step can ask for
            return pages.workflow.input(name)
    return None


def label_of(pages: RecordPages, name: str) -> str:
    """The Chinese label of a field or a step's input; empty when there is none."""
    if asked := _input_of(pages, name):
        return asked.label
    field = field_at(pages.model, name)
    return str(getattr(field, "verbose_name", "")) if field is not None else ""


def _said(pages: RecordPages, name: str, value: Any) -> str:
    if value is None or value == "" or value == []:
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(_said(pages, name, each) for each in value)
    if isinstance(value, Mapping):
        return str(value.get("name") or value.get("key") or "")
    asked, field = _input_of(pages, name), field_at(pages.model, name)
    if asked and asked.kind == "percent":
        return f"{value}%"
    if asked and asked.choices:
        return dict(asked.choices).get(str(value), str(value))
    if asked and asked.unit:
        return f"{value} {asked.unit}"
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField) and isinstance(value, str):
        return _moment(value)
    if isinstance(value, str) and (isinstance(field, models.DateField) or (asked and asked.kind == "date")):
        return words.said_day(value)
    return str(value)


def _moment(text: str) -> str:
    try:
        return words.moment(datetime.fromisoformat(text))
    except ValueError:
        return text
