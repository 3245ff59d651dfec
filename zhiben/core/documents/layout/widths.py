"""How wide a text stands, in places of a full character: a Chinese character is one, a figure or letter half."""

import re
from unicodedata import east_asian_width

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def width(text: str) -> float:
    """
    >>> width("2026年3月10日")
    6.5
    """
    return sum(1.0 if east_asian_width(character) in "WFA" else 0.5 for character in text)


def has_tag(text: str) -> bool:
    """Whether the text is still to be filled, so that its length is not known."""
    return TAG.search(text) is not None
