"""Rows by the thousand, as fast as the database takes them: COPY on PostgreSQL, one prepared statement on SQLite."""

from collections.abc import Callable, Sequence
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


class _Column:
    def __init__(self, field: Any) -> None:
        self.name = connection.ops.quote_name(field.column)
        self.attname: str = field.attname
        self.prepare: Callable[..., Any] = field.get_db_prep_save

    def of(self, row: models.Model) -> Any:
        value = getattr(row, self.attname)
        if isinstance(value, Enum):  # the driver would write a member by its name
            value = value.value
        return None if value is None else self.prepare(value, connection)


def _is_given(field: Any, row: models.Model) -> bool:
    value = getattr(row, field.attname)
    if isinstance(value, DatabaseDefault):
        return False
    return not (field.primary_key and value is None)
