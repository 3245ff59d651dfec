"""Sending: the outbox is read on, what the post may see becomes messages, and these go out one after another.

A receiver gets the changes in their order, each at least once: after a crash between its answer and our mark the same
message goes out again, under the same `webhook-id`. While one message is not taken, those behind it wait. What the
post may no longer see by the time it would go out does not go out. A receiver that takes nothing for three days is
paused, and whoever set it up is told; nothing is lost, resuming goes on there.
"""

import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from zhiben.core.access.acting import Acting
from zhiben.core.api.changes import change_of, seen
from zhiben.core.clock import local_day
from zhiben.core.events.models import OutboxEvent
from zhiben.core.events.since import CursorDamaged, CursorGone, changes_since
from zhiben.core.jobs.loop import let_go_of_connections, stopping
from zhiben.core.notify.services import tell
from zhiben.core.outbound import Answer, NoAnswer, post
from zhiben.core.refusal import Refused
from zhiben.core.sealed import unseal

from .models import Message, Subscription
from .signing import headers_of

BATCH = 100
TURN = timedelta(seconds=15)
"""No message is begun later than this after the moment it is signed with; then the next receiver has its turn."""
LEASE = timedelta(minutes=5)
"""Longer than a turn and the one message that began at its end (`outbound` bounds it)."""
WAITS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
GIVEN_UP_AFTER = timedelta(days=3)
GONE = 410

log = logging.getLogger(__name__)


def due(now: datetime) -> list[UUID]:
    """The subscriptions that may send now; none on a machine that only rehearses a restore."""
    if settings.ZHIBEN_DRILL:
        return []
    free = Q(held_until=None) | Q(held_until__lte=now)
    # A next moment further off than any wait we ever set was set by a clock that has been put back since.
    come = Q(next_at=None) | Q(next_at__lte=now) | Q(next_at__gt=now + max(WAITS) * 2)
    candidates = Subscription.objects.filter(free, come, paused_at=None).order_by("pk")
    return [subscription.pk for subscription in candidates if _has_news(subscription)]


def _has_news(subscription: Subscription) -> bool:
    """Spares an idle worker the write lock of SQLite."""
    if subscription.messages.filter(sent_at=None).exists():
        return True
    try:
        return changes_since(subscription.cursor, limit=1)[1] != subscription.cursor
    except (CursorGone, CursorDamaged):
        return True


def follow(pk: UUID, now: datetime) -> int:
    """Read on and send for one subscription until nothing waits or its turn is over, unless another worker does.
    Returns how many messages were taken."""
    free, until = Q(held_until=None) | Q(held_until__lte=now), now + LEASE
    if not Subscription.objects.filter(free, pk=pk, paused_at=None).update(held_until=until):
        return 0
    ends, sent = monotonic() + TURN.total_seconds(), 0
    try:
        while _gather(pk, now) and (messages := _next(pk, now)):
            for message in messages:
                if monotonic() > ends or stopping.is_set() or not _send_next(pk, until, message, now):
                    return sent
                sent += 1
        return sent
    finally:
        let_go_of_connections()
        Subscription.objects.filter(pk=pk, held_until=until).update(held_until=None)


@transaction.atomic
def _gather(pk: UUID, now: datetime) -> bool:
    """Turn what has happened since into messages, until some wait. False where nothing may be sent any more."""
    subscription = _find(Subscription.objects.select_for_update(of=("self",)), pk)
    if subscription is None:
        return False
    if not subscription.post.holds_on(local_day(now)):
        _stop(subscription, f"岗位“{subscription.post}”已不在任，请撤销后用在任的岗位重新设立。", now)
        return False
    waiting = subscription.messages.filter(sent_at=None)
    while not waiting.exists():
        try:
            rows, cursor = changes_since(subscription.cursor, limit=BATCH, names=subscription.names)
        except (CursorGone, CursorDamaged):
            _stop(subscription, "停得太久，中间的变动已过保留期。请对方完整读取一次，再选“从现在开始”恢复。", now)
            return False
        if cursor == subscription.cursor:
            return True
        _keep(subscription, seen(rows, _acting(subscription)), now)
        subscription.cursor = cursor
        subscription.save(update_fields=["cursor"])
    return True


