"""Telling 10,000 people, and the letters that leave the house because of it. Works on the same copy as `records`."""

import smtplib
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from email.policy import SMTP
from typing import Any

from django.db import transaction
from django.test import Client, override_settings

from zhiben.core.accounts.models import User
from zhiben.core.notify.channels.channel import Send
from zhiben.core.notify.channels.known import CHANNELS
from zhiben.core.notify.channels.mail import Mail
from zhiben.core.notify.kinds import Kind, Medium
from zhiben.core.notify.models import Contact, Lane, Notification, Outgoing, Stage
from zhiben.core.notify.services import Message, tell_many
from zhiben.core.notify.tests.servers import PostOffice, standing
from zhiben.core.notify.upkeep import work
from zhiben.core.org.models import Person

from . import data
from .figures import note, percentile, say, stopwatch, timings
from .records import figure

PEOPLE = 10_000
OVER_SMTP = 500
ASKED = 40
LATER = timedelta(hours=1)
EVERYBODY = {"ZHIBEN_MAIL_FROM": "zhiben@example.gov.cn", "ZHIBEN_MAIL_PER_MINUTE": 10**6}


def measure() -> None:
    note("notices")
    people = Person.objects.bulk_create([Person(name="压测收件人") for _ in range(PEOPLE)], batch_size=1000)
    Contact.objects.bulk_create(
        [
            Contact(person=person, medium=Medium.MAIL, address=f"p{person.pk}@example.gov.cn", verified_at=data.MADE_AT)
            for person in people
        ],
        batch_size=1000,
    )
    before = _home()
    with override_settings(**EVERYBODY, ZHIBEN_SMTP_URL="smtp://127.0.0.1:9"):
        _fan_out(people)
        _nowhere()
    _to_a_server()
    say(figure("notices.home.p50"), _home(), "ms", baseline=before, against="the same page before the fan-out")


def _fan_out(people: list[Person]) -> None:
    message = Message(
        people=[person.pk for person in people], title="完成期限逾期 1 天：排查整治", body="请督促。", kind=Kind.OVERDUE,
        record_type="tasks.task", record_id="bench", reason="您是承办单位负责人", key="late:bench",
    )  # fmt: skip
    with stopwatch() as told:
        tell_many([message], now=data.MADE_AT)
    written = Outgoing.objects.filter(cause="late:bench").count()
    assert written == PEOPLE, f"{written} letters for {PEOPLE} people"
    notices = [_copy(row) for row in Notification.objects.filter(key="late:bench")]
    letters = [_copy(row, key=None) for row in Outgoing.objects.filter(cause="late:bench")]
    with stopwatch() as bare, transaction.atomic():
        Notification.objects.bulk_create(notices, batch_size=1000)
        for letter, notice in zip(letters, notices, strict=True):
            letter.notification = notice
        Outgoing.objects.bulk_create(letters, batch_size=1000)
    Outgoing.objects.filter(cause="bare").delete()
    Notification.objects.filter(key="bare").delete()
    against = "bulk_create of the same rows"
    say(figure("notices.fan_out"), PEOPLE / told.seconds, "people/s", baseline=PEOPLE / bare.seconds, against=against)


def _copy(row: Any, **without: None) -> Any:
    """The same row anew, under another key."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.fields if not field.primary_key}
    values = {name: value for name, value in values.items() if name not in without}
    values["cause" if isinstance(row, Outgoing) else "key"] = "bare"
    return type(row)(**values)


def _nowhere() -> None:
    """Claiming, composing and marking alone: the channel takes everything at once."""

    class Nowhere(Mail):
        def conversation(self) -> AbstractContextManager[Send]:
            return nullcontext(lambda address, letter: None)

    CHANNELS["mail"] = Nowhere()
    try:
        with stopwatch() as sent:
            work("mail", data.MADE_AT)
    finally:
        CHANNELS["mail"] = Mail()
    over = Outgoing.objects.filter(cause="late:bench", stage=Stage.SENT).count()
    assert over == PEOPLE, f"{over} of {PEOPLE} letters went out"
    letters = list(Outgoing.objects.filter(cause="late:bench").values_list("pk", flat=True)[:OVER_SMTP])
    with stopwatch() as bare:
        for letter in letters:
            Outgoing.objects.filter(pk=letter).update(stage=Stage.SENT)
    against = "a bare update of each row, committed alone"
    per_second = PEOPLE / sent.seconds
    say(
        figure("notices.claimed_and_marked"),
        per_second,
        "letters/s",
        baseline=OVER_SMTP / bare.seconds,
        against=against,
    )


def _to_a_server() -> None:
    """Over SMTP to a server on this machine, against the same letters sent bare over one connection."""
    Lane.objects.all().delete()
    again = Outgoing.objects.filter(cause="late:bench").order_by("pk").values_list("pk", flat=True)[:OVER_SMTP]
    Outgoing.objects.filter(pk__in=list(again)).update(stage=Stage.WAITING, claimed_at=None, next_at=data.MADE_AT)
    Outgoing.objects.filter(cause="late:bench", stage=Stage.SENT).update(finished_at=data.MADE_AT - 48 * LATER)
    with (
        standing(PostOffice()) as office,
        override_settings(**EVERYBODY, ZHIBEN_SMTP_URL=f"smtp://127.0.0.1:{office.port}"),
    ):
        with stopwatch() as sent:
            work("mail", data.MADE_AT + LATER)
        assert len(office.receivers) == len(set(office.receivers)) == OVER_SMTP, "each letter once"
        contents = [taken.as_bytes(policy=SMTP) for taken in office.taken]
        with stopwatch() as bare, smtplib.SMTP("127.0.0.1", office.port) as smtp:
            for receiver, content in zip(list(office.receivers), contents, strict=True):
                smtp.sendmail("zhiben@example.gov.cn", [receiver], content)
    against = "smtplib alone, the same letters over one connection"
    say(
        figure("notices.smtp"),
        OVER_SMTP / sent.seconds,
        "letters/s",
        baseline=OVER_SMTP / bare.seconds,
        against=against,
    )


def _home() -> float:
    client = Client(headers={"host": "localhost"})
    user = User.objects.get(username=data.BUSY_UNIT)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.get("/")
    return percentile(timings(lambda _: client.get("/"), range(ASKED)), 0.5)
