"""Tables of the body: the head repeated on every page, no row torn in two, figures in one column under each other."""

from collections.abc import Iterator, Sequence

from lxml import etree

from ..blocks import Table
from . import standard as s
from .word import paragraph, run, w

_BORDERS = {"grid": (8, 4, True), "three-line": (12, 6, False)}
"""Style → outer rule and rule below the head in eighths of a point, and whether cells have rules."""


def table(block: Table) -> Iterator[etree._Element]:
    if block.caption:
        yield paragraph("Caption", run(block.caption))
    widths = _widths(block)
    yield w(
        "tbl",
        w(
            "tblPr",
            w("tblW", w=sum(widths), type="dxa"),
            w("jc", val="center"),
            _borders(block),
            w("tblLayout", type="fixed"),
            w("tblCellMar", w("left", w=50, type="dxa"), w("right", w=50, type="dxa")),
        ),
        w("tblGrid", *(w("gridCol", w=width) for width in widths)),
        _row(block, block.head, widths, is_head=True),
        *(
            _row(block, cells, widths, is_total=block.total_row and number == len(block.rows))
            for number, cells in enumerate(block.rows, start=1)
        ),
    )
    yield paragraph("Body", properties=(w("spacing", line=240, lineRule="exact"),))  # two tables would grow together


def _widths(block: Table) -> list[int]:
    """Twips of each column, together as wide as the text."""
    shares = list(block.widths) or [1.0] * len(block.head)
    if len(shares) != len(block.head):
        raise ValueError(f"{len(block.head)} columns and {len(shares)} widths")
    whole = s.twips(s.TEXT[0])
    widths = [round(whole * share / sum(shares)) for share in shares]
    widths[-1] += whole - sum(widths)
    return widths


def _borders(block: Table) -> etree._Element:
    outer, inner, has_grid = _BORDERS[block.style]
    sides = ("top", "left", "bottom", "right") if has_grid else ("top", "bottom")
    rules = [w(side, val="single", sz=outer, space=0, color="auto") for side in sides]
    if has_grid:
        rules += [w(side, val="single", sz=inner, space=0, color="auto") for side in ("insideH", "insideV")]
    return w("tblBorders", *rules)


def _row(
    block: Table, cells: Sequence[str], widths: Sequence[int], *, is_head: bool = False, is_total: bool = False
) -> etree._Element:
    """A row of one cell spans the table; another that is shorter than the head is filled with empty cells."""
    if len(cells) == 1:
        widths = [sum(widths)]
    filled = [*cells, *[""] * (len(widths) - len(cells))]
    return w(
        "tr",
        w("trPr", w("cantSplit"), w("tblHeader") if is_head else None),
        *(
            _cell(block, text, width, column, is_head=is_head, is_total=is_total, spans=len(cells) == 1)
            for column, (text, width) in enumerate(zip(filled, widths, strict=True))
        ),
    )


def _cell(
    block: Table, text: str, width: int, column: int, *, is_head: bool, is_total: bool, spans: bool
) -> etree._Element:
    rule = None
    if is_head and block.style == "three-line":
        rule = w("tcBorders", w("bottom", val="single", sz=_BORDERS["three-line"][1], space=0, color="auto"))
    place = (w("jc", val="right"),) if column in block.numeric and not is_head and not spans else ()
    across = w("gridSpan", val=len(block.head)) if spans and len(block.head) > 1 else None
    bold = w("b") if is_total else None
    keeps = (w("keepNext"),) if spans else ()  # the name of a part of the table, with the first row of it
    content = paragraph("HeadCell" if is_head else "Cell", run(text, bold), properties=(*keeps, *place))
    return w("tc", w("tcPr", w("tcW", w=width, type="dxa"), across, rule, w("vAlign", val="center")), content)
