"""From printed lines with their places on the page back to paragraphs: for PDF text and for recognised pictures."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from .compose import Composer

# “- 3 -”, “— 12 —”, “3”, “3/10”, “第3页 共10页”, “Page 3”: alone on a line at the head or foot of a page.
_PAGE_MARK = re.compile(
    r"[-—–─·.\s]*(?:第?\s*\d{1,4}\s*页?|第\s*[〇零一二三四五六七八九十百]+\s*页|page\s*\d+)"
    r"(?:\s*[/,，共of]+\s*\d{1,4}\s*页?)?[-—–─·.\s]*",
    re.IGNORECASE,
)
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


def add_paragraphs(lines: Iterable[Line], composer: Composer) -> None:
    """Rebuild paragraphs and hand them to the composer, each with the page it begins on."""
    for text, page in paragraphs(without_page_furniture(lines)):
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
    """Same words, digits aside, at the same height."""
    return re.sub(r"\d+|\s+", "", line.text), round(line.top / 6)


def paragraphs(lines: Sequence[Line]) -> Iterator[tuple[str, int]]:
    """(text, page) of each paragraph. A line runs on where it fills the measure and the next one begins flush."""
    margins = {page: _margins(list(group)) for page, group in groupby(lines, key=lambda line: line.page)}
    text, page, previous = "", 0, None
    for line in lines:
        if previous is not None and _runs_on(previous, line, margins):
            text = join(text, line.text.strip())
        else:
            if text:
                yield text, page
            text, page = line.text.strip(), line.page
        previous = line
    if text:
        yield text, page


def _margins(page: list[Line]) -> tuple[float, float]:
    """Left and right edge of the text block of a page: where most long lines begin and end."""
    long = [line for line in page if len(line.text) >= 15] or page
    size = median(line.size for line in long)
    lefts = sorted(line.left for line in long)
    rights = sorted(line.right for line in long)
    # first-line indents push the left edge of many lines inwards, short last lines the right edge
    flush_left = [left for left in lefts if left <= lefts[0] + size]
    flush_right = [right for right in rights if right >= rights[-1] - size]
    return median(flush_left), median(flush_right)


def _runs_on(line: Line, following: Line, margins: dict[int, tuple[float, float]]) -> bool:
    size = line.size
    if not 0.7 < following.size / size < 1.4:  # a heading set larger or smaller
        return False
    fills = line.right >= margins[line.page][1] - 1.6 * size
    flush = following.left <= margins[following.page][0] + 1.2 * following.size
    if line.page == following.page:
        gap = following.top - line.bottom
        return fills and flush and -size < gap < 3 * size
    return fills and flush


def join(before: str, after: str) -> str:
    """Two pieces of one sentence: Chinese joins directly, Latin words with a space, a hyphenated word without."""
    if before[-1:].isascii() and before[-1:].isalpha() and after[:1].isascii() and after[:1].isalpha():
        return f"{before} {after}"
    return before + after
