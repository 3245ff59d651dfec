"""News goes up: after commit, once for each handler, in order, whatever fails."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection, transaction

from zhiben.core.events import delivery as delivery_module
from zhiben.core.events import event as event_module
from zhiben.core.events import handlers
from zhiben.core.events.delivery import ATTEMPTS, deliver_pending, prune, retry_parked
from zhiben.core.events.models import Delivery, OutboxEvent
from zhiben.core.events.services import Event, announce, announce_many, later, on
from zhiben.core.notify.models import Notification
from zhiben.core.notify.services import tell

from .conftest import NOW, TaskCompleted, completed

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_a_handler_gets_what_was_announced_after_commit():
    seen = []
    later(TaskCompleted)(lambda event, *, now: seen.append((event, now)))
    announce(completed(title="清查仓库", units=(3, 4)))
    assert seen == []
    assert deliver_pending(NOW + HOUR) == 1
    assert seen == [(completed(title="清查仓库", units=(3, 4)), NOW + HOUR)]
    assert deliver_pending(NOW + HOUR) == 0


def test_each_handler_has_its_own_delivery():
    @later(TaskCompleted)
    def breaks(event, *, now):
        raise ZeroDivisionError

    seen = []

    @later(TaskCompleted)
    def works(event, *, now):
        seen.append(event)

    announce(completed())
    assert deliver_pending(NOW) == 1
    assert len(seen) == 1


def test_a_handler_of_a_general_event_gets_the_special_ones():
    @dataclass(frozen=True, kw_only=True)
    class TaskCompletedLate(TaskCompleted):
        pass

    seen = []
    later(Event)(lambda event, *, now: seen.append(type(event).__name__))
    announce_many([completed(), TaskCompletedLate(record_type="tasks.task", record_id="2", at=NOW)])
    deliver_pending(NOW)
    assert seen == ["TaskCompleted", "TaskCompletedLate"]


def test_inside_the_transaction_both_hold_or_neither():
    @on(TaskCompleted)
    def refuses(event, *, now):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        announce(completed())
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_announced_outside_a_transaction():
    with pytest.raises(RuntimeError):
        announce(completed())


def test_what_a_failed_handler_did_is_undone_and_it_is_tried_again(cast):
    attempts = []

    @later(TaskCompleted)
    def tells_and_breaks_once(event, *, now):
        attempts.append(1)
        tell(people=[cast.office.person.pk], title="任务办结", key=f"done:{len(attempts)}", now=now)
        if len(attempts) == 1:
            raise ZeroDivisionError

    Delivery.objects.all().delete()
    announce(completed())
    assert deliver_pending(NOW) == 0
    assert not Notification.objects.filter(key__startswith="done:").exists()
    assert deliver_pending(NOW) == 0, "it waits"
    assert deliver_pending(NOW + HOUR) == 1
    assert [n.key for n in Notification.objects.filter(key__startswith="done:")] == ["done:2"]


def test_after_many_attempts_it_is_parked_for_the_operator():
    cured = []

    @later(TaskCompleted)
    def breaks(event, *, now):
        if not cured:
            raise ZeroDivisionError("除以零")

    announce(completed())
    for n in range(ATTEMPTS + 3):
        deliver_pending(NOW + n * 3 * HOUR)
    parked = Delivery.objects.get()
    assert (parked.attempts, parked.done_at) == (ATTEMPTS, None)
    assert parked.parked_at
    assert "除以零" in parked.error
    cured.append(1)
    assert retry_parked() == 1
    assert deliver_pending(NOW + 90 * HOUR) == 1


def test_a_handler_that_kills_its_worker_is_tried_by_another_and_parked_in_the_end(monkeypatch):
    seen = []
    later(TaskCompleted)(lambda event, *, now: seen.append(now))
    announce_many([completed("1"), completed("2")])
    with monkeypatch.context() as patch:
        patch.setattr(delivery_module, "_deliver", lambda delivery, now: False)  # as if the process were gone
        deliver_pending(NOW)
        assert deliver_pending(NOW) == 0, "it may still be at work"
        Delivery.objects.filter(record_id="2").update(attempts=ATTEMPTS)
    assert deliver_pending(NOW + HOUR) == 1
    assert len(seen) == 1
    assert "使后台程序中断" in Delivery.objects.get(parked_at__isnull=False).error


def test_a_handler_removed_from_the_program_is_parked_and_harms_nobody():
    later(TaskCompleted)(lambda event, *, now: None)
    announce(completed())
    handlers.LATER.clear()
    assert deliver_pending(NOW) == 0
    assert Delivery.objects.get().parked_at
    retry_parked()
    event_module.EVENT_TYPES.clear()
    assert deliver_pending(NOW) == 0
    assert "已没有这个事件" in Delivery.objects.get().error


def test_events_of_one_record_keep_their_order():
    seen, broken = [], [True]

    @later(TaskCompleted)
    def handler(event, *, now):
        if event.record_id == "1" and broken:
            raise ZeroDivisionError
        seen.append((event.record_id, event.title))

    announce_many([completed("1", title="一"), completed("1", title="二"), completed("2", title="三")])
    deliver_pending(NOW)
    assert seen == [("2", "三")], "the second waits for the first, another record does not"
    broken.clear()
    deliver_pending(NOW + HOUR)
    assert seen == [("2", "三"), ("1", "一"), ("1", "二")]


def test_an_event_announced_by_a_handler_is_delivered_in_the_same_run():
    seen = []

    @later(TaskCompleted)
    def handler(event, *, now):
        seen.append(event.record_id)
        if event.record_id == "1":
            announce(completed("2"))

    announce(completed("1"))
    assert deliver_pending(NOW) == 2
    assert seen == ["1", "2"]


def test_no_more_than_the_limit_is_tried():
    later(TaskCompleted)(lambda event, *, now: None)
    announce_many([completed(str(n)) for n in range(10)])
    assert deliver_pending(NOW, limit=4) == 4


def test_a_clock_set_back_does_not_hold_up_a_retry():
    tries = []

    @later(TaskCompleted)
    def breaks_once(event, *, now):
        tries.append(1)
        if len(tries) == 1:
            raise ZeroDivisionError

    announce(completed())
    deliver_pending(NOW)
    assert deliver_pending(NOW - timedelta(days=365)) == 1


def test_handled_events_are_forgotten_after_a_while_and_others_kept():
    later(TaskCompleted)(lambda event, *, now: 1 / (event.record_id == "1"))
    announce_many([completed("1"), completed("2")])
    deliver_pending(NOW)
    assert prune(NOW) == 0
    assert prune(NOW + HOUR) == 1
    assert [event.record_id for event in OutboxEvent.objects.all()] == ["2"]


def test_an_idle_worker_asks_one_question(django_assert_num_queries):
    with django_assert_num_queries(1):
        deliver_pending(NOW)


@pytest.mark.needs_service("postgresql")
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_deliver_each_event_once():
    import threading

    later(TaskCompleted)(slow_and_noted)
    noted.clear()
    with transaction.atomic():
        announce_many([completed(str(n % 7), title=str(n)) for n in range(60)])

    def work():
        try:
            while Delivery.objects.filter(done_at=None).exists():
                deliver_pending(NOW)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(noted) == sorted((str(n % 7), n) for n in range(60))
    for record_id in map(str, range(7)):
        of_record = [n for noted_id, n in noted if noted_id == record_id]
        assert of_record == sorted(of_record)


noted: list[tuple[str, int]] = []


def slow_and_noted(event, *, now):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.005)")
    noted.append((event.record_id, int(event.title)))
