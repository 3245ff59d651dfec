"""Days on which everything goes wrong at once: each letter still leaves once, or an administrator sees that it did not."""

from collections import Counter
from contextlib import nullcontext
from datetime import datetime, time, timedelta

import pytest
from django.db import OperationalError, connection

from zhiben.core.access.scope import Confidentiality
from zhiben.core.clock import CHINA
from zhiben.core.notify import delivery
from zhiben.core.notify.channels.known import CHANNELS
from zhiben.core.notify.channels.mail import Mail
from zhiben.core.notify.delivery import LEASE, recover
from zhiben.core.notify.kinds import Kind
from zhiben.core.notify.models import Contact, Lane, Outgoing, Stage
from zhiben.core.notify.preferences import choices, choose
from zhiben.core.notify.services import Message, tell, tell_many
from zhiben.core.notify.upkeep import work
from zhiben.modules.tasks.models import Duty, Task
from zhiben.modules.tasks.services import Assignment, Order, Origin, dispatch_task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty")]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 3, 16, tzinfo=CHINA)


class Killed(BaseException):
    """As by SIGKILL: nothing is said to the database from then on."""


class KilledAt:
    """Dies at the n-th thing said to the database; what a dead process leaves open, the database itself rolls back."""

    def __init__(self, n: int) -> None:
        self.left = n

    def __call__(self, execute, sql, params, many, context):
        if sql.startswith("ROLLBACK TO SAVEPOINT"):
            return execute(sql, params, many, context)
        self.left -= 1
        if self.left < 0:
            raise Killed
        return execute(sql, params, many, context)


def escalate(people, now, key) -> None:
    tell(people=people, title="完成期限逾期 1 天", kind=Kind.OVERDUE, key=key, now=now)


def arrivals(person, count, start=0) -> list[Message]:
    return [Message(people=[person.pk], title=f"待接收：{n}", key=f"arrival:{n}") for n in range(start, start + count)]


class Pigeons(Mail):
    """They take every letter at once."""

    def __init__(self) -> None:
        self.receivers: list[str] = []

    def conversation(self):
        return nullcontext(lambda address, letter: self.receivers.append(address))


def test_killed_at_any_word_to_the_database(cast, now, has_mail, settings, monkeypatch):
    pigeons = Pigeons()
    monkeypatch.setitem(CHANNELS, "mail", pigeons)
    settings.ZHIBEN_SMTP_URL, settings.ZHIBEN_MAIL_FROM = "smtp://127.0.0.1:9", "zhiben@example.gov.cn"
    settings.ZHIBEN_MESSAGES_A_DAY = settings.ZHIBEN_MAIL_PER_MINUTE = 10**6
    people = [acting.person.pk for acting in (cast.chief, cast.office, cast.governor)]
    for acting in (cast.chief, cast.office, cast.governor):
        has_mail(acting)
    for n in range(100):
        pigeons.receivers.clear()
        escalate(people, now, f"late:{n}")
        letters = Outgoing.objects.filter(cause=f"late:{n}")
        died = KilledAt(n)
        try:
            with connection.execute_wrapper(died):
                work("mail", now)
        except Killed:
            pass
        recover(now + LEASE + MINUTE)
        work("mail", now + LEASE + MINUTE)
        stages = Counter(letters.values_list("stage", flat=True))
        assert set(stages) <= {Stage.SENT, Stage.UNSURE}, n
        assert stages[Stage.UNSURE] <= 1, n
        got = Counter(pigeons.receivers)
        assert set(got.values()) == {1}, f"killed at word {n}: {got}"
        assert len(got) >= stages[Stage.SENT], n
        if died.left >= 0:
            break
    else:
        raise AssertionError("it never came to the end")
    assert n > 15


def test_the_database_goes_away_between_two_letters(cast, now, post_office, has_mail, monkeypatch):
    """The one that was taken is marked so over the next connection; the others are sent when it is back."""
    for acting in (cast.chief, cast.office):
        has_mail(acting)
    escalate([cast.chief.person.pk, cast.office.person.pk], now, "late:1")
    begin, begun = delivery._Batch._begin, []

    def breaks(self, row):
        begun.append(row.pk)
        if len(begun) == 2:
            raise OperationalError("server closed the connection unexpectedly")
        return begin(self, row)

    monkeypatch.setattr(delivery._Batch, "_begin", breaks)
    with pytest.raises(OperationalError):
        work("mail", now)
    assert sorted(Outgoing.objects.values_list("stage", flat=True)) == [Stage.CLAIMED, Stage.SENT]
    recover(now + LEASE + MINUTE)
    work("mail", now + LEASE + MINUTE)
    assert len(post_office.receivers) == len(set(post_office.receivers)) == 2


def test_a_letter_that_cannot_be_written_holds_up_no_other(cast, now, post_office, has_mail, monkeypatch):
    for acting in (cast.chief, cast.office):
        has_mail(acting)
    escalate([cast.chief.person.pk, cast.office.person.pk], now, "late:1")
    compose = delivery.compose

    def stumbles(row, gone, now):
        if row.person_id == cast.chief.person.pk:
            raise KeyError("x")
        return compose(row, gone, now)

    monkeypatch.setattr(delivery, "compose", stumbles)
    work("mail", now)
    parked = Outgoing.objects.get(person=cast.chief.person)
    assert (parked.stage, "日志" in parked.note, len(post_office.taken)) == (Stage.PARKED, True, 1)


