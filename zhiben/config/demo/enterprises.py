"""一企一档 of the fictional county: enterprises with what stands, works and happens in them, who supervises them, and
how they fulfil their duties. Everything is entered by the services, by the people whose job it is."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from zhiben.core.access.acting import Acting
from zhiben.core.clock import local_day
from zhiben.core.org.credit_code import check_character
from zhiben.core.org.models import Unit
from zhiben.core.org.sectors import Sector
from zhiben.core.workflow.engine import fire, fire_many
from zhiben.modules.registry.disputes import open_dispute
from zhiben.modules.registry.dividing import assign_supervision, state_claim
from zhiben.modules.registry.duties import file_evidence
from zhiben.modules.registry.models import Duty, DutyEvidence, Enterprise, Equipment, Staff
from zhiben.modules.registry.models.duties import EvidenceStatus
from zhiben.modules.registry.models.enterprises import Part
from zhiben.modules.registry.models.parts import Licence, Process, Site
from zhiben.modules.registry.models.supervision import Stance, SupervisionDispute
from zhiben.modules.registry.parts import add_parts
from zhiben.modules.registry.services import NewEnterprise, register_enterprises

from .city import COUNTY, City
from .kits import KITS, USUAL, Kit
from .ledgers import Trade, enterprises
from .people import GIVEN, SURNAMES

if TYPE_CHECKING:
    from .year import Year

MIDDLES: dict[str, tuple[str, str]] = {
    "栖云镇": ("24.412", "102.318"), "双澜镇": ("24.371", "102.402"), "枫屿镇": ("24.287", "102.455"),
    "龙隐镇": ("24.498", "102.251"), "砚塘镇": ("24.455", "102.401"), "清渠镇": ("24.318", "102.291"),
    "麦坪镇": ("24.262", "102.342"), "沙渚镇": ("24.336", "102.366"), "云岫乡": ("24.541", "102.336"),
    "柳汀乡": ("24.231", "102.412"), "东篱街道": ("24.366", "102.341"), "澜湾街道": ("24.352", "102.349"),
}  # fmt: skip
"""Latitude and longitude of each town's middle. The county does not exist; nothing is meant by the place on the map."""

DIVISION: tuple[tuple[Sector, str], ...] = (
    (Sector.CHEMICALS, "县应急局"), (Sector.MINES, "县应急局"), (Sector.FIREWORKS, "县应急局"),
    (Sector.INDUSTRY, "县应急局"), (Sector.CONSTRUCTION, "县住建局"), (Sector.GAS, "县住建局"),
    (Sector.ROAD_TRANSPORT, "县交通局"), (Sector.COMMERCE, "县商务局"), (Sector.CIVIL_AFFAIRS, "县民政局"),
    (Sector.EDUCATION, "县教体局"), (Sector.HEALTH, "县卫健局"), (Sector.CULTURE_AND_TOURISM, "县文旅局"),
)  # fmt: skip
"""What the county's document of 2025 divides. Nobody was given express delivery: that gap is on the page of gaps."""
BASIS = "《澜江县安全生产监管职责分工规定》（澜县安委〔2025〕3号）"


def divide_supervision(year: "Year", now: datetime) -> None:
    city, office = year.city, year.staff.officer(year.city["县安委办"])
    for sector, unit in DIVISION:
        assign_supervision(
            sector=sector, region=city.county, unit=city[unit], basis=BASIS, valid_from=date(2025, 6, 1),
            by=office, now=now,
        )  # fmt: skip


