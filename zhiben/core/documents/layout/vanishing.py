"""Optional lines of a template that were filled with nothing: 份号、密级、签发人、主送、附注、抄送 leave no label behind."""

import re
from collections.abc import Sequence

from lxml import etree

from .word import name, paragraph_text, put, remove_element, say

Styled = Sequence[tuple[etree._Element, str]]
"""Paragraphs in their order, each with our id of its style."""

_NOTE_OF_NOBODY = re.compile(r"[（(]?\s*(?:联系人|联系电话|电话|[：:，,、；;\s])*\s*[）)]?")
_SIGNED_BY_NOBODY = re.compile(r"(.*?)[\s　]*签发人[：:][\s　]*", re.DOTALL)
_SENT_TO_NOBODY = re.compile(r"抄\s*送[：:][\s。]*")


def vanish(paragraphs: Styled) -> None:
    """Changes the document in place."""
    for each, style in paragraphs:
        text = paragraph_text(each)
        if style == "Note" and _NOTE_OF_NOBODY.fullmatch(text):
            remove_element(each)
        elif style == "To" and not text.strip("：: 　"):
            say(each, "")  # its line stays empty between the title and the text
        elif style == "Number" and (match := _SIGNED_BY_NOBODY.fullmatch(text)):
            _number_alone(each, match[1])
    _close_corner([each for each, style in paragraphs if style == "Corner"])
    _close_colophon([(each, style) for each, style in paragraphs if style.startswith("Colophon")])


def _number_alone(paragraph: etree._Element, number: str) -> None:
    """To equals and below, the number stands in the middle (7.2.5)."""
    say(paragraph, number.strip("\t "))
    properties = paragraph.find(name("pPr"))
    if properties is not None and (tabs := properties.find(name("tabs"))) is not None:
        properties.remove(tabs)
    put(paragraph, "ind", left=0, right=0, firstLine=0, firstLineChars=0)
    put(paragraph, "jc", val="center")


def _close_corner(corner: Sequence[etree._Element]) -> None:
    """What is given moves up; the three lines above the mark remain."""
    said = [each for each in corner if paragraph_text(each).strip()]
    if corner and said and len(said) < len(corner):
        parent = corner[0].getparent()
        if parent is not None and all(each.getparent() is parent for each in corner):
            place = parent.index(corner[0])
            for each in [*said, *(each for each in corner if each not in said)]:
                parent.insert(place, each)
                place += 1


def _close_colophon(colophon: Styled) -> None:
    """Without 抄送机关 the rule below it goes, too; without anything, all of 版记."""
    left: list[tuple[etree._Element, str]] = []
    for each, style in colophon:
        text = paragraph_text(each)
        nobody = style == "Colophon" and (not text.strip() or _SENT_TO_NOBODY.fullmatch(text))
        second_rule = style == "ColophonRule" and left and left[-1][1] == style and each is not colophon[-1][0]
        if nobody or second_rule:
            remove_element(each)
        else:
            left.append((each, style))
    if left and all(style == "ColophonRule" for _, style in left):
        for each, _ in left:
            remove_element(each)
