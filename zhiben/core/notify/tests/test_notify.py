"""What people are told: once, with the reason, and no longer than it matters."""

import pytest

from zhiben.core.notify.models import Notification
from zhiben.core.notify.services import (
    Message,
    inbox,
    mark_all_read,
    mark_read,
    tell,
    tell_many,
    unread_count,
    withdraw,
)


@pytest.fixture
def office(cast) -> int:
    return cast.office.person.pk


@pytest.fixture
def chief(cast) -> int:
    return cast.chief.person.pk


@pytest.fixture(autouse=True)
def empty_inboxes(cast):
    Notification.objects.all().delete()


def remind(people, now, key="due:1:3", record_id="1") -> None:
    tell(
        people=people, title="任务还有 3 天到期", body="请尽快反馈进展", record_type="tasks.task", record_id=record_id,
        reason="您是承办人", now=now, key=key,
    )  # fmt: skip


def test_the_same_cause_is_told_once(office, chief, now):
    remind([office, office], now)
    remind([office, chief], now)
    assert (unread_count(office), unread_count(chief)) == (1, 1)
    notification = inbox(office).get()
    assert (notification.title, notification.reason) == ("任务还有 3 天到期", "您是承办人")


def test_what_was_read_is_not_told_again(office, now):
    remind([office], now)
    mark_all_read(person=office, now=now)
    remind([office], now)
    assert unread_count(office) == 0


def test_a_thousand_messages_take_few_queries(office, chief, now, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        tell_many((Message(people=[office, chief], title="到期", key=f"k{n}") for n in range(500)), now=now)
    assert unread_count(chief) == 500


def test_one_marks_only_ones_own(office, chief, now):
    remind([office, chief], now)
    ids = list(Notification.objects.values_list("pk", flat=True))
    assert mark_read(person=office, ids=ids, now=now) == 1
    assert (unread_count(office), unread_count(chief)) == (0, 1)
    assert mark_read(person=office, ids=ids, now=now) == 0


def test_a_reminder_stops_when_its_cause_is_gone(office, now):
    remind([office], now, key="due:1:3")
    remind([office], now, key="returned:1")
    remind([office], now, key="due:2:3", record_id="2")
    assert withdraw(record_type="tasks.task", record_id="1", key_prefix="due:", now=now) == 1
    assert {notification.key for notification in inbox(office).unread()} == {"returned:1", "due:2:3"}
    assert inbox(office).current().count() == 2
    assert inbox(office).count() == 3, "what one was told stays readable"


def test_a_long_title_is_shortened_and_not_refused(office, now):
    tell(people=[office], title="长" * 500, now=now, key="k")
    assert len(inbox(office).get().title) == 200


def test_telling_nobody_is_no_error(cast, now):
    tell(people=[], title="无人", now=now, key="k")
