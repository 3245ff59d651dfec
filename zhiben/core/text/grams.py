"""Text in pairs of characters: the words of a search in a language that puts no spaces between words."""

import re
from operator import add

from .normal import normalised_text

_RUN = re.compile(r"[^\W_]+")


def plain_text(text: str) -> str:
    """What is compared: one way of writing, small letters, nothing but letters and digits.

    >>> plain_text("３号 Ａ区：钢瓶（5 只）")
    '3号a区钢瓶5只'
    """
    return "".join(_RUN.findall(normalised_text(text).lower()))


def grams(text: str) -> list[str]:
    """Every two neighbouring characters of a line, each pair once. A text that contains another has all its pairs.

    >>> grams("消防通道")
    ['消防', '防通', '通道']
    """
    pairs: dict[str, None] = {}
    for line in text.split("\n"):
        plain = plain_text(line)
        pairs.update(dict.fromkeys(map(add, plain, plain[1:])))
    return list(pairs)
