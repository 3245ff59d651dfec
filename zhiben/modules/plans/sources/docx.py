"""Word documents (.docx, .docm): the body in order, with automatic numbers, tables, text boxes and accepted changes.

Left out: headers, footers, notes, comments, the table of contents, hidden and deleted text. Macros are never run and
outside links never followed.
"""

from collections.abc import Iterator

from lxml import etree

from . import limits
from .compose import Composer
from .numbering import Numbering
from .opened import Opened
from .package import WORD, Package
from .styles import Styles, value_of
from .unreadable import Unreadable

_W = f"{{{WORD}}}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_DELETED = frozenset(_W + name for name in ("del", "moveFrom", "instrText", "delText", "rt"))
_CHARACTERS = {
    _W + "tab": " ",
    _W + "ptab": " ",
    _W + "cr": "\n",
    _W + "noBreakHyphen": "-",
}


def read_docx(content: bytes, *, name: str) -> Opened:
    package = Package(content)
    main = package.main_part()
    document = package.part(main)
    body = document.find(f"{_W}body") if document is not None else None
    if body is None:
        raise Unreadable("文档里找不到正文", "请用 WPS 或 Word 打开，另存为新的 docx 后再上传")
    related = {kind: target for kind, target, is_external in package.relationships(main) if not is_external}
    styles = Styles(package.part(_beside(main, related.get("styles", "styles.xml"))))
    numbering = Numbering(package.part(_beside(main, related.get("numbering", "numbering.xml"))), styles)
    composer = Composer()
    _warn(package, main, composer)
    _Body(composer, styles, numbering).walk(body)
    if composer.is_empty:
        raise Unreadable(
            "文档里没有文字，可能整页都是图片", "请将图片另存为 jpg 或 png，或把文档导出为 PDF 后上传，由系统识别文字"
        )
    return Opened(composer.source(name=name, media_type=_MEDIA_TYPE), tuple(composer.warnings))


