"""Item numbers: every style a plan uses, and which of them open an item.

What looks like a number is one when it stands at the beginning of a paragraph, or when it continues a count:
1.5米, 2024.3 and 统一、规范 are none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zhiben.core.text.numbers import number_value

_C = "[一二三四五六七八九十]{1,3}|[一二三四五六七八九]?百[零一二三四五六七八九十]{0,4}"
_PATTERNS = (
    ("chapter", rf"第(?P<chapter>{_C})(?:章|部分)[:、 ]?"),
    ("section", rf"第(?P<section>{_C})节[:、 ]?"),
    ("ordinal", rf"(?<![^\n。;])第(?P<ordinal>{_C})[、,:](?![一二三四五六七八九十])"),
    ("named", rf"(?<![^\n])(?P<named>(?:任务|行动|举措|措施|专项)(?:{_C}|\d{{1,3}}))[:、.](?!\d)"),
    ("(一)", rf"\((?P<bracketed_chinese>{_C})\)[、.]?"),
    ("一、", rf"(?P<chinese>{_C})[、.](?![一二三四五六七八九十]*(?:级|类|线|类|季度|月|年|者|个))"),
    ("1.1", r"(?P<dotted>[1-9]\d?(?:\.[1-9]\d?){1,3})(?![\d%.]|[万亿米个倍吨元以至年月日-])[、.]?"),
    (
        "1.",
        r"(?P<arabic>\d{1,5})[.、](?:(?=20\d\d年|\d{1,2}月)|(?!\d|[一二三四五六七八九十]{1,3}(?:级|类|号|月|日|时)))",
    ),
    ("(1)", r"\((?P<bracketed>\d{1,3})\)[、.]?"),
    ("1)", r"(?P<closed>\d{1,2})\)(?:[、.](?!\d))?"),
    ("①", r"(?P<circled>[①-⑳])[、.]?"),
)
_NUMBER = re.compile("|".join(pattern for _, pattern in _PATTERNS))
_STYLE = dict(zip(_NUMBER.groupindex, (style for style, _ in _PATTERNS), strict=True))
# Which style stands above which where a document does not show it.
RANK: dict[str, float] = {
    "word": 0,
    "chapter": 0,
    "section": 0.5,
    "ordinal": 5,
    "一、": 1,
    "named": 2,
    "(一)": 2,
    "1.": 3,
    "1.1": 4,
    "(1)": 4,
    "1)": 5,
    "①": 6,
}
RANK |= {"1.1.1": 5, "1.1.1.1": 6}

# Before a Chinese number these make a word of it: 统一、 第一、 之一、
_MAKES_A_WORD = frozenset("第统唯之单同逐专归合划守不其万每任上初近百千几数")
# … unless they end a word already, as many titles do: 任务清单, 行动计划, 教育系统.
_WHOLE_WORDS = (
    "清单",
    "名单",
    "账单",
    "系统",
    "传统",
    "计划",
    "规划",
    "责任",
    "主任",
    "结合",
    "配合",
    "综合",
    "以上",
    "公共",
)
_MAKES_A_REFERENCE = frozenset("第附表图件约达为共计至到约各款条项")


@dataclass(frozen=True)
class Number:
    """A number that may open an item: `text[start:end]` is the number with its mark."""

    start: int
    end: int
    style: str
    value: int
    printed: str
    at_paragraph: bool
    boundary: int  # 3 a paragraph begins here, 2 a sentence or a gap, 1 a pause, 0 nothing

    @property
    def key(self) -> tuple[int, int]:
        return (self.start, self.end)


def _value(group: str, content: str) -> int:
    if group == "dotted":
        return int(content.rsplit(".", 1)[1])
    digits = content[2:] if group == "named" else content
    return number_value(digits) or 0


def _printed(group: str, content: str, whole: str) -> str:
    """(十二) stays, 1. becomes 1, 第一、 becomes 第一.

    >>> _printed("arabic", "1", "1."), _printed("bracketed_chinese", "十二", "(十二)、")
    ('1', '(十二)')
    """
    if group in ("bracketed_chinese", "bracketed"):
        return f"({content})"
    return f"第{content}" if group in ("ordinal", "chapter", "section") else content


def starts_item(line: str) -> bool:
    """A line begins with a number of any style.

    >>> starts_item("(一)压实责任"), starts_item("1.5米以上"), starts_item("2024年底前")
    (True, False, False)
    """
    match = _NUMBER.match(line)
    return match is not None and match.end() < len(line)


def makes_a_word(before: str) -> bool:
    """Whether a Chinese number right after `before` belongs to a word with it.

    >>> makes_a_word("坚持安全第"), makes_a_word("三年行动计划"), makes_a_word("任务清单")
    (True, False, False)
    """
    return before[-1:] in _MAKES_A_WORD and not before.endswith(_WHOLE_WORDS)


def _boundary(text: str, start: int, gap: bool) -> int:
    if start == 0 or text[start - 1] == "\n":
        return 3
    before = text[start - 1]
    if gap or before in "。;!?:)】":
        return 2
    return 1 if before in ",、》”]" else 0


def numbers_of(text: str, offsets: Sequence[int], gaps: set[int]) -> list[Number]:
    """Everything in the text that looks like an item's number."""
    found: list[Number] = []
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        group = match.lastgroup or ""
        boundary = _boundary(text, start, offsets[start] in gaps)
        before = text[start - 1] if start else "\n"
        if boundary < 3 and (
            (group in ("arabic", "dotted", "closed") and ((before.isascii() and before.isalnum()) or before in ".-"))
            or (
                group == "chinese"
                and (makes_a_word(text[max(0, start - 2) : start]) or before in "一二三四五六七八九十")
            )
            or (boundary < 2 and before in _MAKES_A_REFERENCE)
        ):
            continue
        if end >= len(text) or (text[end] == "\n" and boundary < 3):
            continue
        content = match[group]
        value = _value(group, content)
        style = _STYLE[group] if group != "dotted" else "1.1" + ".1" * (content.count(".") - 1)
        found.append(Number(start, end, style, value, _printed(group, content, match.group()), boundary == 3, boundary))
    return found
