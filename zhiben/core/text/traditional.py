"""Traditional to Simplified characters, keeping every character in its place."""

from functools import cache

import opencc


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _simplified_character(character: str) -> str:
    simplified = _converter().convert(character)
    return simplified if len(simplified) == 1 else character


def simplified(text: str) -> str:
    """`text` in Simplified characters, of the same length.

    >>> simplified("應急管理局牽頭")
    '应急管理局牵头'
    """
    result = _converter().convert(text)
    if len(result) == len(text):
        return result
    return "".join(map(_simplified_character, text))
