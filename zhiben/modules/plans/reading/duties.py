"""Where a text says who is responsible: brackets (县应急局牵头,各乡镇配合), label lines (责任单位:甲、乙)."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .responsibility import names_in
from .vocabulary import LABEL, LEAD_LABEL, PARTICIPANT_LABEL, RESPONSIBLE_LABEL

_DUTY = re.compile(
    "牵头|负责(?!人|同志)|配合|责任(?:单位|部门|科室|主体)|落实|参与|协同|会同|按职责|按照职责|协助|主办|协办|参加|实施$"
)
_NOT_A_DUTY = re.compile("以下简称|以下统称|下称|见附件|详见|试行|[《》“”]|(?:工作|原则|机制|制度|情况|能力|问题)$")
_CLOSES = {"(": ")", "【": "】", "[": "]", "〔": "〕"}
_OPEN = re.compile(r"[(\[【]")
_BRACKET_REACH = 600


@dataclass(frozen=True)
class Duty:
    """A stretch of text that says who is responsible. `labelled` means 责任单位:… without brackets."""

    start: int
    end: int
    inner_start: int
    inner_end: int
    labelled: bool = False


def _pairs(text: str) -> dict[int, int]:
    """Every bracket with its closing one, no further than `_BRACKET_REACH` away."""
    pairs: dict[int, int] = {}
    waiting: dict[str, list[int]] = {closing: [] for closing in _CLOSES.values()}
    for match in re.compile(r"[()\[\]【】〔〕]").finditer(text):
        mark, at = match.group(), match.start()
        if mark in _CLOSES:
            waiting[_CLOSES[mark]].append(at)
        elif waiting[mark]:
            opening = waiting[mark].pop()
            if at - opening <= _BRACKET_REACH:
                pairs[opening] = at
    return pairs


def is_duty(content: str) -> bool:
    """The content of a bracket speaks of responsibility.

    >>> is_duty("县应急局牵头,各乡镇配合"), is_duty("2025年底前完成"), is_duty("以下简称牵头部门"), is_duty("市、区")
    (True, False, False, False)
    """
    if _NOT_A_DUTY.search(content) and not LABEL.match(content):
        return False
    return _DUTY.search(content) is not None


def _bare_list(text: str, begin: int, close: int, ends: bool = False) -> bool:
    """Nothing but units in a bracket at the end of a sentence: …。(县安委办、各乡镇).

    >>> _bare_list("开展巡查。(县安委办)", 5, 10), _bare_list("(县应急局、各乡镇)", 0, 9), _bare_list("(学校、医院)", 0, 6)
    (True, True, False)
    """
    if not ends and close + 1 < len(text) and text[close + 1] not in "。;\n":
        return False
    content = text[begin + 1 : close]
    if re.search("[:。;《》“”]|以下|简称", content):
        return False
    names = [name for name, _, _ in names_in(content)]
    if len(names) < 2 and (not begin or text[begin - 1] not in "。;\n"):
        return False
    return bool(names) and all(map(_UNIT_LIKE.search, names)) and any(map(_PLAINLY_A_UNIT.search, names))


_PLAINLY_A_UNIT = re.compile(
    r"(?:局|委|办|厅|政府|委员会|大队|支队|公司|办公室|部门|宣传部|组织部|工会|党委|法院|中心|街道|乡镇)(?:\(.*\))?$"
)
_UNIT_LIKE = re.compile(
    r"(?:局|委|办|厅|部|处|科|站|所|队|会|院|校|政府|公司|集团|中心|部门|单位|企业|机构|村|社区|街道|乡镇|镇|区|县|市|园|厂|矿|车间)(?:\(.*\))?$"
)


_NEXT_DUTY = re.compile(rf"[(\[【〔]|(?P<label>(?:{LEAD_LABEL}|{PARTICIPANT_LABEL}|{RESPONSIBLE_LABEL}):)")
_LABEL_END = re.compile(r"[。\n]")


def duties_in(text: str, item_starts: Sequence[int] = ()) -> Iterator[Duty]:
    """Responsibility brackets and label lines in order, none inside another.

    A label's value ends with its sentence, its line, or where the next of the items (`item_starts`, sorted) begins.

    >>> [text[duty.inner_start : duty.inner_end] for text in ["完成排查。(县应急局)责任单位:县水务局"] for duty in duties_in(text)]
    ['责任单位:县水务局']
    """

    def label_end(after: int) -> int:
        found = _LABEL_END.search(text, after)
        index = bisect_right(item_starts, after)
        following = item_starts[index] if index < len(item_starts) else len(text)
        return min(found.start() if found else len(text), following)

    pairs = _pairs(text)
    starts = frozenset(item_starts)
    at = 0
    while match := _NEXT_DUTY.search(text, at):
        begin, at = match.start(), match.end()
        if match["label"]:
            at = max(label_end(at), at)
            yield Duty(begin, at, begin, at, labelled=True)
            continue
        close = pairs.get(begin)
        if close is None:
            continue
        content = text[begin + 1 : close]
        if text[begin] != "(" and (
            LABEL.fullmatch(content) or (text[close + 1 : close + 2] == ":" and is_duty(content))
        ):
            at = label_end(close + 1)  # 【责任单位】甲、乙
            yield Duty(begin, at, begin, at, labelled=True)
        elif is_duty(content) or _bare_list(text, begin, close, close + 1 in starts):
            at = close + 1
            yield Duty(begin, at, begin + 1, close)
