"""The worker as it really runs: a process that is killed with SIGKILL, and one that is asked to stop."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from zhiben.core.access.acting import Machine
from zhiben.core.jobs.definitions import JOBS, Definition
from zhiben.core.jobs.models import Job
from zhiben.core.jobs.services import enqueue

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 60
"""Seconds after which a worker that shows no sign is taken for broken."""


class WorkerHouse:
    """A database that several processes share, and the workers on it."""

    program = "zhiben.core.jobs.tests.worker_process"
    """What a worker runs: the real one, with the slow or deadly work of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.diary = folder / "diary"
        self.diary.touch()
        self.file = folder / "jobs.sqlite3"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.environment: dict[str, str] = {}

    def ask(self, name: str) -> None:
        JOBS.setdefault(name, Definition(name, lambda running: None, 2))
        try:
            enqueue(
                name,
                args={"diary": str(self.diary)},
                key=name,
                by=Machine("测试"),
                now=datetime.now(UTC),
                label="测试作业",
            )
        finally:
            del JOBS[name]
        self.share()

    def share(self) -> None:
        """What was done so far is there for the workers, too."""
        if connection.vendor == "sqlite":
            with sqlite3.connect(self.file) as copy:
                connection.connection.backup(copy)
            copy.close()

    def start(self) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", self.program, "--workers", "1"],
                env=os.environ
                | {"DATABASE_URL": self.url(), "ZHIBEN_DATA": str(self.folder), "ZHIBEN_SECOND_HAND": "0"}
                | self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.workers.append(worker)
        return worker

    def stop(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()

    def url(self) -> str:
        if connection.vendor == "sqlite":
            return f"sqlite:///{self.file}"
        at = connection.settings_dict
        host = quote(at["HOST"], safe="")
        return f"postgres://{at['USER']}:{quote(at['PASSWORD'])}@{host}:{at['PORT']}/{at['NAME']}"

    def ask_database(self, sql: str) -> list[tuple]:
        if connection.vendor == "sqlite":
            copy = sqlite3.connect(self.file, timeout=30)
            try:
                return copy.execute(sql).fetchall()
            finally:
                copy.close()
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def job(self) -> dict[str, object]:
        columns = ("status", "attempts", "result", "error")
        return dict(zip(columns, self.ask_database(f"SELECT {', '.join(columns)} FROM jobs_job")[0], strict=True))

    def wait_until(self, happened: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < end, (self.folder / "log").read_text()[-4000:]
            time.sleep(0.05)

    def wait_for_words(self, *words: str) -> None:
        self.wait_until(lambda: self.diary.read_text().split() == list(words))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WorkerHouse]:
    house = WorkerHouse(tmp_path)
    yield house
    house.stop()


def test_a_job_whose_worker_was_killed_runs_again_and_takes_effect_once(house):
    house.ask("test.finish_slowly")
    first = house.start()
    house.wait_for_words("inside")
    assert house.job()["status"] == "running"
    os.kill(first.pid, signal.SIGKILL)
    first.wait()

    house.start()
    house.wait_until(lambda: house.job()["status"] == "done")
    assert house.diary.read_text().split() == ["inside", "inside"]
    assert (house.job()["attempts"], house.job()["result"]) == (2, "2")
    assert house.ask_database("SELECT count(*) FROM audit_auditline WHERE record_type = 'tests.slow'") == [(1,)]


def test_a_job_that_kills_every_worker_is_stopped_with_a_sentence(house):
    house.ask("test.die")
    for attempt in (1, 2):
        assert house.start().wait(PATIENCE) == -signal.SIGKILL
        assert house.diary.read_text().split() == ["dying"] * attempt
    survivor = house.start()
    house.wait_until(lambda: house.job()["status"] == "failed")
    assert "已连续 2 次使后台程序中断" in str(house.job()["error"])
    assert survivor.poll() is None


@pytest.mark.parametrize("asked_by", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_asked_to_stop_puts_its_job_back_and_ends(house, asked_by):
    house.ask("test.go_on_for_ever")
    worker = house.start()
    house.wait_for_words("going")
    worker.send_signal(asked_by)
    assert worker.wait(PATIENCE) == 0
    assert (house.job()["status"], house.job()["attempts"]) == ("queued", 0)
    assert Job.objects.filter(key="test.go_on_for_ever").exists()
