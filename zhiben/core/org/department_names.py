"""What a department does, read off its name: 教体局 = 教育 + 体育, 市监局 = 市场监督管理, 安监局 = 应急管理 (2018).

The words are data, `data/department_names.csv`, for people of the field to review. Columns: 标准名 the class;
简称 whole names in use; 组合用语 the words by which the name of a joint department carries this function; 曾用名 names
before the reforms of 2018, 2023 and 2024; 设在 the department that usually hosts it.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("data") / "department_names.csv"
SUFFIX = re.compile(
    r"(?:管理)?(?:委员会办公室|委员会|办公室|委|办|厅|局|分局|部|处|总队|支队|大队|中队|队|中心|站|所|科|股|公司|机构|部门)$"
)
CONNECTIVE = re.compile(r"[和与及暨、·]|监督管理|管理|监督|事务|服务|发展|综合")


@dataclass(frozen=True)
class Department:
    """One row of the table."""

    name: str
    short_names: tuple[str, ...]
    words: tuple[str, ...]
    former_names: tuple[str, ...]
    hosted_by: str
    note: str


@dataclass(frozen=True)
class Functions:
    """What a name says: the classes of department in it; how it was read; whether every character was understood."""

    classes: frozenset[str]
    reading: str = ""
    """`full` a standard name, `short` a usual abbreviation, `former` a name before a reform, `joint` put together."""

    def __bool__(self) -> bool:
        return bool(self.classes)


NOTHING = Functions(frozenset())


@cache
def departments() -> dict[str, Department]:
    """The table by standard name."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [
            Department(
                row["标准名"],
                _list(row["简称"]),
                _list(row["组合用语"]),
                _list(row["曾用名"]),
                row["设在"],
                row["说明"],
            )
            for row in csv.DictReader(file)
        ]
    return {row.name: row for row in rows}


def functions_of(name: str) -> Functions:
    """The functions in a department's name, its region already cut off.

    >>> sorted(functions_of("教体局").classes)
    ['体育局', '教育局']
    >>> functions_of("市监局")
    Functions(classes=frozenset({'市场监督管理局'}), reading='short')
    >>> functions_of("安监局").reading
    'former'
    >>> functions_of("某某厂")
    Functions(classes=frozenset(), reading='')
    """
    if known := _whole_names().get(name):
        return known
    stem = SUFFIX.sub("", name)
    if not stem or stem == name:
        return NOTHING
    classes: set[str] = set()
    rest = stem
    while rest:
        word = next((word for word in _words() if rest.startswith(word)), None)
        if word is not None:
            classes.add(_words()[word])
            rest = rest[len(word) :]
        elif connective := CONNECTIVE.match(rest):
            rest = rest[connective.end() :]
        else:
            return NOTHING
    return Functions(frozenset(classes), "joint") if classes else NOTHING


@cache
def _whole_names() -> dict[str, Functions]:
    names: dict[str, Functions] = {}
    for row in departments().values():
        for reading, spellings in (("full", (row.name,)), ("short", row.short_names), ("former", row.former_names)):
            for spelling in spellings:
                names.setdefault(spelling, Functions(frozenset({row.name}), reading))
    return names


@cache
def _words() -> dict[str, str]:
    """Each word of a joint name and its class, the longest words first."""
    found = {word: row.name for row in departments().values() for word in row.words}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _list(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, cell.split("|")))
