"""Several who write at once. Only PostgreSQL can show it: SQLite lets one write at a time."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from zhiben.core.audit.keys import signing_key
from zhiben.core.audit.models import AuditLine, DailySeal
from zhiben.core.audit.sealing import SealBusy, seal_pending
from zhiben.core.audit.services import verify

from .conftest import DAY, MORNING, write_line

pytestmark = [pytest.mark.needs_service("postgresql"), pytest.mark.django_db(transaction=True)]


class SlowWriter(threading.Thread):
    """Has written its line, and commits when told to."""

    def __init__(self, record_id: str) -> None:
        super().__init__()
        self.record_id = record_id
        self.written, self.told_to_commit = threading.Event(), threading.Event()

    def run(self) -> None:
        with transaction.atomic():
            write_line(self.record_id)
            self.written.set()
            self.told_to_commit.wait(60)
        connection.close()

    def __enter__(self) -> "SlowWriter":
        self.start()
        assert self.written.wait(60)
        return self

    def __exit__(self, *exception: object) -> None:
        self.told_to_commit.set()
        self.join(60)


def at_the_same_time(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_line_whose_transaction_is_still_open_is_not_left_out_of_its_seal():
    """Its identifier is lower than that of a line already committed: the seal waits for it."""
    signing_key()
    with SlowWriter("slow"):
        with transaction.atomic():
            write_line("quick")
        sealer = at_the_same_time(lambda: seal_pending(MORNING + DAY))
        sealer.join(0.5)
        assert sealer.is_alive()
        assert not DailySeal.objects.exists()
    sealer.join(60)
    assert DailySeal.objects.get().lines == 2
    assert verify().ok


def test_a_writer_that_never_ends_puts_the_seal_off(monkeypatch):
    monkeypatch.setattr("zhiben.core.audit.sealing.PATIENCE", 0.2)
    with transaction.atomic():
        write_line("quick")
    with SlowWriter("slow"), pytest.raises(SealBusy, match="稍后再试"):
        seal_pending(MORNING + DAY)


def test_two_writers_without_the_lock_of_their_record_cannot_fork_its_chain():
    refused = []

    def write_too() -> None:
        try:
            with transaction.atomic():
                write_line("1")
        except IntegrityError as error:
            refused.append(error)

    with SlowWriter("1"):
        second = at_the_same_time(write_too)
        end = time.monotonic() + 60
        while not somebody_waits() and time.monotonic() < end:
            time.sleep(0.02)
    second.join(60)
    assert len(refused) == 1
    assert AuditLine.objects.count() == 1
    assert verify().ok


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
