"""附件 numbered anew where a condition of the template has left some of them out (7.3.4, 7.3.6)."""

import re

from . import standard as s
from .vanishing import Styled
from .widths import has_tag
from .word import paragraph_text, put, say

_LINE = re.compile(r"(?:附件[：:])?(?:(\d{1,2})[.．][\t ])?(.*)", re.DOTALL)
_MARK = re.compile(r"附件(\d{0,2})")


def line_of(title: str, place: int, count: int) -> tuple[str, int, int]:
    """The line of 附件说明 that names one annex, `place` from 1: text, left indent and hanging, in twips. 左空二字, wrapped
    lines under the first character of the name; a single annex has no number."""
    begins = 2.0 if place == 1 else 5.0
    name_begins = 6.25 if count > 1 else 5.0
    number = f"{place}.\t" if count > 1 else ""
    lead = "附件：" if place == 1 else ""
    return f"{lead}{number}{title}", s.characters(name_begins), s.characters(name_begins - begins)


def renumber(paragraphs: Styled) -> None:
    """Changes the document in place; does nothing where the numbers are right, or are an office's own."""
    lines = [each for each, style in paragraphs if style == "Enclosures" and paragraph_text(each).strip()]
    marks = [each for each, style in paragraphs if style == "AnnexMark"]
    said = [_LINE.fullmatch(paragraph_text(each)) for each in lines]
    marked = [_MARK.fullmatch(paragraph_text(each).strip()) for each in marks]
    if len(lines) != len(marks) or not all(said) or not all(marked) or any(has_tag(each[2]) for each in said if each):
        return
    wanted = _numbers(len(lines))
    if all([each[1] or "" for each in found if each] == wanted for found in (said, marked)):
        return
    for place, (line, mark, match) in enumerate(zip(lines, marks, said, strict=True), start=1):
        text, left, hanging = line_of(match[2] if match else "", place, len(lines))
        say(line, text)
        put(line, "ind", left=left, hanging=hanging)
        put(line, "spacing", before=s.LINE if place == 1 else 0)
        say(mark, f"附件{wanted[place - 1]}")


def _numbers(count: int) -> list[str]:
    return [""] if count == 1 else [str(number) for number in range(1, count + 1)]
