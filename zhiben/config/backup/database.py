"""The database at one moment while the system works on, taken out and put back. PostgreSQL by its own programs
(`pg_dump`, `pg_restore`), SQLite by its online backup."""

import glob
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.db import connection

from zhiben.core.refusal import Refused

PARALLEL = str(min(4, os.cpu_count() or 1))
_NOT_LIBPQ = ("pool", "assume_role", "isolation_level", "server_side_binding", "cursor_factory")


class Snapshot:
    """All rows as they stood at one moment."""

    kind: str
    """The ending of the file in which they are kept."""

    def query(self, sql: str) -> Iterator[tuple[Any, ...]]:
        raise NotImplementedError

    @contextmanager
    def dump(self) -> Iterator[BinaryIO]:
        """The bytes to keep."""
        raise NotImplementedError
        yield


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """Raises Refused where the programs for it are missing, OSError where the disk fails."""
    with _postgresql() if connection.vendor == "postgresql" else _sqlite() as taken:
        yield taken


# --- SQLite ----------------------------------------------------------------------------------------------------


class _SqliteSnapshot(Snapshot):
    kind = "sqlite3"

    def __init__(self, path: Path) -> None:
        self._path = path

    def query(self, sql: str) -> Iterator[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path)) as copy:
            yield from copy.execute(sql)

    @contextmanager
    def dump(self) -> Iterator[BinaryIO]:
        with self._path.open("rb") as file:
            yield file


@contextmanager
def _sqlite() -> Iterator[Snapshot]:
    """In one step, so that writers neither wait nor make it start again. The copy lies beside the database until kept."""
    original = sqlite_file()
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=original.parent) as folder:
        copy = Path(folder) / "database.sqlite3"
        copy_sqlite(original, copy)
        yield _SqliteSnapshot(copy)


def copy_sqlite(original: Path, copy: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"file:{original}?mode=ro", uri=True, timeout=60)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as failure:
        if "full" in str(failure):
            raise OSError(28, "disk full", str(copy)) from failure
        raise Refused(f"读不出数据库 {original}（{failure}）。请检查文件是否存在、能否读取。") from failure


def sqlite_file() -> Path:
    return Path(str(connection.settings_dict["NAME"])).absolute()


def sqlite_problem(path: Path) -> str | None:
    """What is wrong with the file, or None."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            answer = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as failure:
        return str(failure)
    return None if answer == "ok" else str(answer)


def put_sqlite(path: Path) -> None:
    """Make that file the database. It must lie on the same disk; what stood there before is gone."""
    connection.close()
    place = sqlite_file()
    for rest in ("-wal", "-shm"):
        Path(f"{place}{rest}").unlink(missing_ok=True)
    path.replace(place)


# --- PostgreSQL ------------------------------------------------------------------------------------------------


class _PostgresqlSnapshot(Snapshot):
    kind = "dump"

    def __init__(self, session: Any, name: str, program: str) -> None:
        self._session, self._name, self._program = session, name, program

    def query(self, sql: str) -> Iterator[tuple[Any, ...]]:
        with self._session.cursor(name="backup") as cursor:
            cursor.execute(sql)
            yield from cursor

    @contextmanager
    def dump(self) -> Iterator[BinaryIO]:
        # Compression level 1: a third of the time of level 6, for a tenth more bytes.
        words = ["--format=custom", "--compress=1", f"--snapshot={self._name}", "--no-comments"]
        with program_running(self._program, [*words, "--dbname", conninfo()]) as dumping:
            assert dumping.stdout is not None
            yield cast(BinaryIO, dumping.stdout)


@contextmanager
def _postgresql() -> Iterator[Snapshot]:
    import psycopg

    with psycopg.connect(conninfo(with_password=True)) as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.read_only = True
        name = session.execute("SELECT pg_export_snapshot()").fetchone()
        assert name is not None
        yield _PostgresqlSnapshot(session, name[0], program("pg_dump", session.info.server_version // 10_000))


def conninfo(database: str | None = None, *, with_password: bool = False) -> str:
    """The connection in libpq's words. A password goes through the environment, where no other user sees it."""
    from psycopg.conninfo import make_conninfo

    at = connection.settings_dict
    more = {
        key: value for key, value in at["OPTIONS"].items() if isinstance(value, str | int) and key not in _NOT_LIBPQ
    }
    given = {
        "dbname": database or at["NAME"],
        "user": at["USER"],
        "host": at["HOST"],
        "port": at["PORT"],
        "password": at["PASSWORD"] if with_password else "",
    }
    return make_conninfo(**{key: value for key, value in {**more, **given}.items() if value not in ("", None)})


