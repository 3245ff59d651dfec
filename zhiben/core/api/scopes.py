"""What a token may be given to do, in words. A module names its scopes beside its endpoints."""

from dataclasses import dataclass

from django.urls import get_resolver


@dataclass(frozen=True)
class Scope:
    """`tasks:read`: the kind of record, and whether it is read or written."""

    key: str
    label: str


SCOPES: dict[str, Scope] = {}
"""As far as endpoints have been imported; `known_scopes` for all of them."""


def scope(key: str, label: str) -> str:
    """Declare a scope; returns its key."""
    SCOPES[key] = Scope(key, label)
    return key


def known_scopes() -> dict[str, Scope]:
    """Every scope there is. Endpoints, and their scopes with them, are imported with the addresses, not before."""
    _ = get_resolver().url_patterns
    return SCOPES


def label_of(key: str) -> str:
    return SCOPES[key].label if key in SCOPES else key
