"""How one task fares: who is prompt, who is late, who asks for more time, whose papers are sent back. Every deed goes
through the services, as if somebody had pressed the button."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from zhiben.core.access.acting import Acting
from zhiben.core.clock import local_day
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.models import ApprovalRequest
from zhiben.core.workflow.refusal import StepRefused
from zhiben.modules.tasks.models import Duty, Indicator, Task, TaskStatus
from zhiben.modules.tasks.services import Figure, feed_back

from . import sayings
from .sayings import say

if TYPE_CHECKING:
    from .year import Year

HABITS = ("prompt",) * 11 + ("late",) * 3 + ("stuck",) * 2 + ("extended",) * 2
RETURNED: dict[tuple[str, str], tuple[str, str, str]] = {
    # (number, unit): (reason, answer, what the answer says)
    ("(四)14", "县商务局"): ("餐饮场所燃气报警装置的安装由住房城乡建设部门主管，建议改由县住建局承担。", "insist",
                          "职责清单已明确餐饮行业由商务部门督促安装，请按方案落实。"),
    ("(七)25", "县林业局"): ("所涉景区不在林区范围内，我局不具备评估职能。", "redispatch", "县自然资源局"),
    ("(三)11", "柳汀乡"): ("我乡没有烟花爆竹零售网点。", "withdraw", "经核实该乡没有零售网点，撤回任务。"),
}  # fmt: skip
SPLIT: dict[tuple[str, str], tuple[str, ...]] = {
    ("(八)27", "栖云镇"): ("栖云社区", "桃溪村", "竹坞村"),
    ("(三)8", "县应急局"): ("澄渊化工", "岁华烟花"),
    ("(四)13", "县住建局"): ("温川燃气",),
    ("(七)23", "县自然资源局"): ("砚石矿业",),
}
SLACK_SHARE = 0.2
"""How often somebody who only shares in a task follows a habit of their own; a lead waits for the slowest of many."""
LATEST_SHARE = 96
"""Per cent that a task reaches before it is handed in."""


@dataclass
class Story:
    """The fate of one task; deeds are called by the agenda on their day."""

    year: "Year"
    key: Any
    rng: Random
    habit: str
    sent_back: bool

    @classmethod
    def of(cls, year: "Year", task: Task) -> "Story":
        rng = Random(f"{task.number}:{task.responsible_unit.short_name}:{task.duty}")  # noqa: S311 (a story, no secret)
        habit = rng.choice(HABITS)
        shares_only = task.parent_id is not None and rng.random() > SLACK_SHARE
        if task.duty == Duty.COORDINATOR or shares_only:
            habit = "prompt"
        return cls(year, task.pk, rng, habit, rng.random() < 0.13)

    def begin(self, task: Task, now: datetime) -> None:
        unit = task.responsible_unit.short_name
        if task.status == TaskStatus.RUNNING:  # the office that coordinates has nothing to accept
            self._plan_reports(task, now)
        elif (task.number, unit) in RETURNED:
            self.year.after(now, 3, self.send_back_to_issuer)
        else:
            self.year.after(now, self.rng.randint(1, 4) if self.habit != "stuck" else 9, self.accept)

    # ── deeds ──

    def accept(self, now: datetime) -> None:
        task = self._task()
        if task.status != TaskStatus.PENDING:
            return
        officer = self.year.staff.officer(task.responsible_unit)
        task = fire(
            task, "accept", by=self.year.staff.head(task.responsible_unit), now=now, lead_officer=officer.person
        )
        if below := SPLIT.get((task.number, task.responsible_unit.short_name)):
            self.year.after(now, 4, lambda then: self.split(below, then))
        self._plan_reports(task, now)

    def split(self, below: tuple[str, ...], now: datetime) -> None:
        task = self._task()
        units = [self.year.city[name] for name in below]
        fire(
            task, "split", by=self._officer(task), now=now, units=units,
            instructions="对照方案要求开展自查自改，按月反馈进展。", sub_due_on=task.due_on - timedelta(days=10),
        )  # fmt: skip
        self.year.take_up(task.children.select_related("responsible_unit"), now)

    def send_back_to_issuer(self, now: datetime) -> None:
        task = self._task()
        reason, _, _ = RETURNED[task.number, task.responsible_unit.short_name]
        fire(task, "return", by=self.year.staff.head(task.responsible_unit), now=now, reason=reason)
        self.year.after(now, 2, self.answer_return)

    def answer_return(self, now: datetime) -> None:
        task = self._task()
        _, answer, words = RETURNED[task.number, task.responsible_unit.short_name]
        issuer = self.year.staff.officer(task.supervising_unit)
        if answer == "redispatch":
            fire(task, "redispatch", by=issuer, now=now, responsible_unit=self.year.city[words])
        else:
            fire(task, answer, by=issuer, now=now, reason=words)
        if answer != "withdraw":
            self.year.after(now, 2, self.accept)

    def report(self, now: datetime) -> None:
        task = self._task()
        if task.status != TaskStatus.RUNNING:
            return
        share = self._share(task, now)
        after = max(min(share, LATEST_SHARE), task.progress)
        more: dict[str, Any] = {}
        if task.progress > 40 and self.rng.random() < 0.02:
            after = task.progress - 10
            more["fall_reason"] = say(self.rng, (sayings.FALL_REASON,))
        feed_back(
            task=task, percent=after, text=self._words(after, share), by=self._officer(task), now=now,
            figures=[self._figure(each, share) for each in task.indicators.prefetch_related("targets")],
            reached=[each for each in task.milestones.filter(reached_on=None) if self._is_reached(each.due_on, now)],
            files=self.year.cabinet.take(1, by=self._officer(task), now=now) if self.rng.random() < 0.2 else (),
            **more,
        )  # fmt: skip
        shares_only = task.duty == Duty.PARTICIPANT
        self.year.after(now, self.rng.randint(90, 130) if shares_only else self.rng.randint(30, 50), self.report)

    def ask_for_time(self, now: datetime) -> None:
        task = self._task()
        if task.status != TaskStatus.RUNNING:
            return
        until = task.due_on + timedelta(days=45)
        step = "extend" if task.limit_on is None or until <= task.limit_on else "extend_beyond"
        given: dict[str, Any] = {"extended_to" if step == "extend" else "extended_beyond": until}
        reason = self.rng.choice(sayings.EXTENSION_REASONS)
        fire(task, step, by=self._officer(task), now=now, reason=reason, **given)
        self.year.after(now, 3, self.decide_on_time)

    def decide_on_time(self, now: datetime) -> None:
        request = ApprovalRequest.objects.filter(record_id=str(self.key), status=ApprovalRequest.Status.PENDING).first()
        if request is None:
            return
        task = self._task()
        staff = self.year.staff
        chief = request.step == "extend_beyond"
        by = (staff.head if chief else staff.officer)(task.supervising_unit)
        agrees = self.rng.random() < 0.8
        decide(
            request, agrees=agrees, opinion="同意。" if agrees else "剩余工作量不大，请按原期限完成。", by=by, now=now
        )
        self._plan_hand_in(self._task(), now)

    def hand_in(self, now: datetime) -> None:
        task = self._task()
        if task.status != TaskStatus.RUNNING:
            return
        officer = self._officer(task)
        try:
            fire(
                task, "submit", by=officer, now=now, summary=self.rng.choice(sayings.SUMMARIES),
                files=self.year.cabinet.take(2, by=officer, now=now),
            )  # fmt: skip
        except StepRefused:  # others still work on their part; the office presses them, and it is tried again
            self._press(task, now)
            self.year.after(now, 9, self.hand_in)
        else:
            self.year.after(now, self.rng.randint(2, 9), self.verify)

    def verify(self, now: datetime) -> None:
        task = self._task()
        if task.status != TaskStatus.SUBMITTED:
            return
        verifier = self.year.another(task.supervising_unit, task.submitted_by_id)
        if self.sent_back:
            self.sent_back = False
            fire(task, "send_back", by=verifier, now=now, reason=self.rng.choice(sayings.SENT_BACK))
            self.year.after(now, self.rng.randint(5, 12), self.hand_in)
        else:
            fire(task, "complete", by=verifier, now=now, finding=self.rng.choice(sayings.FINDINGS))

    # ── how it goes ──

    def _plan_reports(self, task: Task, now: datetime) -> None:
        if task.duty != Duty.COORDINATOR:
            self.year.after(now, self.rng.randint(8, 30), self.report)
        if self.habit == "extended":
            self.year.on(task.due_on - timedelta(days=12), self.ask_for_time)
        self._plan_hand_in(task, now)

    def _plan_hand_in(self, task: Task, now: datetime) -> None:
        match self.habit:
            case "stuck":
                day = task.due_on + timedelta(days=self.rng.randint(45, 130))
            case "late":
                day = task.due_on + timedelta(days=self.rng.randint(5, 40))
            case _ if task.parent_id:  # whoever leads needs the shares of the others first
                day = task.due_on - timedelta(days=self.rng.randint(18, 40))
            case _:
                day = task.due_on - timedelta(days=self.rng.randint(1, 9))
        self.year.on(max(day, local_day(now) + timedelta(days=5)), self.hand_in)

    def _share(self, task: Task, now: datetime) -> int:
        """Per cent of the work done, from the time that has passed and the habit."""
        whole = max((task.due_on - task.starts_on).days, 1)
        passed = max((local_day(now) - task.starts_on).days, 5) / whole
        pace = {"prompt": 1.05, "extended": 0.85, "late": 0.75, "stuck": 0.4}[self.habit]
        return max(5, min(100, round(100 * passed * pace) + self.rng.randint(-4, 4)))

    def _words(self, percent: int, share: int) -> str:
        if self.habit in ("stuck", "late") and self.rng.random() < 0.35:
            return say(self.rng, sayings.SLOW)
        if percent < 25:
            return say(self.rng, sayings.STARTED)
        return say(self.rng, sayings.NEARLY_DONE if percent > 85 else sayings.UNDER_WAY)

    def _figure(self, indicator: Indicator, share: int) -> Figure:
        target = min((row.value for row in indicator.targets.all()), default=Decimal(1))
        if indicator.unit == "%" and indicator.operator != "<=":
            whole = self.rng.randint(40, 120)
            return Figure(
                indicator,
                numerator=Decimal(round(whole * (55 + 0.45 * min(share, 100)) / 100)),
                denominator=Decimal(whole),
            )
        if indicator.operator == "<=":
            return Figure(
                indicator, value=(target * Decimal(150 - min(share, 105) // 2) / 100).quantize(_step_of(target))
            )
        return Figure(indicator, value=(target * min(share + 4, 103) / 100).quantize(_step_of(target)))

    def _is_reached(self, due_on: date, now: datetime) -> bool:
        return self.habit != "stuck" and due_on <= local_day(now) + timedelta(days=6)

    def _press(self, task: Task, now: datetime) -> None:
        for child in task.open_children():
            if child.status in (TaskStatus.PENDING, TaskStatus.RUNNING) and self.rng.random() < 0.15:
                issuer = self.year.staff.officer(child.supervising_unit)
                fire(child, "urge", by=issuer, now=now, message=self.rng.choice(sayings.URGINGS))

    def _officer(self, task: Task) -> Acting:
        return self.year.staff.officer(task.responsible_unit)

    def _task(self) -> Task:
        return Task.objects.select_related("responsible_unit", "supervising_unit").get(pk=self.key)


def _step_of(target: Decimal) -> Decimal:
    """Whole things are counted whole; small targets and percentages to one place."""
    return Decimal(1) if target >= 5 else Decimal("0.1")
