"""Pages of a list by the place of its last row, never by counting rows skipped: page 20,000 costs what page 1 costs.

The order is total: (empty values last, value, key) upwards, exactly the reverse downwards.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, QuerySet

from .columns import field_at


@dataclass(frozen=True)
class Order:
    model: type[models.Model]
    field: str
    descending: bool = False

    @property
    def nullable(self) -> bool:
        path, model = self.field.split("__"), self.model
        return any(getattr(field_at(model, "__".join(path[: n + 1])), "null", True) for n in range(len(path)))

    def apply(self, rows: QuerySet, *, backwards: bool = False) -> QuerySet:
        down = self.descending != backwards
        key = "-pk" if down else "pk"
        if self.field in ("pk", self.model._meta.pk.name):
            return rows.order_by(key)
        if not self.nullable:
            return rows.order_by(f"-{self.field}" if down else self.field, key)
        value = F(self.field)
        return rows.order_by(value.desc(nulls_first=True) if down else value.asc(nulls_last=True), key)

    def beyond(self, place: tuple[Any, Any], *, backwards: bool = False) -> Q:
        """The rows that come after a place (before it, backwards)."""
        value, pk = place
        down = self.descending != backwards
        further = Q(**{f"pk__{'lt' if down else 'gt'}": pk})
        if self.field in ("pk", self.model._meta.pk.name):
            return further
        empty = Q(**{f"{self.field}__isnull": True})
        if value is None:
            return (empty & further) | ~empty if down else empty & further
        side = "lt" if down else "gt"
        rest = Q(**{f"{self.field}__{side}e": value}) & (Q(**{f"{self.field}__{side}": value}) | further)
        return rest | empty if self.nullable and not down else rest

    def place_of(self, record: models.Model) -> str:
        value: Any = record
        for part in self.field.split("__"):
            value = getattr(value, part, None)
        return base64.urlsafe_b64encode(json.dumps([value, record.pk], default=str).encode()).decode().rstrip("=")

    def read_place(self, text: str) -> tuple[Any, Any] | None:
        """The place a page address names; None when it is damaged."""
        try:
            value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            field = field_at(self.model, self.field) or self.model._meta.pk
            return (None if value is None else field.to_python(value)), self.model._meta.pk.to_python(pk)
        except (ValueError, TypeError, ValidationError):
            return None


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    after: str = ""
    """Place from which the next page goes on; empty on the last."""
    before: str = ""


def page_of(rows: QuerySet, order: Order, *, size: int, after: str = "", before: str = "") -> Page:
    """Two queries: the keys of the page in order, then its rows."""
    backwards = bool(before)
    place = order.read_place(before or after) if before or after else None
    ordered = order.apply(rows, backwards=backwards)
    if place:
        ordered = ordered.filter(order.beyond(place, backwards=backwards))
    keys = list(ordered.values_list("pk", flat=True)[: size + 1])  # narrow rows sort fast; the wide ones come after
    more = len(keys) > size
    by_key = {record.pk: record for record in rows.order_by().filter(pk__in=keys[:size])}
    found = [by_key[key] for key in keys[:size] if key in by_key]
    if backwards:
        found.reverse()
    if not found:
        return Page([])
    has_next = more if not backwards else True
    has_previous = more if backwards else place is not None
    return Page(found, order.place_of(found[-1]) if has_next else "", order.place_of(found[0]) if has_previous else "")


def bounded_count(rows: QuerySet, bound: int) -> int:
    """How many rows there are, counted no further than `bound` + 1."""
    return rows.order_by()[: bound + 1].count()
