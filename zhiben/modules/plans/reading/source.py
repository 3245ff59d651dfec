"""What the reader is given: a document's text and, where the file had them, its paragraphs and table cells."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Block:
    """A paragraph or a table cell: `text[start:end]` of the source.

    Cells carry their table (counted from 0), row and column; a merged cell appears once, with its spans.
    """

    kind: Literal["paragraph", "cell"]
    start: int
    end: int
    table: int | None = None
    row: int | None = None
    column: int | None = None
    row_span: int = 1
    column_span: int = 1
    page: int | None = None


@dataclass(frozen=True)
class SourceText:
    """`text` is exactly what the review page shows; every span in a ledger counts characters in it.

    Plain text has no blocks. Where there are cell blocks, their text is in `text` too, one cell a line.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    name: str = ""
    media_type: str = ""
