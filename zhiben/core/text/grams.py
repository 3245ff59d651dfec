"""Text in pairs of characters: the words of a search in a language that puts no spaces between words."""

import re

from .normal import normalised_text

_RUN = re.compile(r"[^\W_]+")


def plain_text(text: str) -> str:
    """What is compared: one way of writing, small letters, nothing but letters and digits.

    >>> plain_text("３号 Ａ区：钢瓶（5 只）")
    '3号a区钢瓶5只'
    """
    return "".join(_RUN.findall(normalised_text(text).lower()))


def grams(text: str) -> list[str]:
    """Every two neighbouring characters, each pair once. A text that contains another has all its pairs.

    >>> grams("消防通道")
    ['消防', '防通', '通道']
    """
    plain = plain_text(text)
    return list(dict.fromkeys(plain[at : at + 2] for at in range(len(plain) - 1)))
