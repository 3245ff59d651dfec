"""Rows by the thousand, as fast as the database takes them: COPY on PostgreSQL, one prepared statement on SQLite."""

import gc
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from operator import itemgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault
from django.db.models.fields import NOT_PROVIDED

from zhiben.core import set_down

FEW = 20
"""Fewer are written by Django's own statement: a COPY has its price, too."""

SELDOM = 100_000
"""New objects after which Python looks for garbage while rows are made by the thousand; some 20 MB."""

Made = TypeVar("Made", bound=models.Model)


def insert_rows(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert rows that bring their key, or whose key nobody asks for afterwards: unlike `bulk_create`, an automatic
    key is not set on the objects. All or none, inside the caller's transaction; constraints hold as always."""
    if len(rows) < FEW and set_down.ahead() is None:
        model._base_manager.bulk_create(rows)
        return
    if not rows:
        return
    fields = [field for field in model._meta.concrete_fields if _is_given(field, rows[0])]
    columns = zip(*map(values_of([field.attname for field in fields]), map(vars, rows)), strict=True)
    _write(model, fields, [_prepared(field, list(values)) for field, values in zip(fields, columns, strict=True)])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def insert_values(
    model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]], *, ready: Collection[str] = ()
) -> None:
    """As `insert_rows`, of rows for which nobody needs an object: their values in the order of `names` (columns as the
    model calls them, `unit_id`). What is not named takes its default. `ready` names columns whose values are already
    what the database is to keep."""
    if not rows:
        return
    fields = {field.attname: field for field in model._meta.concrete_fields}
    columns = [
        list(values) if name in ready else _prepared(fields[name], list(values))
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
    ]
    written = [fields[name] for name in names]
    for name in fields.keys() - set(names):
        field = fields[name]
        if not isinstance(field, models.AutoField) and field.db_default is NOT_PROVIDED:
            written.append(field)
            differs = field.has_default() and callable(field.default)
            own = [field.get_default() for _ in rows] if differs else [field.get_default()] * len(rows)
            columns.append(_prepared(field, own))
    _write(model, written, columns)


def reserve_keys(model: type[models.Model], count: int) -> list[int]:
    """So many automatic keys, ascending, that nobody else is given, for rows that others must name before they are
    written. Inside the caller's transaction, in which on SQLite nobody else writes from here on."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
            cursor.execute(sequence, [connection.ops.quote_name(table), column, count])
            return [key for (key,) in cursor.fetchall()]
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [count, table])
        if not cursor.rowcount:  # no row was ever written
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()[0]
        return list(range(last - count + 1, last + 1))


def values_of(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """As `itemgetter`, which gives no tuple where there is a single name."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


class Maker(Generic[Made]):
    """Makes objects of a model that are not saved yet: what `model(**values)` makes, in a tenth of the time, because what
    does not change from one to the next is looked up once. Names are those of fields; nobody listens to their making."""

    def __init__(self, model: type[Made]) -> None:
        self._model = model
        fields: Sequence[Any] = model._meta.concrete_fields
        self._relations = [(each.name, each.attname, each.target_field.attname) for each in fields if each.is_relation]
        self._twins = {each.name: each.remote_field for each in fields if each.one_to_one}
        self._defaults: dict[str, Any] = {}
        self._made_anew: list[tuple[str, Callable[[], Any]]] = []
        for field in fields:
            if callable(field.default) and field.default is not NOT_PROVIDED:
                self._made_anew.append((field.attname, field.get_default))
            else:
                self._defaults[field.attname] = field.get_default()

    def __call__(self, values: Mapping[str, Any]) -> Made:
        made = self._model.__new__(self._model)
        state, own = ModelState(), made.__dict__
        own["_state"] = state
        own.update(self._defaults)
        own.update(values)
        for name, kept_as, key in self._relations:
            if name in values:
                value = state.fields_cache[name] = own.pop(name)
                own[kept_as] = None if value is None else getattr(value, key)
                if value is not None and name in self._twins:  # the other side knows it, too
                    self._twins[name].set_cached_value(value, made)
        for name, make in self._made_anew:
            if name not in values:
                own[name] = make()
        return made


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """While many rows are made, Python seldom looks for rings of garbage: as a rule it would go through all that lives
    after every few hundred new objects, and spend a quarter of the time on finding nothing."""
    usual = gc.get_threshold()
    gc.set_threshold(SELDOM, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _write(model: type[models.Model], fields: Sequence[Any], columns: Sequence[Sequence[Any]]) -> None:
    said = [
        (field, values)
        for field, values in zip(fields, columns, strict=True)
        if not _goes_without_saying(field, values)
    ]
    fields, columns = [field for field, _ in said], [values for _, values in said]
    set_down.do(_put, model._meta.db_table, [field.column for field in fields], columns)


def _put(table: str, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
    """Columns of values as the database is to keep them."""
    table = connection.ops.quote_name(table)
    columns_named = ", ".join(map(connection.ops.quote_name, names))
    rows: Any = zip(*columns, strict=True)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(columns[0]) >= FEW:
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns_named}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {table} ({columns_named}) VALUES ({marks})", rows)  # noqa: S608 — our own names


def _goes_without_saying(field: Any, values: Sequence[Any]) -> bool:
    """Null in every row, and null is what the database puts there unasked."""
    return field.db_default is NOT_PROVIDED and values.count(None) == len(values)


def _prepared(field: Any, values: list[Any]) -> list[Any]:
    """What becomes of the values of one column on their way to the database. Text and numbers mostly stay as they are,
    and what stands in many rows (a moment, a unit) is prepared once."""
    kinds = set(map(type, values))
    if kinds <= {_stays(field), type(None)}:
        return values
    prepare = _preparing(field)
    if kinds <= {UUID, type(None)}:  # most of them keys, each its own
        return [None if value is None else prepare(value) for value in values]
    if kinds.isdisjoint((list, dict)):
        known = {value: prepare(value) for value in set(values) - {None}}
        return list(map(known.get, values))
    empty = {kind: prepare(kind()) for kind in (list, dict)}
    return [
        None if value is None else prepare(value) if value or type(value) not in empty else empty[type(value)]
        for value in values
    ]


def _preparing(field: Any) -> Callable[[Any], Any]:
    prepare: Callable[[Any, Any], Any] = field.get_db_prep_save
    target = _target(field)
    if type(target) is models.UUIDField and not connection.features.has_native_uuid_field:
        return lambda value: value.hex if isinstance(value, UUID) else prepare(value, connection)
    return lambda value: prepare(value.value if isinstance(value, Enum) else value, connection)


def _stays(field: Any) -> type | None:
    """The type whose values this field hands to the database unchanged."""
    target = _target(field)
    if isinstance(target, models.AutoField):
        return int
    if type(target) is models.UUIDField and connection.features.has_native_uuid_field:
        return UUID
    for kind, stays in ((models.CharField, str), (models.TextField, str), (models.IntegerField, int)):
        if isinstance(target, kind) and all(
            getattr(type(target), name) is getattr(kind, name)
            for name in ("get_prep_value", "get_db_prep_value", "get_db_prep_save")
        ):
            return stays
    return None


def _target(field: Any) -> Any:
    while field.is_relation:
        field = field.target_field
    return field


def _is_given(field: Any, row: models.Model) -> bool:
    value = getattr(row, field.attname)
    if isinstance(value, DatabaseDefault):
        return False
    return not (field.primary_key and value is None)
