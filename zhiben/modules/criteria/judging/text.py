"""A description as the engine reads it: one way to write everything, cut into clauses, each place known in the original."""

import re
from bisect import bisect_right
from dataclasses import dataclass

from zhiben.core.text.mapped import Edit, MappedText
from zhiben.core.text.normal import normalised
from zhiben.core.text.numbers import number_value

_DIGITS = "〇零一二两三四五六七八九十百"
_NUMERALS = re.compile(rf"[{_DIGITS}千万]*[{_DIGITS}](?=千[伏瓦克米帕])|[{_DIGITS}千万]+")
"""五百千伏 are 500 千伏: 千 belongs to the unit."""
_POINT = re.compile(
    r"(?<=\d)(?P<point>点)(?=\d{1,2}(?:%|百分|米|吨|兆|千[帕伏瓦克]|公斤|倍|℃|厘|毫|mpa))"
    r"|(?:瓦斯|甲烷|浓度|比)[^,。;!?:\d]{0,5}\d{1,2}(?P<said>点)(?=\d)",
    re.IGNORECASE,
)
"""Spoken: 瓦斯一点二, 三点五米. Three o'clock stays what it is."""
_ALONE = frozenset("零〇百千万")
"""Alone they count nothing: 零部件, 百叶窗, 千斤顶, 万用表."""
_STRAY = re.compile(r"\s+|(?<=\d),(?=\d{3}(?!\d))")
_ENDS = re.compile(r"[,。;!?:\n]+")


@dataclass(frozen=True)
class Description:
    """`text` is folded, in lower case, without spaces, with Arabic numerals; `starts` are where its clauses begin."""

    original: str
    text: str
    starts: tuple[int, ...]
    _mapped: MappedText

    def clause(self, at: int) -> int:
        """Number of the clause in which a place lies."""
        return bisect_right(self.starts, at) - 1

    def said(self, clause: int) -> str:
        """The text of a clause with the mark that ends it."""
        end = self.starts[clause + 1] if clause + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[clause] : end]

    def is_last(self, clause: int) -> bool:
        """Whether a sentence ends with the clause."""
        return clause < 0 or self.said(clause).endswith(("。", ";", "!", "?", "\n"))

    def quoted(self, start: int, end: int) -> str:
        """The words as they were written."""
        first, last = self._mapped.origin(start, end)
        return self.original[first:last].strip()


def read(original: str) -> Description:
    """
    >>> read("后厨 ３ 个钢瓶，").text, read("十二口池子").text
    ('后厨3个钢瓶,', '12口池子')
    """
    mapped = _folded(original)
    text = mapped.text
    starts = (0, *(match.end() for match in _ENDS.finditer(text) if match.end() < len(text)))
    return Description(original, text, starts, mapped)


def folded(text: str) -> str:
    """A phrase, or many joined by line feeds, written as descriptions are."""
    return _folded(text, keep_lines=True).text


def _folded(original: str, *, keep_lines: bool = False) -> MappedText:
    mapped = normalised(MappedText.of(original))
    mapped = mapped.edited(_without_spaces(mapped.text, keep_lines))
    mapped = mapped.edited(_with_numbers(mapped.text))
    if "点" in mapped.text:
        mapped = mapped.edited(_with_points(mapped.text))
    lower = mapped.text.lower()
    return MappedText(lower if len(lower) == len(mapped.text) else mapped.text, mapped.printed, mapped.offsets)


def _without_spaces(text: str, keep_lines: bool) -> list[Edit]:
    return [
        (match.start(), match.end(), "\n" if "\n" in match.group() else "")
        for match in _STRAY.finditer(text)
        if not (keep_lines and match.group() == "\n")
    ]


def _with_numbers(text: str) -> list[Edit]:
    edits: list[Edit] = []
    for match in _NUMERALS.finditer(text):
        numeral = match.group()
        value = None if numeral in _ALONE else number_value(numeral)
        if value is not None:
            edits.append((match.start(), match.end(), str(value)))
    return edits


def _with_points(text: str) -> list[Edit]:
    groups = ((match, "point" if match["point"] else "said") for match in _POINT.finditer(text))
    return [(match.start(group), match.end(group), ".") for match, group in groups]
