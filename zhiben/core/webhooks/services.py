"""Subscriptions: made, paused, resumed and given a new secret by the security administrator; and sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.clock import local_day
from zhiben.core.events.event import EVENT_TYPES
from zhiben.core.events.since import LATEST, changes_since
from zhiben.core.org.models import Post
from zhiben.core.org.paths import contains
from zhiben.core.org.roles import ADMINISTRATORS
from zhiben.core.outbound import refuse_unless_allowed
from zhiben.core.refusal import Refused
from zhiben.core.sealed import seal, unseal

from .models import Message, Subscription
from .signing import new_secret


@dataclass(frozen=True)
class MadeSubscription:
    subscription: Subscription
    secret: str
    """Told once; kept sealed, for signing."""


@transaction.atomic
def subscribe(
    *, name: str, address: str, post: Post, names: Sequence[str] = (), by: Acting, now: datetime
) -> MadeSubscription:
    """Send the changes from now on to `address`. Raises Refused, NotPermitted."""
    require(by, Permission.MANAGE_SECURITY)
    if not name.strip():
        raise Refused("请写明用途，例如“市数据平台”。", "name")
    refuse_unless_allowed(address)
    if not contains(by.unit.region_path, post.unit.region_path):
        raise Refused(f"您只能为{by.unit.region}的岗位设立推送。", "post")
    if not post.holds_on(local_day(now)) or post.role in ADMINISTRATORS:
        raise Refused(f"岗位“{post}”不能用于推送，请选择今天在任的业务岗位。", "post")
    _refuse_unknown(names)
    secret = new_secret()
    subscription = Subscription.objects.create(
        name=name.strip()[:32],
        address=address,
        post=post,
        names=sorted(set(names)),
        sealed_secret=seal(secret),
        cursor=changes_since(LATEST, limit=1)[1],
        made_by_id=by.person.pk,
        made_by_name=str(by)[:128],
        made_at=now,
    )
    _leave_line(
        subscription, "subscribe", "设立推送", by=by, now=now, address=address, post=str(post), names=list(names)
    )
    return MadeSubscription(subscription, secret)


@transaction.atomic
def change_subscription(
    *, subscription: Subscription, address: str, names: Sequence[str], by: By, now: datetime
) -> Subscription:
    require(by, Permission.MANAGE_SECURITY)
    refuse_unless_allowed(address)
    _refuse_unknown(names)
    subscription = _locked(subscription)
    before = {"address": subscription.address, "names": subscription.names}
    subscription.address, subscription.names = address, sorted(set(names))
    subscription.next_at = subscription.failing_since = None  # the new address has three days of its own
    subscription.failures = 0
    subscription.save(update_fields=["address", "names", "next_at", "failing_since", "failures"])
    after = {"address": address, "names": subscription.names}
    _leave_line(subscription, "change_subscription", "修改推送", by=by, now=now, before=before, after=after)
    return subscription


@transaction.atomic
def renew_secret(*, subscription: Subscription, by: By, now: datetime) -> str:
    """A new secret; the old one signs along until it is renewed once more, so that nothing is lost on the way."""
    require(by, Permission.MANAGE_SECURITY)
    subscription = _locked(subscription)
    secret = new_secret()
    subscription.sealed_old_secret = subscription.sealed_secret if _is_readable(subscription.sealed_secret) else ""
    subscription.sealed_secret, subscription.next_at = seal(secret), None
    subscription.save(update_fields=["sealed_secret", "sealed_old_secret", "next_at"])
    _leave_line(subscription, "renew_secret", "更换签名密钥", by=by, now=now)
    return secret


@transaction.atomic
def pause(*, subscription: Subscription, reason: str, by: By, now: datetime) -> Subscription:
    """Nothing is sent any more; what happens meanwhile is kept for when it is resumed."""
    require(by, Permission.MANAGE_SECURITY)
    subscription = _locked(subscription)
    if subscription.paused_at is None:
        subscription.paused_at, subscription.pause_reason = now, reason[:300]
        subscription.save(update_fields=["paused_at", "pause_reason"])
        _leave_line(subscription, "pause", "停止推送", by=by, now=now, reason=reason)
    return subscription


@transaction.atomic
def resume(*, subscription: Subscription, from_now: bool = False, by: By, now: datetime) -> Subscription:
    """Go on where it stopped; `from_now` leaves out what happened meanwhile: the receiver reads everything anew."""
    require(by, Permission.MANAGE_SECURITY)
    subscription = _locked(subscription)
    subscription.paused_at = subscription.next_at = subscription.failing_since = None
    subscription.pause_reason, subscription.failures = "", 0
    if from_now:
        subscription.cursor = changes_since(LATEST, limit=1)[1]
        subscription.messages.filter(sent_at=None).delete()
    subscription.save()
    _leave_line(subscription, "resume", "恢复推送", by=by, now=now, from_now=from_now)
    return subscription


@transaction.atomic
def send_again(*, subscription: Subscription, since: datetime, by: By, now: datetime) -> int:
    """Everything that was made since that moment, once more, under the same ids. Returns how many."""
    require(by, Permission.MANAGE_SECURITY)
    subscription = _locked(subscription)
    count = Message.objects.filter(subscription=subscription, made_at__gte=since, sent_at__isnull=False).update(
        sent_at=None, attempts=0, answer_status=None, error=""
    )
    _leave_line(subscription, "send_again", "重新推送", by=by, now=now, since=since.isoformat(), messages=count)
    return count


@transaction.atomic
def unsubscribe(*, subscription: Subscription, by: By, now: datetime) -> None:
    require(by, Permission.MANAGE_SECURITY)
    subscription = _locked(subscription)
    _leave_line(subscription, "unsubscribe", "撤销推送", by=by, now=now, address=subscription.address)
    subscription.delete()


def _is_readable(sealed: str) -> bool:
    """Not after the installation's key was lost: then the renewed secret signs alone."""
    try:
        unseal(sealed)
    except Refused:
        return False
    return True


def _refuse_unknown(names: Sequence[str]) -> None:
    if unknown := sorted(set(names) - EVENT_TYPES.keys()):
        raise Refused(f"没有这些事件：{'、'.join(unknown)}。请从列出的当中选择。", "names")


def _locked(subscription: Subscription) -> Subscription:
    return Subscription.objects.select_for_update().get(pk=subscription.pk)


def _leave_line(subscription: Subscription, verb: str, label: str, *, by: By, now: datetime, **data: Any) -> None:
    audit.append(
        record_type=Subscription._meta.label_lower,
        record_id=str(subscription.pk),
        kind="security",
        verb=verb,
        label=label,
        by=by,
        now=now,
        data={"name": subscription.name, **data},
    )
