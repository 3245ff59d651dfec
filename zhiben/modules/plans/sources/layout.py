"""From printed lines with their places on the page back to paragraphs: for PDF text and for recognised pictures."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from .compose import Composer

# “- 3 -”, “— 12 —”, “3”, “3/10”, “第3页 共10页”, “Page 3”: alone on a line at the head or foot of a page.
_PAGE_MARK = re.compile(
    r"[-—–─·.\s]*(?:第?\s*\d{1,4}\s*页?|第\s*[〇零一二三四五六七八九十百]+\s*页|page\s*\d+)"
    r"(?:\s*[/,，共of]+\s*\d{1,4}\s*页?)?[-—–─·.\s]*",
    re.IGNORECASE,
)
_ENDS_SENTENCE = re.compile(r"[。;:!?；：！？）)】]\s*$")
_BEGINS_ITEM = re.compile(  # “一、”“(一)”“3.”“3、”“第三条”“①”, but not the figure of “3.5%”
    r"\s*(?:第?[一二三四五六七八九十百]+[、条章节]|[(（][一二三四五六七八九十\d]+[)）]|\d{1,3}(?:[、．]|\.(?!\d))|[①-⑳])"
)
# No line is broken inside a Latin word or a figure, after an opening mark, before a closing one, or beside a quotation
# mark (Unicode standard annex 14, classes AL, OP, CL, QU).
_UNIT = r"(?:[A-Za-z0-9.%+/-]+|\S)"
_CLOSING = r"[》〉】〕)\uff09、。,;:?!\uff0c\uff1b\uff1a\uff1f\uff01%]"
_UNBREAKABLE = re.compile(rf"[“‘《〈【〔(\uff08]*{_UNIT}(?:{_CLOSING}*[“”‘’]+{_UNIT}?|{_CLOSING}+[0-9.%]+)*{_CLOSING}*")
_LONG = 15  # characters; the measure of a page of official prose is 22 to 40
_EDGE_LINES = 2  # lines at the head and at the foot of a page that may be page furniture
_REPEATS = 3  # a line standing at the edge of at least so many pages, and of most, is a running head


@dataclass(frozen=True)
class Line:
    """One printed line. Coordinates in any unit, growing to the right and downwards; `page` counts from 1."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float  # width of one Chinese character, more than 0
    page: int


def add_paragraphs(lines: Sequence[Line], composer: Composer, measures: "dict[int, Measure] | None" = None) -> None:
    """Rebuild paragraphs and hand them to the composer, each with the page it begins on."""
    for text, page in paragraphs(lines, measures):
        composer.paragraph(text, page=page)


def without_page_furniture(lines: Iterable[Line]) -> list[Line]:
    """The lines without page numbers and running heads and feet."""
    pages = [list(page) for _, page in groupby(lines, key=lambda line: line.page)]
    edges = Counter(key for page in pages for key in {_edge_key(line) for line in _edges(page)})
    running = {key for key, count in edges.items() if count >= max(_REPEATS, len(pages) // 2 + 1)}
    kept = []
    for page in pages:
        furniture = {
            id(line)
            for line in _edges(page)
            if _PAGE_MARK.fullmatch(line.text.strip()) or (_edge_key(line) in running and len(pages) >= _REPEATS)
        }
        kept += [line for line in page if id(line) not in furniture]
    return kept


def _edges(page: Sequence[Line]) -> list[Line]:
    """The topmost and bottommost lines, wherever they stand in reading order."""
    by_height = sorted(page, key=lambda line: line.top)
    return by_height[:_EDGE_LINES] + by_height[_EDGE_LINES:][-_EDGE_LINES:]


def _edge_key(line: Line) -> tuple[str, int]:
    """The same words at the same height."""
    return re.sub(r"\s+", "", line.text), round(line.top / 6)


@dataclass(frozen=True)
class Measure:
    """The text block of a page: where most long lines begin and end, and the white between two lines."""

    left: float
    right: float
    leading: float

    @classmethod
    def of(cls, page: Sequence[Line]) -> "Measure":
        long = [line for line in page if len(line.text) >= _LONG]
        if not long:  # a title page or a list of short lines: nothing runs on
            return cls(left=0.0, right=math.inf, leading=0.0)
        size = median(line.size for line in long)
        leftmost, rightmost = min(line.left for line in long), max(line.right for line in long)
        gaps = [below.top - above.bottom for above, below in pairwise(page) if below.top > above.top]
        # first-line indents push the left edge of many lines inwards, short last lines the right edge
        return cls(
            left=median(line.left for line in long if line.left <= leftmost + size),
            right=median(line.right for line in long if line.right >= rightmost - size),
            leading=max(median(gaps), 0.0) if gaps else size,
        )


def measures_of(lines: Iterable[Line]) -> dict[int, Measure]:
    """The measure of each page."""
    return {page: Measure.of(list(group)) for page, group in groupby(lines, key=lambda line: line.page)}


def paragraphs(lines: Sequence[Line], measures: dict[int, Measure] | None = None) -> Iterator[tuple[str, int]]:
    """(text, page) of each paragraph. `measures` where the lines are only a part of their pages."""
    measures = measures_of(lines) if measures is None else measures
    text, page, previous = "", 0, None
    for line in lines:
        if previous is not None and _runs_on(previous, line, measures):
            text = join(text, line.text.strip())
        else:
            if text:
                yield text, page
            text, page = line.text.strip(), line.page
        previous = line
    if text:
        yield text, page


def _runs_on(line: Line, following: Line, measures: dict[int, Measure]) -> bool:
    """Does the sentence go on? The line had no room for what follows, which is set alike, close below and flush."""
    if not 0.7 < following.size / line.size < 1.4:  # a heading set larger or smaller
        return False
    if begins_item(line.text, following.text):
        return False
    here, there = measures[line.page], measures[following.page]
    fills = line.right + first_piece(following.text) * line.size > here.right - 0.6 * line.size
    flush = following.left <= there.left + 1.2 * following.size
    if line.page != following.page:
        return fills and flush
    gap = following.top - line.bottom
    return fills and flush and -line.size < gap < 1.5 * here.leading + 0.5 * line.size


def begins_item(before: str, text: str) -> bool:
    """Does a numbered item begin here, the sentence before it being finished?"""
    return bool(_ENDS_SENTENCE.search(before) and _BEGINS_ITEM.match(text))


def first_piece(text: str) -> float:
    """Width, in characters, of what cannot be broken at the head of a line: 100%, “严、 or a single character."""
    piece = _UNBREAKABLE.match(text)
    return sum(0.5 if character.isascii() else 1.0 for character in piece[0]) if piece else 1.0


def join(before: str, after: str) -> str:
    """Two pieces of one sentence: Chinese joins directly, Latin words with a space, a hyphenated word without."""
    if before[-1:].isascii() and before[-1:].isalpha() and after[:1].isascii() and after[:1].isalpha():
        return f"{before} {after}"
    return before + after
