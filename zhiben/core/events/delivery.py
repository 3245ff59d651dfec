"""Delivering the outbox: each handler's effects and the mark that it is done are one transaction, so they happen once.

A delivery is first claimed in a short transaction that counts the attempt and puts the next one off: a handler that
kills its process is thus counted too, and is parked in the end instead of killing worker after worker. Then the handler
runs in its own transaction, which holds only if the claim is still ours.
"""

import logging
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from .event import EVENT_TYPES
from .handlers import later_handler
from .models import Delivery, OutboxEvent

ATTEMPTS = 8
CLAIM = timedelta(minutes=5)
"""A worker that has not finished a handler by then is taken for dead, and somebody else tries."""
WAITS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
_BATCH = 50

log = logging.getLogger(__name__)


class LostClaim(Exception):
    """Another worker has taken this delivery over; what we did is rolled back."""


class HandlerGone(Exception):
    """The event or its handler is no longer in the program: trying again is of no use."""


def deliver_pending(now: datetime, limit: int = 1000) -> int:
    """
    Deliver what is due, events of one record in their order for each handler, until nothing is left or `limit` were
    tried. Returns how many were handled. Any number of workers may do this at once; tests call it directly.
    """
    handled = tried = 0
    while tried < limit:
        claimed = _claim(now, min(_BATCH, limit - tried))
        if not claimed:
            break
        tried += len(claimed)
        handled += sum(_deliver(delivery, now) for delivery in claimed if delivery.parked_at is None)
    return handled


def retry_parked(deliveries: QuerySet[Delivery] | None = None) -> int:
    """What an operator does after the cause is cured: parked deliveries are tried anew."""
    chosen = Delivery.objects.all() if deliveries is None else deliveries
    return chosen.filter(parked_at__isnull=False, done_at=None).update(parked_at=None, attempts=0, next_at=None)


def prune(before: datetime) -> int:
    """Forget events older than `before` which everybody has handled, but for the newest of all, where those who have
    read everything stand. Returns how many."""
    unfinished = Delivery.objects.filter(event=OuterRef("pk"), done_at=None)
    newest = OutboxEvent.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    old = OutboxEvent.objects.filter(~Exists(unfinished), at__lt=before).exclude(pk=newest)
    count = old.count()
    old.delete()
    return count


def _due(now: datetime) -> QuerySet[Delivery]:
    waiting = Delivery.objects.filter(done_at=None, parked_at=None)
    earlier = waiting.filter(
        handler=OuterRef("handler"),
        record_type=OuterRef("record_type"),
        record_id=OuterRef("record_id"),
        id__lt=OuterRef("id"),
    )
    # A next moment further off than any wait we ever set was set by a clock that has been put back since.
    come = Q(next_at=None) | Q(next_at__lte=now) | Q(next_at__gt=now + max(WAITS))
    return waiting.filter(come, ~Exists(earlier)).order_by("id")


def _claim(now: datetime, size: int) -> list[Delivery]:
    due = _due(now)
    if not due.exists():  # spares an idle worker the write lock of SQLite
        return []
    with transaction.atomic():
        # On SQLite every transaction holds the write lock, so nobody claims at the same time.
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        claimed = list(due[:size])
        for delivery in claimed:
            if delivery.attempts < ATTEMPTS:
                delivery.attempts += 1
                delivery.next_at = now + CLAIM
            else:  # it was claimed for the last time, and nobody came back to say how it went
                delivery.parked_at = now
                delivery.error = "处理程序多次使后台程序中断"
        Delivery.objects.bulk_update(claimed, ["attempts", "next_at", "parked_at", "error"])
    return claimed


def _deliver(delivery: Delivery, now: datetime) -> bool:
    try:
        with transaction.atomic():
            ours = Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, done_at=None)
            if not ours.update(done_at=now, error=""):
                raise LostClaim
            row = OutboxEvent.objects.get(pk=delivery.event_id)
            event_type = EVENT_TYPES.get(row.name)
            handler = later_handler(event_type, delivery.handler) if event_type else None
            if event_type is None or handler is None:
                raise HandlerGone("程序中已没有这个事件或它的处理程序，可能已随升级移除")
            handler(event_type.from_data(row.data), now=now)
    except LostClaim:
        return False
    except Exception as error:
        log.exception("delivery %s to %s failed", delivery.pk, delivery.handler)
        _put_off(delivery, error, now)
        return False
    return True


def _put_off(delivery: Delivery, error: Exception, now: datetime) -> None:
    last = delivery.attempts >= ATTEMPTS or isinstance(error, HandlerGone)
    Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, done_at=None).update(
        next_at=now + WAITS[min(delivery.attempts, len(WAITS)) - 1],
        parked_at=now if last else None,
        error=f"{type(error).__name__}: {error}"[:4000],
    )
