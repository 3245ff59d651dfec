"""Asks back while somebody writes: what, where, how much. A method with word lists (`data/vague.toml`); pure and fast.

It asks and never refuses: whoever stands on the spot may know that there is no more to say."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from zhiben.core.text.normal import normalised_text

LISTS = Path(__file__).parent / "data" / "vague.toml"
LITTLE = 6
"""Characters that must be left beside an empty phrase, or it was all that was said."""
SHORTEST = 5
"""Characters in which a thing and what is wrong with it can be named: 电箱没接地."""
_CLAUSE = re.compile(r"[,，。；;!！?？\n]+")
_NUMBER = re.compile(
    r"[0-9]|[一二两三四五六七八九十百千半几][多余]?(?:个|人|米|厘米|毫米|天|日|周|月|年|小时|分钟|度|倍|吨|公斤|千克|升|台|处|件|箱|瓶|层|根|辆|次|具|只|间|户|张|本|份)"
)
_PUNCTUATION = re.compile(r"[\s\W_]+")
_LONG_ENOUGH = re.compile(rf"(?:[^\W_][\W_]*){{{SHORTEST}}}")


@dataclass(frozen=True)
class Question:
    what: Literal["what", "where", "how_much"]
    sentence: str


@dataclass(frozen=True)
class _Words:
    empty: re.Pattern[str]
    filler: re.Pattern[str]
    quantity: re.Pattern[str]
    how_much: dict[str, str]
    place_endings: tuple[str, ...]
    nowhere: frozenset[str]


def questions_about(description: str, place: str) -> list[Question]:
    """What still has to be said, at most one question of each kind.

    >>> [each.what for each in questions_about("存在安全隐患", "")]
    ['what', 'where']
    >>> questions_about("氨制冷机房报警探头 3 个，2 个不亮", "制冷机房")
    []
    """
    said, where = normalised_text(description).strip(), normalised_text(place).strip()
    if not said and not where:
        return []
    questions = [_what(said), _where(where), _how_much(said)]
    return [question for question in questions if question]


def _what(said: str) -> Question | None:
    if not said:
        return None
    words = _words()
    phrase = words.empty.search(said)
    if phrase and len(_PUNCTUATION.sub("", words.filler.sub("", words.empty.sub("", said)))) < LITTLE:
        return Question("what", f"“{phrase.group()}”看不出要改什么：是什么设备、什么行为或什么制度，具体哪里不对？")
    if not _LONG_ENOUGH.search(said):
        return Question("what", "写得太短，整改的人看不懂：是什么东西，具体出了什么问题？")
    return None


@lru_cache(4096)
def _where(where: str) -> Question | None:
    words = _words()
    bare = _PUNCTUATION.sub("", where)
    if not bare:
        return Question("where", "在什么位置？写到车间、楼层、设备，让没去过的人也能找到。")
    if bare in words.nowhere:
        return Question("where", f"“{where}”范围太大：是哪一个车间、哪一层、哪一台设备？")
    if bare.endswith(words.place_endings) or any(letter.isdigit() for letter in bare) or len(bare) > 4:
        return None
    return Question("where", f"“{where}”看不出在哪里：是哪一个车间、哪一层、哪一台设备？")


def _how_much(said: str) -> Question | None:
    """A clause that says 超, 不足, 过多 without a number, here or in the clause beside it."""
    words = _words()
    if not words.quantity.search(said):
        return None
    clauses = [clause for clause in _CLAUSE.split(said) if clause]
    for place, clause in enumerate(clauses):
        found = words.quantity.search(clause)
        beside = clauses[max(0, place - 1) : place + 2]
        if found and not any(_NUMBER.search(each) for each in beside):
            asks = words.how_much.get(found.group(), "具体是多少？写上实际数量和规定的限值。")
            return Question("how_much", f"“{found.group()}”：{asks}")
    return None


@cache
def _words() -> _Words:
    lists = tomllib.loads(LISTS.read_text(encoding="utf-8"))
    return _Words(
        empty=_any_of(lists["empty"]),
        filler=_any_of(lists["filler"]),
        quantity=_any_of(lists["quantity"]),
        how_much=lists["how_much"],
        place_endings=tuple(lists["places"]["endings"]),
        nowhere=frozenset(lists["places"]["nowhere"]),
    )


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    """The longest first, so that 管理不到位 is met before 不到位."""
    return re.compile("|".join(re.escape(each) for each in sorted(phrases, key=len, reverse=True)))
