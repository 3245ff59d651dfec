"""Web pages: what a reader sees, in reading order; the page's furniture is left out, its tables are kept as tables."""

import email
import re
from email.message import Message

from selectolax.lexbor import LexborHTMLParser, LexborNode

from . import limits
from .compose import Composer
from .encodings import decode_chinese
from .number_formats import written
from .opened import Opened
from .unreadable import Unreadable

_FURNITURE = re.compile(
    "script|style|noscript|template|nav|iframe|object|embed|svg|canvas|button|select|input|textarea|head|link|meta|"
    "footer|audio|video|map|dialog|rt|rp"
)
_INLINE = re.compile(
    "a|abbr|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|label|mark|q|s|samp|small|span|strike|strong|sub|sup|tt|"
    "u|var|wbr|ruby|rb|[a-z]+:[a-z]+"  # the last: Word's own elements, such as o:p
)
_LIST_TYPES = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")


def read_webpage(content: bytes, *, name: str) -> Opened:
    tree = LexborHTMLParser(_decode(content))
    composer = Composer()
    try:
        if tree.body is not None:
            _Walker(composer).block(tree.body)
    except RecursionError as deep:
        raise Unreadable("网页的标签层层嵌套，无法读取", "请在浏览器中打开，打印为 PDF 后再上传") from deep
    if composer.is_empty:
        raise Unreadable("网页里没有正文", "正文可能由脚本载入，请在浏览器中全选复制到记事本，或打印为 PDF 后再上传")
    return Opened(composer.source(name=name, media_type="text/html"), tuple(composer.warnings))


def read_single_file_page(content: bytes, *, name: str) -> Opened:
    """MHTML, which Word and browsers write as “单个文件网页”."""
    message: Message = email.message_from_bytes(content)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            page = part.get_payload(decode=True)
            if isinstance(page, bytes):
                return read_webpage(page, name=name)
    raise Unreadable("单文件网页里找不到正文", "请在浏览器中打开，打印为 PDF 后再上传")


def _decode(content: bytes) -> str:
    """By what the page declares where that reads cleanly, else by what the bytes look like."""
    declared = _DECLARED.search(content[:4096])
    if declared:
        encoding = declared[1].decode("ascii").lower()
        encoding = "gb18030" if encoding.startswith("gb") else encoding
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            pass
    return decode_chinese(content)[0]


class _Walker:
    """Cuts the tree into paragraphs: a block element or a line break ends one."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._line: list[str] = []
        self._number = ""  # of a list item whose text has not begun

    def block(self, node: LexborNode) -> None:
        self._flush()
        self._children(node)
        self._flush()

    def _children(self, node: LexborNode) -> None:
        child = node.child
        while child is not None:
            self._node(child)
            child = child.next

    def _node(self, node: LexborNode) -> None:
        tag = node.tag
        if tag == "-text":
            self._line.append(_SPACES.sub(" ", node.text_content or ""))
        elif tag is None or tag.startswith(("-", "!")) or _FURNITURE.fullmatch(tag) or _is_hidden(node):
            return
        elif tag == "br":
            self._flush()
        elif tag == "pre":
            self._flush()
            self._composer.paragraph(node.text() or "")
        elif tag == "ol":
            self._numbered(node)
        elif tag == "table" and not _is_layout(node):
            self._flush()
            self._table(node)
        elif _INLINE.fullmatch(tag):
            self._children(node)
        else:
            self.block(node)

    def _flush(self) -> None:
        text = "".join(self._line).strip()
        self._line.clear()
        if text:
            self._composer.paragraph(self._number + text)
            self._number = ""

    def _numbered(self, items: LexborNode) -> None:
        """A browser prints the numbers of a list, so they are part of what is read."""
        number = _whole_number(items, "start")
        number_format = _LIST_TYPES.get(items.attributes.get("type") or "1", "decimal")
        for item in _elements(items):
            self._flush()
            if item.tag == "li" and not _is_hidden(item):
                self._number = written(number, number_format) + "."
                number += 1
            self._children(item)
            self._flush()

    def _table(self, table: LexborNode) -> None:
        """Cells at their true row and column: what an earlier cell spans over is skipped."""
        number = self._composer.new_table()
        taken: set[tuple[int, int]] = set()
        for row, line in enumerate(node for node in table.css("tr") if _is_of(node, table)):
            column = 0
            for cell in _elements(line):
                if cell.tag not in ("td", "th"):
                    continue
                while (row, column) in taken:
                    column += 1
                rows, columns = _span(cell, "rowspan"), _span(cell, "colspan")
                taken |= {(row + down, column + right) for down in range(rows) for right in range(columns)}
                self._composer.cell(
                    _cell_text(cell), table=number, row=row, column=column, row_span=rows, column_span=columns
                )
                column += columns


def _elements(node: LexborNode) -> list[LexborNode]:
    return list(node.iter())


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))


def _is_layout(table: LexborNode) -> bool:
    """A table that only arranges the page: it holds another table, or has a single cell."""
    return len(table.css("table")) > 1 or len(table.css("td, th")) <= 1


def _is_of(row: LexborNode, table: LexborNode) -> bool:
    parent = row.parent
    while parent is not None and parent.tag != "table":
        parent = parent.parent
    return parent is not None and parent.mem_id == table.mem_id


def _whole_number(node: LexborNode, attribute: str) -> int:
    value = (node.attributes.get(attribute) or "").strip()
    return int(value) if value.isdecimal() and len(value) < 6 else 1


def _span(cell: LexborNode, attribute: str) -> int:
    return max(1, min(_whole_number(cell, attribute), limits.TABLE_COLUMNS))


def _cell_text(cell: LexborNode) -> str:
    inner = Composer()
    _Walker(inner).block(cell)
    return inner.source(name="", media_type="").text