def plan_disputes(year: "Year") -> None:
    """Two departments claim cold stores; of the pleasure boats it was asked, argued and settled whose they are."""
    city, staff = year.city, year.staff
    maple, sand = (city[name].region for name in ("枫屿镇", "沙渚镇"))

    def ask(now: datetime) -> None:
        open_dispute(
            sector=Sector.WATER_TRANSPORT, region=maple, respondent=city["县文旅局"],
            matter="枫屿景区水库的 6 条游船和 1 处趸船由谁监管，两家都没有检查过。",
            argument="游船只在景区封闭水域经营，属于旅游项目，请由文旅部门监管。",
            by=staff.officer(city["县交通局"]), now=now,
        )  # fmt: skip

    def answer(now: datetime) -> None:
        argument = "游船有船舶检验和船员证书，按三定规定水上客运安全由交通运输部门负责，我局负责景区秩序。"
        dispute = SupervisionDispute.objects.get()
        fire(dispute, "argue", by=staff.officer(city["县文旅局"]), now=now, respondent_argument=argument)

    def settle(now: datetime) -> None:
        fire(
            SupervisionDispute.objects.get(), "settle", by=staff.officer(city["县安委办"]), now=now,
            decided_unit=city["县交通局"], document="县安委办〔2026〕7号", effective_on=local_day(now),
            decision="水上客运安全由县交通局监管；县文旅局在景区日常管理中发现问题的，当日移交。",
        )  # fmt: skip

    def claim(now: datetime) -> None:
        state_claim(
            sector=Sector.INDUSTRY, region=sand, stance=Stance.CLAIM, by=staff.officer(city["县农业农村局"]), now=now,
            reason="沙渚镇的农产品冷库和烘干点属于农业生产配套设施，三定规定由我局负责。",
        )  # fmt: skip

    year.on(date(2026, 2, 3), ask)
    year.on(date(2026, 2, 10), answer)
    year.on(date(2026, 2, 24), settle)
    year.on(date(2026, 10, 14), claim)


def open_files(year: "Year", now: datetime) -> dict[str, Enterprise]:
    """By short name."""
    city, rng = year.city, Random("一企一档")  # noqa: S311 (a story, no secret)
    new = [_file(trade, number, city, rng) for number, trade in enumerate(enterprises(), 1)]
    office = year.staff.officer(city["县安委办"])
    made = register_enterprises(enterprises=new, by=office, now=now)
    found = {trade.short_name: each for trade, each in zip(enterprises(), made, strict=True)}
    for trade in enterprises():
        _furnish(found[trade.short_name], trade, KITS.get(trade.kind, USUAL), rng, office, now)
    return found


