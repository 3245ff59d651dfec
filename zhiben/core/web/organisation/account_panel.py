"""The account of a person as an administrator sees it: what there is, and what this administrator may do with it."""

from collections.abc import Mapping
from typing import Any

from zhiben.core.access.permissions import Permission, may
from zhiben.core.org.models import Person
from zhiben.core.org.roles import ADMINISTRATORS
from zhiben.core.web.pages.at import At


def account_of(person: Person, at: At) -> Mapping[str, Any] | None:
    manages, guards = may(at.acting, Permission.MANAGE_ACCOUNTS), may(at.acting, Permission.MANAGE_SECURITY)
    return {
        "person": person,
        "user": person.user,
        "sessions": person.user.sessions.count() if person.user else 0,
        "manages": manages,
        "guards": guards,
        "kept_for_operator": manages and is_administrator(person),
    }


def is_administrator(person: Person) -> bool:
    """An administrator's password is reset only on the server: or one of the three could become another."""
    return person.posts.filter(role__in=ADMINISTRATORS).exists()
