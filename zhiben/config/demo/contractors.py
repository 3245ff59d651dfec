"""外包外租 in the fictional county: who else works or rents in its enterprises, put forward by one of the enterprise's
people and admitted by another, at every stage of the admission."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from zhiben.core.access.acting import Acting
from zhiben.core.clock import local_day
from zhiben.core.workflow.engine import fire
from zhiben.modules.registry.engagements import add_qualification, propose_engagement
from zhiben.modules.registry.models.engagements import Engagement, EngagementKind, PaperKind

from .city import COUNTY
from .enterprises import credit_code

if TYPE_CHECKING:
    from .year import Year

K, PAPER = EngagementKind, PaperKind
BEGINS, ENDS = date(2026, 6, 1), date(2027, 5, 31)
PAPERS = {
    PAPER.BUSINESS: ("", None), PAPER.PERMIT: ("JZ", date(2028, 3, 31)), PAPER.CAPABILITY: ("D3", date(2027, 9, 30)),
    PAPER.SPECIAL: ("T99", date(2026, 12, 9)),
}  # fmt: skip
"""How its number begins, and until when it holds; a special worker's certificate ends soon."""
STAGES = ("propose", "admit", "sign", "enter", "check")


@dataclass(frozen=True)
class Company:
    at: str
    kind: str
    name: str
    work: str
    papers: tuple[PaperKind, ...]
    stages: tuple[str, ...]
    """The steps it has taken, a week between each and the next."""
    head: str
    from_day: date = BEGINS
    workers: int | None = None
    under: str = ""
    place: str = ""
    special: bool = False
    check_again: int = 30
    """Days from one check to the next."""


COMPANIES: tuple[Company, ...] = (
    Company("澄渊化工", K.CONTRACTOR, "云澜安固防腐工程有限公司", "储罐和管廊防腐保温，含高处、动火作业",
            (PAPER.BUSINESS, PAPER.PERMIT, PAPER.SPECIAL), STAGES, "雷亦聚", workers=18, special=True),
    Company("澄渊化工", K.SUBCONTRACTOR, "澜江恒架脚手架有限公司", "防腐作业脚手架搭设和拆除",
            (PAPER.BUSINESS, PAPER.CAPABILITY), STAGES[:3], "贺群英", date(2026, 10, 12), 8, under="云澜安固防腐工程有限公司"),
    Company("澄渊化工", K.LESSEE, "澜江顺澜仓储服务部", "租用三号仓库存放包装材料",
            (PAPER.BUSINESS,), STAGES, "倪杜稿", date(2026, 7, 6), place="三号仓库", check_again=60),
    Company("鹤鸣特钢", K.CONTRACTOR, "云澜炉衬维修有限公司", "钢包和中间包砌筑维修",
            (PAPER.BUSINESS, PAPER.CAPABILITY), (*STAGES, "bar"), "汤钟隶", date(2026, 8, 3), 24),
    Company("鹤鸣特钢", K.CONTRACTOR, "澜江净远保洁有限公司", "厂区道路和除尘灰清运", (PAPER.BUSINESS,), STAGES[:1],
            "滕漆书", date(2026, 11, 12), 12),
    Company("百坊广场", K.LESSEE, "澜江小灶台餐饮店", "租用 L4-07 经营餐饮，使用管道天然气", (PAPER.BUSINESS,), STAGES[:2],
            "殷壁经", date(2026, 11, 2), place="四层 L4-07"),
    Company("百坊广场", K.CONTRACTOR, "云澜高峰外墙清洗队", "外立面清洗", (PAPER.BUSINESS,), ("propose", "refuse"),
            "罗府罗", date(2026, 9, 14), 5),
    Company("白泷氯碱", K.CONTRACTOR, "云澜化安检修有限公司", "年度停车检修", (PAPER.BUSINESS, PAPER.PERMIT),
            (*STAGES[:4], "end"), "毕将相", date(2026, 5, 11), 60),
)  # fmt: skip
SAID: dict[str, dict[str, Any]] = {
    "admit": {"finding": "营业执照、资质和人员证书逐份核对，编号有效，人证相符。"},
    "refuse": {"reason": "没有外墙清洗资质，也没有高处作业证，不具备条件。"},
    "bar": {"reason": "现场 3 人未戴安全带登炉顶，经劝阻仍不改正，停止作业。"},
    "end": {"reason": "检修完成，人员和机具已全部离场。"},
}


def plan_contractors(year: "Year") -> None:
    for number, company in enumerate(COMPANIES):
        year.on(company.from_day, partial(_propose, year, company, number))


def _propose(year: "Year", company: Company, number: int, now: datetime) -> None:
    enterprise = year.files[company.at]
    officer = year.staff.officer(enterprise.unit)
    more: dict[str, Any] = {}
    if company.under:
        more["under"] = Engagement.objects.get(name=company.under)
    if PAPER.CAPABILITY not in company.papers and PAPER.PERMIT not in company.papers:
        more["unlicensed_reason"] = "作业内容不需要专项资质"
    engagement = propose_engagement(
        enterprise=enterprise, kind=company.kind, name=company.name, work=company.work, workers=company.workers,
        credit_code=credit_code("91", COUNTY, 700 + number), special_work=company.special, head_name=company.head, place=company.place,
        head_mobile=f"199088{number:05d}", begins_on=BEGINS if company.from_day < BEGINS else company.from_day,
        ends_on=ENDS, by=officer, now=now, **more,
    )  # fmt: skip
    for kind in company.papers:
        begins, valid_to = PAPERS[kind]
        proof = year.album.take("paper", mended=True, by=officer, now=now, name=f"{kind.label}.jpg")
        add_qualification(
            engagement=engagement, kind=kind, holder=company.name, valid_to=valid_to, proof=proof, by=officer, now=now,
            number=engagement.credit_code if kind == PAPER.BUSINESS else f"{begins}9903{number:03d}",
        )  # fmt: skip
    _go_on(year, company, engagement.pk, 1, now)


def _go_on(year: "Year", company: Company, key: Any, stage: int, now: datetime) -> None:
    if stage < len(company.stages):
        year.after(now, 7 if stage < 4 else 21, lambda then: _take(year, company, key, stage, then))


def _take(year: "Year", company: Company, key: Any, stage: int, now: datetime) -> None:
    step = company.stages[stage]
    engagement = Engagement.objects.select_related("responsible_unit").get(pk=key)
    officer, head = (
        year.staff.officer(engagement.responsible_unit), year.staff.head(engagement.responsible_unit),
    )  # fmt: skip
    by = head if step in ("admit", "refuse") else officer
    fire(engagement, step, by=by, now=now, **SAID.get(step, {}), **_given(year, company, step, by, officer, now))
    _go_on(year, company, key, stage + 1, now)


def _given(year: "Year", company: Company, step: str, by: Acting, officer: Acting, now: datetime) -> dict[str, Any]:
    today, again = local_day(now), local_day(now) + timedelta(days=company.check_again)
    match step:
        case "sign":
            return {"agreement_signed_on": today, "agreement": year.cabinet.take(1, by=by, now=now)}
        case "enter":
            return {"coordinator": officer.person.name, "check_by": again}
        case "check":
            return {
                "checked_on": today,
                "finding": "作业票和监护人到位，个别临时电缆拖地，已当场整改。",
                "check_by": again,
            }
    return {}
