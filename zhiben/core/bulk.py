"""Rows by the thousand, as fast as the database takes them: COPY on PostgreSQL, one prepared statement on SQLite."""

from collections.abc import Callable, Sequence
from datetime import date
from enum import Enum
from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

FEW = 20
"""Fewer are written by Django's own statement: a COPY has its price, too."""


def insert_rows(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert rows that bring their key, or whose key nobody asks for afterwards: unlike `bulk_create`, an automatic
    key is not set on the objects. All or none, inside the caller's transaction; constraints hold as always."""
    if len(rows) < FEW:
        model._base_manager.bulk_create(rows)
        return
    columns = [_Column(field) for field in model._meta.concrete_fields if _is_given(field, rows[0])]
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(column.name for column in columns)
    values: Any = ([column.of(row) for column in columns] for row in rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for each in values:
                    copy.write_row(each)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)  # noqa: S608 — names of our own
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


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


class _Column:
    """What becomes of the values of one column on their way to the database. Text and numbers mostly stay as they are,
    and a moment that stands in every row is prepared once."""

    def __init__(self, field: Any) -> None:
        self.name = connection.ops.quote_name(field.column)
        self.attname: str = field.attname
        self._prepare: Callable[..., Any] = field.get_db_prep_save
        self._stays = _stays(field)
        self._days: dict[date, Any] = {}

    def of(self, row: models.Model) -> Any:
        value = getattr(row, self.attname)
        if value is None or type(value) is self._stays:
            return value
        if isinstance(value, Enum):  # the driver would write a member by its name
            value = value.value
        if not isinstance(value, date):
            return self._prepare(value, connection)
        if value not in self._days:
            self._days[value] = self._prepare(value, connection)
        return self._days[value]


def _stays(field: Any) -> type | None:
    """The type whose values this field hands to the database unchanged."""
    target = field.target_field if field.is_relation else field
    if isinstance(target, models.AutoField):
        return int
    for kind, stays in ((models.CharField, str), (models.TextField, str), (models.IntegerField, int)):
        if isinstance(target, kind) and all(
            getattr(type(target), name) is getattr(kind, name)
            for name in ("get_prep_value", "get_db_prep_value", "get_db_prep_save")
        ):
            return stays
    return None


def _is_given(field: Any, row: models.Model) -> bool:
    value = getattr(row, field.attname)
    if isinstance(value, DatabaseDefault):
        return False
    return not (field.primary_key and value is None)
