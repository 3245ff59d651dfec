"""Elements of WordprocessingML, in as few words as there are, and text that can never break them."""

import re
from typing import Any

from lxml import etree

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
NAMESPACES = {
    "w": W,
    "r": R,
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def w(tag: str, *children: etree._Element | None, **attributes: Any) -> etree._Element:
    """`w("jc", val="center")` is `<w:jc w:val="center"/>`; a child that is None is left out."""
    element = etree.Element(f"{{{W}}}{tag}", nsmap=NAMESPACES)
    for name, value in attributes.items():
        element.set(f"{{{W}}}{name}", str(value))
    element.extend(child for child in children if child is not None)
    return element


def name(tag: str) -> str:
    """`name("p")` as lxml spells it."""
    return f"{{{W}}}{tag}"


def clean(text: str) -> str:
    """Without what XML cannot hold (control characters, half of a surrogate pair) and with one kind of line end.

    >>> clean("安\\x00全\\x0b\\r\\n生产")
    '安全\\n生产'
    """
    return _NOT_XML.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def texts(text: str) -> list[etree._Element]:
    """The content of a run: a line end becomes a manual break, a tab a tab."""
    parts: list[etree._Element] = []
    for piece in re.split("([\n\t])", clean(text)):
        if piece == "\n":
            parts.append(w("br"))
        elif piece == "\t":
            parts.append(w("tab"))
        elif piece:
            element = w("t")
            element.text = piece
            element.set(XML_SPACE, "preserve")
            parts.append(element)
    return parts


def run(text: str, *properties: etree._Element | None) -> etree._Element:
    given = [each for each in properties if each is not None]
    return w("r", w("rPr", *given) if given else None, *texts(text))


def paragraph(style: str, *content: etree._Element, properties: tuple[etree._Element, ...] = ()) -> etree._Element:
    """`properties` in the order of the schema (keepNext, pageBreakBefore, pBdr, tabs, spacing, ind, jc)."""
    return w("p", w("pPr", w("pStyle", val=style), *properties), *content)


def fonts(name: str) -> etree._Element:
    return w("rFonts", ascii=name, hAnsi=name, eastAsia=name, cs=name)


def size(points: float) -> tuple[etree._Element, etree._Element]:
    return w("sz", val=round(points * 2)), w("szCs", val=round(points * 2))


def xml(element: etree._Element) -> bytes:
    etree.cleanup_namespaces(element, keep_ns_prefixes=["w", "r"])
    content: bytes = etree.tostring(element, xml_declaration=True, encoding="UTF-8", standalone=True)
    return content
