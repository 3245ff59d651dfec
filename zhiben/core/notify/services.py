"""Telling people, and what they do with what they were told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from zhiben.core.batches import in_batches
from zhiben.core.org.models import Person

from .fanout import Told, reach_of, send_out
from .kinds import Kind, kind_of_key
from .models import Notification, NotificationQuerySet

_TITLE = Notification._meta.get_field("title").max_length
_REASON = Notification._meta.get_field("reason").max_length
_AT_ONCE = 1000
"""Messages told with one round of queries."""


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
    kind: Kind | None = None
    """Left out: told by how the key begins (`kind_of_key`)."""
    due_on: date | None = None
    """The last day in time, by which a digest is ordered."""
    lasting_title: str = ""
    """What a digest says instead of the title, where the title ("还剩 3 天") is wrong by the next morning."""
    is_discreet: bool = False
    """The record is of restricted knowledge: outside the application its title is not said."""


def tell(
    *,
    people: Iterable[int],
    title: str,
    body: str = "",
    record_type: str = "",
    record_id: str = "",
    reason: str = "",
    kind: Kind | None = None,
    due_on: date | None = None,
    is_discreet: bool = False,
    now: datetime,
    key: str,
) -> None:
    message = Message(
        people=people, title=title, body=body, record_type=record_type, record_id=record_id, reason=reason, key=key,
        kind=kind, due_on=due_on, is_discreet=is_discreet,
    )  # fmt: skip
    tell_many([message], now=now)


def tell_many(messages: Iterable[Message], *, now: datetime) -> None:
    """All messages with few queries, and with them, in one transaction, the letters that leave the house because of
    them. Whoever already had one with this key, read or obsolete, is spared."""
    pairs = ((message, person) for message in messages for person in dict.fromkeys(message.people))
    with transaction.atomic(savepoint=False):
        for batch in in_batches(pairs, _AT_ONCE):
            _tell(batch, now)


def _tell(pairs: list[tuple[Message, int]], now: datetime) -> None:
    by_person = {(person, message.key): message for message, person in pairs}
    Notification.objects.bulk_create(
        [
            Notification(
                person_id=person,
                kind=_kind(message),
                title=_shorten(message.title, _TITLE),
                body=message.body,
                record_type=message.record_type,
                record_id=str(message.record_id),
                reason=_shorten(message.reason, _REASON),
                created_at=now,
                key=message.key,
            )
            for (person, _), message in by_person.items()
        ],
        ignore_conflicts=True,
    )
    people = {person for person, _ in by_person}
    if reach := reach_of(people, now):
        # A row that was spared is older than `now`; one told twice in the same instant is spared by its letter's key.
        fresh = Notification.objects.filter(person__in=people, created_at=now).values_list("pk", "person_id", "key")
        told = [
            Told(pk, person, key, _kind(message), message.due_on, message.lasting_title, message.is_discreet)
            for pk, person, key in fresh.order_by("pk")
            if (message := by_person.get((person, key)))
        ]
        send_out(told, reach, now=now)


def _kind(message: Message) -> Kind:
    return message.kind or kind_of_key(message.key)


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
