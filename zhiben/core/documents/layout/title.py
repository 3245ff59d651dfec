"""The lines of a title: 词意完整，排列对称，长短适宜，成梯形或菱形 (GB/T 9704-2012, 7.3.1)."""

import re
from functools import cache
from itertools import pairwise

from .widths import has_tag, width

WIDEST = 20.0
"""Characters of 二号 that stand on one line of 156 mm."""

_KEPT = re.compile(
    r"《[^《》]{1,18}》|〔\d{4}〕\d*号?|[“（][^“”（）]{1,14}[”）]|[A-Za-z0-9.%]+(?:年度?|月份?|日|号|个|项|%)?"
    r"|的(?:通知|通报|请示|报告|意见|决定|决议|公告|通告|批复|函|纪要|命令)$"
    r"|人民政府(?:办公室|办公厅)?|委员会(?:办公室)?|办公室|领导小组|管理局|有限公司"
    r"|安全生产|治本攻坚|重大事故隐患|事故隐患|隐患排查治理|排查整治|排查治理|专项整治|监督管理|监督检查|应急管理|应急救援"
    r"|三年行动|行动方案|实施方案|工作方案|月度调度|情况|工作|事故|隐患|整治|整改|排查|检查|督查|督导|调度|行动|方案|通知|通报|报告"
    r"|请示|关于|进一步|切实|扎实|深入|全面|加强|做好|开展|落实|强化|推进|印发|转发|调整|成立|召开|责任|企业|消防|燃气|危险化学品"
    r"|化学品|建筑|施工|交通|运输|矿山|特种设备|生产|安全|管理|会议|人员|单位|部门|重点|领域|行业|专项|突出|问题|措施|季度|年度|全县|全市|全省"
)
_NEVER_FIRST = set("的了、，。：；！？）》”’·%％号年月日")
_NEVER_LAST = set("《“（‘〔、第")
_GOOD_AFTER = ("关于", "》", "”", "委员会", "办公室", "人民政府", "局", "厅", "印发", "转发")


def lines_of(title: str, *, widest: float = WIDEST) -> list[str]:
    """The title cut into lines where a reader would pause. Breaks that the writer made are kept.

    >>> lines_of("关于2026年3月治本攻坚三年行动任务落实情况的通报")
    ['关于2026年3月治本攻坚', '三年行动任务落实情况的通报']
    """
    if "\n" in title:
        return [line for given in title.split("\n") for line in lines_of(given, widest=widest)]
    if has_tag(title) or width(title) <= widest:
        return [title]
    count = -int(-width(title) // (widest - 1))
    return min((_best(title, lines, widest) for lines in (count, count + 1)), key=lambda found: found[0])[1]


def _best(title: str, count: int, widest: float) -> tuple[float, list[str]]:
    """The cheapest way to cut the title into so many lines, and its cost."""
    inside = {place for match in _KEPT.finditer(title) for place in range(match.start() + 1, match.end())}
    ideal = width(title) / count
    before = [0.0]
    for character in title:
        before.append(before[-1] + width(character))

    @cache
    def cut(start: int, left: int, previous: float) -> tuple[float, tuple[int, ...]]:
        if left == 1:
            last = before[-1] - before[start]
            return (_line_cost(last, ideal, widest) + _shape_cost(previous, last), ())
        best: tuple[float, tuple[int, ...]] = (float("inf"), ())
        for end in range(start + 1, len(title)):
            line = before[end] - before[start]
            if line > widest:
                break
            if line < ideal * 0.55:
                continue
            rest, places = cut(end, left - 1, line)
            cost = (
                _line_cost(line, ideal, widest) + _shape_cost(previous, line) + _break_cost(title, end, inside) + rest
            )
            if cost < best[0]:
                best = (cost, (end, *places))
        return best

    cost, places = cut(0, count, 0.0)
    if cost == float("inf"):  # nothing but one long word: cut where the line is full
        step = int(widest)
        return (1e6 + count, [title[at : at + step] for at in range(0, len(title), step)])
    edges = (0, *places, len(title))
    return (cost + 2.0 * count, [title[start:end] for start, end in pairwise(edges)])


def _line_cost(line: float, ideal: float, widest: float) -> float:
    too_long = 1000.0 if line > widest else 0.0
    return too_long + (line - ideal) ** 2 / 6


def _shape_cost(previous: float, line: float) -> float:
    """Lines of one length are a block; the standard asks for a trapezium or a diamond."""
    return 1.0 if previous and abs(previous - line) < 0.5 else 0.0


def _break_cost(title: str, place: int, inside: set[int]) -> float:
    if title[place] in _NEVER_FIRST or title[place - 1] in _NEVER_LAST:
        return 60.0
    if place in inside:
        return 30.0
    if title[:place].endswith(_GOOD_AFTER):
        return 0.0
    return 2.0 if title[place] in "和及与暨" else 4.0
