"""Announcing news upwards. What happens with it afterwards is in `delivery`."""

from collections.abc import Sequence

from django.db import connection

from zhiben.core.bulk import insert_rows

from .delivery import deliver_pending, prune, retry_parked
from .event import Event
from .handlers import LATER, ON, later, listeners, on
from .models import Delivery, OutboxEvent

__all__ = ["Event", "announce", "announce_many", "deliver_pending", "later", "on", "prune", "retry_parked"]


def announce(event: Event) -> OutboxEvent:
    """Put the event in the outbox, in the transaction of the change it tells of, and run its `@on` handlers."""
    return announce_many([event])[0]


def announce_many(events: Sequence[Event]) -> list[OutboxEvent]:
    if not connection.in_atomic_block:
        raise RuntimeError("an event is announced in the transaction of the change it tells of")
    rows = [
        OutboxEvent(
            name=event.name,
            record_type=event.record_type,
            record_id=str(event.record_id),
            at=event.at,
            data=event.to_data(),
        )
        for event in events
    ]
    if any(listeners(LATER, kind) for kind in {type(event) for event in events}):
        OutboxEvent.objects.bulk_create(rows)
        Delivery.objects.bulk_create(
            Delivery(event=row, handler=path, record_type=row.record_type, record_id=row.record_id)
            for event, row in zip(events, rows, strict=True)
            for path in listeners(LATER, type(event))
        )
    else:
        insert_rows(OutboxEvent, rows)
    for event in events:
        for handler in listeners(ON, type(event)).values():
            handler(event, now=event.at)
    return rows
