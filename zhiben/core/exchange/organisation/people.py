"""People from a list, with their accounts and the posts they shall have.

三员分立: whoever keeps the organisation brings the list; the posts in it are only proposed, and hold when the security
administrator confirms them. Accounts are opened without a password; see `accounts.services.issue_first_passwords`.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhiben.core.access.permissions import Permission
from zhiben.core.accounts import services as accounts
from zhiben.core.clock import local_day
from zhiben.core.org import services as org
from zhiben.core.org.models import Person, Post, Unit, UnitKind
from zhiben.core.org.posts import appointment_refusals
from zhiben.core.org.roles import Role

from ..declaration import Action, Context, Done, Field, Problem, Row
from ..naming import FoundUnits, UnitNames
from .matching import Known, Match, mobile_tail
from .planning import PlannedImport
from .words import means_plainly, offered_roles, role_called, sector_called, usual_role

RECORD = "org.person"
MOBILE = r"1[3-9]\d{9}"
_MOBILES = re.compile(rf"(?<!\d)(?:\+?86|0086)?({MOBILE})(?!\d)")
_LANDLINES = re.compile(r"(?<!\d)(?:\(?0\d{2,3}\)?-?)?[2-8]\d{6,7}(?:[-转]\d{1,6})?(?!\d)|(?<!\d)\d{3,6}(?!\d)")
_DOTS = str.maketrans("•‧・∙⋅", "·····")
_BESIDE_A_NAME = re.compile(r"^\d{1,3}[.、]\s*|[(（][^()（）]{1,8}[)）]$|[*＊]$")
NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·A-Za-z .]{2,32}")


@dataclass
class Plan:
    row: Row
    mobile: str = ""
    unit: Unit | None = None
    role: Role | None = None
    sectors: tuple[str, ...] = ()
    person: Person | None = None
    """The one there is already."""
    gains_mobile: bool = False
    opens_account: bool = False
    is_proposed: bool = False
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is out of the ordinary; `proposal` comes on top when it is told what became of the row."""
    proposal: str = ""

    @property
    def name(self) -> str:
        """Without what lists write beside a name: 1.张三, 李四（兼）, 王五*."""
        return _BESIDE_A_NAME.sub("", _BESIDE_A_NAME.sub("", self.row["name"].translate(_DOTS)))

    @property
    def username(self) -> str:
        return self.row["username"]

    @property
    def key(self) -> tuple[Any, ...]:
        """By what two rows are known to be of one person."""
        if self.mobile:
            return ("mobile", self.mobile)
        if self.username:
            return ("username", self.username.lower())
        return ("name", self.name, self.unit and self.unit.pk)

    @property
    def action(self) -> Action:
        if self.person is None:
            return "new"
        return "change" if self.gains_mobile or self.opens_account or self.is_proposed else "same"

    def refuse(self, name: str, sentence: str) -> None:
        self.problems.append(Problem(name, sentence))

    def take_note(self, note: str) -> None:
        self.notes += [note] if note else []


