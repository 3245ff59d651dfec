"""Verbs on accounts. Everything that touches who can log in leaves a security line in the trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from axes.utils import reset as lift_axes
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.functions import Lower

from zhiben.core import clock
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.refusal import Refused

from .models import LoginSession, User
from .passwords import hashed_one_time, one_time_password

if TYPE_CHECKING:
    from zhiben.core.access.acting import By

RECORD_TYPE = "accounts.user"


@dataclass(frozen=True)
class Owner:
    """The account itself as the one who acts: whoever logs in need not be a person in the organisation yet."""

    name: str


@dataclass(frozen=True)
class OpenedAccount:
    user: User
    password: str
    """Told once to the operator, kept nowhere."""


@transaction.atomic
def open_account(*, username: str, password: str | None = None, by: "By | Owner", now: datetime) -> OpenedAccount:
    """Open an account with a one-time password that must be changed at the first login. A given `password` is for
    demonstrations and tests: it need not be changed."""
    if refusal := account_refusals([username])[0]:
        raise refusal
    first = password or one_time_password()
    user = User(username=username, must_change_password=password is None, password_changed_at=now)
    user.set_password(first)
    user.save()
    leave_line(user, "open_account", "开设账号", by=by, now=now)
    return OpenedAccount(user, first)


@transaction.atomic
def open_accounts(*, usernames: Sequence[str], by: "By | Owner", now: datetime) -> list[User]:
    """Open many accounts, all or none, with which nobody can log in before `issue_first_passwords`: so a list of
    hundreds is taken in without a single password being made, shown or kept. Refused for the first name that will
    not do; see `account_refusals`."""
    for refusal in filter(None, account_refusals(usernames)):
        raise refusal
    users = [User(username=username, must_change_password=True, password_changed_at=now) for username in usernames]
    for user in users:
        user.set_unusable_password()
    made = User.objects.bulk_create(users)
    audit.append_many([_line(user, "open_account", "开设账号", by=by, now=now) for user in made])
    return made


@transaction.atomic
def issue_first_passwords(*, users: Sequence[User], by: "By | Owner", now: datetime) -> list[OpenedAccount]:
    """A one-time password for each of these who has never logged in; the others are left out. Made anew, it replaces
    the one before. Told once, kept nowhere."""
    waiting = User.objects.select_for_update().filter(pk__in=[user.pk for user in users], is_active=True)
    opened = []
    for user in waiting.filter(last_login=None, must_change_password=True).order_by("pk"):
        password = one_time_password()
        user.password = hashed_one_time(password)
        user.password_changed_at = now
        opened.append(OpenedAccount(user, password))
    chosen = [each.user for each in opened]
    User.objects.bulk_update(chosen, ["password", "password_changed_at"], batch_size=1000)
    audit.append_many([_line(user, "issue_first_password", "发放首次登录密码", by=by, now=now) for user in chosen])
    return opened


def account_refusals(usernames: Sequence[str]) -> list[Refused | None]:
    """Why no account can be opened under each of these names; None where one can."""
    folded = [username.lower() for username in usernames]
    rows = User.objects.annotate(folded=Lower("username")).filter(folded__in=folded)
    taken = set(rows.values_list("folded", flat=True))
    refusals: list[Refused | None] = []
    for username in usernames:
        if not username or len(username) > 64 or any(character.isspace() for character in username):
            refusals.append(Refused("登录名应为 1 至 64 个字符，不含空格。", "username"))
        elif username.lower() in taken:
            refusals.append(Refused(f"登录名“{username}”已被使用，请另选一个。", "username"))
        else:
            refusals.append(None)
            taken.add(username.lower())
    return refusals


@transaction.atomic
def reset_password(*, user: User, by: "By | Owner", now: datetime) -> str:
    """A new one-time password; every login with the old one ends, a lockout is lifted."""
    password = one_time_password()
    user.set_password(password)
    user.must_change_password = True
    user.password_changed_at = now
    user.save(update_fields=["password", "must_change_password", "password_changed_at"])
    end_all_sessions(user=user, by=by, now=now)
    lift_axes(username=user.username)
    leave_line(user, "reset_password", "重置密码", by=by, now=now)
    return password


@transaction.atomic
def change_password(*, user: User, password: str, keep_session: str = "", by: "By | Owner", now: datetime) -> None:
    """The owner chooses a new password (ValidationError with Chinese messages where it does not do); all other
    logins of the account end."""
    validate_password(password, user)
    user.set_password(password)
    user.must_change_password = False
    user.password_changed_at = now
    user.save(update_fields=["password", "must_change_password", "password_changed_at"])
    end_all_sessions(user=user, except_for=keep_session, by=by, now=now)
    leave_line(user, "change_password", "修改密码", by=by, now=now)


@transaction.atomic
def close_account(*, user: User, by: "By | Owner", now: datetime) -> None:
    """Nobody can log in with it any more; what was done with it stays."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_all_sessions(user=user, by=by, now=now)
    leave_line(user, "close_account", "停用账号", by=by, now=now)


@transaction.atomic
def reopen_account(*, user: User, by: "By | Owner", now: datetime) -> None:
    user.is_active = True
    user.save(update_fields=["is_active"])
    leave_line(user, "reopen_account", "恢复账号", by=by, now=now)


@transaction.atomic
def unlock(*, user: User, by: "By | Owner", now: datetime) -> None:
    """Lift the lockout after failed logins before its time."""
    lift_axes(username=user.username)
    leave_line(user, "unlock", "解除登录锁定", by=by, now=now)


@transaction.atomic
def begin_session(*, user: User, session_key: str, address: str | None, device: str, now: datetime) -> LoginSession:
    """Remember that the account logged in here; places whose login has run out are forgotten."""
    running = Session.objects.filter(expire_date__gt=clock.machine_now()).values("session_key")
    user.sessions.exclude(session_key__in=running).delete()
    session = LoginSession.objects.create(
        user=user, session_key=session_key, started_at=now, last_seen_at=now, address=address, device=device[:128]
    )
    leave_line(user, "log_in", "登录", by=Owner(user.username), now=now, address=address, device=session.device)
    return session


@transaction.atomic
def end_session(*, session: LoginSession, by: "By | Owner", now: datetime) -> None:
    """Log out one place; its next request comes to the login page."""
    Session.objects.filter(session_key=session.session_key).delete()
    leave_line(session.user, "end_session", "退出一处登录", by=by, now=now, device=session.device)
    session.delete()


@transaction.atomic
def end_all_sessions(*, user: User, except_for: str = "", by: "By | Owner", now: datetime) -> int:
    """Log out every place but the one with the key `except_for`; returns how many."""
    sessions = list(user.sessions.exclude(session_key=except_for))
    for session in sessions:
        end_session(session=session, by=by, now=now)
    return len(sessions)


def leave_line(user: User, verb: str, label: str, *, by: "By | Owner", now: datetime, **data: object) -> None:
    """One security line in the trail of an account."""
    User.objects.select_for_update().filter(pk=user.pk).first()
    audit.append_many([_line(user, verb, label, by=by, now=now, **data)])


def _line(user: User, verb: str, label: str, *, by: "By | Owner", now: datetime, **data: object) -> audit.NewLine:
    return audit.NewLine(
        record_type=RECORD_TYPE,
        record_id=str(user.pk),
        kind=Kind.SECURITY,
        verb=verb,
        label=label,
        by=by,  # type: ignore[arg-type]
        now=now,
        data={"username": user.username, **data},
    )
