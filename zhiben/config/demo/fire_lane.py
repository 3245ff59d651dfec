"""The story that runs through the manual: a blocked fire lane at 澄渊化工, asked to be put off and refused, overdue, put
right, verified by another, closed; back after ninety days, and then gone into thoroughly. A second one, at the county's
hospital, has come back as well and its review is in the middle."""

from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from zhiben.core.access.acting import Acting
from zhiben.core.clock import local_day
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.models import ApprovalRequest
from zhiben.modules.hazards.models import Category, Channel, DualReport, Hazard, HazardLevel, LookBack, Review
from zhiben.modules.hazards.reporting import Report, report_hazard
from zhiben.modules.hazards.reviews import order_root_fix

from .hazards import Finding, best_criterion
from .ledgers import Saying, major

if TYPE_CHECKING:
    from .year import Year

PLANT, LANE = "澄渊化工", "一号厂房北侧消防车通道"
FIVE: dict[str, Any] = {
    "measures": "三天内清走全部托盘和废料；通道重画黄线、立禁停牌；在仓库西侧另设托盘堆放区 200 平方米。",
    "funds": Decimal(26000),
    "contingency_plan": "清理期间停止该侧装卸，备推车灭火器 4 具、移动消防炮 1 门，夜间加派巡逻。",
    "goals": "通道净宽不小于 4 米、净高不小于 4 米，全年畅通。",
    "bodies": "总经理牵头，安全科、仓储部、设备科负责。",
    "safety_measures": "整改期间停止通道两侧动火作业，专人值守。",
}