def _beside(main: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    folder = main.rpartition("/")[0]
    return f"{folder}/{target}" if folder else target


def _warn(package: Package, main: str, composer: Composer) -> None:
    if any(part.lower().endswith("vbaproject.bin") for part in package.parts):
        composer.warn("文档带有宏，系统只读取文字，没有运行宏")
    # Hyperlinks are ordinary; a template, picture, frame or object fetched from elsewhere is not.
    links = {kind for kind, _, is_external in package.relationships(main) if is_external} - {"hyperlink"}
    links |= {kind for kind, _, is_external in package.relationships(_beside(main, "settings.xml")) if is_external}
    if links:
        composer.warn("文档引用了外部文件，系统没有访问这些链接，引用的内容不在正文中")


class _Body:
    def __init__(self, composer: Composer, styles: Styles, numbering: Numbering) -> None:
        self._composer = composer
        self._styles = styles
        self._numbering = numbering
        self._carried = ""  # text of a paragraph whose end mark was deleted: it runs on into the next

    def walk(self, container: etree._Element) -> None:
        for element in _blocks(container):
            if element.tag == f"{_W}p":
                self._paragraph(element)
            else:
                self._table(element)
        self._finish_carried()

    def _paragraph(self, paragraph: etree._Element) -> None:
        for line in self._lines(paragraph):
            self._composer.paragraph(line)
        for box in _text_boxes(paragraph):
            self.walk(box)

    def _lines(self, paragraph: etree._Element) -> list[str]:
        """The printed lines of a paragraph: its number and text, cut at manual line breaks."""
        properties = paragraph.find(f"{_W}pPr")
        if self._styles.is_contents(properties):
            return []
        text = "".join(_texts(paragraph))
        if text.strip() and not self._carried:  # Word also counts empty list paragraphs, but prints them on their own
            text = self._numbering.number(properties) + text.lstrip()
        elif not text.strip():
            self._numbering.number(properties)
        text, self._carried = self._carried + text, ""
        if _mark_is_deleted(properties):
            self._carried = text
            return []
        return text.split("\n")

    def _finish_carried(self) -> None:
        carried, self._carried = self._carried, ""
        self._composer.paragraph(carried)

    def _table(self, table: etree._Element) -> None:
        self._finish_carried()
        cells = list(_grid(table))
        if len(cells) == 1:  # a frame around text, not a table
            self.walk(cells[0].element)
            return
        number = self._composer.new_table()
        nested: list[etree._Element] = []
        for cell in cells:
            lines: list[str] = []
            for element in _blocks(cell.element):
                if element.tag == f"{_W}p":
                    lines += self._lines(element)
                    lines += [
                        line for box in _text_boxes(element) for p in box.iter(f"{_W}p") for line in self._lines(p)
                    ]
                else:
                    nested.append(element)
            if self._carried:
                lines.append(self._carried)
                self._carried = ""
            self._composer.cell(
                "\n".join(lines),
                table=number,
                row=cell.row,
                column=cell.column,
                row_span=cell.row_span,
                column_span=cell.column_span,
            )
        for inner in nested:  # after the table that holds it, so that the cells of one table stay together
            self._table(inner)


class _Cell:
    def __init__(self, element: etree._Element, row: int, column: int, column_span: int) -> None:
        self.element = element
        self.row = row
        self.column = column
        self.column_span = column_span
        self.row_span = 1


def _grid(table: etree._Element) -> Iterator[_Cell]:
    """The cells of a table at their row and column; a vertically merged cell once, with its span."""
    cells: list[_Cell] = []
    open_merges: dict[int, _Cell] = {}  # column → the cell merged downwards from above
    for row, line in enumerate(_rows(table)):
        properties = line.find(f"{_W}trPr")
        column = _count(properties, "gridBefore", 0)
        still_open: dict[int, _Cell] = {}
        for element in _inside(line, f"{_W}tc"):
            cell_properties = element.find(f"{_W}tcPr")
            span = max(1, min(_count(cell_properties, "gridSpan", 1), limits.TABLE_COLUMNS))
            merge = value_of(cell_properties, "vMerge") if cell_properties is not None else None
            above = open_merges.get(column)
            if merge is not None and merge != "restart" and above is not None:
                above.row_span = row - above.row + 1
                still_open[column] = above
            else:
                cell = _Cell(element, row, column, span)
                cells.append(cell)
                if merge is not None:
                    still_open[column] = cell
            column += span
        open_merges = still_open
    return iter(cells)


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for row in _inside(table, f"{_W}tr"):
        properties = row.find(f"{_W}trPr")
        if properties is None or properties.find(f"{_W}del") is None:
            yield row


def _inside(container: etree._Element, tag: str) -> Iterator[etree._Element]:
    """Children with the tag, looking through content controls, custom XML and tracked insertions."""
    for child in container:
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _inside(child, tag)


_WRAPPERS = frozenset(_W + name for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"))


def _blocks(container: etree._Element) -> Iterator[etree._Element]:
    """Paragraphs and tables in order, looking through content controls, custom XML and tracked insertions."""
    for child in container:
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif child.tag in _WRAPPERS and not _is_contents_control(child):
            yield from _blocks(child)


def _is_contents_control(element: etree._Element) -> bool:
    gallery = element.find(f"{_W}sdtPr/{_W}docPartObj")
    return gallery is not None and value_of(gallery, "docPartGallery") == "Table of Contents"


def _texts(element: etree._Element) -> Iterator[str]:
    """The visible text of a paragraph, without that of text boxes anchored in it."""
    for child in element:
        tag = child.tag
        if tag == f"{_W}t" or tag == _MATH_TEXT:
            yield child.text or ""
        elif tag in _CHARACTERS:
            yield _CHARACTERS[tag]
        elif tag == f"{_W}br":
            yield "\n" if child.get(f"{_W}type") in (None, "textWrapping") else ""
        elif isinstance(tag, str) and tag not in _UNSEEN and not _is_hidden(child):
            yield from _texts(child)


# Drawings may hold text boxes, which `_text_boxes` reads.
_DRAWINGS = frozenset((f"{_W}drawing", f"{_W}pict", f"{_W}object", f"{_COMPATIBILITY}AlternateContent"))
_UNSEEN = _DELETED | _DRAWINGS | {f"{_W}pPr", f"{_W}rPr"}


def _text_boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    """The contents of text boxes anchored in a paragraph; of two renderings of one box, the first."""
    for child in paragraph:
        if child.tag == f"{_W}txbxContent":
            yield child
        elif child.tag == f"{_COMPATIBILITY}AlternateContent":
            rendering = next(iter(child), None)
            if rendering is not None:
                yield from _text_boxes(rendering)
        elif child.tag not in _DELETED and isinstance(child.tag, str):
            yield from _text_boxes(child)


def _is_hidden(run: etree._Element) -> bool:
    vanish = run.find(f"{_W}rPr/{_W}vanish")
    return vanish is not None and vanish.get(f"{_W}val", "1") not in ("0", "false", "off")


def _mark_is_deleted(properties: etree._Element | None) -> bool:
    return properties is not None and properties.find(f"{_W}rPr/{_W}del") is not None


def _count(properties: etree._Element | None, child: str, default: int) -> int:
    text = value_of(properties, child) if properties is not None else None
    return int(text) if text is not None and text.isdecimal() else default
