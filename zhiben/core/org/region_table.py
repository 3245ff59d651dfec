"""Regions from a table: 统计用区划代码 as the statistics office publishes it, or a list of one's own.

A table is first planned, which changes nothing and names every doubtful row, and then imported as planned.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from zhiben.core.refusal import Refused

from .bulk_regions import NewRegion, open_regions
from .models import Region, RegionCode, RegionLevel
from .regions import rename_region

if TYPE_CHECKING:
    from zhiben.core.access.acting import By

HEADS = {
    "code": ("统计用区划代码", "区划代码", "行政区划代码", "区划编码", "地区代码", "代码", "编码", "code"),
    "name": ("名称", "区划名称", "行政区划名称", "区域名称", "地区名称", "单位名称", "name"),
    "level": ("层级", "级别", "行政级别", "level"),
    "parent": ("上级代码", "上级区划代码", "上级行政区划代码", "父级代码", "上级编码", "parent", "parent_code"),
}
"""The heads under which tables in use give each thing; 城乡分类代码 and the like are not needed."""
PLACEHOLDERS = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
"""Rows of the official table that only fill a place in the code: what lies below belongs to the region above."""
DIGITS_OF_LEVEL = {
    RegionLevel.PROVINCE: 2,
    RegionLevel.CITY: 4,
    RegionLevel.COUNTY: 6,
    RegionLevel.TOWN: 9,
    RegionLevel.VILLAGE: 12,
}
LEVEL_WORDS = {
    "省": RegionLevel.PROVINCE,
    "市": RegionLevel.CITY,
    "地": RegionLevel.CITY,
    "县": RegionLevel.COUNTY,
    "区": RegionLevel.COUNTY,
    "乡": RegionLevel.TOWN,
    "镇": RegionLevel.TOWN,
    "街": RegionLevel.TOWN,
    "村": RegionLevel.VILLAGE,
    "社": RegionLevel.VILLAGE,
    "网": RegionLevel.GRID,
}


@dataclass(frozen=True)
class PlannedRegion:
    row: int
    name: str
    code: str
    level: RegionLevel
    parent_code: str
    """Empty: a region at the top."""


@dataclass(frozen=True)
class Problem:
    row: int
    """As a spreadsheet counts, the head is row 1."""
    sentence: str


@dataclass
class Plan:
    """What importing the table would do."""

    opens: list[PlannedRegion] = field(default_factory=list)
    renames: list[tuple[Region, str]] = field(default_factory=list)
    unchanged: int = 0
    skipped: int = 0
    """Rows that only fill a place in the code."""
    problems: list[Problem] = field(default_factory=list)


def plan_import(content: bytes, *, day: date) -> Plan:
    """Read a table and compare it with the regions in force on that day. Refused when it cannot be read at all."""
    head, rows = _read(content)
    plan = Plan()
    in_force = {each.code: each.region for each in RegionCode.objects.valid_on(day).select_related("region").iterator()}
    found = list(_rows(head, rows, plan))
    known = in_force.keys() | {each.code for each in found}
    seen: dict[str, int] = {}
    for each in found:
        parent = each.parent_code or parent_code_of(each.code, known)
        if each.code in seen:
            plan.problems.append(Problem(each.row, f"代码 {each.code} 与第 {seen[each.code]} 行重复，请删去一行。"))
        elif parent and parent not in known:
            plan.problems.append(Problem(each.row, f"上级代码 {parent} 不在表中，也不在系统中，请补上这一行。"))
        elif not parent and each.level >= RegionLevel.TOWN:
            plan.problems.append(Problem(each.row, f"找不到“{each.name}”的上级，请把它所属的县级区域也放进表中。"))
        elif each.code not in in_force:
            plan.opens.append(PlannedRegion(each.row, each.name, each.code, each.level, parent))
        elif in_force[each.code].name != each.name:
            plan.renames.append((in_force[each.code], each.name))
        else:
            plan.unchanged += 1
        seen.setdefault(each.code, each.row)
    return plan


@transaction.atomic
def import_regions(plan: Plan, *, on: date, by: "By", now: datetime) -> list[Region]:
    """Carry a plan out, set-wise level by level; returns the new regions. Refused while rows have problems."""
    if plan.problems:
        raise Refused(f"表中还有 {len(plan.problems)} 行有问题，请改好后重新导入。")
    for region, name in plan.renames:
        rename_region(region=region, name=name, on=on, by=by, now=now)
    codes = {each.parent_code for each in plan.opens if each.parent_code}
    by_code = {
        each.code: each.region
        for each in RegionCode.objects.filter(code__in=codes, valid_to=None).select_related("region")
    }
    news: dict[str, NewRegion] = {}
    for each in sorted(plan.opens, key=lambda planned: planned.level):
        parent = by_code.get(each.parent_code) or news.get(each.parent_code)
        news[each.code] = NewRegion(name=each.name, level=each.level, parent=parent, code=each.code)
    return open_regions(regions=list(news.values()), by=by, now=now)


def level_of(code: str) -> RegionLevel:
    """
    >>> level_of("990121101000").name, level_of("990100000000").name
    ('TOWN', 'CITY')
    """
    digits = len(code.rstrip("0"))
    return next(level for level, places in DIGITS_OF_LEVEL.items() if digits <= places)


def _read(content: bytes) -> tuple[dict[str, int], list[list[str]]]:
    text = _decoded(content)
    delimiter = max(",\t;", key=text[:4096].count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    if not rows:
        raise Refused("表是空的，请检查文件。")
    head = _head(rows[0])
    if head is None:
        raise Refused("第一行应为表头，至少要有“统计用区划代码”和“名称”两列。请补上表头后重新导入。")
    return head, rows[1:]


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("文件编码无法识别，请在表格软件中另存为“CSV UTF-8”后重试。")


def _head(cells: Sequence[str]) -> dict[str, int] | None:
    """Which column holds what; None where code or name is missing."""
    plain = [cell.replace(" ", "").lower() for cell in cells]
    columns = {}
    for meaning, spellings in HEADS.items():
        place = next((plain.index(spelling) for spelling in spellings if spelling in plain), None)
        if place is not None:
            columns[meaning] = place
    return columns if {"code", "name"} <= columns.keys() else None


def _rows(head: dict[str, int], rows: Iterable[list[str]], plan: Plan) -> Iterable[PlannedRegion]:
    for number, cells in enumerate(rows, 2):
        row = {meaning: cells[place] if place < len(cells) else "" for meaning, place in head.items()}
        if not any(row.values()):
            continue
        code, parent = whole_code(row["code"]), whole_code(row.get("parent", ""))
        if row["name"] in PLACEHOLDERS:
            plan.skipped += 1
        elif not row["name"]:
            plan.problems.append(Problem(number, "没有名称，请填写。"))
        elif code is None:
            plan.problems.append(Problem(number, f"区划代码“{row['code']}”应为 2、4、6、9 或 12 位数字，请核对。"))
        else:
            level = LEVEL_WORDS.get(row.get("level", "")[:1], level_of(code))
            yield PlannedRegion(number, row["name"], code, level, parent or "")


def whole_code(code: str) -> str | None:
    """Twelve digits; spreadsheets lose trailing zeros or write them as decimals."""
    code = code.removesuffix(".0").lstrip("'")
    if not (code.isascii() and code.isdecimal() and len(code) in DIGITS_OF_LEVEL.values()) or code.startswith("00"):
        return None
    return code.ljust(12, "0")


def parent_code_of(code: str, known: Iterable[str]) -> str:
    """By the digits: the nearest shorter prefix that is a region."""
    level = level_of(code)
    for higher in sorted((each for each in DIGITS_OF_LEVEL if each < level), reverse=True):
        candidate = code[: DIGITS_OF_LEVEL[higher]].ljust(12, "0")
        if candidate in known and candidate != code:
            return candidate
    return ""