def test_a_slow_server_gives_the_rest_of_the_batch_back(cast, now, post_office, has_mail, monkeypatch):
    for acting in (cast.chief, cast.office):
        has_mail(acting)
    escalate([cast.chief.person.pk, cast.office.person.pk], now, "late:1")
    monkeypatch.setattr(delivery, "IN_HAND", timedelta(0))
    assert delivery.deliver("mail", now) == 2
    assert list(Outgoing.objects.values_list("stage", "claimed_at")) == [(Stage.WAITING, None)] * 2
    monkeypatch.undo()
    work("mail", now)
    assert len(post_office.taken) == 2


def test_the_clock_is_put_back(cast, now, post_office, has_mail, settings):
    has_mail(cast.chief)
    url, settings.ZHIBEN_SMTP_URL = settings.ZHIBEN_SMTP_URL, "smtp://127.0.0.1:9"
    escalate([cast.chief.person.pk], now - 3 * HOUR, "late:1")
    work("mail", now)
    assert Lane.objects.get().closed_until > now
    settings.ZHIBEN_SMTP_URL = url
    work("mail", now - 2 * HOUR)
    work("mail", now)
    assert len(post_office.taken) == 1


def test_the_worker_is_down_at_eight(cast, post_office, has_mail):
    has_mail(cast.chief)
    tell_many(arrivals(cast.chief.person, 3), now=MONDAY - 2 * DAY)
    work("mail", MONDAY.replace(hour=11))
    tell_many(arrivals(cast.chief.person, 2, start=3), now=MONDAY.replace(hour=11, minute=5))
    work("mail", MONDAY.replace(hour=11, minute=10))
    assert [letter["Subject"] for letter in post_office.taken] == ["今日待看 3 条：待办到达 3"]
    work("mail", MONDAY.replace(hour=8) + DAY)
    assert len(post_office.taken) == 2


def test_the_hour_of_the_digest_is_changed(cast, post_office, has_mail):
    """What had been waiting for tomorrow's eight o'clock goes with the first one of the new hour."""
    has_mail(cast.chief)
    person = cast.chief.person
    tell_many(arrivals(person, 2), now=MONDAY.replace(hour=9))
    choose(
        person=person, choices=choices(person), quiet_from=time(21), quiet_to=time(7), digest_at=time(17),
        only_working_days=True, overdue_breaks_quiet=False, now=MONDAY.replace(hour=10),
    )  # fmt: skip
    tell_many(arrivals(person, 2, start=2), now=MONDAY.replace(hour=11))
    for moment in (MONDAY.replace(hour=17), MONDAY.replace(hour=8) + DAY, MONDAY.replace(hour=16) + DAY):
        work("mail", moment)
    assert [letter["Subject"] for letter in post_office.taken] == ["今日待看 4 条：待办到达 4"]


def test_the_address_is_changed_or_forgotten_before_it_leaves(cast, now, post_office, has_mail):
    for acting in (cast.chief, cast.office):
        has_mail(acting)
    escalate([cast.chief.person.pk, cast.office.person.pk], now, "late:1")
    Contact.objects.filter(person=cast.chief.person).update(address="new@example.gov.cn")
    Contact.objects.filter(person=cast.office.person).delete()
    work("mail", now)
    assert post_office.receivers == ["new@example.gov.cn"]


def test_whoever_can_no_longer_log_in_is_no_longer_written_to(cast, now, post_office, has_mail):
    has_mail(cast.chief)
    escalate([cast.chief.person.pk], now, "late:1")
    cast.chief.person.user.is_active = False
    cast.chief.person.user.save()
    work("mail", now)
    assert (post_office.taken, Outgoing.objects.get().stage) == ([], Stage.DROPPED)


def test_a_record_becomes_restricted_after_it_was_told(cast, now, post_office, has_mail):
    has_mail(cast.bureau_officer)
    shares = [Assignment(cast.bureau_officer.unit, Duty.RESPONSIBLE)]
    due_on = (now + 30 * DAY).date()
    order = Order(
        title="不宜外传的事", assignments=shares, due_on=due_on, limit_on=due_on, origin=Origin(type="x", id="1")
    )
    task = dispatch_task(order=order, supervising_unit=cast.office.unit, by=cast.office, now=now)
    about = {"record_type": "tasks.task", "record_id": str(task.pk), "people": [cast.bureau_officer.person.pk]}
    tell(title="逾期：不宜外传的事", kind=Kind.OVERDUE, key="late:x", now=now, **about)
    Task.objects.filter(pk=task.pk).update(confidentiality=Confidentiality.RESTRICTED)
    for moment in (now, now + 5 * DAY):  # the escalation at once, the arrival in a digest
        work("mail", moment)
    said = [str(letter["Subject"]) + letter.get_body(("plain",)).get_content() for letter in post_office.taken]
    assert len(said) == 2
    assert "不宜外传" not in "".join(said)
    assert all("限知悉" in text for text in said)
