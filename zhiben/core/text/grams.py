"""Text in pairs of characters: the words of a search in a language that puts no spaces between words."""

import re
from functools import lru_cache
from itertools import chain
from operator import add

from .normal import normalised_text

_RUN = re.compile(r"[^\W_]+")


def plain_text(text: str) -> str:
    """What is compared: one way of writing, small letters, nothing but letters and digits.

    >>> plain_text("３号 Ａ区：钢瓶（5 只）")
    '3号a区钢瓶5只'
    """
    plain = normalised_text(text).lower()
    return plain if plain.isalnum() else "".join(_RUN.findall(plain))


def grams(text: str) -> list[str]:
    """Every two neighbouring characters of a line, each pair once. A text that contains another has all its pairs.

    >>> grams("消防通道")
    ['消防', '防通', '通道']
    """
    return list(dict.fromkeys(chain.from_iterable(map(_pairs, text.split("\n")))))


@lru_cache(8192)
def _pairs(line: str) -> tuple[str, ...]:
    """Places and names stand in many records."""
    plain = plain_text(line)
    return tuple(map(add, plain, plain[1:]))
