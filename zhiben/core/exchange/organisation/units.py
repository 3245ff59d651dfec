"""Units from a list: departments, towns, parks, enterprises, with their region, superior and other names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhiben.core.access.permissions import Permission
from zhiben.core.clock import local_day
from zhiben.core.org import services as org
from zhiben.core.org.models import Region, RegionLevel, Unit, UnitAlias, UnitKind
from zhiben.core.refusal import Refused

from ..declaration import Action, Context, Done, Field, Problem, Row
from ..naming import FoundRegion, FoundUnits, RegionNames, UnitNames, reach_of, within_reach
from .planning import PlannedImport
from .words import RANK, kind_called, kind_of_name, sector_called

RECORD = "org.unit"


@dataclass
class _Plan:
    row: Row
    unit: Unit | None = None
    """The one there is already."""
    new: org.NewUnit | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    """What is given for it and differs from what is kept; `superior` may be the name of a unit of this file."""
    new_aliases: tuple[str, ...] = ()
    is_renamed: bool = False
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def action(self) -> Action:
        if self.unit is None:
            return "new"
        return "change" if self.fields or self.new_aliases or self.is_renamed else "same"

    def refuse(self, name: str, sentence: str) -> None:
        self.problems.append(Problem(name, sentence))

    def take_note(self, note: str) -> None:
        self.notes += [note] if note else []


class UnitImport(PlannedImport):
    key, title, counter = "org.units", "单位", "个"
    permission, list_url = Permission.MANAGE_ORGANISATION, "units:list"
    fields = (
        Field("name", "单位全称", ("全称", "单位名称", "机构名称", "部门名称", "企业名称", "名称", "单位", "部门", "机构",
                           "成员单位", "单位名单"),
              required=True, max_length=128, example="澄溪县应急管理局", help="营业执照或三定方案上的名称。"),
        Field("short_name", "简称", ("单位简称", "规范简称"), max_length=32, example="县应急局"),
        Field("kind", "类别", ("单位类别", "单位类型", "机构类型", "类型", "单位性质", "单位属性", "性质"), example="政府部门",
              help="可填：" + "、".join(kind.label for kind in UnitKind) + "。不填则从全称判断，判断不了会提示。"),
        Field("region", "所在区域", ("区域", "所属区域", "所属地区", "属地", "所在地", "行政区划", "所属乡镇", "所在乡镇", "属地乡镇",
                                     "区划代码", "所在区域代码"),
              example="澄溪县", help="名称或 12 位代码；重名时写成“安澜市/城关镇”。新单位必须填写。"),
        Field("superior", "上级单位", ("主管单位", "主管部门", "上级主管部门", "上级主管单位", "隶属单位", "行业主管部门", "上级"),
              example="澄溪县安全生产委员会办公室", help="全称；可以是本表中的单位。不填则按类别和区域确定。"),
        Field("sectors", "监管行业", ("监管领域", "行业领域", "分管行业", "监管行业领域"), kind="list",
              example="危险化学品、工贸", help="用顿号隔开；综合监管填“全部行业”。不监管任何行业的不填。"),
        Field("credit_code", "统一社会信用代码", ("信用代码", "社会信用代码", "统一信用代码", "机构代码"), is_code=True,
              max_length=18, help="18 位。", looks=r"[0-9A-HJ-NP-RT-UW-Y]{18}"),
        Field("aliases", "别名", ("其他名称", "别称", "曾用名", "俗称"), kind="list", example="安监局、应急局",
              help="文件里对它的其他叫法，用顿号隔开。只增加，不删除已有的别名。"),
    )  # fmt: skip
    identity = ("name",)
    help = (
        "已有的单位按全称对应；全称变了、统一社会信用代码没变的，按更名处理，原名成为别名。"
        "空着的格不改动已有的内容，表中没有的单位不会被撤销。"
    )

    def __init__(self) -> None:
        self._superiors: UnitNames | None = None

    def order(self, row: Row) -> Any:
        """Governments first, enterprises last; among the same kind those that name no superior, then as listed."""
        kind = kind_called(row["kind"]) or kind_of_name(row["name"])
        return (RANK.get(kind, len(RANK)) if kind else len(RANK), bool(row["superior"]), row.number)

    def _carry_out(self, rows: Sequence[Row], at: Context) -> Sequence[Done]:
        # One list after the other: the database lets enterprises share a name, so it would not stop a second one.
        list(Region.objects.select_for_update(no_key=True).order_by("path")[:1])
        plans = self._plans(rows, at)
        sound = [plan for plan in plans if not plan.problems]
        made = self._open([plan for plan in sound if plan.action == "new"], at)
        self._change([plan for plan in sound if plan.action == "change"], made, at)
        return [self._done(plan, made.get(plan.row["name"])) for plan in plans]

    def _done(self, plan: _Plan, made: Unit | None) -> Done:
        record = plan.unit or made
        key = str(record.pk) if record and not plan.problems else ""
        return Done(plan.row.number, plan.action, RECORD if key else "", key, tuple(plan.problems), "".join(plan.notes))

    # ── what each row means ──────────────────────────────────────────────────────────────────────────────────────

    def _plans(self, rows: Sequence[Row], at: Context) -> list[_Plan]:
        day = local_day(at.now)
        if self._superiors is None:
            self._superiors = UnitNames(at.by, day)
        plans = [_Plan(row) for row in rows]
        self._find_existing(plans)
        regions = RegionNames(at.by, day).find({row["region"] for row in rows})
        in_file = at.whole.values("name")
        superiors = self._superiors.find({row["superior"] for row in rows} - in_file)
        superiors |= self._existing({row["superior"] for row in rows} & in_file)
        for plan in plans:
            if not plan.problems:
                self._read(plan, regions, superiors, in_file, reach_of(at.by))
        self._ask_the_rules(plans)
        return plans

    def _find_existing(self, plans: list[_Plan]) -> None:
        names = {plan.row["name"] for plan in plans}
        codes = {plan.row["credit_code"].upper() for plan in plans if plan.row["credit_code"]}
        units = Unit.objects.filter(valid_to=None).select_related("region", "superior").prefetch_related("aliases")
        by_name = {unit.name: unit for unit in units.filter(name__in=names)}
        by_code = {unit.credit_code: unit for unit in units.filter(credit_code__in=codes)}
        other_names = {unit.short_name: unit for unit in units.filter(short_name__in=names)}
        aliases = UnitAlias.objects.filter(name__in=names, unit__valid_to=None).select_related("unit")
        other_names |= {alias.name: alias.unit for alias in aliases}
        for plan in plans:
            name, code = plan.row["name"], plan.row["credit_code"].upper()
            plan.unit = by_name.get(name)
            if plan.unit is None and (bearer := by_code.get(code)) is not None:
                if bearer.name in names:
                    sentence = f"统一社会信用代码 {code} 属于“{bearer.name}”，请核对是哪一个单位的。"
                    plan.refuse("credit_code", sentence)
                else:
                    plan.unit, plan.is_renamed = bearer, True
                    plan.take_note(f"将“{bearer.name}”更名为“{name}”。")
            elif plan.unit is None and (other := other_names.get(name)) is not None:
                sentence = f"“{name}”是“{other.name}”的简称或别名，请填写全称；如是另一个单位，请在名称前加上所在地区。"
                plan.refuse("name", sentence)

    def _existing(self, names: set[str]) -> Mapping[str, FoundUnits]:
        """Units of this file that are there already; the rest comes with the file."""
        units = Unit.objects.filter(name__in=names, valid_to=None).select_related("region")
        return {unit.name: FoundUnits((unit,)) for unit in units}

    def _read(
        self,
        plan: _Plan,
        regions: Mapping[str, FoundRegion],
        superiors: Mapping[str, FoundUnits],
        in_file: set[str],
        reach: str,
    ) -> None:
        given: dict[str, Any] = {}
        row = plan.row
        if row["short_name"]:
            given["short_name"] = row["short_name"]
        if row["region"]:
            found = regions[row["region"]]
            given["region"] = found.region
            plan.take_note(found.note)
            if found.problem:
                plan.refuse("region", found.problem)
        elif plan.unit is None:
            plan.refuse("region", "请填写所在区域，例如“澄溪县”。")
        if plan.unit is not None and not within_reach(reach, plan.unit.region_path):
            plan.refuse("name", f"“{plan.unit.name}”不在您管理的范围内，不能改动，请删去这一行。")
        self._read_kind(plan, given)
        self._read_superior(plan, given, superiors, in_file)
        self._read_sectors(plan, given)
        if row["credit_code"]:
            given["credit_code"] = row["credit_code"].upper()
        self._compare(plan, given)

    def _read_kind(self, plan: _Plan, given: dict[str, Any]) -> None:
        word, name = plan.row["kind"], plan.row["name"]
        region = given.get("region")
        if word:
            given["kind"] = kind_called(word)
            if given["kind"] is None:
                offered = "、".join(kind.label for kind in UnitKind)
                plan.refuse("kind", f"类别“{word}”请改填其中一种：{offered}。")
        elif plan.unit is None:
            given["kind"] = kind_of_name(name, RegionLevel(region.level) if region else None)
            if given["kind"] is None:
                plan.refuse("kind", f"从“{name}”看不出是哪类单位，请填写类别，例如“政府部门”“企业”。")
            else:
                plan.take_note(f"类别按名称判断为“{given['kind'].label}”。")

    def _read_superior(
        self, plan: _Plan, given: dict[str, Any], superiors: Mapping[str, FoundUnits], in_file: set[str]
    ) -> None:
        name = plan.row["superior"]
        if not name:
            return
        if name == plan.row["name"]:
            plan.refuse("superior", "上级单位不能是它自己，请改填或留空。")
        elif (found := superiors.get(name)) is None and name in in_file:
            given["superior"] = name
        elif found is None or found.unit is None:
            plan.refuse("superior", (found and found.problem) or f"“{name}”指多个单位，请填写一个上级单位的全称。")
        else:
            given["superior"] = found.unit
            plan.take_note(found.note)

    def _read_sectors(self, plan: _Plan, given: dict[str, Any]) -> None:
        words = plan.row["sectors"]
        sectors = [sector_called(word) for word in words]
        if unknown := [word for word, sector in zip(words, sectors, strict=True) if sector is None]:
            plan.refuse("sectors", f"没有“{'、'.join(unknown)}”这样的行业，请对照模板中的行业名称填写。")
        elif sectors:
            given["sectors"] = list(dict.fromkeys(sectors))

    def _compare(self, plan: _Plan, given: dict[str, Any]) -> None:
        unit, aliases = plan.unit, plan.row["aliases"]
        if too_long := [alias for alias in aliases if len(alias) > 64]:
            plan.refuse("aliases", f"别名“{too_long[0][:20]}…”超过 64 个字，请缩短；多个别名请用顿号隔开。")
        if plan.problems:
            return
        if unit is None:
            sectors = tuple(given.pop("sectors", ()))
            plan.new = org.NewUnit(name=plan.row["name"], aliases=aliases, sectors=sectors, **given)
            return
        known = {alias.name for alias in unit.aliases.all()} | {unit.name, unit.short_name, plan.row["name"]}
        plan.new_aliases = tuple(alias for alias in aliases if alias not in known)
        plan.fields = {name: value for name, value in given.items() if _differs(unit, name, value)}

    def _ask_the_rules(self, plans: list[_Plan]) -> None:
        new = [plan for plan in plans if plan.new is not None and not plan.problems]
        for plan, refusal in zip(new, org.unit_refusals([plan.new for plan in new if plan.new]), strict=True):
            _take_refusal(plan, refusal)
        changed = [plan for plan in plans if plan.unit is not None and plan.action == "change" and not plan.problems]
        for plan, refusal in zip(changed, org.change_refusals([_change_of(plan, {}) for plan in changed]), strict=True):
            _take_refusal(plan, refusal)

    # ── carrying out ─────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, plans: list[_Plan], at: Context) -> dict[str, Unit]:
        """A superior that comes with the file comes in an earlier chunk, or in this one; otherwise it was refused."""
        coming = {plan.row["name"] for plan in plans}
        while lost := [plan for plan in plans if plan.new and _lacks_superior(plan.new, coming)]:
            for plan in lost:
                plan.refuse("superior", f"上级单位“{plan.row['superior']}”没有导入，请先改好它那一行，再导入这一行。")
            plans = [plan for plan in plans if not plan.problems]
            coming = {plan.row["name"] for plan in plans}
        made = org.open_units(units=[plan.new for plan in plans if plan.new], by=at.by, now=at.now)
        return {unit.name: unit for unit in made}

    def _change(self, plans: list[_Plan], made: Mapping[str, Unit], at: Context) -> None:
        for plan in plans:
            if plan.is_renamed and plan.unit is not None:  # seldom, and so one by one
                short_name = plan.fields.pop("short_name", plan.unit.short_name)
                try:
                    org.rename_unit(unit=plan.unit, name=plan.row["name"], short_name=short_name, by=at.by, now=at.now)
                except Refused as refused:
                    _take_refusal(plan, refused)
            if isinstance(plan.fields.get("superior"), str) and plan.fields["superior"] not in made:
                plan.refuse("superior", f"上级单位“{plan.row['superior']}”没有导入，请先改好它那一行，再导入这一行。")
        changes = [_change_of(plan, made) for plan in plans if not plan.problems and (plan.fields or plan.new_aliases)]
        org.change_units(changes=changes, by=at.by, now=at.now)


def _change_of(plan: _Plan, made: Mapping[str, Unit]) -> org.UnitChange:
    assert plan.unit is not None
    fields = dict(plan.fields)
    if isinstance(superior := fields.get("superior"), str):
        fields["superior"] = made.get(superior)
    return org.UnitChange(unit=plan.unit, fields=fields, new_aliases=plan.new_aliases)


def _lacks_superior(new: org.NewUnit, coming: set[str]) -> bool:
    return isinstance(new.superior, str) and new.superior not in coming


def _differs(unit: Unit, name: str, value: Any) -> bool:
    kept = getattr(unit, name)
    return set(kept) != set(value) if name == "sectors" else kept != value


def _take_refusal(plan: _Plan, refusal: Refused | None) -> None:
    if refusal is not None:
        plan.refuse(refusal.field or "", refusal.sentence)