def credit_code(first: str, county: str, number: int) -> str:
    """A code as GB 32100-2015 builds it, with both check characters, in a county that no province has."""
    organisation = f"{number * 7919 % 10**8:08d}"
    weighed = sum(int(digit) * weight for digit, weight in zip(organisation, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    check = "0X987654321"[weighed % 11]  # GB 11714-1997: 11 minus the rest, X for 10
    first_17 = f"{first}{county}{organisation}{check}"
    return first_17 + check_character(first_17)


def _file(trade: Trade, number: int, city: City, rng: Random) -> NewEnterprise:
    unit = city[trade.short_name]
    household = trade.scale == "household"
    latitude, longitude = (
        Decimal(middle) + Decimal(rng.randint(-9000, 9000)).scaleb(-6) for middle in MIDDLES[trade.town]
    )
    heads = [post.person for post in unit.posts.select_related("person").order_by("pk")]
    head, officer = heads[0].name, heads[-1].name
    mobiles = [f"1990{rng.randint(0, 9_999_999):07d}" for _ in range(2)]
    return NewEnterprise(
        name=trade.name, unit=unit, region=unit.region, sector=trade.sector, trades=trade.trades,
        credit_code=credit_code("92" if household else "91", COUNTY, number), industry=trade.industry,
        scale=trade.scale, staff_count=trade.staff, products=trade.products, latitude=latitude, longitude=longitude,
        address=f"{trade.town}{rng.choice(STREETS)}{rng.randint(1, 188)}号",
        established_on=date(rng.randint(1996, 2022), rng.randint(1, 12), rng.randint(1, 28)),
        head_name=head, head_mobile=mobiles[0], officer_name=officer, officer_mobile=mobiles[1],
    )  # fmt: skip


STREETS = ("兴业路", "澜滨路", "工业二路", "桥头街", "望云路", "老码头巷", "柳堤路", "麦香街", "石板街", "环镇东路")


def _furnish(enterprise: Enterprise, trade: Trade, kit: Kit, rng: Random, by: Acting, now: datetime) -> None:
    """Workshops and machines, certificates and licences; most in order, a few soon or already over."""
    today = date(2026, 11, 18)  # the visitor's day: what is due is due for whoever looks

    def ends(over: float) -> date:
        return today + timedelta(days=rng.randint(-60, -3) if rng.random() < over else rng.randint(8, 680))

    to: dict[str, Any] = {"enterprise": enterprise, "by": by, "now": now}
    sites = add_parts(parts=[(Site, {"name": name, "kind": kind}) for name, kind in kit.sites], **to)
    parts: list[tuple[type[Part], dict[str, Any]]] = []
    for place, (name, kind) in enumerate(kit.equipment):
        inspect_by = ends(0.12)
        number = f"{trade.industry[:3]}-{enterprise.credit_code[10:14]}-{place + 1}"
        machine = {"name": name, "kind": kind, "number": number, "site": sites[place % len(sites)] if sites else None}
        days = {"inspected_on": inspect_by - timedelta(days=730), "inspect_by": inspect_by}
        parts.append((Equipment, {**machine, **days, "in_use_on": date(rng.randint(2012, 2023), 5, 8)}))
    for job, certificate in kit.certificates[: 1 if trade.staff < 20 else 3]:
        name = SURNAMES[rng.randrange(len(SURNAMES))] + GIVEN[rng.randrange(len(GIVEN))]
        paper = {"certificate": certificate, "certificate_number": f"Y{rng.randint(10**7, 10**8)}"}
        parts.append((Staff, {"name": name, "job": job, **paper, "certificate_until": ends(0.08)}))
    if kit.process:
        parts.append((Process, dict(zip(("name", "kind", "quantity"), kit.process, strict=True))))
    if kit.licence:
        until = ends(0.05)
        licence = {"name": kit.licence[0], "issued_by": kit.licence[1], "number": f"（澜）{rng.randint(1000, 9999)}号"}
        parts.append((Licence, {**licence, "valid_from": until - timedelta(days=3 * 365), "valid_to": until}))
    add_parts(parts=parts, **to)


# ── duties ───────────────────────────────────────────────────────────────────────────────────────────────────────

DONE = {
    "principal": "对照“12345”逐项自评，主要负责人带队检查 4 次，公开承诺已上墙。",
    "responsibility_list": "从总经理到保洁共 {n} 个岗位签订责任清单，已在公告栏公示。",
    "post_card": "{n} 个岗位的明白卡已制作上墙，班组长抽问合格。",
    "dual_prevention": "辨识风险点 {n} 处，红橙风险 3 处，四色图已更新，隐患台账按周闭环。",
    "training": "年度培训计划完成 {n} 学时，考核合格，一人一档。",
    "drill": "组织消防疏散和泄漏处置演练各一次，参加 {n} 人，已评估。",
    "standardisation": "标准化自评 {n} 项，得分 86，不符合项已整改。",
}
FILERS = ("large", "medium", "small")


def plan_evidence(year: "Year") -> None:
    """Spread over the year, larger enterprises file for most of their duties, small ones for few."""
    rng = Random("主体责任")  # noqa: S311
    for weeks in range(8, 52, 3):
        year.on(date(2025, 11, 20) + timedelta(days=7 * weeks), lambda now: _check_evidence(year, now))
    for trade in enterprises():
        if trade.scale not in FILERS:
            continue
        share = {"large": 0.8, "medium": 0.3, "small": 0.06}[trade.scale]
        for key in DONE:
            if rng.random() < share:
                day = date(2026, 1, 5) + timedelta(days=rng.randint(0, 316))
                year.on(day, partial(_file_evidence, year, trade.short_name, key))


def _file_evidence(year: "Year", name: str, key: str, now: datetime) -> None:
    enterprise, duty = year.files[name], Duty.objects.get(key=key)
    officer = year.staff.officer(year.city[name])
    file_evidence(
        enterprise=enterprise, duty=duty, description=DONE[key].format(n=year.rng.randint(8, 46)),
        files=year.cabinet.take(1, by=officer, now=now), by=officer, now=now,
    )  # fmt: skip


def _check_evidence(year: "Year", now: datetime) -> None:
    """Every third week who supervises goes through what lies there; now and then something is sent back."""
    waiting: dict[Unit | None, list[DutyEvidence]] = defaultdict(list)
    lying = DutyEvidence.objects.filter(status=EvidenceStatus.FILED, filed_at__lt=now - timedelta(days=3))
    for each in lying.select_related("supervising_unit").order_by("filed_at", "pk"):
        waiting[each.supervising_unit].append(each)
    for unit, papers in waiting.items():
        checker = year.staff.officer(unit)
        if year.rng.random() < 0.4:
            reason = "签字页不清楚，请重新扫描并补充公示照片。"
            fire(papers.pop(), "return", by=checker, now=now, reason=reason)
        fire_many(papers, "accept", by=checker, now=now, finding="材料与现场抽查一致。")
