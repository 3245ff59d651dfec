"""Tokens: made by the security administrator, shown once, known again by their digest, revoked."""

import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import connection, transaction

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.clock import local_day
from zhiben.core.org.models import Person, Post, Region, Unit
from zhiben.core.org.paths import contains
from zhiben.core.org.roles import ADMINISTRATORS
from zhiben.core.refusal import Refused

from .models import ApiToken
from .prepared import Prepared
from .scopes import known_scopes

LONGEST_DAYS = 365
MOST_A_MINUTE = 6000
USUAL_A_MINUTE = 600
NOTED_EVERY = timedelta(minutes=1)
REFUSAL_NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class MadeToken:
    token: ApiToken
    secret: str
    """`zb_<prefix>_<secret>`: told once, kept nowhere."""


@transaction.atomic
def make_token(
    *,
    name: str,
    post: Post,
    scopes: Sequence[str],
    days: int,
    networks: Sequence[str] = (),
    per_minute: int = USUAL_A_MINUTE,
    by: Acting,
    now: datetime,
) -> MadeToken:
    """A new token for a post within the administrator's region. Raises Refused, NotPermitted."""
    require(by, Permission.MANAGE_SECURITY)
    if not name.strip():
        raise Refused("请写明用途，例如“市数据平台”。", "name")
    if not contains(by.unit.region_path, post.unit.region_path):
        raise Refused(f"您只能为{by.unit.region}的岗位发放令牌。", "post")
    if not post.holds_on(local_day(now)):
        raise Refused(f"岗位“{post}”今天不在任，请选择在任的岗位。", "post")
    if post.role in ADMINISTRATORS:
        raise Refused("三员的岗位不发放令牌，请选择业务岗位。", "post")
    if not scopes or set(scopes) - known_scopes().keys():
        raise Refused("请至少选择一项权限范围，并只从列出的当中选择。", "scopes")
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused(f"有效期为 1 到 {LONGEST_DAYS} 天，到期前请重新发放。", "days")
    if not 1 <= per_minute <= MOST_A_MINUTE:
        raise Refused(f"每分钟次数为 1 到 {MOST_A_MINUTE}。", "per_minute")
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name.strip()[:32],
        prefix=prefix,
        digest=_digest(secret),
        post=post,
        scopes=sorted(set(scopes)),
        valid_until=now + timedelta(days=days),
        networks=[_network(text) for text in networks],
        per_minute=per_minute,
        made_by_id=by.person.pk,
        made_by_name=str(by)[:128],
        made_at=now,
    )
    told = {"post": str(post), "person": post.person.name, "scopes": token.scopes, "networks": token.networks}
    _write(token, "make", "发放接口令牌", by, now, {**told, "prefix": prefix, "days": days, "per_minute": per_minute})
    return MadeToken(token, f"zb_{prefix}_{secret}")


@transaction.atomic
def revoke_token(*, token: ApiToken, reason: str, by: Acting, now: datetime) -> ApiToken:
    """At once and for good; a second time changes nothing."""
    require(by, Permission.MANAGE_SECURITY)
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        _write(token, "revoke", "吊销接口令牌", by, now, {"prefix": token.prefix}, reason=reason)
    return token


class TokenRefused(Refused):
    """The token opens nothing now. `token` is the one that was meant, where its secret was right."""

    def __init__(self, sentence: str, token: ApiToken | None = None) -> None:
        super().__init__(sentence)
        self.token = token


def recognise(given: str, *, address: str, now: datetime) -> tuple[ApiToken, Acting]:
    """Whose token this is, and as whom it acts. One query. Raises TokenRefused."""
    kind, _, rest = given.partition("_")
    prefix, _, secret = rest.partition("_")
    known = kind == "zb" and prefix.isascii() and prefix.isalnum() and len(prefix) <= 12
    token = _token_with(prefix) if known else None
    digest = token.digest if token else _digest("nobody's")
    if not hmac.compare_digest(digest, _digest(secret)) or token is None:
        raise TokenRefused("令牌不对，请检查是否复制完整。")
    if sentence := _objection(token, address, now):
        raise TokenRefused(sentence, token)
    return token, Acting(token.post.person, token.post, via=f"接口令牌“{token.name}”")


