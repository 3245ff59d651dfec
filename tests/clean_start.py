"""A test that commits leaves PostgreSQL as `migrate` made it, at the price of what the test wrote.

Django's own way has one price for all: every table is truncated, and `post_migrate` fills anew those in which a fresh
installation has rows. Here these rows are remembered once; then only tables that hold anything are emptied, and what
was remembered is put back only where a test changed it."""

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

from zhiben.core.audit import guard
from zhiben.core.audit.testing import let_test_database_be_flushed

_remembered: dict[str, dict[str, list[bytes]]] = {}
"""Alias of a database, its tables that have rows after `migrate`, and these rows as COPY writes them."""


def is_used(alias: str = DEFAULT_DB_ALIAS) -> bool:
    return alias in _remembered


def remember(alias: str = DEFAULT_DB_ALIAS) -> None:
    """What `migrate` just left. On SQLite, and where the role may not silence triggers, Django's own way is kept."""
    connection = connections[alias]
    if connection.vendor == "postgresql" and _may_silence_triggers(connection):
        with transaction.atomic(using=alias):
            filled = _filled(connection, _tables(connection))
            _remembered[alias] = {table: _rows(connection, table) for table in filled}


def restore(alias: str = DEFAULT_DB_ALIAS) -> None:
    """As after `migrate`, except that numbers given out are not given out again."""
    connection, remembered = connections[alias], _remembered[alias]
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        tables = _tables(connection)
        # as a truncation would: whoever still writes is waited for, so that nothing arrives afterwards
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in remembered.keys() | _filled(connection, tables):
            rows = remembered.get(table, [])
            if not rows or _rows(connection, table) != rows:
                cursor.execute(f"DELETE FROM {table}")
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(b"".join(rows))
        if guard.missing(connection):
            guard.install(connection)


def use_instead_of_flush() -> None:
    """From now on, for every test that commits."""
    let_test_database_be_flushed()
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def restore_or_flush(self: TransactionTestCase) -> None:
        aliases = self._databases_names(include_mirrors=False)  # type: ignore[attr-defined]
        if all(map(is_used, aliases)):
            for alias in aliases:
                restore(alias)
        else:
            flush(self)

    TransactionTestCase._fixture_teardown = restore_or_flush  # type: ignore[attr-defined]


def _may_silence_triggers(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
        return cursor.fetchone()[0]


def _tables(connection: BaseDatabaseWrapper) -> list[str]:
    """Quoted names of the tables that a flush would empty."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted(connection.ops.quote_name(name) for name in names)


def _filled(connection: BaseDatabaseWrapper, tables: list[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables))
        return {table for (table,) in cursor.fetchall()}


def _rows(connection: BaseDatabaseWrapper, table: str) -> list[bytes]:
    """In an order that is the same for the same rows."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
        return sorted(b"".join(copy).splitlines(keepends=True))
