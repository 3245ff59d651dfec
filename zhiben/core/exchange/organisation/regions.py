"""Regions from a list: the official table of codes, or one's own with parks and districts that have none."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhiben.core.access.permissions import Permission
from zhiben.core.clock import local_day
from zhiben.core.org import services as org
from zhiben.core.org.models import Region, RegionCode, RegionFormerName, RegionLevel
from zhiben.core.org.region_table import (
    DIGITS_OF_LEVEL,
    HEADS,
    LEVEL_WORDS,
    PLACEHOLDERS,
    level_of,
    parent_code_of,
    whole_code,
)
from zhiben.core.refusal import Refused

from ..declaration import Action, Context, Done, Field, Problem, Row
from ..naming import FoundRegion, RegionNames, reach_of, within_reach
from .planning import PlannedImport

RECORD = "org.region"
PATH = re.compile(r"[/／>＞\\]")


@dataclass
class _Plan:
    row: Row
    level: RegionLevel | None = None
    code: str = ""
    region: Region | None = None
    """The one there is already."""
    gains_code: bool = False
    parent: Region | None = None
    parent_in_file: str = ""
    """Its code, or its name; a parent that this file brings."""
    is_skipped: bool = False
    action: Action = "new"
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    """Of name, code, parent."""

    def refuse(self, name: str, sentence: str) -> None:
        self.problems.append(Problem(name, sentence))


class RegionImport(PlannedImport):
    key, title, counter = "org.regions", "区域", "个"
    permission, list_url = Permission.MANAGE_ORGANISATION, "regions:list"
    fields = (
        Field("code", "区划代码", (*HEADS["code"],), is_code=True, example="990121101000",
              help="统计用区划代码，12 位；只写前 2、4、6、9 位也可以。开发区、园区没有代码的可不填。"),
        Field("name", "名称", (*HEADS["name"], "区域", "乡镇", "乡镇名称", "街道名称"), required=True, max_length=64,
              example="柳溪镇"),
        Field("level", "层级", (*HEADS["level"], "区域级别"), example="乡级",
              help="省级、市级、县级、乡级、村级或网格；有代码的可不填。"),
        Field("parent", "上级区域", (*HEADS["parent"], "上级", "上级名称", "所属区域", "隶属", "所属县区", "所属乡镇"),
              example="澄溪县", help="代码或名称；重名时写成“安澜市/城关镇”。有代码的可不填，按代码确定。"),
        Field("is_functional", "功能区", ("是否功能区", "开发区（园区）", "开发区、园区等功能区"), kind="yes_no",
              example="否", help="开发区、园区、新区等不在统计代码内的区域填“是”。"),
    )  # fmt: skip
    identity = ("code",)
    help = (
        "可以直接使用统计局公布的区划代码表。已有的区域按代码对应，没有代码的按名称和上级对应；"
        "名称、上级变了的，按更名、调整隶属关系处理，旧名称保留备查。表中没有的区域不会被删除。"
    )

    def __init__(self) -> None:
        self._codes_in_file: set[str] | None = None

    def order(self, row: Row) -> Any:
        """Higher levels first; within one, those outside the codes last, because they lie below those with one."""
        return (_level(row) or RegionLevel.GRID, bool(row["is_functional"]), row.number)

    def carry_out(self, rows: Sequence[Row], at: Context) -> Sequence[Done]:
        plans = self._plans(rows, at)
        self._open([plan for plan in plans if plan.action == "new" and not plan.problems], at)
        for plan in plans:
            if plan.changes and not plan.problems:
                self._change(plan, at)
        return [
            Done(
                plan.row.number, plan.action, RECORD if plan.region else "",
                str(plan.region.pk) if plan.region else "", tuple(plan.problems), "".join(plan.notes),
            )
            for plan in plans
        ]  # fmt: skip

    # ── what each row means ──────────────────────────────────────────────────────────────────────────────────────

    def _plans(self, rows: Sequence[Row], at: Context) -> list[_Plan]:
        plans = [self._plan(row) for row in rows]
        living = [plan for plan in plans if not plan.is_skipped and not plan.problems]
        names = RegionNames(at.by, local_day(at.now))
        self._find_existing(living)
        self._find_parents(living, names, at)
        former = self._former_names(living)
        for plan in living:
            if not plan.problems:
                self._judge(plan, former, reach_of(at.by))
        return plans

    def _plan(self, row: Row) -> _Plan:
        plan = _Plan(row)
        if row["name"] in PLACEHOLDERS:
            plan.is_skipped, plan.action = True, "same"
            plan.notes.append("只是代码表中的占位行，不导入。")
            return plan
        if row["code"]:
            plan.code = whole_code(row["code"]) or ""
            if not plan.code:
                plan.refuse("code", f"区划代码“{row['code']}”应为 2、4、6、9 或 12 位数字，请核对。")
        plan.level = _level(row)
        if row["level"] and LEVEL_WORDS.get(row["level"][:1]) is None:
            plan.refuse("level", f"层级“{row['level']}”请改填省级、市级、县级、乡级、村级或网格。")
        if not row["code"] and not row["parent"]:
            plan.refuse("parent", f"“{row['name']}”没有区划代码，请填写它的上级区域。")
        return plan

    def _find_existing(self, plans: list[_Plan]) -> None:
        """By code; without one by name and parent, which is judged when the parent is known."""
        borne = RegionCode.objects.filter(code__in={plan.code for plan in plans if plan.code})
        bearers: dict[str, Region] = {}
        for row in borne.select_related("region__parent", "region__merged_into").order_by("valid_to", "pk"):
            if row.valid_to is None or row.code not in bearers:
                bearers[row.code] = row.region
        for plan in plans:
            plan.region = bearers.get(plan.code)
            if plan.region is not None and plan.region.merged_into is not None:
                plan.is_skipped, plan.action = True, "same"
                plan.notes.append(f"“{plan.region.name}”已并入“{plan.region.merged_into.name}”，不再导入。")

    def _find_parents(self, plans: list[_Plan], names: RegionNames, at: Context) -> None:
        said = {plan.row["parent"] for plan in plans if plan.row["parent"]}
        by_name = names.find(said)
        if self._codes_in_file is None:
            self._codes_in_file = {code for text in at.whole.values("code") if (code := whole_code(text))}
        codes_in_file = self._codes_in_file
        names_in_file = at.whole.values("name")
        prefixes = {prefix for plan in plans if plan.code for prefix in _prefixes(plan.code)}
        by_code = {
            row.code: row.region
            for row in RegionCode.objects.filter(code__in=prefixes, valid_to=None).select_related("region")
        }
        for plan in plans:
            if text := plan.row["parent"]:
                self._take_parent(plan, text, by_name[text], codes_in_file, names_in_file)
            elif plan.code:
                code = parent_code_of(plan.code, by_code.keys() | (codes_in_file & set(_prefixes(plan.code))))
                plan.parent, plan.parent_in_file = by_code.get(code), "" if code in by_code else code
                if not code and plan.region is None and level_of(plan.code) >= RegionLevel.TOWN:
                    plan.refuse("", f"找不到“{plan.row['name']}”的上级，请把它所属的县级区域也放进表中。")
        unnumbered = [plan for plan in plans if plan.region is None and plan.parent is not None and not plan.is_skipped]
        known = Region.objects.filter(
            parent__in={plan.parent.pk for plan in unnumbered if plan.parent},
            name__in={plan.row["name"] for plan in unnumbered},
            valid_to=None,
        )
        children = {(region.parent_id, region.name): region for region in known.prefetch_related("codes")}
        for plan in unnumbered:
            child = children.get((plan.parent.pk, plan.row["name"]))  # type: ignore[union-attr]
            if child is not None and not (plan.code and any(code.valid_to is None for code in child.codes.all())):
                plan.region, plan.gains_code = child, bool(plan.code)

    def _take_parent(
        self, plan: _Plan, text: str, found: FoundRegion, codes_in_file: set[str], names_in_file: set[str]
    ) -> None:
        code, name = whole_code(text) or "", PATH.split(text)[-1]
        if found.region is not None:
            plan.parent = found.region
            plan.notes += [found.note] if found.note else []
        elif code in codes_in_file or name in names_in_file:
            plan.parent_in_file = code or name
        else:
            plan.refuse("parent", found.problem)

    def _former_names(self, plans: list[_Plan]) -> set[tuple[int, str]]:
        renamed = {plan.region.pk for plan in plans if plan.region is not None and plan.region.name != plan.row["name"]}
        return set(RegionFormerName.objects.filter(region__in=renamed).values_list("region_id", "name"))

    def _judge(self, plan: _Plan, former: set[tuple[int, str]], reach: str) -> None:
        row, region = plan.row, plan.region
        if plan.is_skipped:
            return
        if region is None:
            self._judge_new(plan, reach)
            return
        if region.name != row["name"]:
            if (region.pk, row["name"]) in former:
                plan.notes.append(f"“{row['name']}”是曾用名，现名“{region.name}”，不改动。")
            else:
                plan.changes.append("name")
                plan.notes.append(f"将“{region.name}”更名为“{row['name']}”。")
        if row["parent"] and plan.parent is not None and plan.parent.pk not in (region.parent_id, region.pk):
            plan.changes.append("parent")
            plan.notes.append(f"将由“{region.parent or '最上级'}”调整到“{plan.parent}”之下。")
        if plan.gains_code:
            plan.changes.append("code")
            plan.notes.append(f"将补上区划代码 {plan.code}。")
        plan.action = "change" if plan.changes else "same"
        if plan.changes and not within_reach(reach, region.path):
            plan.refuse("", f"“{region.name}”不在您管理的范围内，不能改动，请删去这一行。")

    def _judge_new(self, plan: _Plan, reach: str) -> None:
        name = plan.row["name"]
        if plan.level is None:
            plan.refuse("level", f"请填写“{name}”的层级，例如“乡级”。")
        elif plan.parent is not None and plan.level <= plan.parent.level and not plan.row["is_functional"]:
            plan.refuse("level", f"{name}的层级应低于上级区域“{plan.parent.name}”。")
        if plan.parent is not None and not within_reach(reach, plan.parent.path):
            plan.refuse("parent", f"“{plan.parent.name}”不在您管理的范围内，请删去这一行，或请上级系统管理员导入。")
        elif plan.parent is None and not plan.parent_in_file and reach:
            plan.refuse("parent", f"请填写“{name}”的上级区域；最上级的区域由操作员用命令设立。")

    # ── carrying out ─────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, plans: list[_Plan], at: Context) -> None:
        by_text: dict[str, org.NewRegion] = {}
        borne = Counter(plan.row["name"] for plan in plans)
        wanted: dict[tuple[Any, str], tuple[org.NewRegion, list[_Plan]]] = {}
        for plan in sorted(plans, key=lambda each: self.order(each.row)):
            parent = plan.parent or by_text.get(plan.parent_in_file)
            if plan.parent is None and borne[plan.parent_in_file] > 1:
                plan.refuse(
                    "parent", f"表中有 {borne[plan.parent_in_file]} 个“{plan.parent_in_file}”，请改填区划代码。"
                )
                continue
            if parent is None and plan.parent_in_file:
                plan.refuse("parent", f"上级区域“{plan.parent_in_file}”没有导入，请先改好它那一行，再导入这一行。")
                continue
            key = (id(parent) if isinstance(parent, org.NewRegion) else parent and parent.pk, plan.row["name"])
            new = org.NewRegion(
                name=plan.row["name"],
                level=plan.level or RegionLevel.GRID,
                parent=parent,
                code=plan.code,
                is_functional=bool(plan.row["is_functional"]),
            )
            new, same = wanted.setdefault(key if not plan.code else (plan.code, ""), (new, []))
            same.append(plan)
            by_text.setdefault(plan.row["name"], new)
            by_text |= {plan.code: new} if plan.code else {}
        made = org.open_regions(regions=[new for new, _ in wanted.values()], by=at.by, now=at.now)
        for region, (_, same) in zip(made, wanted.values(), strict=True):
            for plan in same:
                plan.region = region

    def _change(self, plan: _Plan, at: Context) -> None:
        """Seldom, and so one by one."""
        assert plan.region is not None
        today = local_day(at.now)
        try:
            if "name" in plan.changes:
                org.rename_region(region=plan.region, name=plan.row["name"], on=today, by=at.by, now=at.now)
            if "parent" in plan.changes and plan.parent is not None:
                org.move_region(region=plan.region, parent=plan.parent, by=at.by, now=at.now)
            if "code" in plan.changes:
                org.change_code(region=plan.region, code=plan.code, on=today, by=at.by, now=at.now)
        except Refused as refused:
            plan.refuse(refused.field or "", refused.sentence)


def _level(row: Row) -> RegionLevel | None:
    """As written; else by the digits of the code."""
    if row["level"]:
        return LEVEL_WORDS.get(row["level"][:1])
    code = whole_code(row["code"]) if row["code"] else None
    return level_of(code) if code else None


def _prefixes(code: str) -> Iterable[str]:
    return {code[:digits].ljust(12, "0") for digits in DIGITS_OF_LEVEL.values()} - {code}
