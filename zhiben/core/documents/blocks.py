"""What the body of an official document is made of, as data. Nothing here knows Word.

A text may carry tags (`{{ … }}`, `{%p for … %}`): a document composed so is the template that an office edits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Run:
    """A piece of a paragraph. `face` is the typeface of a lead sentence: a heading that runs on into its paragraph."""

    text: str
    bold: bool = False
    face: Literal["", "hei", "kai"] = ""


Text = str | Sequence[Run]


@dataclass(frozen=True)
class Heading:
    """结构层次序数 of level 1–4: 一、（一）1.（1）. The number is text, so that a copy keeps it.

    `number=None` counts by itself; in a loop of a template give it: `number="{{ loop.index|序号(2) }}"`; "" for none.
    `then` runs on in the same paragraph, as levels 3 and 4 usually do.
    """

    level: Literal[1, 2, 3, 4]
    text: str
    number: str | None = None
    then: Text = ""


@dataclass(frozen=True)
class Paragraph:
    """左空二字，回行顶格; `centred` and `flush` (顶格) for the rare others."""

    text: Text
    place: Literal["indented", "flush", "centred"] = "indented"


@dataclass(frozen=True)
class Table:
    """`rows` as wide as `head`. `widths` are shares of the text's width, equal when left out. `numeric` names columns
    (from 0) whose figures stand right, in figures of one width. A row of one cell spans the table; one that holds `{%tr … %}`
    disappears with its tag when the template is filled."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = ()
    caption: str = ""
    numeric: Sequence[int] = ()
    style: Literal["grid", "three-line"] = "grid"
    total_row: bool = False
    """The last row is a sum, and bold."""


@dataclass(frozen=True)
class Picture:
    """JPEG, PNG, GIF, BMP or TIFF; turned as its EXIF says, scaled down to the width of the text."""

    content: bytes
    caption: str = ""
    description: str = ""
    """For those who do not see it."""


@dataclass(frozen=True)
class PageBreak:
    pass


Block = Heading | Paragraph | Table | Picture | PageBreak


@dataclass(frozen=True)
class Annex:
    """附件: named after the body, and on a new page of its own where it has a body."""

    title: str
    body: Sequence[Block] = ()
    when: str = ""
    """In a template, the condition under which there is this annex (`overdue`); the others are numbered anew."""
