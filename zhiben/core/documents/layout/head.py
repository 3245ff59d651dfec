"""版头 and the beginning of 主体: from 份号 to 主送机关 (GB/T 9704-2012, 7.2, 7.3.1, 7.3.2)."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from lxml import etree

from . import standard as s
from .widths import has_tag, width
from .word import fonts, paragraph, run, w

if TYPE_CHECKING:
    from ..paper import Paper

_CORNER_LINES = 3
_INK = 0.06
"""How far below the top of its line the mark's ink begins, in sizes of the mark: measured on rendered pages."""


def head(paper: "Paper") -> Iterator[etree._Element]:
    if paper.issuer or paper.number:
        yield from _corner(paper)
        yield _mark(paper)
        yield from _number(paper)
    if paper.title:
        gap = w("spacing", before=2 * s.LINE) if paper.issuer or paper.number else w("spacing", before=s.LINE)
        yield paragraph("Title", run(paper.title), properties=(gap,))
    if paper.to:
        yield paragraph("To", run(paper.to.rstrip("：:") + "："), properties=(w("spacing", before=s.LINE),))
    elif paper.title:
        yield paragraph("Body")


def _corner(paper: "Paper") -> Iterator[etree._Element]:
    """份号、密级、紧急程度, each on a line of its own from the top left; the mark stands below three lines anyway."""
    given = [
        run(paper.copy_number, fonts(s.FANG)) if paper.copy_number else None,
        run(paper.secrecy) if paper.secrecy else None,
        run(paper.urgency) if paper.urgency else None,
    ]
    said = [each for each in given if each is not None]
    for content in [*said, *[None] * (_CORNER_LINES - len(said))]:
        yield paragraph("Corner", *([content] if content is not None else []))


def _mark(paper: "Paper") -> etree._Element:
    above = s.twips(s.MARK_TOP) - _CORNER_LINES * s.LINE - round(s.MARK_SIZE * 20 * _INK)
    size = round(s.MARK_SIZE * 24)
    return paragraph(
        "IssuerMark", run(paper.issuer), properties=(w("spacing", before=above, line=size, lineRule="exact"),)
    )


def _number(paper: "Paper") -> Iterator[etree._Element]:
    """空二行 below the mark; the red rule 4 mm below its figures, as wide as the text."""
    signers = [paper.signer] if isinstance(paper.signer, str) else list(paper.signer)
    signers = [each for each in signers if each]
    rule = w("pBdr", w("bottom", val="single", sz=12, space=7, color=s.RED))
    if not signers:
        yield paragraph(
            "Number", run(paper.number), properties=(rule, w("spacing", before=2 * s.LINE), w("jc", val="center"))
        )
        return
    pairs = list(zip_longest(signers[::2], signers[1::2], fillvalue=""))
    stop = _signers_begin(pairs)
    for place, pair in enumerate(pairs):
        is_first, is_last = place == 0, place == len(pairs) - 1
        names = run("  ".join(filter(None, pair)), fonts(s.KAI))
        properties = (
            rule if is_last else None,
            w("tabs", stop),
            w("spacing", before=2 * s.LINE) if is_first else None,
            w("ind", firstLine=s.characters(1), firstLineChars=100),  # none on the right: the rule would end there, too
            w("jc", val="left"),
        )
        label = "签发人：" if is_first else "　　　　"
        yield paragraph(
            "Number",
            run(f"{paper.number if is_last else ''}\t{label}"),
            names,
            properties=tuple(each for each in properties if each is not None),
        )


def _signers_begin(pairs: Sequence[tuple[str, str]]) -> etree._Element:
    """The tab before 签发人: one line ends a character from the right; of several, the names begin under each other."""
    names = ["  ".join(filter(None, pair)) for pair in pairs]
    if len(pairs) == 1 or any(map(has_tag, names)):
        return w("tab", val="right", pos=s.characters(s.CHARACTERS - 1))
    return w("tab", val="left", pos=s.characters(s.CHARACTERS - 1 - 4 - max(map(width, names))))
