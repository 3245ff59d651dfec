"""Several machines in one test: each has its data folder and its own database, and this process is now one of them, now
another. A process of its own is started only for what is to be killed."""

import io
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import override_settings

from zhiben.config import health
from zhiben.config.backup import database
from zhiben.config.backup.checking import url_of

from .lives import one_step


class Machine:
    """`name` is that of its database, on SQLite a file in its folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        folder.mkdir(parents=True)

    @contextmanager
    def connected(self) -> Iterator[None]:
        """This thread's connection is to the machine's own database."""
        before = connections["default"]
        options = {name: value for name, value in before.settings_dict["OPTIONS"].items() if name != "pool"}
        own = type(before)({**before.settings_dict, "NAME": self.name, "OPTIONS": options}, "default")
        connections["default"] = own
        try:
            yield
        finally:
            own.close()
            connections["default"] = before

    @contextmanager
    def at_work(self) -> Iterator[None]:
        health._ALL_APPLIED.clear()  # what this process knows of another machine's tables
        folders = {"ZHIBEN_DATA": "", "ZHIBEN_FILES_ROOT": "files", "ZHIBEN_AUDIT_ROOT": "audit"}
        with override_settings(**{name: self.folder / place for name, place in folders.items()}), self.connected():
            yield

    def run(self, *words: str) -> tuple[int, str]:
        """An operator's command: exit code and what was said."""
        said = io.StringIO()
        with self.at_work():
            try:
                call_command(*words, stdout=said, stderr=said)
            except CommandError as refused:
                return refused.returncode, said.getvalue() + str(refused)
            except SystemExit as end:
                return int(end.code or 0), said.getvalue()
        return 0, said.getvalue()

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """The same in a process of its own."""
        with self.at_work():
            url = url_of(self.name) if connection.vendor == "postgresql" else f"sqlite:///{self.name}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIBEN_")}
        given = {"DATABASE_URL": url, "ZHIBEN_DATA": str(self.folder), "PYTHONWARNINGS": "ignore"}
        return subprocess.Popen(
            [sys.executable, "-m", "zhiben", *words],
            env=inherited | given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def live(self, steps: int, *, first: int = 0) -> None:
        """Lines on a day that is over, each with a file."""
        with self.at_work():
            for number in range(first, first + steps):
                one_step(number, datetime(2026, 3, 10, 2, 0, number % 60, tzinfo=UTC))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Others go on working all the while; begins when they have done something."""
        stop, begun = threading.Event(), threading.Event()

        def work() -> None:
            with self.connected():
                number = 10_000
                while not stop.is_set():
                    one_step(number, datetime.now(UTC))
                    number += 1
                    if number == 10_005:
                        begun.set()

        worker = threading.Thread(target=work)
        with self.at_work():
            worker.start()
            try:
                assert begun.wait(600)
                yield
            finally:
                stop.set()
                worker.join()

    def query(self, sql: str) -> list[tuple]:
        with self.connected(), connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def lines(self) -> int:
        return self.query("SELECT count(*) FROM audit_auditline")[0][0]

    def files(self) -> set[str]:
        return {path.name for path in self.folder.glob("files/??/??/*")}


@contextmanager
def machines(tmp_path: Path, count: int) -> Iterator[list[Machine]]:
    """The first has the tables, which the test's own database lends it; the others have nothing yet."""
    folders = [tmp_path / f"machine{number}" for number in range(count)]
    if connection.vendor == "sqlite":
        found = [Machine(folder, str(folder / "zhiben.sqlite3")) for folder in folders]
        with closing(sqlite3.connect(found[0].name)) as copy:
            connection.connection.backup(copy)
        yield found
        return
    lender = connection.settings_dict["NAME"]
    found = [Machine(folder, f"{lender}_{folder.name}") for folder in folders]
    connection.close()
    connection.close_pool()
    try:
        for machine in found:
            _drop(machine.name)
            # A page that a browser left behind may still hold a session, and a database in use is no template.
            _on_server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{lender}'")
            _on_server(f'CREATE DATABASE "{machine.name}" TEMPLATE "{lender if machine is found[0] else "template0"}"')
        yield found
    finally:
        for machine in found:
            _drop(machine.name)


def _drop(name: str) -> None:
    _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _on_server(statement: str) -> None:
    import psycopg

    with psycopg.connect(database.conninfo("postgres", with_password=True), autocommit=True) as session:
        session.execute(statement)
