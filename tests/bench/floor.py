"""The physical limit of an import: the very rows that it left in all tables, written once more into copies of these
tables with the same indexes, by COPY or `executemany`, as many a transaction as the import wrote, and nothing else."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from zhiben.core.exchange.declaration import CHUNK
from zhiben.core.search.index import SEARCHABLE
from zhiben.core.text.grams import grams
from zhiben.modules.hazards.models import Hazard

from .figures import stopwatch

GRAMS = "search_grams"
"""SQLite's index of pairs, which keeps no text to be read back; its other tables are its own affair."""


def marks() -> dict[str, int]:
    """How far each table goes: its last row on SQLite, its number of rows on PostgreSQL."""
    asked = "COALESCE(MAX(rowid), 0)" if connection.vendor == "sqlite" else "COUNT(*)"
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(f"{GRAMS}_"):
                cursor.execute(f'SELECT {asked} FROM "{table}"')
                found[table] = cursor.fetchone()[0]
        return found


def written_bare(before: Mapping[str, int], count: int) -> tuple[float, int, int]:
    """Seconds for all that `count` rows of a ledger left since `before`; how many rows that are, of how many tables."""
    rows = {table: _since(table, before[table], mark) for table, mark in marks().items() if mark > before[table]}
    with _copies(rows) as insert:
        turns = -(-count // CHUNK)
        with stopwatch() as writing:
            for turn in range(turns):
                with transaction.atomic():
                    for table, some in rows.items():
                        part = -(-len(some) // turns)
                        insert(table, some[turn * part : (turn + 1) * part])
    return writing.seconds, sum(map(len, rows.values())), len(rows)


def _since(table: str, before: int, now: int) -> list[Any]:
    """The new rows as the database keeps them, in the order in which they came."""
    if connection.vendor == "sqlite":
        if table == GRAMS:
            return _grams_since(before)
        with sqlite3.connect(connection.settings_dict["NAME"]) as plain:
            return plain.execute(f'SELECT * FROM "{table}" WHERE rowid > ? ORDER BY rowid', [before]).fetchall()
    with connection.cursor() as cursor:
        key = connection.introspection.get_primary_key_column(cursor, table)
        newest = f'SELECT * FROM "{table}" ORDER BY "{key}" DESC LIMIT {now - before}'
        with cursor.copy(f'COPY (SELECT * FROM ({newest}) newest ORDER BY "{key}") TO STDOUT') as copy:
            return b"".join(map(bytes, copy)).splitlines(keepends=True)


def _grams_since(before: int) -> list[tuple[int, str]]:
    texts = {
        str(hazard.pk): " ".join(grams(SEARCHABLE[Hazard].text(hazard)))
        for hazard in Hazard.objects.select_related("enterprise")
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, record_id FROM search_searchentry WHERE id > %s ORDER BY id", [before])
        return [(entry, texts[key]) for entry, key in cursor.fetchall()]


@contextmanager
def _copies(rows: Mapping[str, list[Any]]) -> Iterator[Any]:
    """Empty tables beside these, and what writes rows into them."""
    with connection.cursor() as cursor:
        for table in rows:
            for statement in _like(table):
                cursor.execute(statement)
        try:
            yield lambda table, some: _insert(cursor, table, some)
        finally:
            for table in rows:
                cursor.execute(f'DROP TABLE "floor_{table}"')


def _like(table: str) -> list[str]:
    if connection.vendor == "postgresql":
        return [f'CREATE TABLE "floor_{table}" (LIKE "{table}" INCLUDING ALL)']
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = %s AND type IN ('table', 'index') "
            "AND sql IS NOT NULL ORDER BY type DESC",
            [table],
        )
        return [
            sql.replace(f'"{name}"', f'"floor_{name}"', 1).replace(f" {name} ", f' "floor_{name}" ', 1)
            if kind == "table"
            else sql.replace(f'"{name}"', f'"floor_{name}"', 1).replace(f'ON "{table}"', f'ON "floor_{table}"', 1)
            for kind, name, sql in cursor.fetchall()
        ]


def _insert(cursor: Any, table: str, some: list[Any]) -> None:
    if connection.vendor == "postgresql":
        with cursor.copy(f'COPY "floor_{table}" FROM STDIN') as copy:
            copy.write(b"".join(some))
    elif some:
        names = " (rowid, grams)" if table == GRAMS else ""
        values = ", ".join(["%s"] * len(some[0]))
        cursor.executemany(f'INSERT INTO "floor_{table}"{names} VALUES ({values})', some)
