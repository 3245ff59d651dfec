"""The worker sends: each receiver in a thread of its own, so that one that hangs holds up none of the others."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from zhiben.core import clock
from zhiben.core.jobs.loop import chore

from .models import Message
from .sending import due, follow

KEPT = timedelta(days=30)
AT_ONCE = 4


@chore("send webhooks", seconds=3)
def send_webhooks() -> None:
    waiting = due(clock.now())
    if len(waiting) <= 1:
        for pk in waiting:
            follow(pk, clock.now())
        return
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        list(pool.map(_follow_apart, waiting))


def _follow_apart(pk: UUID) -> int:
    try:
        return follow(pk, clock.now())
    finally:
        connection.close()


@chore("forget sent webhooks", seconds=3600)
def forget_sent() -> None:
    prune(clock.now() - KEPT)


def prune(before: datetime) -> int:
    """What was taken before that moment can no longer be sent again. What was not yet taken stays."""
    return Message.objects.filter(sent_at__lt=before).delete()[0]
