"""From one version to the next: what would change, a trial on a copy, and the way back."""

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation

from zhiben.core.refusal import Refused

from . import database
from .checking import run_zhiben, url_of
from .cipher import Cipher
from .making import disk_speaks
from .restoring import known_migrations

LARGE = 100_000
"""Rows of a table on which waiting is felt."""

_WAITS = (
    (re.compile(r'^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON "?(\w+)', re.S), "建索引，期间不能写入"),
    (re.compile(r'^ALTER TABLE (?:ONLY )?"?(\w+)'), "改表结构，期间读写都要等待"),
    (re.compile(r'^(?:UPDATE|DELETE FROM|INSERT INTO) "?(\w+)'), "改写数据"),
    (re.compile(r'^DROP TABLE "?(\w+)'), "删除表"),
)
_REBUILDS, _REBUILT = re.compile(r'^CREATE TABLE "new__(\w+)"'), "重建整张表，期间不能写入"
"""SQLite changes a column by copying the table."""
_MEANING = {
    "CreateModel": "新建表", "DeleteModel": "删除表", "RenameModel": "表改名", "AlterModelTable": "表改名",
    "AddField": "增加字段", "RemoveField": "删除字段", "AlterField": "修改字段", "RenameField": "字段改名",
    "AddIndex": "增加索引", "RemoveIndex": "删除索引", "RenameIndex": "索引改名", "AddConstraint": "增加约束",
    "RemoveConstraint": "删除约束", "RunSQL": "执行 SQL", "RunPython": "改写数据（程序）",
}  # fmt: skip


@dataclass(frozen=True)
class Touched:
    table: str
    rows: int
    how: str


@dataclass(frozen=True)
class Planned:
    """One migration that has not been carried out."""

    name: str
    operations: tuple[str, ...]
    statements: int
    touched: tuple[Touched, ...]
    """Tables that are there already; making a new one disturbs nobody."""


@dataclass(frozen=True)
class Trial:
    seconds: float
    output: str
    ok: bool


def planned() -> list[Planned]:
    """Raises Refused when the database is newer than the program."""
    if unknown := sorted(_applied() - known_migrations()):
        raise Refused(
            f"数据库比程序新：其中已执行的 {unknown[-1]} 等 {len(unknown)} 个升级本程序不认识。请换回较新的程序版本。"
        )
    executor = MigrationExecutor(connection)
    todo = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    present = set(connection.introspection.table_names())
    return [_described(executor, migration, present) for migration in todo]


def bytes_needed(plans: list[Planned]) -> int:
    """Room for the tables that are rewritten at worst, beside themselves. SQLite rebuilds a table in the same file."""
    tables = {touched.table for plan in plans for touched in plan.touched}
    if not tables:
        return 0
    if connection.vendor == "sqlite":
        return database.sqlite_file().stat().st_size
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(pg_total_relation_size(name::regclass)), 0)::bigint FROM unnest(%s::text[]) AS t(name)",
            [sorted(tables)],
        )
        return int(cursor.fetchone()[0])


def bytes_free() -> int:
    """On this machine; the disk of a database elsewhere is its administrator's to know."""
    return shutil.disk_usage(settings.ZHIBEN_DATA).free


def try_on_copy() -> Trial:
    """Carry the migrations out on a copy of the data, made now and thrown away. Raises Refused, as a backup does."""
    folder = Path(settings.ZHIBEN_DATA)
    with (
        disk_speaks(folder),
        tempfile.TemporaryDirectory(prefix=".trial-", dir=folder) as room,
        _copy(Path(room)) as url,
    ):
        began = time.monotonic()
        done = run_zhiben(["migrate", "--noinput"], {"DATABASE_URL": url, "ZHIBEN_DATA": room})
        return Trial(time.monotonic() - began, (done.stdout + done.stderr).strip(), done.returncode == 0)


@contextmanager
def _copy(room: Path) -> Iterator[str]:
    if connection.vendor == "sqlite":
        copy = room / "copy.sqlite3"
        database.copy_sqlite(database.sqlite_file(), copy)
        yield f"sqlite:///{copy}"
        return
    with database.snapshot() as taken, taken.dump() as dump:
        Cipher().put(dump, room / "dump")
    with database.second_database("trial") as name:
        database.put_postgresql(room / "dump", name)
        yield url_of(name)


def _described(executor: MigrationExecutor, migration: Migration, present: set[str]) -> Planned:
    sql = executor.loader.collect_sql([(migration, False)])
    statements = [line for line in sql if line.strip() and not line.startswith("--")]
    touched = {}
    if connection.vendor == "sqlite":
        rebuilt = {found.group(1) for line in statements if (found := _REBUILDS.match(line))} & present
        touched = {(name, _REBUILT): Touched(name, _rows(name), _REBUILT) for name in rebuilt}
        present = present - rebuilt
    for statement in statements:
        for pattern, how in _WAITS:
            found = pattern.match(statement)
            if found and found.group(1) in present:
                touched[found.group(1), how] = Touched(found.group(1), _rows(found.group(1)), how)
                break
    return Planned(
        f"{migration.app_label}.{migration.name}",
        tuple(map(_in_words, migration.operations)),
        len(statements),
        tuple(touched.values()),
    )


def _in_words(operation: Operation) -> str:
    """Django's own description, which is English, for the kinds that are rare."""
    meaning = _MEANING.get(type(operation).__name__)
    if meaning is None:
        return operation.describe()
    names = (getattr(operation, name, "") for name in ("model_name", "old_name", "name"))
    return " ".join((meaning, *dict.fromkeys(str(name) for name in names if name)))


def _applied() -> set[str]:
    if "django_migrations" not in connection.introspection.table_names():
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return {f"{app}.{name}" for app, name in cursor.fetchall()}


def _rows(table: str) -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        else:
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 — a name from the catalogue
        return int(cursor.fetchone()[0])
