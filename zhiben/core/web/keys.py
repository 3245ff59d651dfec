"""Keys of rows as they come in an address or a form, where anybody can type anything."""

from collections.abc import Iterable

LONGEST = 18
"""Figures: what both databases keep."""


def key_of(text: object) -> int | None:
    """
    >>> key_of("17"), key_of("²"), key_of("9" * 30), key_of("-1"), key_of(None)
    (17, None, None, None, None)
    """
    plain = str(text)
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= LONGEST else None


def keys_of(texts: Iterable[str]) -> list[int]:
    """Those that can be keys, in their order."""
    return [key for key in map(key_of, texts) if key is not None]
