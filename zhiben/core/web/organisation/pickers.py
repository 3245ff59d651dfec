"""Form fields in which a unit, a person or a region is chosen by typing part of its name."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import models
from django.urls import reverse

from zhiben.core.org.models import Person, Region, Unit
from zhiben.core.web.keys import key_of
from zhiben.core.web.lookups import resolve_person, resolve_unit


class Picker(forms.Widget):
    template_name = "web/organisation/picker.html"

    def __init__(self, model: type[models.Model], lookup: str) -> None:
        super().__init__()
        self.model, self.lookup = model, lookup

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        key = str(value.pk if isinstance(value, models.Model) else value or "")
        number = key_of(key)
        chosen = self.model._default_manager.filter(pk=number).first() if number is not None else None
        context["picker"] = {
            "address": reverse(self.lookup),
            "chosen": chosen,
            "text": "" if chosen else key,
            "input_id": context["widget"]["attrs"].get("id", name),
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        return data.get(name) or data.get(f"{name}_text", "").strip()


class Picked(forms.Field):
    """A record by its key, or without scripts by exactly its name."""

    def __init__(
        self, model: type[models.Model], lookup: str, by_name: Callable[[str], models.Model | None], **kwargs: Any
    ) -> None:
        self.model, self.by_name = model, by_name
        super().__init__(widget=Picker(model, lookup), **kwargs)

    def to_python(self, value: Any) -> models.Model | None:
        if value in (None, ""):
            return None
        text = str(value)
        number = key_of(text)
        found = self.model._default_manager.filter(pk=number).first() if number is not None else None
        found = found or self.by_name(text)
        if found is None:
            raise forms.ValidationError(f"没有找到唯一的“{text}”，请从下拉列表中选择。")
        return found


def resolve_region(name: str) -> Region | None:
    """The one region in force of exactly this name; None when there is none, or several."""
    found = list(Region.objects.filter(name=name, valid_to=None)[:2])
    return found[0] if len(found) == 1 else None


def unit_field(label: str, **kwargs: Any) -> Picked:
    return Picked(Unit, "web:units", resolve_unit, label=label, **kwargs)


def person_field(label: str, **kwargs: Any) -> Picked:
    return Picked(Person, "web:people", resolve_person, label=label, **kwargs)


def region_field(label: str, **kwargs: Any) -> Picked:
    return Picked(Region, "organisation:region_lookup", resolve_region, label=label, **kwargs)
