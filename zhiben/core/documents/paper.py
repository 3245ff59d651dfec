"""An official document after GB/T 9704-2012 《党政机关公文格式》 as data, and `compose`, which makes the Word file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from .blocks import Annex, Block, Heading, PageBreak, Paragraph, Picture, Run, Table, Text
from .layout.composing import composed

__all__ = [
    "Annex", "Block", "Heading", "PageBreak", "Paper", "Paragraph", "Picture", "Run", "Table", "Text", "compose",
]  # fmt: skip


@dataclass(frozen=True)
class Paper:
    """Every part of an official document, in the order of the standard. What is empty is left out.

    Any text may carry tags; then the file is a template, and what depends on the length of a text (size of the
    issuer's mark, lines of the title, place of the date) is settled when it is filled.
    """

    issuer: str = ""
    """发文机关标志, as printed in red: “澄溪县安全生产委员会办公室文件”."""
    number: str = ""
    """发文字号: “澄安委办〔2026〕3号”."""
    signer: str | Sequence[str] = ""
    """签发人, for what goes to a superior; the number then stands on the left."""
    copy_number: str = ""
    """份号, six digits."""
    secrecy: str = ""
    """密级和保密期限: “秘密★1年”."""
    urgency: str = ""
    """紧急程度: “特急”, “加急”."""
    title: str = ""
    to: str = ""
    """主送机关, without the colon."""
    body: Sequence[Block] = ()
    annexes: Sequence[Annex] = ()
    issued_by: str = ""
    """发文机关署名; empty where the mark alone names the issuer."""
    issued_on: date | str | None = None
    """成文日期; a text for a template's tag. Also the date inside the file."""
    sealed: bool = True
    """Room for the seal; without one, the signature stands closer, two characters in."""
    contact: str = ""
    """附注, in brackets: “联系人：×××，电话：…”."""
    copies_to: str = ""
    """抄送, without “抄送：” and the full stop."""
    printed_by: str = ""
    """印发机关."""
    printed_on: date | str | None = None
    """印发日期; the day of issue where it is left out."""
    keywords: Sequence[str] = field(default=())
    """For searching the file; not printed."""


def compose(paper: Paper) -> bytes:
    """The document as a Word file (.docx). The same paper gives the same bytes."""
    return composed(paper)