def program(name: str, least: int) -> str:
    """The program of PostgreSQL that is at least as new as the server. Raises Refused with what to install."""
    on_path = shutil.which(name)
    places = ([on_path] if on_path else []) + glob.glob(f"/usr/lib/postgresql/*/bin/{name}")
    found = {place: _version(place) for place in places}
    suitable = [place for place, version in found.items() if version >= least]
    if suitable:
        return suitable[0]
    if not found:
        raise Refused(
            f"本机没有 {name}。请安装 PostgreSQL {least} 的客户端，例如 apt install postgresql-client-{least}。"
        )
    raise Refused(
        f"本机的 {name} 是 {max(found.values())} 版，比数据库服务器的 {least} 版旧，不能使用。"
        f"请安装 postgresql-client-{least}。"
    )


def _version(place: str) -> int:
    shown = subprocess.run([place, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\) (\d+)", shown)
    return int(found.group(1)) if found else 0


@contextmanager
def program_running(name: str, words: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Raises Refused with its last words when it did not end well. It is stopped when the block is left early."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen([name, *words], stdout=subprocess.PIPE, stderr=complaints, env=_environment())
        try:
            yield process
            process.communicate()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        if process.returncode != 0:
            complaints.seek(0)
            last = complaints.read()[-1500:].decode("utf-8", "replace").strip()
            raise Refused(f"{Path(name).name} 没有成功（退出码 {process.returncode}）：{last}")


def _environment() -> dict[str, str]:
    password = connection.settings_dict["PASSWORD"]
    return {**os.environ, "PGAPPNAME": "zhiben backup"} | ({"PGPASSWORD": password} if password else {})


def dump_problem(path: Path) -> str | None:
    try:
        with program_running(program("pg_restore", 0), ["--list", str(path)]):
            pass
    except Refused as refused:
        return refused.sentence
    return None


def put_postgresql(path: Path, database: str | None = None) -> None:
    """Load a dump into an empty database: in parallel, owned by whoever connects, without anybody's rights."""
    words = ["--no-owner", "--no-acl", "--no-comments", "--exit-on-error", "--jobs", PARALLEL]
    connection.close()
    with program_running(program("pg_restore", 0), [*words, "--dbname", conninfo(database), str(path)]):
        pass


@contextmanager
def second_database(purpose: str) -> Iterator[str]:
    """The name of a new, empty database on the same server, dropped afterwards. Raises Refused without the right to."""
    import psycopg
    from psycopg import sql

    name = f"{connection.settings_dict['NAME']}_{purpose}_{os.getpid()}"[:63]
    with psycopg.connect(conninfo(with_password=True), autocommit=True) as session:
        try:
            session.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name))
            )
        except psycopg.errors.InsufficientPrivilege as failure:
            raise Refused(
                f"数据库用户 {session.info.user} 不能建立临时数据库。请用管理员执行 "
                f'ALTER ROLE "{session.info.user}" CREATEDB，或者在另一台机器上用 zhiben restore --drill 演练。'
            ) from failure
        try:
            yield name
        finally:
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def empty_postgresql() -> None:
    """Drop what `migrate` made: tables, sequences, functions. Extensions and rights on the schema stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT format('DROP %%s IF EXISTS %%I.%%I CASCADE',
                CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
                nspname, relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname = current_schema() AND relkind IN ('r', 'p', 'v', 'm', 'S')
              AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype IN ('e', 'i', 'a'))
            UNION ALL
            SELECT format('DROP FUNCTION IF EXISTS %%s CASCADE', p.oid::regprocedure)
            FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
            WHERE nspname = current_schema() AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
            """,
            [],
        )
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def other_connections() -> int:
    """How many programs besides this one are at work in the database."""
    if connection.vendor != "postgresql":
        return 0
    import psycopg

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    asked = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(conninfo(with_password=True), autocommit=True) as session:
        for _ in range(20):  # our own connections take a moment to end
            row = session.execute(asked).fetchone()
            others = row[0] if row else 0
            if not others:
                break
            time.sleep(0.1)
    return others
