"""Pages of a list by the place of its last row, never by counting rows skipped: page 20,000 costs what page 1 costs.

The order is total: (empty values last, value, key) upwards, exactly the reverse downwards.
"""

import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import connection, models
from django.db.models import F, Q, QuerySet

from .columns import field_at
from .walking import by_their_keys, in_its_order, of_the_narrowest


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
    keys = [key for key, _ in keys_of([rows], order, count=size + 1, place=place, backwards=backwards)]
    more = len(keys) > size
    by_key = {record.pk: record for record in by_their_keys(rows, keys[:size])}
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
    return of_the_narrowest(rows).order_by()[: bound + 1].count()


def keys_of(
    views: Sequence[QuerySet],
    order: Order,
    *,
    count: int,
    place: tuple[Any, Any] | None = None,
    backwards: bool = False,
) -> list[tuple[Any, Any]]:
    """(key, value of the order's field) of the first rows of all views together, each row once: of each view as many as
    are needed, from the index that leads to it in this order. One query; narrow rows sort fast, the wide ones come after.
    """
    ordered = [order.apply(in_its_order(rows, order.field), backwards=backwards) for rows in views]
    if place:
        ordered = [rows.filter(order.beyond(place, backwards=backwards)) for rows in ordered]
    chosen = [rows.values_list("pk", order.field)[:count] for rows in ordered]
    if len(chosen) == 1:
        return list(chosen[0])
    parts: list[str] = []
    values: list[Any] = []
    for number, rows in enumerate(chosen):
        with suppress(EmptyResultSet):
            sql, given = rows.query.sql_with_params()
            parts.append(f"SELECT * FROM ({sql}) AS view_{number}")  # noqa: S608 — Django's own SQL
            values += given
    if not parts:
        return []
    down = order.descending != backwards
    way = "2 DESC NULLS FIRST, 1 DESC" if down else "2 ASC NULLS LAST, 1 ASC"
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION '.join(parts)} ORDER BY {way} LIMIT {count}", values)
        return _as_declared(chosen[0], cursor.fetchall())


def _as_declared(rows: QuerySet, found: list[Any]) -> list[tuple[Any, Any]]:
    """What the database answered, in the types of the fields of `rows`."""
    compiler = rows.query.get_compiler(connection=connection)
    compiler.setup_query()
    converters = compiler.get_converters([column for column, *_ in compiler.select])
    return [tuple(each) for each in compiler.apply_converters(found, converters)] if converters else found