class FireLane:
    def __init__(self, year: "Year") -> None:
        self.year, self.rng = year, Random(LANE)  # noqa: S311 (a story, no secret)
        city, staff = year.city, year.staff
        self.town = staff.officer(city["栖云镇"])
        self.regulator, self.another = staff.officers["县应急局"][:2]
        self.chief = staff.head(city["县应急局"])
        self.head, self.officer = staff.head(city[PLANT]), staff.officer(city[PLANT])
        self.key: Any = None

    def plan(self) -> None:
        for day, deed in (
            (date(2026, 4, 8), self.find), (date(2026, 4, 9), self.order), (date(2026, 4, 14), self.file_plan),
            (date(2026, 4, 15), self.accept), (date(2026, 4, 23), self.progress), (date(2026, 4, 28), self.ask),
            (date(2026, 4, 29), self.refuse), (date(2026, 5, 21), self.hand_in), (date(2026, 5, 22), self.verify),
            (date(2026, 5, 25), self.close), (date(2026, 8, 24), self.come_back),
        ):  # fmt: skip
            self.year.on(day, deed)

    def find(self, now: datetime) -> None:
        enterprise = self.year.files[PLANT]
        report = Report(
            enterprise=enterprise, place=LANE, level=HazardLevel.MAJOR, channel=Channel.INSPECTION,
            description="消防车通道被托盘和废料堵死，长约 30 米，只剩 1 米宽，消防车无法通过",
            danger="厂房起火时消防车不能靠近，延误扑救；厂房内有溶剂中间罐", category=Category.ENVIRONMENT, discipline=5,
            immediate_measures="当场要求停止该侧装卸，派人看守", found_on=local_day(now),
            latitude=enterprise.latitude, longitude=enterprise.longitude,
            before_photos=self.photos(self.town, now, 2),
        )  # fmt: skip
        self.key = report_hazard(report=report, by=self.town, now=now).pk
        self.year.kept_look_backs.add(self.key)

    def order(self, now: datetime) -> None:
        hazard = self.hazard
        given: dict[str, Any] = {"criterion_key": key} if (key := best_criterion(hazard)) else {}
        fire(
            hazard, "judge_and_order", by=self.regulator, now=now, judged_level="major", rectify_by=date(2026, 5, 8),
            criterion_reason="占用、堵塞消防车通道，甲类厂房起火时无法扑救，按重大事故隐患治理。", **given,
        )  # fmt: skip

    def file_plan(self, now: datetime) -> None:
        person = self.officer.person.name
        by: dict[str, Any] = {"by": self.officer, "now": now}
        hazard = self.hazard
        fire(hazard, "file_plan", liable_person=person, plan_rectify_by=hazard.rectify_by, **FIVE, **by)

    def accept(self, now: datetime) -> None:
        fire(self.hazard, "accept_plan", by=self.regulator, now=now, plan_opinion="措施具体，同意按方案整改。")

    def progress(self, now: datetime) -> None:
        by: dict[str, Any] = {"by": self.officer, "now": now}
        for to in DualReport.To.values:
            proof = [self.year.album.take("paper", mended=True, by=self.officer, now=now, name="双报告回执.jpg")]
            fire(
                self.hazard, "register_dual_report", report_to=to, reported_on=local_day(now), report_proof=proof,
                report_text="报告通道堵塞情况、整改方案和临时措施。", **by,
            )  # fmt: skip
        text = "废料已清走约一半，托盘厂家来车较慢；堆放区地面正在硬化。"
        fire(self.hazard, "report_progress", percent=45, text=text, stage="清运", spent=Decimal(9800), **by)

    def ask(self, now: datetime) -> None:
        fire(
            self.hazard, "extend", by=self.officer, now=now, extended_to=date(2026, 6, 5),
            reason="托盘回收厂家排车紧，堆放区硬化后要养护两周，请求延期到 6 月 5 日。",
        )  # fmt: skip

    def refuse(self, now: datetime) -> None:
        request = ApprovalRequest.objects.get(record_id=str(self.key), status=ApprovalRequest.Status.PENDING)
        opinion = "清走堆物不受硬化影响，可以先移到厂外临时场地。不同意延期，请按 5 月 8 日完成。"
        decide(request, agrees=False, opinion=opinion, by=self.regulator, now=now)

    def hand_in(self, now: datetime) -> None:
        fire(
            self.hazard, "submit", by=self.officer, now=now, spent=Decimal(24300),
            summary="通道 30 米全部清空，净宽 4.5 米，已画黄线、立禁停牌，托盘移到新堆放区。",
            after_photos=self.photos(self.officer, now, 2, mended=True),
        )  # fmt: skip

    def verify(self, now: datetime) -> None:
        """By another regulator than the one who ordered it, on the spot."""
        fire(
            self.hazard, "verify", by=self.another, now=now, on_site=True,
            finding="现场丈量净宽 4.5 米，全程畅通，值守制度已上墙。",
            site_photos=self.photos(self.another, now, 1, mended=True),
        )  # fmt: skip

    def close(self, now: datetime) -> None:
        fire(self.hazard, "close", by=self.chief, now=now, closing_opinion="同意销号，90 天后回头看。")

    # ── it is back ──

    def come_back(self, now: datetime) -> None:
        look = LookBack.objects.get(hazard=self.key)
        look = fire(
            look, "recur", by=self.regulator, now=now, looked_on=local_day(now), never_fixed=False,
            finding="通道北段又码了三排托盘，约 18 米，黄线被压住。", again_photos=self.photos(self.regulator, now, 2),
            again_description="消防车通道北段又堆放托盘约 18 米，只剩 2 米宽，消防车无法通过",
        )  # fmt: skip
        new = look.new_hazard
        assert new is not None
        again = Finding(
            self.year, (_lane(),), self.year.files[PLANT], Random("又堵了"), Channel.INSPECTION,  # noqa: S311
            level=HazardLevel.MAJOR, keys={new.pk: _lane()},
        )  # fmt: skip
        self.year.after(now, 1, again.order)
        self.year.after(now, 3, lambda then: walk(self.year, new.review, STEPS, then))

    @property
    def hazard(self) -> Hazard:
        return Hazard.objects.select_related("enterprise", "responsible_unit", "supervising_unit").get(pk=self.key)

    def photos(self, by: Acting, now: datetime, count: int, *, mended: bool = False) -> list[Any]:
        enterprise = self.year.files[PLANT]
        assert enterprise.latitude is not None
        assert enterprise.longitude is not None
        at = (enterprise.latitude + Decimal("0.0004"), enterprise.longitude)
        take = self.year.album.take
        return [take("lane", mended=mended, at=at, by=by, now=now) for _ in range(count)]


def _lane() -> Saying:
    return Saying(PLANT, LANE, "又堆放托盘", "environment", "lane", "消防车不能靠近")


