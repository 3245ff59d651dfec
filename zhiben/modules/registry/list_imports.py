"""Enterprises onto the lists of the plans, from an office's own sheet: one row, one enterprise on a list.

A row means an enterprise that has its file, by its code or its name; where that is not certain, and where the sheet does
not say which list, the person who brings it chooses in the preview. Who is on the list already is left alone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission
from zhiben.core.clock import local_day
from zhiben.core.exchange.declaration import (
    Action,
    Checked,
    Context,
    Done,
    Field,
    Importing,
    Problem,
    Question,
    Row,
    register,
)
from zhiben.core.exchange.naming import FoundRegion, FoundUnits, RegionNames, UnitNames
from zhiben.core.org.models import Region
from zhiben.core.org.paths import contains
from zhiben.core.org.resolve import tidy
from zhiben.core.refusal import Refused

from .lists import NewEntry, list_enterprises, listing_refusals
from .matching import Known, Wanted
from .models.enterprises import Enterprise
from .models.lists import EnterpriseList, EntryStatus, ListEntry
from .naming import address_key, name_key
from .services import places_of

RECORD = "registry.listentry"
WHICH_LIST, WHICH_ENTERPRISE = "which_list", "same_as"
NONE_OF_THEM = "none"
OFFERED = 6
"""Enterprises that a question names."""


@dataclass
class _Plan:
    row: Row
    to: EnterpriseList | None = None
    wanted: Wanted | None = None
    region: Region | None = None
    """The one that the row names; None where it names none."""
    enterprise: Enterprise | None = None
    entry: ListEntry | None = None
    """Where the enterprise stands on that list already, or was just put on it."""
    new: NewEntry | None = None
    questions: list[Question] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def action(self) -> Action:
        return "same" if self.entry is not None else "new"

    @property
    def is_sound(self) -> bool:
        return not self.problems and not any(each.is_open(self.row) for each in self.questions)

    def refuse(self, name: str, sentence: str) -> None:
        self.problems.append(Problem(name, sentence))


@register
class ListEntryImport(Importing):
    key, title, counter = "registry.list_entries", "清单企业", "家"
    permission, list_url = Permission.MANAGE_ENTERPRISES, "list_entries:list"
    fields = (
        Field("name", "企业名称", ("单位名称", "名称", "企业全称", "公司名称", "生产经营单位名称", "企业"), required=True,
              max_length=128, example="云帆化工有限公司"),
        Field("credit_code", "统一社会信用代码", ("信用代码", "社会信用代码", "统一信用代码", "统一代码"), is_code=True,
              max_length=40, looks=r"[0-9A-HJ-NP-RT-UW-Y]{18}", help="填写后按代码对应企业，最准确。"),
        Field("region", "所在区域", ("乡镇", "所属乡镇", "乡镇街道", "镇街", "属地", "区域"), example="柳溪镇",
              help="同名企业多时据此区分。"),
        Field("address", "地址", ("企业地址", "经营地址", "详细地址", "住所"), max_length=200),
        Field("list", "清单名称", ("清单", "所在清单", "列入清单"), max_length=100,
              example="2026 年化工企业关闭退出清单", help="不填的，上传后选择列入哪份清单。"),
        Field("measures", "措施", ("整治措施", "工作措施", "具体措施", "处置措施", "改造内容", "改造措施", "整合方式", "退出方式",
                                 "主要措施", "整改措施"),
              required=True, kind="long_text", max_length=5000, example="拆除间歇式硝化装置，2026 年 9 月底前注销安全生产许可证"),
        Field("due_on", "完成期限", ("完成时限", "完成时间", "期限", "时限", "截止日期", "退出时间", "关闭时间"), kind="date",
              help="不填则为清单的期限。"),
        Field("unit", "责任单位", ("责任部门", "监管单位", "督促单位", "牵头单位", "监管部门"), example="县应急管理局",
              help="负责督促和验收；不填则为企业的监管单位。"),
    )  # fmt: skip
    checks_itself = True
    help = (
        "一行是列入清单的一家企业，按统一社会信用代码或名称对应已有的企业档案；名称相近、不能确定的，请您逐家选择。"
        "只能列入本单位建立的清单。已在清单上的企业不改动，要调整措施和期限，请打开它办理。"
    )

    def __init__(self) -> None:
        self._units: UnitNames | None = None
        self._regions: dict[str, FoundRegion] = {}
        self._places: dict[str, tuple[str, ...]] = {}
        self._own: list[EnterpriseList] | None = None
        self._met: dict[tuple[UUID, UUID], int] = {}
        """List and enterprise → the first row of this sheet that says so."""

    def check(self, rows: Sequence[Row], at: Context) -> Sequence[Checked]:
        return [
            Checked(
                plan.row.number, plan.action, tuple(plan.problems), "".join(plan.notes), tuple(plan.questions)
            )
            for plan in self._plans(rows, at)
        ]  # fmt: skip

    def carry_out(self, rows: Sequence[Row], at: Context) -> Sequence[Done]:
        own = [each.pk for each in self._lists(at)]
        # two sheets for one list at once: the second waits, and then finds on it whom the first has listed
        list(EnterpriseList.objects.select_for_update(no_key=True).filter(pk__in=own).order_by("pk").values_list("pk"))
        plans = self._plans(rows, at)
        actions = {plan.row.number: plan.action for plan in plans}
        by_list: dict[UUID, list[_Plan]] = defaultdict(list)
        for plan in plans:
            if plan.is_sound and plan.entry is None and plan.to is not None:
                by_list[plan.to.pk].append(plan)
        for listed in by_list.values():
            to, new = listed[0].to, [plan.new for plan in listed if plan.new is not None]
            assert to is not None
            made = list_enterprises(to=to, entries=new, by=at.by, now=at.now)
            for plan, entry in zip(listed, made, strict=True):
                plan.entry = entry
        return [
            Done(
                plan.row.number, actions[plan.row.number], RECORD if plan.entry else "",
                str(plan.entry.pk) if plan.entry else "", tuple(plan.problems), "".join(plan.notes),
                tuple(plan.questions),
            )
            for plan in plans
        ]  # fmt: skip

    # ── what each row means ──────────────────────────────────────────────────────────────────────────────────────

    def _plans(self, rows: Sequence[Row], at: Context) -> list[_Plan]:
        plans = [_Plan(row) for row in rows]
        for plan in plans:
            self._choose_list(plan, at)
        self._read_wanted(plans, at)
        known = Known.of([plan.wanted for plan in plans if plan.wanted], at.by)
        for plan in plans:
            if plan.wanted is not None:
                _meet(plan, known)
        if self._units is None:
            self._units = UnitNames(at.by, local_day(at.now))
        units = self._units.find({row["unit"] for row in rows})
        for plan in plans:
            self._make_entry(plan, units)
        self._refuse_what_may_not_be(plans, at)
        return plans

    def _lists(self, at: Context) -> list[EnterpriseList]:
        if not isinstance(at.by, Acting):
            raise Refused("清单由建立它的单位维护，请用 --by 指明经办人的登录名。")
        if self._own is None:
            kept = EnterpriseList.objects.filter(responsible_unit=at.by.unit)
            self._own = list(kept.select_related("region", "responsible_unit").order_by("-made_at"))
        return self._own

    def _choose_list(self, plan: _Plan, at: Context) -> None:
        own, text = self._lists(at), plan.row["list"]
        if not own:
            plan.refuse("list", "本单位还没有清单，请先在“清单总览”里新建清单，再导入企业。")
            return
        named = [each for each in own if tidy(each.title) == tidy(text)]
        if named:
            plan.to = named[0]
            return
        if not text and len(own) == 1:
            plan.to = own[0]
            return
        asks = f"本单位没有“{text}”这份清单，列入哪一份？" if text else "列入哪一份清单？"
        plan.questions.append(Question(WHICH_LIST, asks, tuple((str(each.pk), each.title) for each in own)))
        plan.to = {str(each.pk): each for each in own}.get(plan.row.answers.get(WHICH_LIST, ""))

    def _read_wanted(self, plans: list[_Plan], at: Context) -> None:
        said = {plan.row["region"] for plan in plans} - self._regions.keys() - {""}
        if said:
            self._regions |= RegionNames(at.by, local_day(at.now)).find(said)
        assert isinstance(at.by, Acting)
        home = at.by.unit.region
        around = {found.region for found in self._regions.values() if found.region} | {home}
        if new := {region for region in around if region.path not in self._places}:
            self._places |= places_of(new)
        for plan in plans:
            row = plan.row
            if text := row["region"]:
                found = self._regions[text]
                plan.region = found.region
                plan.notes += [found.note] if found.note else []
                if found.problem:
                    plan.refuse("region", found.problem)
            path = (plan.region or home).path
            places, code = self._places[path], "".join(row["credit_code"].split()).upper()
            key, address = name_key(row["name"], places), address_key(row["address"], places)
            plan.wanted = Wanted(row["name"], code, key, address, path, places)

    def _make_entry(self, plan: _Plan, units: Mapping[str, FoundUnits]) -> None:
        unit = None
        if text := plan.row["unit"]:
            found = units[text]
            plan.notes += [found.note] if found.note else []
            unit = found.unit
            if unit is None:
                plan.refuse("unit", found.problem or f"“{text}”指多个单位，请填写一个责任单位的全称。")
        if plan.enterprise is None or plan.to is None:
            return
        first = self._met.setdefault((plan.to.pk, plan.enterprise.pk), plan.row.number)
        if first != plan.row.number:
            plan.refuse("name", f"与第 {first} 行是同一家企业“{plan.enterprise}”，请在表格中删去一行。")
        plan.new = NewEntry(
            enterprise=plan.enterprise, measures=plan.row["measures"], due_on=plan.row["due_on"], unit=unit
        )

    def _refuse_what_may_not_be(self, plans: list[_Plan], at: Context) -> None:
        by_list: dict[UUID, list[_Plan]] = defaultdict(list)
        for plan in plans:
            if plan.is_sound and plan.to is not None and plan.new is not None:
                by_list[plan.to.pk].append(plan)
        known = {each.name for each in self.fields}
        for listed in by_list.values():
            to = listed[0].to
            assert to is not None
            _meet_entries(to, listed)
            fresh = [plan for plan in listed if plan.entry is None]
            new = [plan.new for plan in fresh if plan.new is not None]
            for plan, refusal in zip(fresh, listing_refusals(to, new, by=at.by), strict=True):
                if refusal is not None:
                    plan.refuse(refusal.field if refusal.field in known else "name", refusal.sentence)


def _meet(plan: _Plan, known: Known) -> None:
    """The enterprise by its code; by exactly its name where only one bears it; else those that a person chooses from."""
    wanted = plan.wanted
    assert wanted is not None
    if wanted.code and wanted.code in known.by_code:
        match = known.match(wanted)
        plan.enterprise = match.enterprise
        if match.problem:
            plan.refuse(match.field, match.problem)
        return
    alike = [
        each
        for each in known.by_key.get(wanted.key, ())
        if not (wanted.code and each.credit_code)  # two codes are two enterprises, whatever they are called
        and (plan.region is None or contains(plan.region.path, each.region_path))
    ]
    if not alike:
        plan.refuse("name", f"系统里没有“{wanted.name}”的企业档案，请核对名称和代码；确是新的企业，请先建档。")
    elif len(alike) == 1 and alike[0].name == wanted.name:
        plan.enterprise = alike[0]
    else:
        offered = {str(each.pk): each for each in alike[:OFFERED]}
        plan.questions.append(
            Question(
                WHICH_ENTERPRISE,
                f"“{wanted.name}”是下面哪一家？",
                (
                    *((key, _described(each)) for key, each in offered.items()),
                    (NONE_OF_THEM, "都不是，先为它建档"),
                ),
            )
        )
        answer = plan.row.answers.get(WHICH_ENTERPRISE, "")
        plan.enterprise = offered.get(answer)
        if answer == NONE_OF_THEM:
            plan.refuse("name", f"请先为“{wanted.name}”建立企业档案，再导入这一行。")


def _meet_entries(to: EnterpriseList, plans: list[_Plan]) -> None:
    """Who is on the list already."""
    keys = [plan.enterprise.pk for plan in plans if plan.enterprise is not None]
    entries = ListEntry.objects.filter(list=to, enterprise__in=keys).exclude(status=EntryStatus.REMOVED)
    known = {each.enterprise_id: each for each in entries}
    for plan in plans:
        assert plan.enterprise is not None
        plan.entry = known.get(plan.enterprise.pk)
        if plan.entry is not None:
            plan.notes.append(f"“{plan.enterprise}”已在清单上（{plan.entry.get_status_display()}），不再改动。")


def _described(enterprise: Enterprise) -> str:
    place = enterprise.address or f"{enterprise.region}，地址未填"
    return f"{enterprise.name}（{place}，{enterprise.credit_code or '没有代码'}）"
