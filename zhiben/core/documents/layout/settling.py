"""What depends on how long a text is, or on whether there is one: size of the mark, lines of the title, place of the
signature, optional lines.

Done when a paper is composed, and once more when a template is filled, for then its texts are known. Paragraphs are
found by the name of their style, so that an office may change the looks of all of them in Word.
"""

from collections.abc import Mapping
from itertools import pairwise

from lxml import etree

from . import standard as s
from .annexing import renumber
from .styles import NAMES
from .title import WIDEST, lines_of
from .vanishing import vanish
from .widths import has_tag, width
from .word import name, paragraph_text, properties_of, put, remove_element, texts, w

_IDS = {label: style for style, label in NAMES.items()}
_FOUR, _TWO = 4.0, 2.0
"""右空四字 with a seal, 右空二字 without (7.3.5.1, 7.3.5.2)."""
_SIGNATURES = ("SignedBy", "PlainBy", "SignedOn", "PlainOn")


def settle(document: etree._Element, style_names: Mapping[str, str]) -> None:
    """`document`: root of document.xml, changed in place. `style_names`: id of a style there → its name."""
    vanish([(each, _style(each, style_names)) for each in document.iter(name("p"))])
    paragraphs = [(each, _style(each, style_names)) for each in document.iter(name("p"))]
    renumber(paragraphs)
    for each, style in paragraphs:
        text = paragraph_text(each)
        if not text.strip() or has_tag(text):
            continue
        if style == "IssuerMark":
            _fit_mark(each, text)
        elif style in ("Title", "AnnexTitle"):
            _break_title(each, text)
    for (by, its_style), (on, next_style) in pairwise(paragraphs):
        if has_tag(paragraph_text(by) + paragraph_text(on)):
            continue
        if (its_style, next_style) == ("SignedBy", "SignedOn"):
            _place_over_the_date(by, on)
        elif (its_style, next_style) == ("PlainBy", "PlainOn"):
            _place_without_seal(by, on)
    signed = next((each for each, style in paragraphs if style in _SIGNATURES), None)
    if signed is not None:
        _keep_with_text(signed, dict(paragraphs))


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


def _fit_mark(paragraph: etree._Element, text: str) -> None:
    """As large as fits on one line, never larger than its style says."""
    longest = max(width(line) for line in text.split("\n"))
    points = min(s.MARK_SIZE, s.twips(s.TEXT[0]) / 20 / (longest * s.MARK_WIDTH))
    points = max(s.MARK_LEAST, int(points * 2) / 2)
    for run in paragraph.iter(name("r")):
        properties = properties_of(run, "rPr")
        for tag in ("sz", "szCs"):
            for old in properties.findall(name(tag)):
                properties.remove(old)
            properties.append(w(tag, val=round(points * 2)))
    put(paragraph, "spacing", line=round(points * 24), lineRule="exact")


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
        remove_element(other)


def _place_over_the_date(by: etree._Element, on: etree._Element) -> None:
    """加盖印章的: the date four characters in from the right, the issuer centred over it; a name too long for that ends
    at the margin, and the date is centred under it. Both are centred in one column, whatever their fonts measure."""
    wide, narrow = width(paragraph_text(by)), width(paragraph_text(on))
    centre = min(max(_FOUR + narrow / 2, wide / 2), s.CHARACTERS / 2)  # from the right edge of the text
    slack = 1.0 if wide <= s.CHARACTERS else 0.0  # the column is wider than the text, or a wide font would wrap it
    for paragraph in (by, on):
        _indent(paragraph, left=s.CHARACTERS - 2 * centre - slack, right=-slack)
        put(paragraph, "jc", val="center")


def _place_without_seal(by: etree._Element, on: etree._Element) -> None:
    """不加盖印章的: the issuer two characters in from the right and the date begins two after it; a date longer than the
    name ends two characters in itself, and the name begins two before it."""
    wide, narrow = width(paragraph_text(by)), width(paragraph_text(on))
    is_longer = narrow > wide
    begins = max(0.0, s.CHARACTERS - _TWO - (narrow + _TWO if is_longer else wide))
    _indent(by, left=begins, right=0)
    put(by, "jc", val="left")
    _indent(on, left=0 if is_longer else begins + _TWO, right=_TWO if is_longer else 0)
    put(on, "jc", val="right" if is_longer else "left")


def _indent(paragraph: etree._Element, *, left: float, right: float) -> None:
    """In characters. Word prefers what is given in characters of the style, so that is taken away."""
    put(
        paragraph, "ind", left=s.characters(left), leftChars=0, right=s.characters(right), rightChars=0, firstLine=0,
        firstLineChars=0,
    )  # fmt: skip


def _keep_with_text(signed: etree._Element, styles: Mapping[etree._Element, str]) -> None:
    """The signature never stands alone on a page: 附件说明 and the last paragraph of the text go with it (7.3.5.5)."""
    before = signed.getprevious()
    while before is not None:
        if before.tag == name("tbl"):
            for paragraph in before.findall(name("tr"))[-1].iter(name("p")):
                put(paragraph, "keepNext", val=1)
            return
        if before.tag == name("p"):
            put(before, "keepNext", val=1)
            if paragraph_text(before).strip() and styles.get(before) not in ("Enclosures", *_SIGNATURES):
                return
        before = before.getprevious()