def _keep(subscription: Subscription, rows: Iterable[OutboxEvent], now: datetime) -> None:
    Message.objects.bulk_create(
        (
            Message(
                subscription=subscription,
                event_id=row.pk,
                event_name=row.name,
                body=json.dumps(
                    {"type": row.name, "timestamp": row.at.isoformat(), "data": change_of(row)}, ensure_ascii=False
                ),
                made_at=now,
            )
            for row in rows
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def _next(pk: UUID, now: datetime) -> list[Message]:
    """What is to be sent next. Messages about records that the post may not see any more are gone."""
    subscription = _find(Subscription.objects.all(), pk)
    if subscription is None:
        return []
    while messages := list(subscription.messages.filter(sent_at=None).order_by("event_id")[:BATCH]):
        events = OutboxEvent.objects.filter(pk__in=[message.event_id for message in messages])
        still = {row.pk for row in seen(events, _acting(subscription))}
        if hidden := [message.pk for message in messages if message.event_id not in still]:
            Message.objects.filter(pk__in=hidden).delete()
        if still:
            return [message for message in messages if message.event_id in still]
    return []


def _send_next(pk: UUID, until: datetime, message: Message, now: datetime) -> bool:
    """Whether the message was taken. Paused, changed or withdrawn meanwhile counts from the next message on."""
    subscription = Subscription.objects.filter(pk=pk, paused_at=None, held_until=until).first()
    return subscription is not None and send_one(subscription, message, now)


def send_one(subscription: Subscription, message: Message, now: datetime) -> bool:
    """Send one message and note what became of it; True when it was taken."""
    try:
        answer = _post(subscription, message.key, message.body.encode(), now)
        problem = "" if answer.is_ok else f"对方应答 HTTP {answer.status}"
    except (NoAnswer, Refused) as failure:
        answer, problem = None, str(failure).rstrip("。")
    _mark(message, answer, problem, now)
    if problem:
        _note_failure(subscription, problem, answer, now)
    elif subscription.failures or subscription.last_sent_at != now:
        Subscription.objects.filter(pk=subscription.pk).update(
            failures=0, failing_since=None, next_at=None, last_error="", last_sent_at=now
        )
    return not problem


def _mark(message: Message, answer: Answer | None, problem: str, now: datetime) -> None:
    """The row may be gone: somebody resumed from now on, or withdrew the subscription."""
    Message.objects.filter(pk=message.pk).update(
        attempts=message.attempts + 1,
        answer_status=answer.status if answer else None,
        error=problem[:300],
        sent_at=None if problem else now,
    )


def _find(subscriptions: QuerySet[Subscription], pk: UUID) -> Subscription | None:
    return subscriptions.select_related("post__person", "post__unit").filter(pk=pk, paused_at=None).first()


def _acting(subscription: Subscription) -> Acting:
    return Acting(subscription.post.person, subscription.post)


def send_test(subscription: Subscription, now: datetime) -> str:
    """One message that says nothing. Returns the sentence about what came of it."""
    body = json.dumps({"type": "webhooks.Test", "timestamp": now.isoformat(), "data": {}}).encode()
    try:
        answer = _post(subscription, f"msg_{subscription.pk.hex}_test_{int(now.timestamp())}", body, now)
    except (NoAnswer, Refused) as failure:
        return f"没有送达：{str(failure).rstrip('。')}。"
    return "对方已收到。" if answer.is_ok else f"没有送达：对方应答 HTTP {answer.status}。"


def _post(subscription: Subscription, key: str, body: bytes, now: datetime) -> Answer:
    secrets = (unseal(subscription.sealed_secret), unseal(subscription.sealed_old_secret))
    headers = headers_of(key, body, secrets_in_use=secrets, now=now)
    headers |= {"content-type": "application/json; charset=utf-8", "user-agent": "Zhiben-Webhook/1"}
    return post(subscription.address, body=body, headers=headers)


@transaction.atomic
def _note_failure(subscription: Subscription, problem: str, answer: Answer | None, now: datetime) -> None:
    found = Subscription.objects.select_for_update().filter(pk=subscription.pk, paused_at=None).first()
    if found is None:
        return
    subscription = found
    subscription.failures += 1
    subscription.failing_since = subscription.failing_since or now
    subscription.last_error = problem[:300]
    wait = WAITS[min(subscription.failures, len(WAITS)) - 1]
    if answer and answer.retry_after:
        wait = min(max(wait, timedelta(seconds=answer.retry_after)), max(WAITS))
    subscription.next_at = now + wait
    subscription.save(update_fields=["failures", "failing_since", "last_error", "next_at"])
    if answer and answer.status == GONE:
        _stop(subscription, "对方应答 410，表示不再接收。", now)
    elif now - subscription.failing_since >= GIVEN_UP_AFTER:
        _stop(subscription, f"连续 {GIVEN_UP_AFTER.days} 天没有送达：{problem}。", now)


@transaction.atomic
def _stop(subscription: Subscription, reason: str, now: datetime) -> None:
    subscription.paused_at, subscription.pause_reason = now, reason[:300]
    subscription.save(update_fields=["paused_at", "pause_reason"])
    log.warning("webhook.paused", extra={"subscription": str(subscription.pk)})
    if subscription.made_by_id:
        tell(
            people=[subscription.made_by_id],
            title=f"推送已停止：{subscription.name}",
            body=f"{reason}变动都还保留着，处理好以后到“推送”页恢复。",
            record_type=Subscription._meta.label_lower,
            record_id=str(subscription.pk),
            reason="这项推送由您设立",
            now=now,
            key=f"webhook-paused:{subscription.pk}:{now.isoformat()}",
        )
