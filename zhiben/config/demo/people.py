"""The people of the fictional city. Surnames run through the 百家姓 and given names through the 千字文, in order, so
that everybody is plainly invented; nobody is called after a real person."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from zhiben.core.access.acting import Acting, By
from zhiben.core.accounts import services as accounts
from zhiben.core.org import services as org
from zhiben.core.org.models import Post, Unit, UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import EVERY_SECTOR

from .city import DEPARTMENTS, SINCE, City
from .ledgers import enterprises

PASSWORD = "yunlan-2026"  # noqa: S105 (of invented accounts, opened only where ZHIBEN_DEMO is set)

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马"
GIVEN = (  # noqa: SIM905 (reads as the text it is)
    "天地 玄黄 宇宙 洪荒 日月 盈昃 辰宿 列张 寒来 暑往 秋收 冬藏 闰余 成岁 律吕 调阳 云腾 致雨 露结 为霜 金生 丽水 "
    "玉出 昆冈 剑号 巨阙 珠称 夜光 果珍 李柰 菜重 芥姜 海咸 河淡 鳞潜 羽翔 始制 乃服 推位 让国 坐朝 问道 垂拱 平章 "
    "鸣凤 在竹 白驹 食场 化被 草木 赖及 万方 德建 名立 形端 表正 空谷 传声 虚堂 习听 尺璧 非宝 寸阴 是竞 临深 履薄 "
    "夙兴 温凊 似兰 斯馨 如松 之盛 川流 不息 渊澄 取映 容止 若思 言辞 安定 笃初 诚美 慎终 宜令 荣业 所基 籍甚 无竟"
).split()

# (number of the account, unit, role, post, what to try with it)
ACCOUNTS: tuple[tuple[str, str, Role, str, str], ...] = (
    ("demo1", "县安委办", Role.COMMITTEE_OFFICER, "综合科科员", "读入、核对、发布方案，交办、核验任务"),
    ("demo2", "县安委办", Role.COMMITTEE_CHIEF, "主任", "看全县，审批特批延期，收到逾期提级"),
    ("demo3", "县应急局", Role.UNIT_LEADER, "局长", "接收、退回任务，重大隐患销号"),
    ("demo4", "县应急局", Role.UNIT_OFFICER, "综合科科员", "反馈进展、报送办结，监管企业隐患"),
    ("demo5", "县住建局", Role.UNIT_LEADER, "局长", "接收、退回任务"),
    ("demo6", "县住建局", Role.UNIT_OFFICER, "质安站科员", "反馈进展、申请延期"),
    ("demo7", "栖云镇", Role.UNIT_OFFICER, "应急办主任", "镇级方案的交办和核验，登记隐患"),
    ("demo8", "县政府", Role.GOVERNMENT_LEADER, "副县长", "看全县，不办理"),
    ("demo9", "澄渊化工", Role.ENTERPRISE_HEAD, "总经理", "企业看到交给自己的任务和隐患"),
    ("demo10", "望湖区安委办", Role.COMMITTEE_OFFICER, "科员", "外县账号：看不到澜江县的任何记录"),
    ("demo11", "县政府", Role.SYSTEM_ADMINISTRATOR, "系统管理员", "维护区域、单位、人员、账号"),
    ("demo12", "县政府", Role.SECURITY_ADMINISTRATOR, "安全保密管理员", "任免岗位"),
    ("demo13", "县政府", Role.AUDIT_ADMINISTRATOR, "安全审计员", "查阅全部留痕并校验"),
    ("demo14", "澄渊化工", Role.SAFETY_OFFICER, "安全科长", "企业自查、报送五定、报送复查"),
    ("demo15", "县应急局", Role.REGULATOR, "危化科科员", "判定、交办、到现场复查隐患"),
)
TITLES: dict[str, str] = {
    UnitKind.DEPARTMENT: "局长",
    UnitKind.PARTY: "部长",
    UnitKind.TOWN: "镇长（主任）",
    UnitKind.PARK: "管委会主任",
    UnitKind.COMMITTEE_OFFICE: "主任",
    UnitKind.ENTERPRISE: "总经理",
    UnitKind.VILLAGE: "村（居）委会主任",
}
SINGLE_OFFICER = frozenset({"云岫乡", "柳汀乡"})
"""Small places where one person does all the safety work."""
FAMILIES = frozenset(trade.short_name for trade in enterprises() if trade.scale == "household")
"""Shops and workshops where the owner does everything."""


@dataclass
class Staff:
    """Who may act for a unit, by its short name."""

    heads: dict[str, Acting] = field(default_factory=dict)
    officers: dict[str, list[Acting]] = field(default_factory=dict)

    def head(self, unit: Unit | None) -> Acting:
        """Whoever decides; in a small place the officer."""
        assert unit is not None
        return self.heads.get(unit.short_name) or self.officers[unit.short_name][0]

    def officer(self, unit: Unit | None) -> Acting:
        assert unit is not None
        return self.officers[unit.short_name][0] if self.officers.get(unit.short_name) else self.heads[unit.short_name]


def appoint_everybody(city: City, *, by: By, now: datetime) -> Staff:
    seats = list(_seats(city))
    names = [f"{SURNAMES[n % len(SURNAMES)]}{GIVEN[n % len(GIVEN)]}" for n in range(len(seats))]
    entered = [org.NewPerson(name=name, mobile=f"199044{number:05d}") for number, name in enumerate(names)]
    people = org.register_people(people=entered, by=by, now=now)
    posts = [
        Post(person=person, unit=unit, role=role, title=title, valid_from=SINCE)
        for person, (unit, role, title) in zip(people, seats, strict=True)
    ]
    staff = Staff()
    for post, refusal in org.appoint_many(posts=posts, by=by, now=now):
        assert refusal is None, refusal
        acting = Acting(post.person, post)
        if post.role in HEAD_ROLES:
            staff.heads.setdefault(post.unit.short_name, acting)
        elif post.role in OFFICER_ROLES:
            staff.officers.setdefault(post.unit.short_name, []).append(acting)
    for person, (username, *_) in zip(people, ACCOUNTS, strict=False):
        accounts.open_account(username=username, password=PASSWORD, by=by, now=now)
        org.link_account(person=person, username=username, by=by, now=now)
    _regulators(city, staff, by=by, now=now)
    return staff


def _seats(city: City) -> Iterator[tuple[Unit, Role, str]]:
    """Who is needed where: those with accounts first, then a head and an officer wherever there is none."""
    with_head, with_officer = set(SINGLE_OFFICER), set(FAMILIES)
    for _, short_name, role, title, _ in ACCOUNTS:
        (with_head if role in HEAD_ROLES else with_officer if role in OFFICER_ROLES else set()).add(short_name)
        yield city[short_name], role, title
    yield city["县安委办"], Role.COMMITTEE_OFFICER, "督查科科员"
    for short_name, unit in city.units.items():
        head_role, officer_role = ROLES_BY_KIND[UnitKind(unit.kind)]
        if head_role and short_name not in with_head:
            yield unit, head_role, TITLES.get(unit.kind, "负责人")
        if officer_role and short_name not in with_officer:
            yield unit, officer_role, "安全专干"


HEAD_ROLES = frozenset({Role.UNIT_LEADER, Role.COMMITTEE_CHIEF, Role.ENTERPRISE_HEAD})
OFFICER_ROLES = frozenset(
    {Role.UNIT_OFFICER, Role.COMMITTEE_OFFICER, Role.SAFETY_OFFICER, Role.GRID_OFFICER, Role.REGULATOR}
)
ROLES_BY_KIND: dict[UnitKind, tuple[Role | None, Role | None]] = {
    UnitKind.GOVERNMENT: (None, Role.UNIT_OFFICER),
    UnitKind.COMMITTEE_OFFICE: (Role.COMMITTEE_CHIEF, Role.COMMITTEE_OFFICER),
    UnitKind.ENTERPRISE: (Role.ENTERPRISE_HEAD, Role.SAFETY_OFFICER),
    UnitKind.VILLAGE: (Role.UNIT_LEADER, Role.GRID_OFFICER),
    **dict.fromkeys(
        (UnitKind.DEPARTMENT, UnitKind.PARTY, UnitKind.TOWN, UnitKind.PARK, UnitKind.INSTITUTION),
        (Role.UNIT_LEADER, Role.UNIT_OFFICER),
    ),
}


def _regulators(city: City, staff: Staff, *, by: By, now: datetime) -> None:
    """The officer of a department that supervises a sector is its regulator as well: a second post, a second hat."""
    for _, short_name, sectors in DEPARTMENTS:
        if sectors:
            person = staff.officer(city[short_name]).person
            own = [] if sectors == (EVERY_SECTOR,) else list(sectors)
            org.appoint(
                person=person, unit=city[short_name], role=Role.REGULATOR, title="行业监管", sectors=own,
                valid_from=SINCE, by=by, now=now,
            )  # fmt: skip
