"""What depends on how long a text is: size of the mark, lines of the title, place of the signature.

Done when a paper is composed, and once more when a template is filled, for then its texts are known. Paragraphs are
found by the name of their style, so that an office may change the looks of all of them in Word.
"""

from collections.abc import Mapping
from itertools import pairwise

from lxml import etree

from . import standard as s
from .styles import NAMES
from .title import WIDEST, lines_of
from .widths import has_tag, width
from .word import name, texts, w

_IDS = {label: style for style, label in NAMES.items()}
_FOUR = 4.0
"""成文日期右空四字 (7.3.5.1)."""


def settle(document: etree._Element, style_names: Mapping[str, str]) -> None:
    """`document`: root of document.xml, changed in place. `style_names`: id of a style there → its name."""
    paragraphs = [(each, _style(each, style_names)) for each in document.iter(name("p"))]
    for each, style in paragraphs:
        text = _text(each)
        if not text.strip() or has_tag(text):
            continue
        if style == "IssuerMark":
            _fit_mark(each, text)
        elif style in ("Title", "AnnexTitle"):
            _break_title(each, text)
    for (by, its_style), (on, next_style) in pairwise(paragraphs):
        if (its_style, next_style) == ("SignedBy", "SignedOn"):
            _place_signature(by, on)


def style_names(styles: etree._Element) -> dict[str, str]:
    """Id → name, from the root of styles.xml."""
    found = {}
    for style in styles.iter(name("style")):
        label = style.find(name("name"))
        if label is not None:
            found[style.get(name("styleId"), "")] = label.get(name("val"), "")
    return found


def _style(paragraph: etree._Element, names: Mapping[str, str]) -> str:
    """Our id of the paragraph's style, whatever Word or WPS calls it by now; "" for any other."""
    given = paragraph.find(f"{name('pPr')}/{name('pStyle')}")
    return "" if given is None else _IDS.get(names.get(given.get(name("val"), ""), ""), "")


def _text(paragraph: etree._Element) -> str:
    said = {name("t"): lambda each: each.text or "", name("br"): lambda each: "\n", name("tab"): lambda each: "\t"}
    return "".join(said[each.tag](each) for each in paragraph.iter(*said))


def _fit_mark(paragraph: etree._Element, text: str) -> None:
    """As large as fits on one line, never larger than its style says."""
    longest = max(width(line) for line in text.split("\n"))
    points = min(s.MARK_SIZE, s.twips(s.TEXT[0]) / 20 / (longest * s.MARK_WIDTH))
    points = max(s.MARK_LEAST, int(points * 2) / 2)
    for run in paragraph.iter(name("r")):
        properties = _first(run, "rPr")
        for tag in ("sz", "szCs"):
            for old in properties.findall(name(tag)):
                properties.remove(old)
            properties.append(w(tag, val=round(points * 2)))
    _put(paragraph, "spacing", line=round(points * 24), lineRule="exact")


def _break_title(paragraph: etree._Element, text: str) -> None:
    lines = lines_of(text, widest=WIDEST)
    runs = list(paragraph.iter(name("r")))
    if "\n".join(lines) == text or not runs:
        return
    first, *others = runs
    for child in [each for each in first if each.tag != name("rPr")]:
        first.remove(child)
    first.extend(texts("\n".join(lines)))
    for other in others:
        holder = other.getparent()
        if holder is not None:
            holder.remove(other)


def _place_signature(by: etree._Element, on: etree._Element) -> None:
    """加盖印章的: the date four characters in from the right, the issuer centred over it; where the name is too long
    for that, it ends at the margin and the date is centred under it. 不加盖的 has been placed by its own indents."""
    issuer, day = _text(by), _text(on)
    indents = on.find(f"{name('pPr')}/{name('ind')}")
    if has_tag(issuer + day) or (indents is not None and indents.get(name("left"))):
        return
    wide, narrow = width(issuer), width(day)
    right = min(_FOUR, max(0.0, s.CHARACTERS - narrow))
    centre = max(right + narrow / 2, wide / 2)  # from the right edge of the text
    for paragraph, length in ((by, wide), (on, narrow)):
        _put(paragraph, "ind", right=s.characters(max(0.0, centre - length / 2)), rightChars=0)


_BEFORE: dict[str, tuple[str, ...]] = {
    "ind": ("pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl", "numPr", "suppressLineNumbers",
            "pBdr", "shd", "tabs", "suppressAutoHyphens", "kinsoku", "wordWrap", "overflowPunct", "topLinePunct",
            "autoSpaceDE", "autoSpaceDN", "bidi", "adjustRightInd", "snapToGrid", "spacing"),
}  # fmt: skip
_BEFORE["spacing"] = _BEFORE["ind"][:-1]
"""What stands before an element in `pPr`: Word refuses a file in which the order is another."""


def _put(paragraph: etree._Element, tag: str, **attributes: object) -> None:
    properties = _first(paragraph, "pPr")
    element = properties.find(name(tag))
    if element is None:
        element = w(tag)
        earlier = {name(each) for each in _BEFORE[tag]}
        properties.insert(sum(1 for each in properties if each.tag in earlier), element)
    for key, value in attributes.items():
        element.set(name(key), str(value))


def _first(parent: etree._Element, tag: str) -> etree._Element:
    """The properties of a paragraph or run, which stand before everything else in it."""
    found = parent.find(name(tag))
    if found is None:
        found = w(tag)
        parent.insert(0, found)
    return found
