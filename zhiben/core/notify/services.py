"""Telling people, and what they do with what they were told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from zhiben.core.org.models import Person

from .models import Notification, NotificationQuerySet

_TITLE = Notification._meta.get_field("title").max_length
_REASON = Notification._meta.get_field("reason").max_length


@dataclass(frozen=True, kw_only=True)
class Message:
    """What to tell whom. `people` are ids of persons; `key` names the cause: the same cause is told a person once."""

    people: Iterable[int]
    title: str
    key: str
    body: str = ""
    record_type: str = ""
    record_id: str = ""
    reason: str = ""
    """Why this person gets it, shown under the message: 您是承办人."""


def tell(
    *,
    people: Iterable[int],
    title: str,
    body: str = "",
    record_type: str = "",
    record_id: str = "",
    reason: str = "",
    now: datetime,
    key: str,
) -> None:
    message = Message(
        people=people, title=title, body=body, record_type=record_type, record_id=record_id, reason=reason, key=key
    )
    tell_many([message], now=now)


def tell_many(messages: Iterable[Message], *, now: datetime) -> None:
    """All messages with few queries. Whoever already had one with this key, read or obsolete, is spared."""
    notifications = [
        Notification(
            person_id=person,
            title=_shorten(message.title, _TITLE),
            body=message.body,
            record_type=message.record_type,
            record_id=str(message.record_id),
            reason=_shorten(message.reason, _REASON),
            created_at=now,
            key=message.key,
        )
        for message in messages
        for person in dict.fromkeys(message.people)
    ]
    Notification.objects.bulk_create(notifications, ignore_conflicts=True)


def inbox(person: Person | int) -> NotificationQuerySet:
    """Everything a person was told, newest first; those whose cause is gone are still there, marked so."""
    return Notification.objects.filter(person=person)


def unread_count(person: Person | int) -> int:
    return Notification.objects.filter(person=person).unread().count()


def mark_read(*, person: Person | int, ids: Iterable[int], now: datetime) -> int:
    """Mark these of the person's own messages read; another's are left alone. Returns how many changed."""
    return Notification.objects.filter(person=person, pk__in=list(ids), read_at=None).update(read_at=now)


def mark_all_read(*, person: Person | int, now: datetime) -> int:
    return Notification.objects.filter(person=person, read_at=None).update(read_at=now)


@transaction.atomic
def withdraw(*, record_type: str, record_id: str, key_prefix: str = "", now: datetime) -> int:
    """The cause is gone: unread messages about the record whose key starts so no longer ask for anything."""
    return (
        Notification.objects.filter(record_type=record_type, record_id=str(record_id), key__startswith=key_prefix)
        .unread()
        .update(obsolete_at=now)
    )


def _shorten(text: str, length: int | None) -> str:
    return text if length is None or len(text) <= length else text[: length - 1] + "…"
