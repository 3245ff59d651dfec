"""The operator's commands as they are run: on two machines, killed in the middle, from an older version, to a newer."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection

from zhiben.config.backup import database
from zhiben.config.backup.checking import url_of
from zhiben.config.backup.layout import finished, read_backup, unfinished

HERE = "zhiben.config.backup.tests.several"
PATIENCE = 600
"""Seconds; a machine with many tests at once takes a minute to start Django."""


class Machine:
    """One installation: its data folder and its own database."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        folder.mkdir(parents=True, exist_ok=True)

    def environment(self) -> dict[str, str]:
        given = {"DATABASE_URL": self.url, "ZHIBEN_DATA": str(self.folder), "ZHIBEN_LOG_LEVEL": "ERROR"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIBEN_")}
        return inherited | given | {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONWARNINGS": "ignore"}

    def start(self, *commands: list[str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", HERE, json.dumps(commands)],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *commands: list[str]) -> list[tuple[int, str]]:
        """(exit code, what was said) of each."""
        out, err = self.start(*commands).communicate(timeout=PATIENCE)
        assert out, err
        return [tuple(one) for one in json.loads(out)]

    def query(self, sql: str) -> list[tuple]:
        if self.url.startswith("sqlite"):
            import sqlite3

            with closing(sqlite3.connect(self.folder / "zhiben.sqlite3", timeout=30)) as opened:
                return opened.execute(sql).fetchall()
        import psycopg

        with psycopg.connect(self.url) as opened:
            return opened.execute(sql).fetchall()

    def files(self) -> set[str]:
        return {path.name for path in self.folder.glob("files/??/??/*")}


@contextmanager
def machines(tmp_path: Path, count: int) -> Iterator[list[Machine]]:
    with_databases = []
    names = []
    try:
        for number in range(count):
            folder = tmp_path / f"machine{number}"
            url = f"sqlite:///{folder / 'zhiben.sqlite3'}"
            if connection.vendor == "postgresql":
                names.append(_create(number))
                url = url_of(names[-1])
            with_databases.append(Machine(folder, url))
        _move_in(with_databases[0], names)
        yield with_databases
    finally:
        for name in names:
            _drop(name)


def _move_in(machine: Machine, names: list[str]) -> None:
    """The first machine gets the tables of the test's own database, which are made already."""
    if not names:
        import sqlite3

        with closing(sqlite3.connect(machine.folder / "zhiben.sqlite3")) as copy:
            connection.connection.backup(copy)
        return
    dump = machine.folder / "tables.dump"
    with database.snapshot() as taken, taken.dump() as tables:
        dump.write_bytes(tables.read())
    database.put_postgresql(dump, names[0])


def _create(number: int) -> str:
    name = f"{connection.settings_dict['NAME']}_machine{number}"
    _drop(name)
    _as_owner(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return name


def _drop(name: str) -> None:
    _as_owner(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _as_owner(statement: str) -> None:
    import psycopg

    with psycopg.connect(database.conninfo(with_password=True), autocommit=True) as session:
        session.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_a_backup_made_at_work_is_proved_on_a_second_machine(tmp_path):
    """The system is written to all the while; the copy is of one moment, and whole."""
    root = str(tmp_path / "backups")
    with machines(tmp_path, 2) as (first, second):
        assert [code for code, _ in first.run(["migrate", "--verbosity", "0"], ["lives", "3"], ["audit", "seal"])] == [
            0,
            0,
        ]
        writer = first.start(["write"])
        try:
            for _ in range(20):
                assert writer.stdout.read(1) == "."
            ((code, said),) = first.run(["backup", "make", "--to", root])
        finally:
            os.kill(writer.pid, signal.SIGKILL)
            writer.communicate()
        assert code == 0, said
        backup = finished(Path(root))[0]
        lines = backup.manifest.trail["lines"]
        assert 23 <= lines < first.query("SELECT count(*) FROM audit_auditline")[0][0]

        path = str(backup.folder)
        outcomes = second.run(
            ["restore", path, "--drill"],
            ["restore", path, "--drill"],
            ["audit", "verify"],
            ["backup", "verify", path, "--deep"],
        )
        assert [code for code, _ in outcomes] == [0, 2, 0, 0], outcomes
        assert f"留痕 {lines} 条、封存 1 次，核对通过" in outcomes[0][1]
        assert "演练：本机不向外发送" in outcomes[0][1]
        assert "已经有数据" in outcomes[1][1]
        assert (second.folder / "drill").exists()
        named = {digest for (digest,) in second.query("SELECT digest FROM files_storedfile")}
        assert len(named) == lines
        assert second.files() == named
        assert second.query("SELECT label FROM audit_auditline ORDER BY id DESC LIMIT 1") == [("恢复演练",)]
        numbered = "SELECT count(*), count(transaction) FROM events_outboxevent"
        assert second.query(numbered) == [(lines, 0)], "另一台服务器的事务编号从头数起"


@pytest.mark.django_db(transaction=True)
def test_cut_by_a_kill_it_can_simply_be_run_again(tmp_path):
    root = tmp_path / "backups"
    with machines(tmp_path, 2) as (first, second):
        outcomes = first.run(["lives", "60"], ["backup", "make", "--to", str(root)])
        assert [code for code, _ in outcomes] == [0], outcomes
        good = finished(root)[0]

        making = first.start(["backup", "make", "--to", str(root)])
        _kill_when(making, lambda: unfinished(root))
        assert [backup.name for backup in finished(root)] == [good.name]
        ((code, said),) = first.run(["backup", "make", "--to", str(root)])
        assert code == 0, said
        assert unfinished(root) == []

        restoring = second.start(["restore", str(good.folder)])
        marker = second.folder / "restore-unfinished.json"
        _kill_when(restoring, marker.exists)
        refused, _, again, verified = second.run(
            ["check"], ["backup", "list", "--in", str(root)], ["restore", str(good.folder)], ["audit", "verify"]
        )
        assert refused[0] != 0
        assert "恢复没有做完" in refused[1]
        assert again[0] == verified[0] == 0, again
        assert not marker.exists()
        assert not (second.folder / "drill").exists()
        assert len(second.files()) == 60


@pytest.mark.django_db(transaction=True)
def test_an_older_backup_is_restored_and_brought_up_to_date(tmp_path):
    """And `upgrade`: told, tried on a copy that leaves the data alone, then done after a backup."""
    root = str(tmp_path / "backups")
    older = ["migrate", "files", "0001", "--verbosity", "0"]
    with machines(tmp_path, 2) as (first, second):
        outcomes = first.run(
            ["lives", "2"], older, ["backup", "make", "--to", root],
            ["upgrade", "--dry-run"], ["showmigrations", "files"], ["upgrade", "--to", root], ["upgrade"],
        )  # fmt: skip
        assert [code for code, _ in outcomes] == [0] * 6, outcomes
        told, still, done, nothing = (said for _, said in outcomes[2:])
        assert "个升级未执行" in told
        assert "files.0002" in told
        assert "试升级成功" in told
        assert "[ ] 0002" in still
        assert "升级完成" in done
        assert "已是最新" in nothing
        before, _ = finished(Path(root))
        ((code, said),) = second.run(["restore", str(before.folder)])
        assert code == 0, said
        assert "个数据库升级" in said
        assert not [name for name in read_backup(before.folder).manifest.migrations if name.startswith("files.0002")]
        assert second.query("SELECT count(*) FROM django_migrations WHERE app = 'files' AND name LIKE '0002%'") == [
            (1,)
        ]


def _kill_when(process: "subprocess.Popen[str]", happened) -> None:
    end = time.monotonic() + PATIENCE
    try:
        while not happened():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.005)
    finally:
        process.kill()
        process.communicate()
