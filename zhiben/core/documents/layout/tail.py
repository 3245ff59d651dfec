"""The end of 主体 and 版记: from 附件说明 to 印发日期, and the page itself (GB/T 9704-2012, 5, 7.3.4–7.4, 7.5)."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from lxml import etree

from . import standard as s
from .annexing import line_of
from .word import name, paragraph, run, size, w

if TYPE_CHECKING:
    from ..paper import Paper

SEAL_LINES = 2
"""Empty lines above the signature: the seal, 42 mm across, covers both and ends within a line of the text."""


THICK, THIN = (7.0, "thick"), (9.0, "single")
"""Size and kind of the underlining that is drawn 0.35 and 0.25 mm thick (7.4.1): measured on rendered pages."""


def chinese_date(day: date | str | None) -> str:
    """
    >>> chinese_date(date(2026, 3, 5))
    '2026年3月5日'
    """
    return f"{day.year}年{day.month}月{day.day}日" if isinstance(day, date) else day or ""


def enclosures(paper: "Paper") -> Iterator[etree._Element]:
    """正文下空一行 (7.3.4)."""
    for place, annex in enumerate(paper.annexes, start=1):
        text, left, hanging = line_of(annex.title.replace("\n", ""), place, len(paper.annexes))
        gap = (w("spacing", before=s.LINE),) if place == 1 else ()
        line = paragraph("Enclosures", run(text), properties=(*gap, w("ind", left=left, hanging=hanging)))
        yield from only_if(annex.when, [line])


def only_if(condition: str, content: Iterable[etree._Element]) -> Iterator[etree._Element]:
    """In a template, what stands there under a condition; without one, as it is."""
    if condition:
        yield paragraph("Body", run(f"{{%p if {condition} %}}"))
    yield from content
    if condition:
        yield paragraph("Body", run("{%p endif %}"))


def signature(paper: "Paper") -> Iterator[etree._Element]:
    """Two lines; `settling` places them under each other when their texts are known (7.3.5.1, 7.3.5.2)."""
    day = chinese_date(paper.issued_on)
    by, on, lines, right = ("SignedBy", "SignedOn", SEAL_LINES, 4) if paper.sealed else ("PlainBy", "PlainOn", 1, 2)
    gap = (w("spacing", before=lines * s.LINE),)
    indent = w("ind", right=s.characters(right), rightChars=0)
    if paper.issued_by:
        yield paragraph(by, run(paper.issued_by), properties=(*gap, indent))
    if day:
        keeps = (w("keepNext"),) if paper.contact else ()
        yield paragraph(on, run(day), properties=(*keeps, *(() if paper.issued_by else gap), indent))
    if paper.contact:
        text = paper.contact.strip("（）()")
        yield paragraph("Note", run(f"（{text}）"))


def colophon(paper: "Paper") -> Iterator[etree._Element]:
    """版记 at the foot of the last page: its last rule on the lower edge of the text, the outer two thicker.

    A frame of paragraphs, not a floating table: LibreOffice lets no table float that is as wide as the text.
    """
    if not (paper.copies_to or paper.printed_by):
        return
    one = round(s.SIZE_4 * 20)
    yield _rule(*THICK)
    if paper.copies_to:
        hanging = w("ind", left=4 * one, right=one, hanging=3 * one)
        yield _in_frame(run(f"抄送：{paper.copies_to.rstrip('。')}。"), hanging, w("jc", val="left"))
    if paper.copies_to and paper.printed_by:
        yield _rule(*THIN)
    if paper.printed_by:
        day = chinese_date(paper.printed_on or paper.issued_on)
        stop = w("tabs", w("tab", val="right", pos=s.twips(s.TEXT[0]) - one))
        yield _in_frame(run(f"{paper.printed_by}\t{day}印发" if day else paper.printed_by), stop, w("ind", left=one))
    yield _rule(*THICK)
    yield paragraph("Body", properties=(w("spacing", line=20, lineRule="exact"),))


def _rule(points: float, line: str) -> etree._Element:
    """A tab across the text, underlined, in a line of its own: the texts stand one character in and the rules do not.
    A paragraph's border would say it more simply, but LibreOffice does not float what has one."""
    across = w("tabs", w("tab", val="left", pos=s.twips(s.TEXT[0])))
    return _in_frame(run("\t", *size(points), w("u", val=line)), across, style="ColophonRule")


def _in_frame(*parts: etree._Element, style: str = "Colophon") -> etree._Element:
    """Paragraphs in a row with the same frame are one frame."""
    frame = w("framePr", w=s.twips(s.TEXT[0]), wrap="around", vAnchor="margin", hAnchor="margin", xAlign="left",
              yAlign="bottom")  # fmt: skip
    content = [part for part in parts if part.tag == name("r")]
    return paragraph(style, *content, properties=(frame, *(part for part in parts if part.tag != name("r"))))


def section() -> etree._Element:
    page_width, page_height = (s.twips(side) for side in s.PAGE)
    top, left = s.twips(s.TOP), s.twips(s.BINDING)
    width, height = (s.twips(side) for side in s.TEXT)
    return w(
        "sectPr",
        _reference("default", "footer1"),
        _reference("even", "footer2"),
        w("pgSz", w=page_width, h=page_height),
        w("pgMar", top=top, right=page_width - left - width, bottom=page_height - top - height, left=left,
          header=851, footer=s.twips(s.PAGE[1] - s.TOP - s.TEXT[1] - s.PAGE_NUMBER_BELOW_TEXT) - 140, gutter=0),
        w("docGrid", type="linesAndChars", linePitch=s.LINE, charSpace=s.SQUEEZE),
    )  # fmt: skip


def _reference(kind: str, part: str) -> etree._Element:
    element = w("footerReference", type=kind)
    element.set("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id", f"rId{part}")
    return element
