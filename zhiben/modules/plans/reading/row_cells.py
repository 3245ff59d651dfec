"""A row of a table whose cells became lines: which lines belong to which column.

A cell may stand on one line, or be broken over several by its narrow column. The columns keep their order, so every
way to cut the row's lines into columns is weighed by what the cells look like, and the best one is taken.
"""

import re
from collections.abc import Sequence

from .tables import Kind
from .vocabulary import UNIT_NAME, UNIT_TAIL

LONGEST_ROW = 60  # lines
_LONGEST_SHORT_CELL = 10  # lines of a cell of units or time
_EMPTY_CELL = re.compile(r"[-—–/\\·]{1,3}|无|略")
_TIME = re.compile(
    r"(?:到|于)?(?:20\d\d|今|明|\d{1,2}月|长期|持续|常态|全年|每年|每半年|每季|每月|立即|贯穿|年底|按.*要求|适时|随时|即日).{0,30}"
)
_ENDS_TIME = re.compile(r"[前底末日]$")
_UNITS: frozenset[Kind] = frozenset(("lead", "participant", "responsible"))
_EMPTY_COST: dict[Kind, float] = {"task": 2, "detail": 1, "lead": 1.5, "responsible": 1, "time": 1}
_BREAK_COST: dict[Kind, float] = {"lead": 0.6, "responsible": 0.4, "participant": 0.3, "time": 0.3}
_IMPOSSIBLE = float("-inf")


def looks_like_units(text: str) -> bool:
    """A list of units, or the mark of an empty cell.

    >>> looks_like_units("县应急局、各乡(镇)政府"), looks_like_units("/"), looks_like_units("区消防救援大"), looks_like_units("2024年")
    (True, True, False, False)
    """
    if _EMPTY_CELL.fullmatch(text):
        return True
    names = [name for name in re.split(r"[、,;\n](?![^()]*\))", text) if name]
    return bool(names) and all(map(UNIT_NAME.fullmatch, names))


def looks_like_time(text: str) -> bool:
    """When a thing must be done, or an empty cell.

    >>> looks_like_time("2024年6月底前,并持续推进"), looks_like_time("长期坚持"), looks_like_time("完成整改")
    (True, True, False)
    """
    return _TIME.fullmatch(text) is not None or _EMPTY_CELL.fullmatch(text) is not None


def parts_a_name(before: str, after: str) -> bool:
    """Whether the line end between two lines of a cell parts two names, not one name in two.

    >>> parts_a_name("县政府办公室", "县应急管理局"), parts_a_name("区消防救援大", "队、区水务局"), parts_a_name("县委", "办公室")
    (True, False, False)
    """
    last = re.split("[、,;]", before)[-1]
    return bool(last) and UNIT_NAME.fullmatch(last) is not None and not UNIT_TAIL.match(after)


def _worth(kind: Kind, lines: Sequence[str]) -> float:
    """How well these lines make one cell of a column."""
    if not lines:
        return -_EMPTY_COST.get(kind, 0.3)
    joined = "".join(lines)
    breaks = len(lines) - 1
    if kind in _UNITS:
        return (3 if looks_like_units(joined) else -3) - _BREAK_COST[kind] * breaks
    if kind == "time":
        ends = 0.5 if _ENDS_TIME.search(joined) else 0
        return (3 + ends if looks_like_time(joined) else -3) - _BREAK_COST["time"] * breaks
    widest = max(map(len, lines))
    early = sum(len(line) < widest - 2 and line[-1:] not in "。;:" for line in lines[:-1])
    strangers = sum(looks_like_units(line) for line in lines[1:])
    like_others = 0.5 if looks_like_units(joined) or looks_like_time(joined) else 0
    return 1 - like_others - 0.1 * breaks - early - 0.5 * strangers


def cut_into_columns(lines: Sequence[str], kinds: Sequence[Kind], *, is_last: bool) -> list[tuple[int, int]]:
    """The lines (first, after the last) of every column. The last row of a table may leave lines behind it.

    >>> row = ["整治燃气", "隐患", "更换软管。", "县住建局", "县应急局、县市", "场监管局", "2025年底"]
    >>> cut_into_columns(row, ["task", "detail", "lead", "participant", "time"], is_last=True)
    [(0, 2), (2, 3), (3, 4), (4, 6), (6, 7)]
    """
    size, columns = min(len(lines), LONGEST_ROW), len(kinds)
    best = [[_IMPOSSIBLE] * (size + 1) for _ in range(columns + 1)]
    came_from = [[0] * (size + 1) for _ in range(columns + 1)]
    best[0][0] = 0.0
    for column, kind in enumerate(kinds):
        reach = _LONGEST_SHORT_CELL if kind in _UNITS or kind == "time" else size
        for begin in range(size + 1):
            if best[column][begin] == _IMPOSSIBLE:
                continue
            for end in range(begin, min(size, begin + reach) + 1):
                worth = best[column][begin] + _worth(kind, lines[begin:end])
                if worth > best[column + 1][end]:
                    best[column + 1][end], came_from[column + 1][end] = worth, begin
    end = max(range(size + 1), key=lambda at: (best[columns][at], -at)) if is_last else size
    cuts: list[tuple[int, int]] = []
    for column in range(columns, 0, -1):
        cuts.append((came_from[column][end], end))
        end = came_from[column][end]
    return cuts[::-1]
