"""Which heading means which field. Plain Python: a field is anything with `name`, `label`, `aliases`."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

from zhiben.core.text.normal import normalised_text

_STRAY = re.compile(r"[\s*＊_:：·.。、\-—]+")
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕")
EXACT, CLOSE, CONTAINED = 3, 2, 1


class Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


@lru_cache(maxsize=4096)
def folded(heading: str) -> str:
    """A heading as it is compared: without spaces, stars and case.

    >>> folded(" *联系 方式／手机 ")
    '联系方式/手机'
    """
    return _STRAY.sub("", normalised_text(heading)).lower()


@lru_cache(maxsize=4096)
def _bare(heading: str) -> str:
    """Without what stands in brackets: 金额（万元） is 金额."""
    return _BRACKETED.sub("", folded(heading))


def likeness(heading: str, field: Named) -> int:
    """How surely this heading means that field: EXACT, CLOSE, CONTAINED or 0."""
    spellings = {folded(each) for each in (field.label, field.name, *field.aliases)}
    if folded(heading) in spellings:
        return EXACT
    bare = _bare(heading)
    last = bare.rpartition("/")[2]
    plain = {_BRACKETED.sub("", each) for each in spellings} - {""}
    if bare in plain or plain.intersection(_endings(bare)):
        return CLOSE
    longest = max((each for each in plain if len(each) >= 2 and each in last), key=len, default="")
    return CONTAINED if longest and len(last) <= 3 * len(longest) else 0


def matched(headings: Sequence[str], fields: Sequence[Named]) -> dict[int, str]:
    """Column → name of a field, each field once: the surest first, then the leftmost. A heading that only contains
    the words of two fields is left to the person."""
    ranked = sorted(
        (-sure, at, order, field.name)
        for at, heading in enumerate(headings)
        if heading
        for order, field in enumerate(fields)
        if (sure := likeness(heading, field))
    )
    doubtful = {
        at
        for at, _ in enumerate(headings)
        if sum(1 for sure, place, _, _ in ranked if place == at) > 1
        and all(sure == -CONTAINED for sure, place, _, _ in ranked if place == at)
    }
    found: dict[int, str] = {}
    for sure, at, _, name in ranked:
        if at not in found and name not in found.values() and not (sure == -CONTAINED and at in doubtful):
            found[at] = name
    return dict(sorted(found.items()))


def count_matched(headings: Iterable[str], spellings: Mapping[str, str]) -> int:
    """How many fields these headings name surely; `spellings` is `all_spellings`. Cheap: for looking for the head."""
    names = set()
    for heading in headings:
        if heading and (name := _surely(heading, spellings)):
            names.add(name)
    return len(names)


def _surely(heading: str, spellings: Mapping[str, str]) -> str:
    bare = _bare(heading)
    return spellings.get(folded(heading)) or next(
        (spellings[each] for each in (bare, *_endings(bare)) if each in spellings), ""
    )


def _endings(bare: str) -> list[str]:
    """联系方式/手机/号码 may be called 联系方式手机号码, 手机号码 or 号码."""
    parts = bare.split("/")
    return ["".join(parts[start:]) for start in range(len(parts))]


def all_spellings(fields: Iterable[Named]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in fields:
        for each in (field.label, *field.aliases):
            found.setdefault(folded(each), field.name)
            found.setdefault(_bare(each), field.name)
    found.pop("", None)
    return found


def fingerprint(headings: Sequence[str]) -> str:
    """The same for every file with these headings in this order: what a mapping is remembered under."""
    return hashlib.sha256("\n".join(("by place", *map(folded, headings))).encode()).hexdigest()
