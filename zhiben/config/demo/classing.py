"""分级分类 in the fictional county: the office of the committee makes a rule of its own from the proposal, tries it out
and puts it in force; visits are scored, and two enterprises are held in a class by hand."""

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from zhiben.modules.registry.class_rules import NewRule, apply_rule, ask_to_try, draft_rule, proposal
from zhiben.modules.registry.classing import override_class, score_enterprise
from zhiben.modules.registry.models.classing import ClassRule

if TYPE_CHECKING:
    from .year import Year

NAME, BASIS = "澜江县企业分级分类监管规则", "《澜江县企业分级分类监管办法》（县安委〔2026〕6号）"
SCORES: tuple[tuple[str, int, str], ...] = (
    ("澄渊化工", 72, "制度齐全，现场管理有反复，通道和罐区要盯紧。"), ("青岑树脂", 58, "变更管理没有落到班组，报警处置记录缺 3 次。"),
    ("白泷氯碱", 83, "液氯库联锁和演练到位。"), ("鹤鸣特钢", 76, "吊运路线已避开人员集聚场所，铸余坑排水要改。"),
    ("木槿家居", 55, "除尘系统清灰记录与现场不符。"), ("银岫抛光", 64, "作业人数控制住了，清扫不彻底。"),
    ("梧桐电器", 93, "自查自改形成习惯，班组长能说清本岗位风险。"), ("温川燃气", 91, "巡线和入户安检台账完整。"),
    ("县人民医院", 61, "改造施工期间疏散通道管理薄弱。"), ("百坊广场", 79, "商户用火用电每日巡查。"),
)  # fmt: skip
HELD: tuple[tuple[str, str, str, date], ...] = (
    ("青岑树脂", "D", "三季度同类隐患两次复发，列为重点检查对象，四季度每月检查一次。", date(2026, 12, 31)),
    ("岁华烟花", "C", "临近春节旺季，库房储量大，提高一个等次监管。", date(2027, 2, 28)),
)


def plan_classes(year: "Year") -> None:
    chief = year.staff.head(year.city["县安委办"])

    def draft(now: datetime) -> None:
        new = NewRule(**{**proposal(), "name": NAME, "basis": BASIS, "region": year.city.county})
        ask_to_try(draft_rule(new=new, by=chief, now=now), by=chief, now=now)

    def put_in_force(now: datetime) -> None:
        apply_rule(rule=ClassRule.objects.get(name=NAME), valid_from=now.date(), by=chief, now=now)

    year.on(date(2026, 10, 19), draft)
    year.on(date(2026, 10, 21), put_in_force)
    for place, (name, points, note) in enumerate(SCORES):
        year.on(date(2026, 10, 22 + place), partial(_score, year, name, points, note))
    for name, held_in, reason, valid_to in HELD:
        year.on(date(2026, 11, 2), partial(_hold, year, name, held_in, reason, valid_to))


def _score(year: "Year", name: str, points: int, note: str, now: datetime) -> None:
    enterprise = year.files[name]
    by = year.staff.officer(enterprise.supervising_unit)
    score_enterprise(enterprise=enterprise, points=points, note=note, by=by, now=now)


def _hold(year: "Year", name: str, held_in: str, reason: str, valid_to: date, now: datetime) -> None:
    enterprise = year.files[name]
    by = year.staff.head(enterprise.supervising_unit)
    override_class(
        enterprise=enterprise, supervision_class=held_in, reason=reason, valid_to=valid_to, by=by, now=now,
    )  # fmt: skip
