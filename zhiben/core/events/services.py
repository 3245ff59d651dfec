"""Announcing news upwards. What happens with it afterwards is in `delivery`."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from django.db import connection

from zhiben.core.audit.canonical import to_json_rows
from zhiben.core.bulk import insert_values

from .delivery import deliver_pending, prune, retry_parked
from .event import Event
from .handlers import LATER, ON, later, listeners, on
from .models import Delivery, OutboxEvent

__all__ = ["Event", "announce", "announce_many", "deliver_pending", "later", "on", "prune", "retry_parked"]


def announce(event: Event) -> OutboxEvent:
    """Put the event in the outbox, in the transaction of the change it tells of, and run its `@on` handlers."""
    _refuse_outside_transaction()
    [row] = _with_deliveries([event])
    _tell(event)
    return row


def announce_many(events: Sequence[Event]) -> None:
    _refuse_outside_transaction()
    if any(listeners(LATER, kind) for kind in {type(event) for event in events}):
        _with_deliveries(events)
    else:
        rows = [
            (each.name, each.record_type, str(each.record_id), each.at, data)
            for each, data in zip(events, _to_json(events), strict=True)
        ]
        insert_values(OutboxEvent, ("name", "record_type", "record_id", "at", "data"), rows, ready={"data"})
    if any(listeners(ON, kind) for kind in {type(event) for event in events}):
        for event in events:
            _tell(event)


def _to_json(events: Sequence[Event]) -> Iterator[str]:
    """As `to_json` of what `Event.to_data` gives, in the order of the events."""
    for _, alike in groupby(events, key=type):
        values = [vars(event) for event in alike]
        columns = dict(zip(values[0], zip(*(each.values() for each in values), strict=True), strict=True))
        yield from to_json_rows(columns, len(values))


def _with_deliveries(events: Sequence[Event]) -> list[OutboxEvent]:
    rows = OutboxEvent.objects.bulk_create(
        OutboxEvent(name=each.name, record_type=each.record_type, record_id=str(each.record_id), at=each.at,
                    data=each.to_data())
        for each in events
    )  # fmt: skip
    Delivery.objects.bulk_create(
        Delivery(event=row, handler=path, record_type=row.record_type, record_id=row.record_id)
        for event, row in zip(events, rows, strict=True)
        for path in listeners(LATER, type(event))
    )
    return rows


def _tell(event: Event) -> None:
    for handler in listeners(ON, type(event)).values():
        handler(event, now=event.at)


def _refuse_outside_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("an event is announced in the transaction of the change it tells of")
