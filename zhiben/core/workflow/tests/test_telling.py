"""What the engine tells is of a kind, names its day, and leaves the house no longer than it matters."""

from datetime import date, datetime

import pytest

from zhiben.core.clock import CHINA
from zhiben.core.notify.kinds import Kind, Medium
from zhiben.core.notify.letters import no_longer_matter
from zhiben.core.notify.models import Contact, Notification, Outgoing
from zhiben.core.org import services as org
from zhiben.core.workflow.engine import fire, refresh
from zhiben.core.workflow.sweep import sweep

pytestmark = pytest.mark.django_db


def at(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=CHINA)


@pytest.fixture(autouse=True)
def everybody_has_mail(cast, settings, now):
    settings.ZHIBEN_SMTP_URL, settings.ZHIBEN_MAIL_FROM = "smtp://127.0.0.1:1", "zhiben@example.gov.cn"
    people = {acting.person.pk for acting in cast.people.values()}
    Contact.objects.bulk_create(
        Contact(person_id=pk, medium=Medium.MAIL, address=f"p{pk}@example.gov.cn", verified_at=now) for pk in people
    )


def letters(acting, kind: Kind):
    return Outgoing.objects.filter(person=acting.person, kind=kind).select_related("notification")


def test_each_call_has_its_kind_and_its_day(cast, give, now):
    errand = give(due_on=date(2026, 3, 31))
    assert letters(cast.bureau_officer, Kind.ARRIVAL).get().due_on == date(2026, 3, 31)
    fire(errand, "accept", by=cast.bureau_officer, now=now)
    sweep(at("2026-03-27"))
    reminder = letters(cast.bureau_officer, Kind.REMINDER).get()
    assert (reminder.due_on, "还剩" in reminder.title) == (date(2026, 3, 31), False)
    sweep(at("2026-04-01"))
    assert letters(cast.bureau_leader, Kind.OVERDUE).get().notification.kind == Kind.OVERDUE


def test_whoever_stands_in_gets_it_too(cast, give, now):
    org.delegate(
        post=cast.bureau_officer.post, deputy=cast.town.person, valid_from=now.date(), valid_to=now.date(),
        reason="出差", by=cast.bureau_officer, now=now,
    )  # fmt: skip
    give(due_on=date(2026, 3, 31))
    assert letters(cast.town, Kind.ARRIVAL).count() == 1


def test_a_deadline_that_moves_takes_its_calls_back(cast, give, now):
    errand = give(due_on=date(2026, 3, 31))
    fire(errand, "accept", by=cast.bureau_officer, now=now)
    sweep(at("2026-04-01"))
    (late,) = letters(cast.bureau_leader, Kind.OVERDUE)
    assert no_longer_matter([late]) == {}
    errand.due_on = date(2026, 4, 30)
    errand.save()
    refresh([errand], now=at("2026-04-02"))
    assert no_longer_matter(list(letters(cast.bureau_leader, Kind.OVERDUE))) == {late.pk: "事由已消失"}
    assert not Notification.objects.unread().filter(key__regex="^(remind|late):").exists()
    sweep(at("2026-05-01"))
    assert letters(cast.bureau_leader, Kind.OVERDUE).count() == 2
