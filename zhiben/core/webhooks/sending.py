"""Sending: the outbox is read on, what the post may see becomes messages, and these go out one after another.

A receiver gets the changes in their order, each at least once: after a crash between its answer and our mark the same
message goes out again, under the same `webhook-id`. While one message is not taken, those behind it wait. A receiver
that takes nothing for three days is paused, and whoever set it up is told; nothing is lost, resuming goes on there.
"""

import json
import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from zhiben.core.access.acting import Acting
from zhiben.core.api.changes import change_of, seen
from zhiben.core.clock import local_day
from zhiben.core.events.since import CursorDamaged, CursorGone, changes_since
from zhiben.core.notify.services import tell
from zhiben.core.outbound import Answer, NoAnswer, post
from zhiben.core.refusal import Refused
from zhiben.core.sealed import unseal

from .models import Message, Subscription
from .signing import headers_of

BATCH = 100
LEASE = timedelta(minutes=20)
"""Longer than a whole batch takes when each message takes as long as it may."""
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
    """Read on and send for one subscription, unless another worker does. Returns how many messages were taken."""
    free = Q(held_until=None) | Q(held_until__lte=now)
    if not Subscription.objects.filter(free, pk=pk, paused_at=None).update(held_until=now + LEASE):
        return 0
    try:
        return _send(pk, now) if _gather(pk, now) else 0
    finally:
        Subscription.objects.filter(pk=pk).update(held_until=None)


@transaction.atomic
def _gather(pk: UUID, now: datetime) -> bool:
    """Turn what has happened since into messages. False where nothing may be sent any more."""
    subscription = Subscription.objects.select_for_update().select_related("post__person", "post__unit").get(pk=pk)
    if not subscription.post.holds_on(local_day(now)):
        _stop(subscription, f"岗位“{subscription.post}”已不在任，请撤销后用在任的岗位重新设立。", now)
        return False
    if subscription.messages.filter(sent_at=None).count() >= BATCH:
        return True
    try:
        rows, cursor = changes_since(subscription.cursor, limit=BATCH, names=subscription.names)
    except (CursorGone, CursorDamaged):
        _stop(subscription, "停得太久，中间的变动已过保留期。请对方完整读取一次，再选“从现在开始”恢复。", now)
        return False
    acting = Acting(subscription.post.person, subscription.post)
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
            for row in seen(rows, acting)
        ),
        ignore_conflicts=True,
    )
    if cursor != subscription.cursor:
        subscription.cursor = cursor
        subscription.save(update_fields=["cursor"])
    return True


def _send(pk: UUID, now: datetime) -> int:
    subscription = Subscription.objects.get(pk=pk)
    sent = 0
    for message in subscription.messages.filter(sent_at=None).order_by("event_id")[:BATCH]:
        if not send_one(subscription, message, now):
            break
        sent += 1
    return sent


def send_one(subscription: Subscription, message: Message, now: datetime) -> bool:
    """Send one message and note what became of it; True when it was taken."""
    try:
        answer = _post(subscription, message.key, message.body.encode(), now)
        problem = "" if answer.is_ok else f"对方应答 HTTP {answer.status}"
    except (NoAnswer, Refused) as failure:
        answer, problem = None, str(failure)
    message.attempts += 1
    message.answer_status = answer.status if answer else None
    message.error, message.sent_at = problem[:300], None if problem else now
    message.save(update_fields=["attempts", "answer_status", "error", "sent_at"])
    if problem:
        _note_failure(subscription, problem, answer, now)
    else:
        Subscription.objects.filter(pk=subscription.pk).update(
            failures=0, failing_since=None, next_at=None, last_error="", last_sent_at=now
        )
    return not problem


def send_test(subscription: Subscription, now: datetime) -> str:
    """One message that says nothing. Returns the sentence about what came of it."""
    body = json.dumps({"type": "webhooks.Test", "timestamp": now.isoformat(), "data": {}}).encode()
    try:
        answer = _post(subscription, f"msg_{subscription.pk.hex}_test_{int(now.timestamp())}", body, now)
    except (NoAnswer, Refused) as failure:
        return f"没有送达：{failure}"
    return "对方已收到。" if answer.is_ok else f"没有送达：对方应答 HTTP {answer.status}"


def _post(subscription: Subscription, key: str, body: bytes, now: datetime) -> Answer:
    secrets = (unseal(subscription.sealed_secret), unseal(subscription.sealed_old_secret))
    headers = headers_of(key, body, secrets_in_use=secrets, now=now)
    headers |= {"content-type": "application/json; charset=utf-8", "user-agent": "Zhiben-Webhook/1"}
    return post(subscription.address, body=body, headers=headers)


def _note_failure(subscription: Subscription, problem: str, answer: Answer | None, now: datetime) -> None:
    subscription.refresh_from_db()
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
        _stop(subscription, f"连续 {GIVEN_UP_AFTER.days} 天没有送达：{problem}", now)


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
