"""The inputs of a step as controls of a page: what is shown, what was typed, what was wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db import models
from django.http import HttpRequest

from zhiben.core.org.models import Person, Unit
from zhiben.core.web.keys import keys_of
from zhiben.core.web.lookups import resolve_person, resolve_unit
from zhiben.core.workflow.table import Input

from .at import At

UPLOAD_PREFIX = "kept_"
"""Files of a refused form come back as keys of what was already uploaded: nobody chooses the same photos twice."""


@dataclass
class Question:
    """One input on the page. `value` is what was typed, else the initial value; `chosen` are (key, label) pairs."""

    given: Input
    required: bool
    value: Any = ""
    chosen: list[tuple[str, str]] = field(default_factory=list)
    error: str = ""
    before: Any = ""
    """What the record says now, whatever is typed."""
    control: str = ""
    """The template that asks for it; empty for the one of its kind."""

    @property
    def template(self) -> str:
        return self.control or f"web/inputs/{self.given.kind}.html"


def questions_of(
    inputs: Iterable[Input],
    needs: Iterable[str],
    record: models.Model | None,
    at: At,
    controls: Mapping[str, str] = MappingProxyType({}),
) -> list[Question]:
    """The empty form: each input with what the system already knows."""
    wanted = set(needs)
    questions = []
    for given in inputs:
        value = given.initial(record, at.acting, at.now) if given.initial and record is not None else None
        if value is None and record is not None and given.kind not in ("files", "long_text"):
            value = getattr(record, given.name, None)
        question = _dressed(Question(given, given.name in wanted), value)
        question.before = question.value
        question.control = controls.get(given.name, "")
        questions.append(question)
    return questions


def typed(questions: Iterable[Question], request: HttpRequest, keep_files: Any) -> dict[str, Any]:
    """What was sent, as the engine takes it; the questions keep it so that a refused form shows it again.

    `keep_files(files)` stores uploaded files and returns what the engine accepts for an input of kind `files`;
    it raises Refused with a sentence for a file that cannot be taken.
    """
    data: dict[str, Any] = {}
    for question in questions:
        name, kind = question.given.name, question.given.kind
        if kind == "files":
            uploads = keep_files(request.FILES.getlist(name), request.POST.getlist(f"{UPLOAD_PREFIX}{name}"))
            question.chosen = [(str(upload.pk), str(upload)) for upload in uploads]
            data[name] = uploads
        elif kind in ("unit", "units", "person"):
            found = _picked(kind, request.POST.getlist(name), request.POST.get(f"{name}_text", ""))
            question.chosen = [(str(each.pk), str(each)) for each in found]
            question.value = request.POST.get(f"{name}_text", "") if not found else ""
            data[name] = found if kind == "units" else (found[0] if found else None)
        else:
            question.value = request.POST.get(name, "")
            data[name] = question.value
    return data


def mark_errors(questions: Iterable[Question], errors: Mapping[str, str]) -> list[str]:
    """Put each sentence beside its question; returns those that belong to none."""
    by_name = {question.given.name: question for question in questions}
    rest = []
    for name, sentence in errors.items():
        if name in by_name:
            question = by_name[name]
            question.error = (
                f"没有找到唯一的“{question.value}”，请从下拉列表中选择"
                if question.value and question.given.kind in ("unit", "units", "person")
                else sentence
            )
        else:
            rest.append(sentence)
    return rest


def _dressed(question: Question, value: Any) -> Question:
    if value is None or value == "":
        return question
    if isinstance(value, models.Model):
        question.chosen = [(str(value.pk), str(value))]
    elif isinstance(value, list | tuple):
        question.chosen = [(str(each.pk), str(each)) for each in value]
    elif isinstance(value, date):
        question.value = value.isoformat()
    elif isinstance(value, Decimal):
        question.value = f"{value.normalize():f}"
    elif isinstance(value, bool):
        question.value = "1" if value else ""
    else:
        question.value = str(value)
    return question


def _picked(kind: str, keys: list[str], text: str) -> list[Any]:
    """The chosen ones in the order chosen; without scripts, the one known by exactly the typed name."""
    model: type[models.Model] = Person if kind == "person" else Unit
    wanted = keys_of(keys)
    rows = model._default_manager.in_bulk(wanted)
    found = [rows[key] for key in dict.fromkeys(wanted) if key in rows]
    if not found and text.strip():
        one = resolve_person(text.strip()) if kind == "person" else resolve_unit(text.strip())
        found = [one] if one else []
    return found