_PARTS = (
    ("", ApiToken),
    ("post", Post),
    ("post__person", Person),
    ("post__unit", Unit),
    ("post__unit__region", Region),
)
"""What a token's rights come from, each after the one it hangs on."""
_NAMES = [(path, model, [field.attname for field in model._meta.concrete_fields]) for path, model in _PARTS]
_ACTIVE = "post__person__user__is_active"
_token_by_prefix = Prepared(
    lambda: (
        ApiToken.objects.order_by()
        .filter(prefix="")
        .values_list(_ACTIVE, *(f"{path}__{name}".lstrip("_") for path, _, names in _NAMES for name in names))
    )
)


def _token_with(prefix: str) -> ApiToken | None:
    """With its post, person, unit and region; `select_related` would put the question into SQL anew each time."""
    rows = _token_by_prefix([prefix])
    if not rows:
        return None
    active, *values = rows[0]
    parts: dict[str, Any] = {}
    for path, model, names in _NAMES:
        parts[path] = model.from_db(connection.alias, names, values[: len(names)])
        values = values[len(names) :]
        above, _, name = path.rpartition("__")
        if name:
            setattr(parts[above], name, parts[path])
    token: ApiToken = parts[""]
    token.holder_is_active = active is not False
    return token


def note_use(token: ApiToken, now: datetime) -> None:
    """At most once a minute, whoever is quicker."""
    if token.last_used_at is None or token.last_used_at < now - NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk, last_used_at=token.last_used_at).update(last_used_at=now)


@transaction.atomic
def note_refusal(token: ApiToken, sentence: str, *, address: str, now: datetime) -> None:
    """A line in the trail of a token whose secret is known to somebody who may not use it; at most once an hour."""
    if token.refused_at is not None and token.refused_at > now - REFUSAL_NOTED_EVERY:
        return
    if ApiToken.objects.filter(pk=token.pk, refused_at=token.refused_at).update(refused_at=now):
        _write(token, "refuse", "拒绝使用接口令牌", _Token(str(token)), now, {"address": address}, reason=sentence)


@dataclass(frozen=True)
class _Token:
    """The token itself as the one who acts: nobody else is known."""

    name: str


def _objection(token: ApiToken, address: str, now: datetime) -> str | None:
    if token.revoked_at is not None:
        return "令牌已被吊销，请向安全保密管理员申请新的令牌。"
    if now >= token.valid_until:
        return "令牌已到期，请向安全保密管理员申请新的令牌。"
    if not token.post.holds_on(local_day(now)):
        return f"令牌所属的岗位“{token.post}”已不在任，请向安全保密管理员申请新的令牌。"
    if not token.holder_is_active:
        return "令牌所属人员的账号已停用，请联系系统管理员。"
    if token.networks and not _lies_in(address, token.networks):
        return "这个网络地址不在令牌允许的范围内，请联系安全保密管理员。"
    return None


def _lies_in(address: str, networks: Sequence[str]) -> bool:
    try:
        from_here = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(from_here, "ipv4_mapped", None)
    return any((mapped or from_here) in ipaddress.ip_network(network) for network in networks)


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        raise Refused(f"“{text.strip()}”不是网络地址，请按 10.1.2.0/24 或 10.1.2.3 的样子填写。", "networks") from None


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _write(
    token: ApiToken,
    verb: str,
    label: str,
    by: "Acting | _Token",
    now: datetime,
    data: dict[str, object],
    reason: str = "",
) -> None:
    audit.append(
        record_type=token._meta.label_lower,
        record_id=str(token.pk),
        kind="security",
        verb=verb,
        label=label,
        by=by,  # type: ignore[arg-type]
        now=now,
        data=data,
        reason=reason,
    )
