"""Pages of a list by the place of its last row, never by counting rows skipped: page 20,000 costs what page 1 costs.

The order is total: (empty values last, value, key) upwards, exactly the reverse downwards. Where some rows lead, the
list has two parts, each in this order: a page is read from the first and, where that ends, from the second, so that an
index still gives each of them in its order.
"""

import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import connection, models
from django.db.models import Case, F, Q, QuerySet, Value, When

from .columns import field_at
from .walking import by_their_keys, in_its_order, of_the_narrowest

Place = tuple[Any, ...]
"""(value of the order's field, key), and the number of the part where the list has two."""


@dataclass(frozen=True)
class Order:
    model: type[models.Model]
    field: str
    descending: bool = False
    leading: tuple[str, Any] | None = None
    """(field, value): rows that have this value stand before all others, whichever way the rest runs."""

    @property
    def parts(self) -> tuple[Q, ...]:
        """The conditions of the parts of the list, which together are all rows."""
        if self.leading is None:
            return (Q(),)
        leads = Q(**dict([self.leading]))
        return leads, ~leads

    @property
    def within(self) -> "Order":
        """The order inside a part."""
        return replace(self, leading=None)

    @property
    def nullable(self) -> bool:
        path, model = self.field.split("__"), self.model
        return any(getattr(field_at(model, "__".join(path[: n + 1])), "null", True) for n in range(len(path)))

    def apply(self, rows: QuerySet, *, backwards: bool = False) -> QuerySet:
        if self.leading:
            part = Case(When(self.parts[0], then=Value(0)), default=Value(1))
            ordered = self.within.apply(rows, backwards=backwards)
            return ordered.order_by(part.desc() if backwards else part.asc(), *ordered.query.order_by)
        down = self.descending != backwards
        key = "-pk" if down else "pk"
        if self.field in ("pk", self.model._meta.pk.name):
            return rows.order_by(key)
        if not self.nullable:
            return rows.order_by(f"-{self.field}" if down else self.field, key)
        value = F(self.field)
        return rows.order_by(value.desc(nulls_first=True) if down else value.asc(nulls_last=True), key)

    def beyond(self, place: Place, *, backwards: bool = False) -> Q:
        """The rows of its part that come after a place (before it, backwards)."""
        value, pk = place[:2]
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
        told = [_value_at(record, self.field), record.pk]
        if self.leading:
            field, value = self.leading
            told.append(int(_value_at(record, field) != value))
        return base64.urlsafe_b64encode(json.dumps(told, default=str).encode()).decode().rstrip("=")

    def read_place(self, text: str) -> Place | None:
        """The place a page address names; None when it is damaged."""
        try:
            value, pk, *part = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            if part not in ([[0], [1]] if self.leading else [[]]):
                return None
            field = field_at(self.model, self.field) or self.model._meta.pk
            value = None if value is None else field.to_python(value)
            return value, self.model._meta.pk.to_python(pk), *part
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
    place: Place | None = None,
    backwards: bool = False,
) -> list[tuple[Any, Any]]:
    """(key, value of the order's field) of the first rows of all views together, each row once: of each view as many as
    are needed, from the index that leads to it in this order. One query for each part of the list that is needed; narrow
    rows sort fast, the wide ones come after.
    """
    if order.leading is None:
        return _keys_within(views, order, count, place, backwards)
    found: list[tuple[Any, Any]] = []
    for number, condition in list(enumerate(order.parts))[:: -1 if backwards else 1]:
        is_past = place is not None and (number > place[2] if backwards else number < place[2])
        if not is_past and len(found) < count:
            part = [rows.filter(condition) for rows in views]
            begun = place if place and number == place[2] else None
            found += _keys_within(part, order.within, count - len(found), begun, backwards)
    return found


def _keys_within(
    views: Sequence[QuerySet], order: Order, count: int, place: Place | None, backwards: bool
) -> list[tuple[Any, Any]]:
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


def _value_at(record: models.Model, path: str) -> Any:
    value: Any = record
    for part in path.split("__"):
        value = getattr(value, part, None)
    return value
