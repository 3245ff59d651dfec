"""How hazards fare: who finds it and how it comes in, who is prompt and who is late, whose plan is sent back, what
is not done when somebody comes to see. Every deed goes through the services, as if somebody had pressed the button."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from zhiben.core.access.acting import Acting, By
from zhiben.core.calendar import is_working_day
from zhiben.core.clock import local_day
from zhiben.core.files.models import Upload
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.engine import fire, fire_many
from zhiben.core.workflow.models import ApprovalRequest
from zhiben.modules.hazards.apart import ORDERED, VERIFIED, kept_apart
from zhiben.modules.hazards.judging import candidates_of, criterion_objection
from zhiben.modules.hazards.linking import confirm_link
from zhiben.modules.hazards.models import Channel, DualReport, Hazard, HazardLevel, HazardStatus, LinkKind
from zhiben.modules.hazards.reporting import Report, report_hazards
from zhiben.modules.registry.models import Enterprise

from . import remedies
from .arriving import finder_of, report_of
from .ledgers import Saying
from .remedies import REMEDIES

if TYPE_CHECKING:
    from .year import Year

S = HazardStatus
RELATED = ("responsible_unit", "supervising_unit", "closing_unit", "transfer_to")
HABITS = ("prompt",) * 9 + ("late",) * 3 + ("stuck",) * 2 + ("extended",) * 2
ON_SPOT = {Channel.INSPECTION: 0.6, Channel.SELF_INSPECTION: 0.7, Channel.EXPERT: 0.3, Channel.INSURER: 0.3}
"""How often an ordinary hazard is put right while whoever found it is still there."""


@dataclass
class Finding:
    """The fate of what one visit found in one enterprise; deeds are called by the agenda on their day. What was put
    right at once is over; the rest goes its way together, as on one notice (整改通知书)."""

    year: "Year"
    sayings: tuple[Saying, ...]
    enterprise: Enterprise
    rng: Random
    channel: str
    level: str = HazardLevel.GENERAL
    habit: str = "prompt"
    fate: str = ""
    """"", "withdrawn", "transferred", "declined", "offered", "duplicate"; "kept": not put right on the spot."""
    keys: dict[UUID, Saying] = field(default_factory=dict)
    after_closing: Callable[[datetime], None] | None = None
    foreign_photo: bool = False
    _bad_plan: bool = field(init=False)
    _bad_work: bool = field(init=False)

    def __post_init__(self) -> None:
        self._bad_plan, self._bad_work = self.rng.random() < 0.14, self.rng.random() < 0.2

    # ── it comes in ──

    def begin(self, now: datetime) -> None:
        by = finder_of(self)
        may_fix = not self.fate and self.level == HazardLevel.GENERAL and isinstance(by, Acting)
        share = ON_SPOT.get(Channel(self.channel), 0.0) if may_fix else 0.0
        at_once = [self.rng.random() < share for _ in self.sayings]
        reports = [
            report_of(self, saying, by, now, photos=spot or self.rng.random() < 0.45)
            for saying, spot in zip(self.sayings, at_once, strict=True)
        ]
        hazards = report_hazards(reports=reports, by=by, now=now)
        for hazard, saying, spot in zip(hazards, self.sayings, at_once, strict=True):
            if spot and isinstance(by, Acting):
                self.fix_on_spot(hazard, saying, by, now)
            else:
                self.keys[hazard.pk] = saying
        if self.keys:
            next_deed = self.find_again if self.fate == "duplicate" else self.look
            self.year.after(now, self.rng.randint(0, 2) if self.habit != "stuck" else 5, next_deed)

    def fix_on_spot(self, hazard: Hazard, saying: Saying, by: Acting, now: datetime) -> None:
        fire(
            hazard, "fix_on_spot", by=by, now=now, summary=self.rng.choice(REMEDIES[saying.picture].done),
            after_photos=self.photos(saying, by, now, mended=True),
            criterion_reason=self.rng.choice(remedies.NOT_MAJOR),
        )  # fmt: skip

    # ── judged and ordered ──

    def look(self, now: datetime) -> None:
        if not (hazards := self.hazards(S.REPORTED)):
            return
        if self.fate == "withdrawn":
            reason = self.rng.choice(remedies.WITHDRAWN)
            self._take(hazards, "withdraw", by=self.regulator(hazards[0]), now=now, reason=reason)
        elif self.fate in ("transferred", "declined", "offered"):
            self.offer(hazards[0], now)
        else:
            self.order(now)

    def order(self, now: datetime) -> None:
        hazards = self.hazards(S.REPORTED)
        major = self.level == HazardLevel.MAJOR
        given: dict[str, Any] = {"judged_level": self.level, "criterion_reason": self.rng.choice(remedies.NOT_MAJOR)}
        if major:
            saying = self.keys[hazards[0].pk]
            given["criterion_reason"] = f"{saying.danger}，现场核实属实，应当立即治理。"
            if key := best_criterion(hazards[0]):
                given["criterion_key"] = key
        elif not any(each.is_match for hazard in hazards for each in candidates_of(hazard)):
            del given["criterion_reason"]
        days = self.rng.randint(20, 40) if major else self.rng.randint(7, 18)
        given["rectify_by"] = working_day(local_day(now) + timedelta(days=days))
        self._take(hazards, "judge_and_order", by=self.regulator(hazards[0]), now=now, **given)
        self.year.after(now, self.rng.randint(1, 4) if self.habit != "stuck" else 9, self.plan)

    def offer(self, hazard: Hazard, now: datetime) -> None:
        other = self.year.city["县消防大队" if hazard.supervising_unit.short_name != "县消防大队" else "县市监局"]
        fire(
            hazard, "offer_transfer", by=self.regulator(hazard), now=now, transfer_to=other,
            reason="涉及消防设施，由消防救援机构处理更合适，请接收。",
        )  # fmt: skip
        if self.fate != "offered":
            self.year.after(now, 1, self.answer_offer)

    def answer_offer(self, now: datetime) -> None:
        (hazard,) = self.hazards(S.REPORTED)
        assert hazard.transfer_to is not None
        by = self.year.staff.officer(hazard.transfer_to)
        if self.fate == "declined":
            fire(hazard, "decline_transfer", by=by, now=now, reason="属于日常管理问题，请行业主管部门继续督促整改。")
        else:
            fire(hazard, "accept_transfer", by=by, now=now)
        self.order(now)

    def find_again(self, now: datetime) -> None:
        """The town's officer records two days later what is on record already; the supervisor sees that it is one."""
        (first,) = self.hazards(S.REPORTED)
        town = self.year.staff.officer(self.enterprise.unit.superior or first.supervising_unit)
        again = Report(
            enterprise=self.enterprise, place=first.place, description=f"{first.description}，复查时仍在",
            category=first.category, channel=Channel.INSPECTION, found_on=local_day(now),
            before_photos=self.photos(self.keys[first.pk], town, now),
        )  # fmt: skip
        (second,) = report_hazards(reports=[again], by=town, now=now)
        self.year.after(now, 1, lambda then: self._put_away(second.pk, then))
        self.year.after(now, 1, self.order)

    def _put_away(self, key: UUID, now: datetime) -> None:
        second = Hazard.objects.select_related(*RELATED).get(pk=key)
        link = second.likenesses.get(kind=LinkKind.DUPLICATE, earlier__in=self.keys)
        confirm_link(link=link, reason="同一处同一问题，前两天已登记。", by=self.regulator(second), now=now)

    # ── rectified ──

    def plan(self, now: datetime) -> None:
        if not (hazards := self.hazards(S.ORDERED)):
            return
        texts = [(hazard.place, REMEDIES[self.keys[hazard.pk].picture]) for hazard in hazards]
        measures = [f"{place}：{self.rng.choice(remedy.measures)}" for place, remedy in texts]
        more: dict[str, Any] = {}
        if hazards[0].is_major:
            more = {
                "goals": remedies.GOALS, "bodies": remedies.BODIES, "safety_measures": remedies.SAFETY_MEASURES,
            }  # fmt: skip
        owner, today = self.owner(), local_day(now)
        self._take(
            hazards, "file_plan", by=owner, now=now, liable_person=owner.person.name,
            liable_mobile=self.enterprise.head_mobile, measures="；".join(measures) + "。",
            funds=Decimal(self.rng.choice((0, 300, 800, 1500, 3000, 6000)) * (18 if more else 1)),
            plan_rectify_by=max(hazards[0].rectify_by or today, today),
            contingency_plan=f"{texts[0][1].meanwhile}；发生险情先撤人、再报告，拨打 119 并通知值班领导。", **more,
        )  # fmt: skip
        self.year.after(now, self.rng.randint(1, 3), self.answer_plan)

    def answer_plan(self, now: datetime) -> None:
        if not (hazards := self.hazards(S.PLANNED)):
            return
        checker = self.checker(hazards[0])
        if self._bad_plan:
            self._bad_plan = False
            self._take(hazards, "return_plan", by=checker, now=now, reason=self.rng.choice(remedies.RETURNED_PLANS))
            self.year.after(now, 2, self.plan)
            return
        hazard = self._take(hazards, "accept_plan", by=checker, now=now, plan_opinion="方案可行，按期整改。")[0]
        assert hazard.rectify_by is not None
        if hazard.is_major:
            self.year.after(now, 3, self.report_both)
        if hazard.is_major or self.rng.random() < 0.2:
            self.year.after(now, self.rng.randint(3, 6), self.progress)
        tomorrow = local_day(now) + timedelta(days=1)
        if self.habit == "extended":
            self.year.on(max(hazard.rectify_by - timedelta(days=3), tomorrow), self.ask_for_time)
        late = {"late": self.rng.randint(2, 9), "stuck": self.rng.randint(14, 40)}.get(self.habit)
        day = hazard.rectify_by + timedelta(days=late if late is not None else -self.rng.randint(0, 4))
        self.year.on(max(day, tomorrow + timedelta(days=4 if hazard.is_major else 0)), self.submit)

    def report_both(self, now: datetime) -> None:
        owner = self.owner()
        for hazard in self.hazards(S.ORDERED, S.PLANNED, S.RECTIFYING):
            for to in DualReport.To.values:
                proof = self.year.album.take("paper", mended=True, by=owner, now=now, name="报告回执.jpg")
                fire(
                    hazard, "register_dual_report", by=owner, now=now, report_to=to, reported_on=local_day(now),
                    report_text="报告隐患情况、整改方案和临时措施。", report_proof=[proof],
                )  # fmt: skip

    def progress(self, now: datetime) -> None:
        if hazards := self.hazards(S.RECTIFYING):
            self._take(
                hazards, "report_progress", by=self.owner(), now=now, percent=self.rng.randint(30, 80),
                text=self.rng.choice(remedies.PROGRESS), stage=self.rng.choice(remedies.STAGES),
                spent=Decimal(self.rng.choice((200, 900, 2400))),
            )  # fmt: skip

    def ask_for_time(self, now: datetime) -> None:
        hazard = next(iter(self.hazards(S.RECTIFYING)), None)
        if hazard is None or hazard.rectify_by is None or hazard.rectify_by < local_day(now):
            return
        until = working_day(hazard.rectify_by + timedelta(days=self.rng.randint(10, 22)))
        reason = self.rng.choice(remedies.EXTENSIONS)
        fire(hazard, "extend", by=self.owner(), now=now, extended_to=until, reason=reason)
        self.year.after(now, 1, lambda then: self.decide_on_time(hazard.pk, then))

    def decide_on_time(self, key: UUID, now: datetime) -> None:
        pending = ApprovalRequest.objects.filter(record_id=str(key), status=ApprovalRequest.Status.PENDING)
        if request := pending.first():
            agrees = self.rng.random() < 0.6
            opinion = "同意，期间每周报送进展。" if agrees else self.rng.choice(remedies.REFUSALS)
            checker = self.checker(Hazard.objects.select_related(*RELATED).get(pk=key))
            decide(request, agrees=agrees, opinion=opinion, by=checker, now=now)

    def submit(self, now: datetime) -> None:
        owner = self.owner()
        hazards = self.hazards(S.RECTIFYING)
        for hazard in hazards:
            saying = self.keys[hazard.pk]
            if hazard.is_major and hazard.dual_reports.count() < len(DualReport.To.values):
                self.report_both(now)
            fire(
                hazard, "submit", by=owner, now=now, summary=self.rng.choice(REMEDIES[saying.picture].done),
                after_photos=self.photos(saying, owner, now, mended=True),
                spent=Decimal(self.rng.choice((0, 500, 1800, 5200))),
            )  # fmt: skip
        if hazards:
            self.year.after(now, self.rng.randint(1, 5), self.verify)

    # ── verified and closed ──

    def verify(self, now: datetime) -> None:
        if not (hazards := self.hazards(S.RECTIFIED)):
            return
        checker, finding = self.checker(hazards[0], ORDERED), self.rng.choice(remedies.FINDINGS)
        if self._bad_work:
            self._bad_work = False
            again = working_day(local_day(now) + timedelta(days=7))
            reason = self.rng.choice(remedies.REJECTED)
            fire(hazards.pop(), "reject", by=checker, now=now, reason=reason, rectify_by=again)
            self.year.after(now, self.rng.randint(3, 8), self.submit)
        if not hazards:
            return
        seen: dict[str, Any] = {}
        if self.level == HazardLevel.MAJOR:
            picture = self.keys[hazards[0].pk].picture
            photo = self.year.album.take(picture, mended=True, by=checker, now=now, at=self.position())
            seen = {"on_site": True, "site_photos": [photo]}
        if self.level == HazardLevel.MAJOR or hazards[0].closing_unit_id != hazards[0].supervising_unit_id:
            self._take(hazards, "verify", by=checker, now=now, finding=finding, **seen)
            self.year.after(now, self.rng.randint(1, 4), self.close)
        else:
            self._take(hazards, "verify_and_close", by=checker, now=now, finding=finding, on_site=True)

    def close(self, now: datetime) -> None:
        if hazards := self.hazards(S.VERIFIED):
            closer = self.closer(hazards[0])
            self._take(hazards, "close", by=closer, now=now, closing_opinion="材料齐全，同意销号，按期回头看。")
            if self.after_closing:
                self.after_closing(now)

    # ── who ──

    def hazards(self, *statuses: str) -> list[Hazard]:
        """Those that stand there, in the order in which they were found."""
        return list(
            Hazard.objects.filter(pk__in=self.keys, status__in=statuses).select_related(*RELATED).order_by("pk")
        )

    def _take(self, hazards: Sequence[Hazard], step: str, **given: Any) -> list[Any]:
        return [result.or_raise() for result in fire_many(hazards, step, **given)]

    def owner(self) -> Acting:
        return self.year.staff.officer(self.enterprise.unit)

    def regulator(self, hazard: Hazard) -> Acting:
        """Whoever judges and orders; in an enterprise's own loop its head."""
        staff, unit = self.year.staff, hazard.supervising_unit
        return staff.head(unit) if hazard.is_internal else staff.officer(unit)

    def checker(self, hazard: Hazard, part: str = "") -> Acting:
        """Somebody of the supervising unit who had no hand in it, and of a major one did not do that `part`."""
        staff, unit = self.year.staff, hazard.supervising_unit
        everybody = [staff.officer(unit), *staff.officers.get(unit.short_name, ()), staff.head(unit)]
        return next(each for each in everybody if each.person.pk not in kept_apart(hazard, part))

    def closer(self, hazard: Hazard) -> Acting:
        staff, unit = self.year.staff, hazard.closing_unit
        everybody = [staff.head(unit), *staff.officers.get(unit.short_name, ())]
        return next(each for each in everybody if each.person.pk not in kept_apart(hazard, VERIFIED))

    def position(self) -> tuple[Decimal, Decimal] | None:
        if self.enterprise.latitude is None or self.enterprise.longitude is None:
            return None
        near = (Decimal(self.rng.randint(-700, 700)).scaleb(-6) for _ in range(2))
        return self.enterprise.latitude + next(near), self.enterprise.longitude + next(near)

    def photos(self, saying: Saying, by: By, now: datetime, *, mended: bool = False) -> list[Upload]:
        assert isinstance(by, Acting)
        at = self.position() if self.rng.random() < 0.5 else None
        if self.foreign_photo and mended and at is None:
            at = self.position()
        if self.foreign_photo and mended and at is not None:
            at = (at[0] + Decimal("1.15"), at[1])  # taken elsewhere, and the camera says so
        take = self.year.album.take
        count = 2 if self.level == HazardLevel.MAJOR else 1
        return [take(saying.picture, mended=mended, at=at, by=by, now=now) for _ in range(count)]


def best_criterion(hazard: Hazard) -> str:
    """The first candidate that was in force on the day, a match before a hint; empty where none says enough."""
    for each in sorted(candidates_of(hazard), key=lambda suggestion: not suggestion.is_match):
        if criterion_objection(each.criterion, hazard.found_on) is None and each.candidate.score >= 0.5:
            return each.criterion.key
    return ""


def working_day(day: date) -> date:
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
