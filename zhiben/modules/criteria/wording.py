"""Which situations people mean by a word: searched in the words of the vocabulary, not in the titles of the catalogue."""

from functools import cache

from .judging.text import folded
from .judging.vocabulary import Vocabulary, Way, vocabulary

TOLD = 3
"""Words of the vocabulary named to explain why a criterion was found."""


def called(word: str) -> dict[str, list[str]]:
    """The keys of the criteria that have a phrase with this word, and the phrases, as people write them.

    >>> "钢瓶" in "".join(called("钢瓶")["建城规〔2023〕4号|第7条|(一)"])
    True
    """
    sought = folded(word)
    found: dict[str, list[str]] = {}
    if sought:
        for key, phrase, written in _phrases():
            if sought in phrase and written not in (told := found.setdefault(key, [])) and len(told) < TOLD:
                told.append(written)
    return found


@cache
def _phrases() -> tuple[tuple[str, str, str], ...]:
    """Key, folded phrase and phrase as it is written, of whatever must or may be said. Words that rule out are none."""
    read = vocabulary()
    return tuple(
        (way.key, part, way.written.get(part, part))
        for way in read.ways
        for phrase in dict.fromkeys([*(each for facet in way.facets.values() for each in facet), *way.also])
        for part in _plain(phrase, read, way)
    )


def _plain(phrase: str, read: Vocabulary, way: Way) -> list[str]:
    """The parts of a compound; a class stands for its phrases."""
    parts: list[str] = []
    for part in phrase.replace("&", "…").split("…"):
        named = read.lexicon.classes.get(part[1:], ()) if part.startswith("@") else (part,)
        parts += [piece for each in named for piece in each.replace("&", "…").split("…") if piece]
    return parts
