"""Enterprises from offices' own ledgers (企业台账): one row, one enterprise.

A row is an enterprise we know by its code; without one by name and address. Where that is likely but not certain, the
person who brings the list says so in the preview. Empty cells leave alone what stands in the file.
"""

from collections.abc import Sequence
from uuid import UUID

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission
from zhiben.core.clock import local_day
from zhiben.core.exchange.declaration import (
    Checked,
    Context,
    Done,
    Field,
    Importing,
    Question,
    Row,
    register,
)
from zhiben.core.exchange.naming import FoundRegion, RegionNames, UnitNames
from zhiben.core.org.models import Region, RegionLevel
from zhiben.core.org.paths import within

from . import list_imports  # noqa: F401 — registers itself
from .ledger_rows import Plan, change_of, compare, described, new_enterprise, read_row
from .matching import ANOTHER, SAME_AS, Known, Match, Wanted
from .naming import address_key, name_key
from .services import (
    change_enterprises,
    change_refusals,
    places_of,
    register_enterprises,
    registration_refusals,
)

RECORD = "registry.enterprise"


@register
class EnterpriseImport(Importing):
    key, title, counter = "registry.enterprises", "企业", "家"
    permission, list_url = Permission.MANAGE_ENTERPRISES, "enterprises:list"
    fields = (
        Field("name", "企业名称", ("单位名称", "名称", "企业全称", "市场主体名称", "生产经营单位名称", "生产经营单位", "商户名称",
                               "店铺名称", "字号名称", "公司名称", "企业", "被检查单位"),
              required=True, max_length=128, example="云帆化工有限公司"),
        Field("credit_code", "统一社会信用代码", ("信用代码", "社会信用代码", "统一信用代码", "营业执照号", "注册号/统一社会信用代码",
                                        "统一社会信用代码/注册号", "统一代码"),
              is_code=True, max_length=40, looks=r"[0-9A-HJ-NP-RT-UW-Y]{18}", help="18 位；没有的留空。"),
        Field("company_code", "企业编码", ("登记企业编码", "危化企业编码", "企业登记编码"), is_code=True, max_length=9,
              help="9 位，参加双重预防数据交换的化工企业才填。"),
        Field("region", "所在区域", ("乡镇", "所属乡镇", "乡镇街道", "乡镇（街道）", "镇街", "街道", "所在乡镇", "区域", "所属区域",
                                "行政区划", "属地", "所在地区", "区划代码"),
              example="柳溪镇", help="乡镇（街道）、园区的名称或 12 位区划代码；不填则从地址里找。"),
        Field("address", "地址", ("企业地址", "经营地址", "详细地址", "住所", "生产经营地址", "生产经营场所", "经营场所", "注册地址",
                              "单位地址"), max_length=200, example="柳溪镇工业路 8 号"),
        Field("sector", "行业领域", ("监管行业", "行业类别", "所属行业领域", "监管领域", "行业监管分类", "所属领域"),
              example="危险化学品", help="据此按监管分工确定监管单位。"),
        Field("trades", "安全行业", ("适用行业", "细分行业", "安全监管行业"), kind="list", example="工贸-机械、工贸-粉尘涉爆"),
        Field("industry", "国民经济行业", ("国民经济行业代码", "行业代码", "国民经济行业分类", "所属行业", "行业"), max_length=80,
              example="C2614", help="代码或大类名称。"),
        Field("scale", "规模", ("企业规模", "规模类型", "单位规模"), max_length=20, example="小型"),
        Field("staff_count", "从业人数", ("员工人数", "职工人数", "人数", "从业人员数", "从业人员", "员工数"), kind="whole",
              example="36"),
        Field("products", "主要产品或业务", ("主要产品", "经营范围", "主营业务", "经营内容"), kind="long_text", max_length=2000),
        Field("established_on", "成立日期", ("成立时间", "注册日期", "开业日期"), kind="date"),
        Field("head_name", "主要负责人", ("法定代表人", "法人", "法人代表", "负责人", "企业负责人", "法定代表人（负责人）", "经营者"),
              max_length=32),
        Field("head_mobile", "主要负责人电话", ("联系电话", "电话", "法人电话", "负责人电话", "联系方式", "手机"), is_code=True,
              max_length=20),
        Field("officer_name", "安全管理员", ("安全员", "安全负责人", "安全管理人员", "安全管理人"), max_length=32),
        Field("officer_mobile", "安全管理员电话", ("安全员电话", "安全负责人电话", "安全管理人员电话"), is_code=True, max_length=20),
        Field("longitude", "经度", ("东经",), kind="number", example="102.345678"),
        Field("latitude", "纬度", ("北纬",), kind="number", example="24.345678"),
        Field("supervising_unit", "监管单位", ("监管部门", "主管部门", "行业主管部门", "监管责任单位"),
              help="不填则按监管分工确定。"),
        Field("status", "经营状态", ("状态", "企业状态", "登记状态", "生产状态"), max_length=20,
              help="只供核对：停产、关闭请在企业档案里办理。"),
    )  # fmt: skip
    identity = ("credit_code",)
    checks_itself = True
    help = (
        "已有的企业先按统一社会信用代码对应，没有代码的按名称和地址对应；像是同一家又不能确定的，会请您逐家选择。"
        "空着的格不改动档案里已有的内容；表中没有的企业不受影响。"
    )

    def __init__(self) -> None:
        self._units: UnitNames | None = None
        self._towns: list[Region] | None = None
        self._regions: dict[str, FoundRegion] = {}
        self._places: dict[str, tuple[str, ...]] = {}
        self._seen: dict[tuple[str, str, str], int] = {}
        """Of rows without a code: (name, region, address) → the first row of this list that says so."""
        self._met: dict[UUID, int] = {}
        """Enterprise → the first row of this list that means it."""
        self._made: set[UUID] = set()

    def check(self, rows: Sequence[Row], at: Context) -> Sequence[Checked]:
        return [
            Checked(plan.row.number, plan.action, tuple(plan.problems), "".join(plan.notes), plan.questions)
            for plan in self._plans(rows, at)
        ]

    def carry_out(self, rows: Sequence[Row], at: Context) -> Sequence[Done]:
        plans = self._plans(rows, at, refuse=False)
        actions = {plan.row.number: plan.action for plan in plans}
        new = [plan for plan in plans if plan.is_sound and plan.action == "new"]
        changed = [plan for plan in plans if plan.is_sound and plan.action == "change"]
        if new:
            made = register_enterprises(enterprises=[new_enterprise(plan) for plan in new], by=at.by, now=at.now)
            for plan, enterprise in zip(new, made, strict=True):
                plan.enterprise = enterprise
                self._made.add(enterprise.pk)
        if changed:
            change_enterprises(changes=[change_of(plan) for plan in changed], by=at.by, now=at.now)
        return [
            Done(
                plan.row.number, actions[plan.row.number], RECORD if plan.enterprise else "",
                str(plan.enterprise.pk) if plan.enterprise else "", tuple(plan.problems), "".join(plan.notes),
                plan.questions,
            )
            for plan in plans
        ]  # fmt: skip

    # ── what each row means ──────────────────────────────────────────────────────────────────────────────────────

    def _plans(self, rows: Sequence[Row], at: Context, *, refuse: bool = True) -> list[Plan]:
        plans = [Plan(row) for row in rows]
        self._find_regions(plans, at)
        if self._units is None:
            self._units = UnitNames(at.by, local_day(at.now))
        units = self._units.find({row["supervising_unit"] for row in rows})
        for plan in plans:
            read_row(plan, units)
        self._meet_existing([plan for plan in plans if not plan.problems], at)
        if refuse:
            sound = [plan for plan in plans if plan.is_sound]
            self._refuse_what_may_not_be(
                [plan for plan in sound if plan.action == "new"],
                [plan for plan in sound if plan.action == "change"],
                at,
            )
        return plans

    def _find_regions(self, plans: list[Plan], at: Context) -> None:
        said = {plan.row["region"] for plan in plans} - self._regions.keys() - {""}
        if said:
            self._regions |= RegionNames(at.by, local_day(at.now)).find(said)
        for plan in plans:
            if text := plan.row["region"]:
                found = self._regions[text]
                plan.region = found.region
                plan.notes += [found.note] if found.note else []
                if found.problem:
                    plan.refuse("region", found.problem)
            else:
                plan.region = self._region_in(plan.row["address"], at)
                if plan.region is None:
                    plan.refuse("region", "请填写所在区域，例如“柳溪镇”；地址里也没有写明辖区内的乡镇（街道）。")
        new = {plan.region for plan in plans if plan.region and plan.region.path not in self._places}
        if new:
            self._places |= places_of(new)

    def _region_in(self, address: str, at: Context) -> Region | None:
        """The one town that the address names; else the own region of a town that brings its list."""
        own = at.by.unit.region if isinstance(at.by, Acting) else None
        if self._towns is None:
            towns = Region.objects.valid_on(local_day(at.now)).filter(level=RegionLevel.TOWN)
            self._towns = list(towns.filter(within(own.path, "path")) if own else towns)
        named = [town for town in self._towns if town.name in address]
        if len(named) == 1:
            return named[0]
        return own if own is not None and own.level >= RegionLevel.TOWN else None

    def _meet_existing(self, plans: list[Plan], at: Context) -> None:
        wanted = {plan.row.number: self._wanted(plan) for plan in plans}
        known = Known.of(wanted.values(), at.by, self._made)
        for plan in plans:
            asked = wanted[plan.row.number]
            self._take(plan, known.match(asked))
            if plan.enterprise is not None:
                first = self._met.setdefault(plan.enterprise.pk, plan.row.number)
                if first != plan.row.number:
                    plan.refuse("name", f"与第 {first} 行是同一家企业“{plan.enterprise}”，请在表格中删去一行。")
                    plan.enterprise = None
                else:
                    compare(plan)
            elif not plan.code:
                first = self._seen.setdefault((asked.key, asked.region_path, asked.address), plan.row.number)
                if first != plan.row.number:
                    plan.refuse("name", f"与第 {first} 行重复（名称和地址相同），请改正，或在表格中删去一行。")

    def _wanted(self, plan: Plan) -> Wanted:
        assert plan.region is not None
        places, row = self._places[plan.region.path], plan.row
        key, address = name_key(row["name"], places), address_key(row["address"], places)
        return Wanted(row["name"], plan.code, key, address, plan.region.path, places)

    def _take(self, plan: Plan, match: Match) -> None:
        plan.enterprise = match.enterprise
        if match.problem:
            plan.refuse(match.field, match.problem)
        if not match.perhaps:
            return
        known = {str(each.pk): each for each in match.perhaps}
        plan.question = Question(
            SAME_AS,
            "系统里有名称相同的企业，是同一家吗？",
            (
                *((key, f"是同一家：{described(each)}") for key, each in known.items()),
                (ANOTHER, "不是，按新企业建档"),
            ),
        )
        plan.enterprise = known.get(plan.row.answers.get(SAME_AS, ""))

    def _refuse_what_may_not_be(self, new: list[Plan], changed: list[Plan], at: Context) -> None:
        known = {each.name for each in self.fields}
        refusals = registration_refusals([new_enterprise(plan) for plan in new], by=at.by) if new else []
        refusals += change_refusals([change_of(plan) for plan in changed], by=at.by) if changed else []
        for plan, refusal in zip([*new, *changed], refusals, strict=True):
            if refusal is not None:
                plan.refuse(refusal.field if refusal.field in known else "", refusal.sentence)
