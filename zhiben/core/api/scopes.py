"""What a token may be given to do, in words. A module names its scopes beside its endpoints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """`tasks:read`: the kind of record, and whether it is read or written."""

    key: str
    label: str


SCOPES: dict[str, Scope] = {}


def scope(key: str, label: str) -> str:
    """Declare a scope; returns its key."""
    SCOPES[key] = Scope(key, label)
    return key


def label_of(key: str) -> str:
    return SCOPES[key].label if key in SCOPES else key
