"""Clauses of a task's text: where sentences and clauses end, what is quoted and says nothing by itself."""

import re
from bisect import bisect_right
from collections.abc import Iterator

_QUOTED = re.compile(
    r"《[^《》\n]{1,120}》|\((?:20\d\d年?[-—–~至]{1,2})20\d\d年?\)|〔20\d\d〕\d+号|[“\"][^“”\"\n]{1,40}[”\"]"
)
_CLAUSE = re.compile(r"[^,。;!?\n]+")
_SENTENCE = re.compile(r"[^。;!?\n]+")


class Quoted:
    """Titles in 《》, document numbers and slogans in “”: years and numbers inside are not the plan's own.

    >>> 3 in Quoted("按照《2024年度计划》"), 1 in Quoted("按照《2024年度计划》")
    (True, False)
    """

    def __init__(self, text: str, start: int = 0, end: int | None = None) -> None:
        spans = [match.span() for match in _QUOTED.finditer(text, start, len(text) if end is None else end)]
        self.starts = [span[0] for span in spans]
        self.ends = [span[1] for span in spans]

    def __contains__(self, position: int) -> bool:
        index = bisect_right(self.starts, position) - 1
        return index >= 0 and position < self.ends[index]


def clauses(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans between commas and sentence ends; 、 joins, it does not part."""
    return (match.span() for match in _CLAUSE.finditer(text, start, end))


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans between sentence ends (; included)."""
    return (match.span() for match in _SENTENCE.finditer(text, start, end))
