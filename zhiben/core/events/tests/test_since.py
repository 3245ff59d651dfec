"""What has happened since: nothing skipped, nothing twice, whatever was still open when somebody read."""

import pytest
from django.db import connection, connections, transaction

from zhiben.core.events.delivery import prune
from zhiben.core.events.models import OutboxEvent
from zhiben.core.events.services import announce
from zhiben.core.events.since import LATEST, CursorDamaged, CursorGone, changes_since, forget_transactions

from .conftest import NOW, completed

pytestmark = pytest.mark.django_db(transaction=True)


def write(*records: str) -> None:
    for record in records:
        with transaction.atomic():
            announce(completed(record))


def read_on(cursor: str, limit: int = 100) -> tuple[list[str], str]:
    """Everything there is to read; tests beside this one may hold transactions open for a moment."""
    found: list[str] = []
    while True:
        rows, after = changes_since(cursor, limit=limit)
        if after == cursor:
            return found, cursor
        found += [row.record_id for row in rows]
        cursor = after


def settle(cursor: str, wanted: int) -> tuple[list[str], str]:
    """Read until so many have come: other databases of the server may have something open, and it ends."""
    import time

    found: list[str] = []
    for _ in range(600):
        more, cursor = read_on(cursor)
        found += more
        if len(found) >= wanted:
            return found, cursor
        time.sleep(0.1)
    raise AssertionError(f"only {found} came")


def test_each_event_is_read_once_in_order():
    write("1", "2", "3")
    found, cursor = settle("", 3)
    assert found == ["1", "2", "3"]
    assert changes_since(cursor, limit=10) == ([], cursor)
    write("4")
    assert settle(cursor, 1)[0] == ["4"]


def test_a_page_of_foreign_names_moves_on():
    write("1", "2")
    _, end = settle("", 2)
    rows, cursor = changes_since("", limit=2, names=("tasks.Other",))
    assert rows == []
    assert cursor == end


def test_from_now_on():
    write("1")
    settle("", 1)
    _, cursor = changes_since(LATEST, limit=10)
    write("2")
    assert settle(cursor, 1)[0] == ["2"]


def test_what_was_forgotten_is_said_and_whoever_is_up_to_date_never_hears_it():
    write("1", "2")
    _, up_to_date = settle("", 2)
    _, behind = changes_since("", limit=1)
    prune(NOW.replace(year=2030))
    assert changes_since(up_to_date, limit=10) == ([], up_to_date)
    with pytest.raises(CursorGone, match="完整读取"):
        changes_since(behind, limit=10)


@pytest.mark.parametrize("cursor", ["x", "bzF4", "b", "喵", "bzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "\x00"])
def test_a_damaged_cursor_is_named(cursor):
    with pytest.raises(CursorDamaged):
        changes_since(cursor, limit=1)


@pytest.mark.needs_service("postgresql")
def test_a_lower_id_that_commits_later_is_neither_skipped_nor_read_twice():
    """Two real connections: the first takes its id and stays open, the second comes later and is done earlier."""
    write("before")
    _, cursor = settle("", 1)
    slow = connections.create_connection("default")
    slow.set_autocommit(False)
    try:
        with slow.cursor() as open_one:
            open_one.execute(
                "INSERT INTO events_outboxevent (name, record_type, record_id, at, data) "
                "VALUES ('tasks.TaskCompleted', 'tasks.task', 'slow', now(), '{}') RETURNING id"
            )
            slow_id = open_one.fetchone()[0]
            write("quick")
            assert OutboxEvent.objects.get(record_id="quick").pk > slow_id
            assert changes_since(cursor, limit=10) == ([], cursor)
        slow.commit()
        found, cursor = settle(cursor, 2)
        assert found == ["slow", "quick"]
        assert changes_since(cursor, limit=10) == ([], cursor)
    finally:
        slow.close()


@pytest.mark.needs_service("postgresql")
def test_a_lower_id_of_a_later_transaction_comes_after_what_was_read():
    """The elder transaction takes the higher id and ends first: its row is read while the lower id is still open."""
    elder, younger = connections.create_connection("default"), connections.create_connection("default")
    insert = (
        "INSERT INTO events_outboxevent (name, record_type, record_id, at, data) "
        "VALUES ('tasks.TaskCompleted', 'tasks.task', %s, now(), '{}')"
    )
    try:
        for one in (elder, younger):
            one.set_autocommit(False)
        with elder.cursor() as first, younger.cursor() as second:
            first.execute("SELECT pg_current_xact_id()")
            second.execute("SELECT pg_current_xact_id()")
            second.execute(insert, ["lower id"])
            first.execute(insert, ["higher id"])
        elder.commit()
        found, cursor = settle("", 1)
        assert found == ["higher id"]
        younger.commit()
        assert settle(cursor, 1)[0] == ["lower id"]
    finally:
        elder.close()
        younger.close()


@pytest.mark.needs_service("postgresql")
def test_after_a_restore_into_another_server_followers_go_on():
    write("1", "2")
    _, cursor = settle("", 2)
    OutboxEvent.objects.update(transaction=2**60)  # as a younger server sees the numbers of an older one
    forget_transactions()
    write("3")
    assert settle(cursor, 1)[0] == ["3"]
    assert connection.vendor == "postgresql"
