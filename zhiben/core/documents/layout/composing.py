"""A paper becomes a Word file: the parts of the package, and the elements of the document in their order."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

from lxml import etree

from zhiben.core.text.numbers import chinese_numeral

from ..blocks import Annex, Block, Heading, PageBreak, Paragraph, Picture, Run, Table, Text
from . import standard as s
from .head import head
from .packing import packed
from .pictures import Prepared, drawing, prepared
from .settling import settle
from .styles import NAMES, font_table, footer, settings, styles
from .tables import table
from .tail import colophon, enclosures, only_if, section, signature
from .word import R, clean, fonts, paragraph, run, w, xml

if TYPE_CHECKING:
    from ..paper import Paper

_MEDIA = {"png": "image/png", "jpg": "image/jpeg"}
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_WORD_PARTS = {
    "styles": styles(),
    "fontTable": font_table(),
    "settings": settings(),
    "footer1": footer("right"),
    "footer2": footer("left"),
}
"""The same in every document."""


def composed(paper: "Paper") -> bytes:
    pictures: list[Prepared] = []
    body = w(
        "body", *head(paper), *_blocks(paper.body, pictures, continues=True), *enclosures(paper), *signature(paper)
    )
    for number, annex in enumerate(paper.annexes, start=1):
        body.extend(only_if(annex.when, _annex(annex, number if len(paper.annexes) > 1 else None, pictures)))
    body.extend(colophon(paper))
    body.append(section())
    document = w("document", body)
    settle(document, NAMES)
    return _package(paper, document, pictures)


# ── the body ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _blocks(blocks: Sequence[Block], pictures: list[Prepared], *, continues: bool = False) -> Iterator[etree._Element]:
    counts = [0, 0, 0, 0]
    for block, following in zip_longest(blocks, blocks[1:]):
        if isinstance(block, Heading):
            yield _heading(block, counts)
        elif isinstance(block, Paragraph):
            leads = (w("keepNext"), w("spacing", after=100)) if isinstance(following, Table) else ()
            place = {"indented": (), "flush": (_flush(),), "centred": (_flush(), w("jc", val="center"))}[block.place]
            yield paragraph("Body", *_runs(block.text), properties=(*leads, *place))
        elif isinstance(block, Table):
            yield from table(block)
        elif isinstance(block, Picture):
            yield from _picture(block, pictures)
        elif isinstance(block, PageBreak):
            yield paragraph("Body", w("r", w("br", type="page")))


def _flush() -> etree._Element:
    return w("ind", firstLine=0, firstLineChars=0)


def _heading(block: Heading, counts: list[int]) -> etree._Element:
    number = block.number
    if number is None:
        counts[block.level - 1] += 1
        counts[block.level :] = [0] * (4 - block.level)
        number = level_number(counts[block.level - 1], block.level)
    alone = (w("keepNext", val=0),) if block.then else ()  # what runs on has its text with it
    said = (run(number + block.text), *_runs(block.then, plain=True))
    return paragraph(f"Heading{block.level}", *said, properties=alone)


def level_number(count: int, level: int) -> str:
    """
    >>> [level_number(3, level) for level in (1, 2, 3, 4)]
    ['三、', '（三）', '3.', '（3）']
    """
    return (f"{chinese_numeral(count)}、", f"（{chinese_numeral(count)}）", f"{count}.", f"（{count}）")[level - 1]


def _runs(text: Text, *, plain: bool = False) -> Iterator[etree._Element]:
    """`plain`: what runs on after a heading in its typeface returns to that of the body."""
    for each in [Run(text)] if isinstance(text, str) else text:
        if each.text:
            face = fonts(s.FACES[each.face]) if each.face or plain else None
            yield run(each.text, face, w("b") if each.bold else None)


def _picture(block: Picture, pictures: list[Prepared]) -> Iterator[etree._Element]:
    pictures.append(prepared(block.content))
    number = len(pictures)
    shown = drawing(
        pictures[-1],
        relation=f"rIdPicture{number}",
        number=number,
        description=clean(block.description or block.caption),
    )
    yield paragraph("Picture", shown)
    yield paragraph("Caption", run(block.caption), properties=(w("keepNext", val=0),))


def _annex(annex: Annex, number: int | None, pictures: list[Prepared]) -> Iterator[etree._Element]:
    """附件另面编排, which its style says: its mark on the first line, its title centred on the third (7.3.6)."""
    if not annex.body:
        return
    yield paragraph("AnnexMark", run(f"附件{number or ''}"))
    gap = w("spacing", before=s.LINE, after=s.LINE)
    yield paragraph("AnnexTitle", run(annex.title), properties=(gap,))
    yield from _blocks(annex.body, pictures)


# ── the package ──────────────────────────────────────────────────────────────────────────────────────────────────


def _package(paper: "Paper", document: etree._Element, pictures: list[Prepared]) -> bytes:
    names = [f"word/media/picture{number}.{each.extension}" for number, each in enumerate(pictures, start=1)]
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations(
            [
                ("rId1", f"{R}/officeDocument", "word/document.xml"),
                ("rId2", "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
                 "docProps/core.xml"),
            ]
        ),
        "docProps/core.xml": _core(paper),
        "word/document.xml": xml(document),
        **{f"word/{part}.xml": content for part, content in _WORD_PARTS.items()},
        **{name: each.content for name, each in zip(names, pictures, strict=True)},
    }  # fmt: skip
    relations = [
        (f"rId{part}", f"{R}/{part.rstrip('12')}", f"{part}.xml") for part in _WORD_PARTS
    ] + [
        (f"rIdPicture{number}", f"{R}/image", name.removeprefix("word/")) for number, name in enumerate(names, start=1)
    ]  # fmt: skip
    parts["word/_rels/document.xml.rels"] = _relations(relations)
    return packed(parts, on=_day(paper))


def _day(paper: "Paper") -> date | None:
    return paper.issued_on if isinstance(paper.issued_on, date) else None


def _relations(rows: Sequence[tuple[str, str, str]]) -> bytes:
    root = etree.Element(f"{{{_RELATIONS}}}Relationships", nsmap={None: _RELATIONS})
    for identity, kind, target in rows:
        etree.SubElement(root, f"{{{_RELATIONS}}}Relationship", Id=identity, Type=kind, Target=target)
    return _plain(root)


def _content_types() -> bytes:
    space = "http://schemas.openxmlformats.org/package/2006/content-types"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    root = etree.Element(f"{{{space}}}Types", nsmap={None: space})
    defaults = {"rels": "application/vnd.openxmlformats-package.relationships+xml", "xml": "application/xml", **_MEDIA}
    for extension, kind in defaults.items():
        etree.SubElement(root, f"{{{space}}}Default", Extension=extension, ContentType=kind)
    overrides = {"/word/document.xml": f"{word}.document.main+xml"} | {
        f"/word/{part}.xml": f"{word}.{part.rstrip('12')}+xml" for part in _WORD_PARTS
    }
    overrides["/docProps/core.xml"] = "application/vnd.openxmlformats-package.core-properties+xml"
    for part, kind in overrides.items():
        etree.SubElement(root, f"{{{space}}}Override", PartName=part, ContentType=kind)
    return _plain(root)


def _core(paper: "Paper") -> bytes:
    """Title, author and day of the file; no other trace of who wrote it or when."""
    spaces = {
        "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    }
    root = etree.Element(f"{{{spaces['cp']}}}coreProperties", nsmap=spaces)
    said = (("dc:title", paper.title), ("dc:creator", paper.issued_by), ("cp:keywords", "，".join(paper.keywords)))
    for tag, text in said:
        prefix, _, local = tag.partition(":")
        etree.SubElement(root, f"{{{spaces[prefix]}}}{local}").text = clean(text).replace("\n", "")[:250]
    if day := _day(paper):
        for tag in ("created", "modified"):
            moment = etree.SubElement(root, f"{{{spaces['dcterms']}}}{tag}")
            moment.set(f"{{{spaces['xsi']}}}type", "dcterms:W3CDTF")
            moment.text = datetime(day.year, day.month, day.day).strftime("%Y-%m-%dT00:00:00Z")  # noqa: DTZ001 (a day of the calendar)
    return _plain(root)


def _plain(root: etree._Element) -> bytes:
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return content
