"""Which criterion the words of a ledger cite: 应急管理部令第10号第7条第三项, 《工贸企业重大事故隐患判定标准》第七条（三）, a key, a title.
Only where it can be but one; else the words are kept as the ground."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from zhiben.core.text.normal import normalised_text
from zhiben.modules.criteria.models import Criterion

from .judging import criterion_objection

_DIGITS = {character: number for number, character in enumerate("〇一二三四五六七八九十")}
_ARTICLE = re.compile(r"第([〇一二三四五六七八九十百\d]+)条(?:第?\(?([〇一二三四五六七八九十\d]+)\)?[项款]?)?")


@dataclass
class Citations:
    """Remembers what it has looked up; the catalogue is read once."""

    _by_article: dict[tuple[int, int], list[Criterion]] | None = None
    _by_name: dict[str, Criterion] = field(default_factory=dict)
    _found: dict[tuple[str, date], tuple[Criterion | None, str]] = field(default_factory=dict)

    def of(self, text: str, found_on: date) -> tuple[Criterion | None, str]:
        """(the criterion in force on that day, the words of the ledger)"""
        asked = (text, found_on)
        if asked not in self._found:
            self._found[asked] = (self._look_up(text, found_on), text.strip())
        return self._found[asked]

    def _look_up(self, text: str, found_on: date) -> Criterion | None:
        if self._by_article is None:
            self._read()
        assert self._by_article is not None
        plain = _plain(text)
        if exact := self._by_name.get(plain):
            return None if criterion_objection(exact, found_on) else exact
        cited = _ARTICLE.search(plain)
        if cited is None:
            return None
        candidates = self._by_article.get((_number(cited[1]), _number(cited[2] or "0")), [])
        named = [each for each in candidates if _names(plain, each)]
        holds = [each for each in named if criterion_objection(each, found_on) is None]
        return holds[0] if len(holds) == 1 else None

    def _read(self) -> None:
        self._by_article = defaultdict(list)
        for each in Criterion.objects.filter(is_retired=False).select_related("standard"):
            self._by_name[_plain(each.key)] = each
            self._by_name.setdefault(_plain(each.title), each)
            if cited := _ARTICLE.match(_plain(each.article + each.item)):
                self._by_article[_number(cited[1]), _number(cited[2] or "0")].append(each)


def _names(plain: str, criterion: Criterion) -> bool:
    """Whether the words name the standard, by its number or by its name."""
    standard = criterion.standard
    return _plain(standard.doc_no) in plain or _plain(standard.name) in plain


def _plain(text: str) -> str:
    return re.sub(r"[\s|《》<>“”\"、，,。]", "", normalised_text(text)).casefold()


def _number(text: str) -> int:
    """
    >>> [_number(text) for text in ("7", "十二", "二十", "三")]
    [7, 12, 20, 3]
    """
    if text.isdigit():
        return int(text)
    tens, has_ten, ones = text.rpartition("十")
    if has_ten:
        return (_DIGITS.get(tens, 1) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0)
    return _DIGITS.get(text, 0)
