"""Experts, institutions and insurers of the fictional county, the liability policies of its enterprises (安责险), and what
the insurers did for accident prevention."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from zhiben.modules.registry.models.parties import Expert, Institution, Insurer, PartyKind, Policy
from zhiben.modules.registry.parties import add_party, add_policy, record_visit

if TYPE_CHECKING:
    from .year import Year

EXPERTS: tuple[tuple[str, str, tuple[str, ...], str, str], ...] = (
    ("孔广内", "化工工艺、安全仪表", ("化工危化品",), "云岭化工设计院", "正高级工程师"),
    ("曹左达", "粉尘防爆、除尘系统", ("工贸-粉尘涉爆",), "云澜市安全技术中心", "高级工程师"),
    ("严承明", "露天矿山、边坡和爆破", ("非煤矿山-露天矿山",), "云岭矿业学院", "教授"),
    ("华集典", "建筑施工、起重机械", ("房屋市政工程",), "云澜建工集团", "注册安全工程师"),
    ("金聚英", "消防和人员密集场所", ("消防",), "云澜市消防协会", "高级工程师"),
    ("魏通明", "燃气输配和用气安全", ("城镇燃气",), "云澜燃气行业协会", "高级工程师"),
)  # fmt: skip
INSTITUTIONS: tuple[tuple[str, PartyKind, str, date], ...] = (
    ("云岭安评技术有限公司", PartyKind.EVALUATION, "安全评价、标准化评审", date(2028, 6, 30)),
    ("云澜防爆电气检测中心", PartyKind.TESTING, "防爆电气、防雷防静电检测", date(2026, 12, 6)),
    ("澜江职业安全培训中心", PartyKind.TRAINING, "主要负责人、安全管理人员和特种作业培训", date(2029, 1, 31)),
)
INSURERS = ("云岭财产保险澜江支公司", "安澜责任保险云澜中心支公司", "望湖财产保险澜江营业部")
POLICIES: tuple[tuple[str, int, date, int, int, tuple[tuple[date, int], ...]], ...] = (
    # enterprise, insurer, first day, amount in 10,000 yuan, hours promised, (day, hours) of what was given
    ("澄渊化工", 0, date(2026, 1, 15), 1200, 48, ((date(2026, 4, 16), 16), (date(2026, 9, 10), 16))),
    ("青岑树脂", 0, date(2025, 12, 8), 800, 32, ((date(2026, 5, 20), 16),)),
    ("白泷氯碱", 0, date(2026, 3, 1), 1500, 48, ((date(2026, 6, 11), 24), (date(2026, 10, 15), 24))),
    ("岁华烟花", 1, date(2025, 12, 2), 600, 16, ((date(2026, 1, 20), 8), (date(2026, 8, 18), 8))),
    ("砚石矿业", 1, date(2026, 2, 10), 1000, 40, ((date(2026, 7, 8), 16),)),
    ("龙隐铅锌矿", 1, date(2026, 5, 6), 2000, 80, ((date(2026, 8, 26), 32),)),
    ("木槿家居", 2, date(2026, 4, 1), 500, 24, ()),
    ("鹤鸣特钢", 0, date(2026, 1, 4), 2400, 60, ((date(2026, 3, 19), 20), (date(2026, 6, 24), 20), (date(2026, 10, 21), 16))),
    ("云筑建设", 2, date(2026, 6, 15), 1800, 40, ((date(2026, 9, 23), 12),)),
    ("罐安危货", 1, date(2026, 3, 20), 900, 16, ((date(2026, 10, 28), 8),)),
    ("雪麦面粉", 2, date(2026, 7, 1), 300, 12, ((date(2026, 11, 5), 6),)),
)  # fmt: skip
SERVICE = "年度隐患排查、班组培训和一次应急演练评估"
VISIT = "到现场排查隐患并培训班组长，问题清单已交企业整改。"


def plan_parties(year: "Year") -> None:
    year.on(date(2025, 12, 1), partial(_fill_pools, year))
    for name, insurer, begins_on, amount, hours, visits in POLICIES:
        year.on(begins_on, partial(_insure, year, name, INSURERS[insurer], begins_on, amount, hours))
        for day, given in visits:
            year.on(day + timedelta(days=1), partial(_visit, year, name, day, given))


def _fill_pools(year: "Year", now: datetime) -> None:
    to: dict[str, Any] = {
        "region": year.city.county, "by": year.staff.officer(year.city["县安委办"]), "now": now,
    }  # fmt: skip
    for number, (name, field, trades, employer, qualification) in enumerate(EXPERTS, 1):
        add_party(
            of=Expert, name=name, field=field, trades=trades, employer=employer, qualification=qualification,
            qualification_number=f"YLZJ2025{number:03d}", valid_to=date(2028, 12, 31), mobile=f"199077{number:05d}",
            is_available=number != len(EXPERTS), **to,
        )  # fmt: skip
    for number, (name, kind, field, valid_to) in enumerate(INSTITUTIONS, 1):
        add_party(
            of=Institution, kind=kind, name=name, field=field, qualification="甲级" if number == 1 else "备案机构",
            qualification_number=f"YLJG{number:04d}", valid_to=valid_to, contact="业务部", mobile=f"199066{number:05d}", **to,
        )  # fmt: skip
    for number, name in enumerate(INSURERS, 1):
        add_party(of=Insurer, name=name, field="安全生产责任保险", contact="风控部", mobile=f"199055{number:05d}", **to)


def _insure(
    year: "Year", name: str, insurer: str, begins_on: date, amount: int, hours: int, now: datetime
) -> None:  # fmt: skip
    """Entered by the enterprise."""
    enterprise = year.files[name]
    add_policy(
        enterprise=enterprise, insurer=Insurer.objects.get(name=insurer), number=f"AZX{begins_on:%Y%m%d}{amount}",
        begins_on=begins_on, ends_on=begins_on + timedelta(days=364), amount=Decimal(amount),
        insured_people=enterprise.staff_count, promised_hours=Decimal(hours), service_note=SERVICE,
        by=year.staff.officer(enterprise.unit), now=now,
    )  # fmt: skip


def _visit(year: "Year", name: str, day: date, hours: int, now: datetime) -> None:
    enterprise = year.files[name]
    policy = Policy.objects.get(enterprise=enterprise)
    by = year.staff.officer(enterprise.unit)
    record_visit(policy=policy, given_on=day, hours=Decimal(hours), content=VISIT, by=by, now=now)
