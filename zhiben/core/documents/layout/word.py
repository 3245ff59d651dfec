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


def paragraph_text(paragraph: etree._Element) -> str:
    said = {name("t"): lambda each: each.text or "", name("br"): lambda each: "\n", name("tab"): lambda each: "\t"}
    inside = (each for each in paragraph.iter(*said) if each.getparent().tag != name("tabs"))
    return "".join(said[each.tag](each) for each in inside)


_BEFORE: dict[str, tuple[str, ...]] = {
    "keepNext": ("pStyle",),
    "spacing": ("pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl", "numPr",
                "suppressLineNumbers", "pBdr", "shd", "tabs", "suppressAutoHyphens", "kinsoku", "wordWrap",
                "overflowPunct", "topLinePunct", "autoSpaceDE", "autoSpaceDN", "bidi", "adjustRightInd", "snapToGrid"),
}  # fmt: skip
_BEFORE["ind"] = (*_BEFORE["spacing"], "spacing")
_BEFORE["jc"] = (*_BEFORE["ind"], "ind", "contextualSpacing", "mirrorIndents", "suppressOverlap")
"""What stands before an element in `pPr`: Word refuses a file in which the order is another."""


def put(paragraph: etree._Element, tag: str, **attributes: object) -> None:
    """Set attributes of a property (`keepNext`, `spacing`, `ind`, `jc`) of the paragraph, which may not be there yet."""
    properties = properties_of(paragraph, "pPr")
    element = properties.find(name(tag))
    if element is None:
        element = w(tag)
        earlier = {name(each) for each in _BEFORE[tag]}
        properties.insert(sum(1 for each in properties if each.tag in earlier), element)
    for key, value in attributes.items():
        element.set(name(key), str(value))


def properties_of(parent: etree._Element, tag: str) -> etree._Element:
    """The properties of a paragraph or run, which stand before everything else in it."""
    found = parent.find(name(tag))
    if found is None:
        found = w(tag)
        parent.insert(0, found)
    return found


def remove_element(element: etree._Element) -> None:
    holder = element.getparent()
    if holder is not None:
        holder.remove(element)


def say(paragraph: etree._Element, text: str) -> None:
    """The text alone, in the looks of the first run."""
    runs = list(paragraph.iter(name("r")))
    for place, run in enumerate(runs):
        if place:
            remove_element(run)
        else:
            for child in [child for child in run if child.tag != name("rPr")]:
                run.remove(child)
            run.extend(texts(text))
    if not runs and text:
        paragraph.append(w("r", *texts(text)))


def fonts(name: str) -> etree._Element:
    return w("rFonts", ascii=name, hAnsi=name, eastAsia=name, cs=name)


def size(points: float) -> tuple[etree._Element, etree._Element]:
    return w("sz", val=round(points * 2)), w("szCs", val=round(points * 2))


def xml(element: etree._Element) -> bytes:
    etree.cleanup_namespaces(element, keep_ns_prefixes=["w", "r"])
    content: bytes = etree.tostring(element, xml_declaration=True, encoding="UTF-8", standalone=True)
    return content