class PeopleImport(PlannedImport):
    key, title, counter = "org.people", "人员", "人"
    permission, list_url = Permission.MANAGE_ORGANISATION, "people:list"
    fields = (
        Field("name", "姓名", ("人员姓名", "人员名称", "名字", "联系人", "责任人姓名"), required=True, max_length=32, example="林溪"),
        Field("mobile", "手机", ("手机号", "手机号码", "联系电话", "电话", "联系方式", "移动电话", "手机电话", "联系号码"),
              is_code=True, looks=MOBILE,
              example="13900000001", help="11 位手机号，用来认出同一个人，建议填写。座机不登记。"),
        Field("unit", "单位", ("所在单位", "工作单位", "单位名称", "所属单位", "部门", "所在部门", "机构名称", "单位全称",
                                "供职单位", "任职单位"),
              example="澄溪县应急管理局", help="已登记的单位全称、简称或别名。"),
        Field("role", "岗位角色", ("角色", "岗位", "岗位类别", "系统角色", "安全岗位"), example="安全经办",
              help="可填：" + offered_roles() + "。不填则按职务拟定，由安全保密管理员确认。"),
        Field("title", "职务", ("职务职称", "职务职级", "职务/职级", "职位", "行政职务", "职务名称", "现任职务"), max_length=64, example="安全科科长"),
        Field("sectors", "分管行业", ("分管领域", "监管行业", "负责行业", "分管行业领域", "安全领域", "监管领域"), kind="list", example="危险化学品",
              help="用顿号隔开；不填表示单位监管的全部行业。"),
        Field("username", "登录名", ("账号", "账户", "用户名", "登录账号", "登录账户", "系统账号"), max_length=64, example="lin.xi",
              help="给要使用系统的人填写；不填则只登记，不开账号。"),
    )  # fmt: skip
    identity = ("name", "mobile", "username", "unit", "role")
    help = (
        "同一个人先按登录名、手机号认，再按单位和姓名认，认不准的会提示。表中的岗位是“拟任”，由安全保密管理员在“待任命”中"
        "一次确认后生效。新开的账号还没有密码，导入后请在“人员”中制作首次登录密码表。空着的格不改动已有的内容。"
    )

    def __init__(self) -> None:
        self._units: UnitNames | None = None
        self._names_of: dict[tuple[str, str], str] = {}
        self._in_unit: dict[tuple[str, int], set[tuple[Any, ...]]] = defaultdict(set)

    # ── what each row means ──────────────────────────────────────────────────────────────────────────────────────

    def _plans(self, rows: Sequence[Row], at: Context) -> list[Plan]:
        units = self._found_units(rows, at)
        plans = [Plan(row) for row in rows]
        for plan in plans:
            self._read(plan, units)
            self._compare_within_file(plan)
        known = Known.of([plan for plan in plans if not plan.problems], at)
        for plan in plans:
            if not plan.problems:
                self._meet(plan, known.match(plan.name, plan.mobile, plan.username, plan.unit), known)
        self._ask_the_rules(plans, at)
        return plans

    def _read(self, plan: Plan, units: Mapping[str, FoundUnits]) -> None:
        row = plan.row
        if not NAME.fullmatch(plan.name):
            plan.refuse("name", f"“{plan.name}”不像姓名，请核对；一行只填一个人。")
        self._read_mobile(plan)
        if row["unit"]:
            found = units[row["unit"]]
            plan.unit = found.unit
            plan.take_note(found.note if found.unit else "")
            if found.unit is None:
                plan.refuse("unit", found.problem or f"“{row['unit']}”指多个单位，请填写一个单位的全称。")
        elif row["role"]:
            plan.refuse("unit", "填了岗位角色，请同时填写单位。")
        else:
            plan.take_note("没有写单位，只登记这个人，不拟任岗位。")
        self._read_role(plan)
        sectors = [sector_called(word) for word in row["sectors"]]
        if unknown := [word for word, sector in zip(row["sectors"], sectors, strict=True) if sector is None]:
            plan.refuse("sectors", f"没有“{'、'.join(unknown)}”这样的行业，请对照模板中的行业名称填写。")
        plan.sectors = tuple(dict.fromkeys(filter(None, sectors)))

    def _read_mobile(self, plan: Plan) -> None:
        """139-0000-0001, +86 139…, two numbers in a cell, a landline: the first mobile counts, and what is left out
        is said."""
        text = plan.row["mobile"]
        plain = re.sub(r"(?<=\d)[-.](?=\d)", "", text)
        mobiles = list(dict.fromkeys(_MOBILES.findall(plain)))
        left = re.sub(r"\D", "", _LANDLINES.sub("", _MOBILES.sub("", plain)))
        if mobiles and not left:
            plan.mobile = mobiles[0]
            if len(mobiles) > 1:
                plan.take_note(f"写了 {len(mobiles)} 个手机号，登记第一个（{mobile_tail(mobiles[0])}）。")
        elif text and not left and _LANDLINES.search(text):
            plan.take_note("座机不登记。")
        elif text:
            plan.refuse("mobile", f"手机号“{text}”应为 1 开头的 11 位数字，请核对；座机不用填。")

    def _read_role(self, plan: Plan) -> None:
        if plan.unit is None:
            return
        word, kind = plan.row["role"], UnitKind(plan.unit.kind)
        plan.role = role_called(word, kind) if word else usual_role(kind, plan.row["title"])
        if plan.role is None:
            plan.refuse("role", f"没有“{word}”这个岗位角色，请改填：{offered_roles()}。职务请填在“职务”一列。")
        elif refusal := org.proposal_refusal(plan.unit, plan.role):
            plan.refuse("role", refusal)
        elif word and not means_plainly(word, plan.role):
            plan.take_note(f"“{word}”按“{plan.role.label}”处理。")

    def _compare_within_file(self, plan: Plan) -> None:
        """One mobile or login is one person's; who is named without either must be the only one of that name."""
        for column, label, text in (("mobile", "手机号", plan.mobile), ("username", "登录名", plan.username.lower())):
            if text and (other := self._names_of.setdefault((column, text), plan.name)) != plan.name:
                plan.refuse(column, f"表中“{other}”也用{label} {text}，请核对是谁的。")
        if plan.unit is None or plan.problems:
            return
        others = self._in_unit[plan.name, plan.unit.pk]
        if any((plan.key[0] == "name") != (other[0] == "name") for other in others):
            plan.refuse("mobile", f"表中“{plan.unit}”有同名的“{plan.name}”，请每人都填写手机号，以便区分。")
        else:
            others.add(plan.key)

    def _meet(self, plan: Plan, match: Match, known: Known) -> None:
        plan.person = match.person
        if match.problem:
            plan.refuse(match.field, match.problem)
            return
        if plan.username:
            self._judge_account(plan, known)
        if plan.person is not None and plan.mobile and plan.person.mobile != plan.mobile:
            plan.gains_mobile = True
            kept = f"手机由{mobile_tail(plan.person.mobile)}改为" if plan.person.mobile else "补上手机"
            plan.take_note(f"{kept}{mobile_tail(plan.mobile)}。")
        if plan.unit is None or plan.role is None:
            return
        posts = known.posts_of(plan.person, plan.unit)
        if plan.role in posts or (posts and not plan.row["role"]):
            return
        proposed = known.proposed(plan.person, plan.unit, plan.role)
        kept_title = proposed.title if proposed else None
        if kept_title != plan.row["title"] or (proposed and tuple(proposed.sectors) != plan.sectors):
            plan.is_proposed = True
            plan.proposal = f"拟任“{plan.unit}”{plan.role.label}，待安全保密管理员确认。"

    def _judge_account(self, plan: Plan, known: Known) -> None:
        own = known.username_of(plan.person)
        if own is None:
            plan.opens_account = True
        elif own.lower() != plan.username.lower():
            plan.refuse("username", f"{plan.name}已有账号“{own}”，请改填这个登录名或留空。")

    def _ask_the_rules(self, plans: list[Plan], at: Context) -> None:
        opening = [plan for plan in plans if plan.opens_account and not plan.problems]
        first = {plan.username.lower(): plan for plan in reversed(opening)}
        opening = list(first.values())
        refusals = accounts.account_refusals([plan.username for plan in opening])
        for plan, refusal in zip(opening, refusals, strict=True):
            if refusal is not None:
                plan.refuse("username", refusal.sentence)
        proposed = [plan for plan in plans if plan.is_proposed and plan.person is not None and not plan.problems]
        today = local_day(at.now)
        posts = [Post(person=each.person, unit=each.unit, role=str(each.role), valid_from=today) for each in proposed]
        for plan, sentence in zip(proposed, appointment_refusals(posts, by=at.by), strict=True):
            if sentence:
                plan.refuse("role", sentence)

    # ── carrying out ─────────────────────────────────────────────────────────────────────────────────────────────

    def _carry_out(self, rows: Sequence[Row], at: Context) -> Sequence[Done]:
        self._keep_others_waiting(self._found_units(rows, at))
        plans = self._plans(rows, at)
        sound = [plan for plan in plans if not plan.problems]
        actions = {plan.row.number: plan.action for plan in plans}
        self._register([plan for plan in sound if plan.person is None], at)
        changing = {plan.person.pk: plan for plan in sound if plan.gains_mobile and plan.person is not None}
        changes = [
            org.PersonChange(person=plan.person, name=plan.name, mobile=plan.mobile)
            for plan in changing.values()
            if plan.person is not None
        ]
        org.change_people(changes=changes, by=at.by, now=at.now)
        self._open_accounts(sound, at)
        self._propose(sound, at)
        return [
            Done(
                plan.row.number, actions[plan.row.number], RECORD if plan.person else "",
                str(plan.person.pk) if plan.person else "", tuple(plan.problems), "".join((*plan.notes, plan.proposal)),
            )
            for plan in plans
        ]  # fmt: skip

    def _found_units(self, rows: Sequence[Row], at: Context) -> dict[str, FoundUnits]:
        if self._units is None:
            self._units = UnitNames(at.by, local_day(at.now))
        return self._units.find({row["unit"] for row in rows})

    def _keep_others_waiting(self, found: Mapping[str, FoundUnits]) -> None:
        """Two imports of the same units at once would each register the same people: the second waits here."""
        keys = {each.unit.pk for each in found.values() if each.unit}
        list(Unit.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))

    def _register(self, plans: list[Plan], at: Context) -> None:
        first = {plan.key: plan for plan in reversed(plans)}
        people = [org.NewPerson(name=plan.name, mobile=plan.mobile) for plan in first.values()]
        made = dict(zip(first, org.register_people(people=people, by=at.by, now=at.now), strict=True))
        for plan in plans:
            plan.person = made[plan.key]

    def _open_accounts(self, plans: list[Plan], at: Context) -> None:
        owners = {plan.username: plan.person for plan in plans if plan.opens_account and plan.person is not None}
        users = accounts.open_accounts(usernames=list(owners), by=at.by, now=at.now)
        linked = [(owners[user.username], user) for user in users]
        org.link_accounts(accounts=linked, by=at.by, now=at.now)

    def _propose(self, plans: list[Plan], at: Context) -> None:
        proposals = {}
        for plan in plans:
            if plan.is_proposed and plan.person and plan.unit and plan.role:
                new = org.NewProposal(
                    person=plan.person, unit=plan.unit, role=plan.role, title=plan.row["title"], sectors=plan.sectors
                )
                proposals[plan.person.pk, plan.unit.pk, plan.role] = new
        org.propose_posts(proposals=list(proposals.values()), by=at.by, now=at.now)
