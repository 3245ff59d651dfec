"""Several people who do to hazards whatever may be done, and one beside them who keeps a tally on paper: what the system
counts must be what stands there (`test_histories`). Nothing here is read from a hazard that was said to be done to it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from zhiben.core.clock import local_day
from zhiben.core.events.services import deliver_pending
from zhiben.core.refusal import Refused
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.models import ApprovalRequest
from zhiben.core.workflow.sweep import sweep
from zhiben.modules.hazards.clearing import Counts, counts_by
from zhiben.modules.hazards.credit import credit_of
from zhiben.modules.hazards.four_lists import rows_of
from zhiben.modules.hazards.models import DualReport, Hazard, LookBack, LookBackStatus
from zhiben.modules.hazards.models import HazardStatus as S
from zhiben.modules.hazards.testing import a_hazard, a_photo

from .conftest import FIVE, FOR_MAJOR

SINCE = date(2026, 3, 20)
"""From when is counted: in the middle of what happens."""
OPEN = {S.REPORTED, S.JUDGED, S.ORDERED, S.PLANNED, S.RECTIFYING, S.RECTIFIED, S.VERIFIED}
RUNNING, HANDED_IN = {S.ORDERED, S.PLANNED, S.RECTIFYING}, {S.RECTIFIED, S.VERIFIED, S.CLOSED}


@dataclass
class Noted:
    """What stands on the paper about one hazard."""

    key: Any
    firm: str
    found_on: date
    by_itself: bool
    level: str
    status: str
    supervisor: str
    due: date | None = None
    handed_on: date | None = None
    closed_on: date | None = None
    extensions: int = 0
    returns: int = 0
    rejections: int = 0
    recurs: bool = False
    was_never_fixed: bool = False
    plans: list[list[Any]] = field(default_factory=list)
    """[measures, accepted]"""

    @property
    def counts(self) -> bool:
        return self.status not in (S.WITHDRAWN, S.DUPLICATE)

    def is_overdue(self, today: date) -> bool:
        return self.status in RUNNING and self.due is not None and self.due < today

    def was_handed_in(self) -> bool:
        return self.status in HANDED_IN and self.due is not None and self.handed_on is not None

    def days_late(self, today: date) -> int:
        if self.is_overdue(today):
            return (today - self.due).days
        return max((self.handed_on - self.due).days, 0) if self.was_handed_in() else 0


@dataclass
class Town:
    """Everybody who has a hand in it, the day it is, and the paper."""

    cast: Any
    firms: dict[str, Any]
    now: datetime
    paper: list[Noted] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    photos: int = 0

    @property
    def today(self) -> date:
        return local_day(self.now)

    # ── what people do ───────────────────────────────────────────────────────────────────────────────────────────

    def live(self, deed: str, which: int, days: int, odd: bool) -> None:
        self.now += timedelta(days=days)
        if deed in ("find", "watch"):
            getattr(self, deed)(which, odd)
        elif deed in ("merge", "shut"):
            getattr(self, deed)()
        elif self.paper:
            getattr(self, deed)(self.paper[which % len(self.paper)], odd)

    def take(self, noted: Noted, step: str, **data: Any) -> bool:
        """Whoever may; False where nobody may, and then nothing has changed."""
        return self._try(Hazard.objects.get(pk=noted.key), step, data)

    def _try(self, record: Any, step: str, data: dict[str, Any]) -> bool:
        names = ("bureau_leader", "bureau_officer", "plant_officer", "plant_head", "housing_leader", "town", "office")
        refused: Refused | None = None
        for name in names:
            who = getattr(self.cast, name)
            with_photos = {key: [self.photo(who)] if key.endswith(("photos", "proof")) else value for key, value in data.items()}  # fmt: skip
            try:
                fire(record, step, by=who, now=self.now, **with_photos)
            except Refused as refusal:
                refused = refusal
            else:
                self.done.append(step)
                return True
        assert refused
        return False

    def photo(self, who: Any) -> Any:
        self.photos += 1
        return a_photo(who, self.now, self.photos)

    def ask(self, noted: Noted, step: str, agrees: bool, **data: Any) -> bool:
        """True where it was asked and granted."""
        if not self.take(noted, step, **data):
            return False
        request = ApprovalRequest.objects.get(record_id=str(noted.key), step=step, status="pending")
        for name in ("bureau_leader", "bureau_officer", "housing_leader", "town", "office", "plant_head"):
            try:
                decide(request, agrees=agrees, opinion="经研究", by=getattr(self.cast, name), now=self.now)
            except Refused:
                continue
            return agrees
        return False

    def find(self, which: int, odd: bool) -> None:
        firm = self.firms["plant" if which % 3 else "other"]
        firm.refresh_from_db()
        who = ("bureau_officer", "town", "plant_officer")[
            which % 3 if firm.unit == self.cast.plant_head.unit else which % 2
        ]
        finder, found_on = getattr(self.cast, who), self.today - timedelta(days=which)
        if (
            firm.merged_into_id
            or not firm.exists
            or (finder.unit == firm.unit and not finder.post.holds_on(self.today))
        ):
            return
        own = finder.unit == firm.unit
        level = "major" if odd or which % 2 else "general"
        hazard = a_hazard(self.cast, firm, self.now, by=finder, level=level, found_on=found_on, before_photos=[self.photo(finder)],
                          place=f"{len(self.paper)} 号库东门", channel="self_inspection" if own else "inspection")  # fmt: skip
        supervisor = firm.unit if own else finder.unit
        self.note(hazard, firm, level, found_on, self.cast.bureau_officer.unit if level == "major" else supervisor, own)

    def note(self, hazard: Hazard, firm: Any, level: str, found_on: date, supervisor: Any, own: bool) -> Noted:
        noted = Noted(hazard.pk, firm.name, found_on, own, level, S.REPORTED, supervisor.name)
        self.paper.append(noted)
        return noted

    def go_on(self, noted: Noted, odd: bool) -> None:
        due, planned = self.today + timedelta(days=9 if odd else 3), f"第 {len(noted.plans) + 1} 稿"
        major = noted.level == "major"
        if noted.status == S.REPORTED:
            level = "general" if odd or noted.supervisor in self.firms else noted.level
            ground = {"criterion_reason": "现场情况如此，经研究认定"}
            if self.take(noted, "judge_and_order", judged_level=level, rectify_by=due, **ground):
                noted.level, noted.status, noted.due = level, S.ORDERED, due
        elif noted.status == S.ORDERED:
            plan = FIVE | {"measures": planned, "plan_rectify_by": self.today}
            if self.take(noted, "file_plan", **plan, **(FOR_MAJOR if major else {})):
                noted.status = S.PLANNED
                noted.plans.append([planned, False])
        elif noted.status == S.PLANNED:
            if self.take(noted, "accept_plan"):
                noted.status, noted.plans[-1][1] = S.RECTIFYING, True
        elif noted.status == S.RECTIFYING:
            for to in DualReport.To.values if major else ():
                self.take(noted, "register_dual_report", report_to=to, reported_on=self.today, report_proof=1)
            if self.take(noted, "submit", summary="已经改好", after_photos=1):
                noted.status, noted.handed_on = S.RECTIFIED, self.today
        elif noted.status == S.RECTIFIED:
            seen = {"finding": "看过，改好了", "on_site": True, "site_photos": 1}
            if self.take(noted, "verify", **seen):
                noted.status = S.VERIFIED
            elif self.take(noted, "verify_and_close", **seen):
                noted.status, noted.closed_on = S.CLOSED, self.today
        elif noted.status == S.VERIFIED:
            if self.take(noted, "close"):
                noted.status, noted.closed_on = S.CLOSED, self.today
        elif noted.status == S.CLOSED:
            self.look_back(noted, odd)

    def look_back(self, noted: Noted, odd: bool) -> None:
        look = LookBack.objects.filter(hazard=noted.key, status=LookBackStatus.DUE).first()
        seen = {"looked_on": self.today, "finding": "看过了", "again_photos": 1}
        if look is None or not odd:
            _ = look and self._try(look, "hold", seen)
        elif self._try(look, "recur", seen | {"never_fixed": True}):
            new = LookBack.objects.get(pk=look.pk).new_hazard
            noted.was_never_fixed = True
            again = self.note(new, new.enterprise, noted.level, self.today, new.supervising_unit, False)
            again.recurs = True

    def go_back(self, noted: Noted, odd: bool) -> None:
        if noted.status == S.PLANNED and self.take(noted, "return_plan", reason="没有写清"):
            noted.status, noted.returns = S.ORDERED, noted.returns + 1
        elif noted.status == S.RECTIFIED and self.take(noted, "reject", reason="没有改好"):
            noted.status, noted.rejections = S.RECTIFYING, noted.rejections + 1
        elif noted.status == S.VERIFIED and self.take(noted, "send_back", reason="照片不清楚"):
            noted.status = S.RECTIFIED

    def extend(self, noted: Noted, odd: bool) -> None:
        until = (noted.due or self.today) + timedelta(days=5)
        until = max(until, self.today + timedelta(days=1))
        asked = {"reason": "设备没有到货"}
        if self.ask(noted, "extend", odd, extended_to=until, **asked) or (
            noted.extensions >= 2 and self.ask(noted, "extend_beyond", odd, extended_beyond=until, **asked)
        ):
            noted.due, noted.extensions = until, noted.extensions + 1

    def redate(self, noted: Noted, odd: bool) -> None:
        day = self.today + timedelta(days=8 if odd else 1)
        if self.take(noted, "redate", rectify_by=day, reason="汛期提前"):
            noted.extensions += noted.due is not None and day > noted.due
            noted.due = day

    def change_level(self, noted: Noted, odd: bool) -> None:
        if noted.level == "major" and self.ask(noted, "downgrade", odd, reason="专家论证不属于重大"):
            noted.level = "general"
        elif noted.level == "general" and self.take(noted, "upgrade", reason="整条通道都已堵死"):
            noted.level, noted.status = "major", S.ORDERED

    def hand_over(self, noted: Noted, odd: bool) -> None:
        housing = self.cast.housing_officer.unit
        if not self.take(noted, "offer_transfer", transfer_to=housing, reason="属于燃气"):
            return
        if odd and self.take(noted, "accept_transfer"):
            noted.supervisor = housing.name
        elif len(self.paper) % 2:
            self.take(noted, "decline_transfer", reason="不属于我们")

    def put_away(self, noted: Noted, odd: bool) -> None:
        if self.take(noted, "withdraw", reason="现场核实不是隐患") or self.ask(
            noted, "ask_to_withdraw", odd, reason="现场核实不是隐患"
        ):
            noted.status = S.WITHDRAWN

    def find_twice(self, noted: Noted, odd: bool) -> None:
        kept = self.paper[0 if odd else -1]
        number = Hazard.objects.get(pk=kept.key).number
        if self.take(noted, "mark_duplicate", duplicate_number=number, reason="同一处"):
            noted.status = S.DUPLICATE

    def report_up(self, noted: Noted, odd: bool) -> None:
        if self.take(noted, "report_as_major", reason="整条通道都已堵死"):
            noted.level, noted.status, noted.supervisor = "major", S.REPORTED, self.cast.bureau_officer.unit.name

    def take_over(self, noted: Noted, odd: bool) -> None:
        if self.take(noted, "take_over", reason="企业拖延"):
            noted.supervisor = self.cast.bureau_officer.unit.name

    def fix_on_spot(self, noted: Noted, odd: bool) -> None:
        ground = {"summary": "当场清走", "criterion_reason": "面积小，当场清走"}
        if self.take(noted, "fix_on_spot", after_photos=1, **ground):
            noted.status, noted.handed_on, noted.closed_on = S.CLOSED, self.today, self.today

    def watch(self, which: int, odd: bool) -> None:
        sweep(self.now)

    def merge(self) -> None:
        plant, other = self.firms["plant"], self.firms["other"]
        if self._try(other, "merge", {"heir": plant.unit.pk, "reason": "整合重组"}):
            deliver_pending(now=self.now)
            for noted in self._open_at(other):
                noted.firm = plant.name
                held = Hazard.objects.get(pk=noted.key).transfer_to_id
                if noted.supervisor == other.name:
                    noted.supervisor = plant.name
                elif not held:
                    noted.supervisor = self.cast.bureau_officer.unit.name

    def shut(self) -> None:
        plant = self.firms["plant"]
        if self._try(plant, "close", {"reason": "注销"}):
            deliver_pending(now=self.now)
            for noted in self._open_at(plant):
                if noted.supervisor == plant.name:
                    noted.supervisor = self.cast.bureau_officer.unit.name

    def _open_at(self, firm: Any) -> list[Noted]:
        return [noted for noted in self.paper if noted.status in OPEN and noted.firm == firm.name]

    # ── what the paper says ──────────────────────────────────────────────────────────────────────────────────────

    def clearing(self, today: date) -> dict[str, Counts]:
        table: dict[str, Counts] = {}
        for noted in self.paper:
            still = noted.status in OPEN or (noted.closed_on is not None and noted.closed_on >= SINCE)
            if noted.level == "major" and noted.counts and (noted.found_on >= SINCE or still):
                stock, late, is_open = noted.found_on < SINCE, noted.is_overdue(today), noted.status in OPEN
                one = Counts(1, stock, not stock, not is_open, is_open, is_open and not late, late)
                table[noted.supervisor] = table.get(noted.supervisor, Counts()) + one
        return table

    def credit(self, firm: Any, today: date) -> dict[str, int]:
        own = [noted for noted in self.paper if noted.firm == firm.name and noted.counts]
        return {
            "found": len(own),
            "by_itself": sum(noted.by_itself for noted in own),
            "by_others": sum(not noted.by_itself for noted in own),
            "major": sum(noted.level == "major" for noted in own),
            "closed": sum(noted.status == S.CLOSED for noted in own),
            "in_time": sum(noted.was_handed_in() and not noted.days_late(today) for noted in own),
            "late": sum(noted.was_handed_in() and noted.days_late(today) > 0 for noted in own),
            "overdue": sum(noted.is_overdue(today) for noted in own),
            "late_days": sum(noted.days_late(today) for noted in own),
            "extensions": sum(noted.extensions for noted in own),
            "plan_returns": sum(noted.returns for noted in own),
            "rejections": sum(noted.rejections for noted in own),
            "recurred": sum(noted.recurs for noted in own),
            "false_closings": sum(noted.was_never_fixed for noted in own),
        }

    def compare(self) -> None:
        for today in (self.today, self.today + timedelta(days=4), self.today + timedelta(days=400)):
            found = counts_by(Hazard.objects.all(), "supervising_unit__name", since=SINCE, today=today)
            assert found == self.clearing(today), today
            for counts in found.values():
                assert counts.all == counts.stock + counts.increment == counts.closed + counts.open
                assert counts.open == counts.in_time + counts.overdue
            firms = {firm.pk: firm for firm in self.firms.values()}
            credits = credit_of(firms, since=date(2020, 1, 1), until=self.today, today=today)
            for key, firm in firms.items():
                assert credits[key].figures == self.credit(firm, today), (firm.name, today)
                for name, keys in credits[key].behind.items():
                    assert credits[key].rows(name).count() == len(keys)
        late = Hazard.objects.overdue(self.now).values_list("pk", flat=True)
        assert set(late) == {noted.key for noted in self.paper if noted.is_overdue(self.today)}
        rows = {row.hazard.pk: row.plan.measures if row.plan else None for row in rows_of(Hazard.objects.open())}
        assert rows == {
            noted.key: next((text for text, accepted in reversed(noted.plans) if accepted), noted.plans[-1][0] if noted.plans else None)
            for noted in self.paper
            if noted.level == "major" and noted.status in OPEN
        }  # fmt: skip
        stands = {row["pk"]: (row["status"], row["level"], row["rectify_by"]) for row in Hazard.objects.values("pk", "status", "level", "rectify_by")}  # fmt: skip
        assert stands == {noted.key: (noted.status, noted.level, noted.due) for noted in self.paper}
        assert not Hazard.objects.exclude(status__in=OPEN).exclude(transfer_to=None).exists(), (
            "nothing left to hand over"
        )