# step, whose it is, what is written, days until the next one
STEPS: tuple[tuple[str, str, dict[str, str], int], ...] = (
    ("state_facts", "officer", {"facts": "4 月堵死 30 米，5 月清空销号。7 月旺季周转托盘由 800 只增到 1500 只，堆放区放满后，"
     "夜班又往通道上码。8 月回头看时北段堵了 18 米。"}, 4),
    ("find_causes", "officer", {
        "cause_person": "夜班叉车工没有接受过通道管理交底。", "cause_machine": "堆放区只按 800 只设计。",
        "cause_environment": "通道紧挨装卸口，图方便。", "cause_management": "每日巡查表有签字，但没有人真的去看。"}, 4),
    ("hold_to_account", "regulator", {"accountability": "仓储部负责人扣发季度绩效，夜班班长调离岗位；总经理在职工大会上检讨。"}, 4),
    ("set_duties", "officer", {"duties": "通道由仓储部长负责，每班交接拍照上传；安全科每周抽查，纳入月度考核。"}, 5),
    ("fix_root", "officer", {"root_fix": "通道两侧装固定隔离桩，堆放区扩到 400 平方米，托盘实行周转上限，超量当天外运。"}, 5),
    ("conclude", "chief", {"finding": "隔离桩和扩建的堆放区已现场核实，措施可行，同意验收。"}, 0),
)  # fmt: skip


def walk(year: "Year", review: Review, steps: tuple[tuple[str, str, dict[str, str], int], ...], now: datetime) -> None:
    """The next of the five steps, and the one after it some days later."""
    (step, whose, said, days), *rest = steps
    review = Review.objects.select_related("hazard", "responsible_unit", "supervising_unit").get(pk=review.pk)
    staff = year.staff
    by = {
        "officer": staff.officer(review.responsible_unit), "regulator": staff.officer(review.supervising_unit),
        "chief": staff.head(review.supervising_unit),
    }[whose]  # fmt: skip
    fire(review, step, by=by, now=now, **said)
    if step == "fix_root":
        order_root_fix(
            review=review, unit=year.files[PLANT].unit, due_on=date(2026, 12, 31), content=said["root_fix"],
            by=staff.officer(review.supervising_unit), now=now,
        )  # fmt: skip
    if rest:
        year.after(now, days, lambda then: walk(year, review, tuple(rest), then))


# ── at the hospital ──

HOSPITAL = "县人民医院"
HALFWAY: tuple[tuple[str, str, dict[str, str], int], ...] = (
    ("state_facts", "officer", {"facts": "5 月拆除杂物间、恢复疏散楼梯并销号；9 月病房改造时，施工单位又把材料存在楼梯间并上了锁。"}, 5),
    ("find_causes", "officer", {
        "cause_person": "后勤科只交代了工期，没有交代消防要求。", "cause_management": "改造工程没有动用疏散通道的审批。"}, 30),
)  # fmt: skip


def plan_hospital(year: "Year") -> None:
    """Found in spring, closed, looked at again in autumn: back. Its review has come to the second step."""
    saying = next(each for each in major() if each.of == HOSPITAL)
    first = Finding(
        year, (saying,), year.files[HOSPITAL], Random(HOSPITAL), Channel.EXPERT, level=HazardLevel.MAJOR,  # noqa: S311
    )  # fmt: skip

    def back(now: datetime) -> None:
        look = LookBack.objects.select_related("supervising_unit").get(hazard__in=first.keys)
        by = year.staff.officer(look.supervising_unit)
        look = fire(
            look, "recur", by=by, now=now, looked_on=local_day(now), never_fixed=False,
            finding="3 至 5 层楼梯间堆放装修材料，安全出口又被锁上。",
            again_photos=[year.album.take("exit", by=by, now=now)],
            again_description="住院部西侧疏散楼梯 3 至 5 层堆放装修材料，安全出口上锁，两层楼只剩一个出口",
        )  # fmt: skip
        new = look.new_hazard
        assert new is not None
        again = Finding(
            year, (saying,), year.files[HOSPITAL], Random("又锁了"), Channel.INSPECTION, level=HazardLevel.MAJOR,  # noqa: S311
            habit="late", keys={new.pk: saying},
        )  # fmt: skip
        year.after(now, 1, again.order)
        year.after(now, 4, lambda then: walk(year, new.review, HALFWAY, then))

    first.after_closing = lambda now: year.kept_look_backs.update(first.keys)
    year.on(date(2026, 5, 6), first.begin)
    year.on(date(2026, 10, 20), back)
