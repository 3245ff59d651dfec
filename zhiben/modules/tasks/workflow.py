"""The life of a task, from dispatch to verified completion (交办—接收—办理—核验—办结), and of duties that recur."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.access.actors import Holder, TheSystem
from zhiben.core.access.directory import Directory
from zhiben.core.access.seats import unit_seat
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.org.models import Unit
from zhiben.core.org.roles import Role
from zhiben.core.workflow import engine
from zhiben.core.workflow.table import Approval, Deadline, Input, Step, Workflow, days

from . import obligations
from .dispatching import accept_deadline, answer_deadline, split_down
from .events import (
    OccurrenceDone,
    OccurrenceMissed,
    TaskAccepted,
    TaskCompleted,
    TaskExtended,
    TaskFedBack,
    TaskOverdue,
    TaskReassigned,
    TaskReturned,
    TaskSentBack,
    TaskSubmitted,
    TaskWithdrawn,
)
from .feedback import follow_upwards, keep_feedback
from .models import (
    OPEN_STATUSES,
    Obligation,
    ObligationOccurrence,
    ObligationStatus,
    OccurrenceStatus,
    Task,
    TaskStatus,
)

S = TaskStatus
Fields = list[str]
"""Names of the fields an effect has set, for the engine to save."""

OFFICERS = (Role.UNIT_OFFICER, Role.COMMITTEE_OFFICER, Role.SAFETY_OFFICER, Role.GRID_OFFICER)
LEADERS = (Role.UNIT_LEADER, Role.COMMITTEE_CHIEF, Role.ENTERPRISE_HEAD)


@dataclass(frozen=True)
class OwnDecider:
    """Who decides for the responsible unit: its head; in a small place without one, whoever does the work there.
    Sending work back to the office is never decided above the unit."""

    label: str

    def seats(self, task: Task, directory: Directory) -> tuple[str, ...]:
        unit_id = task.responsible_unit_id
        for roles in (LEADERS, OFFICERS):
            if occupied := tuple(unit_seat(unit_id, role) for role in roles if directory.occupied(unit_id, role)):
                return occupied
        return tuple(unit_seat(unit_id, role) for role in LEADERS)


HANDLER = Holder(*OFFICERS, *LEADERS, unit="responsible_unit", label="承办单位经办人或负责人")
HEAD = Holder(*LEADERS, unit="responsible_unit", label="承办单位负责人")
DECIDER = OwnDecider(label="承办单位负责人")
ISSUER = Holder(*OFFICERS, *LEADERS, unit="supervising_unit", label="交办单位经办人或负责人")
ISSUING_CHIEF = Holder(*LEADERS, unit="supervising_unit", label="交办单位负责人")
VERIFIER = Holder(
    *OFFICERS, *LEADERS, unit="supervising_unit", apart_from="submitted_by", label="交办单位（报送人以外）"
)

EXTENSIONS_BY_OFFICERS = 2
"""How often the issuing office's officers may extend; after that its chief decides."""


# ── why not ──────────────────────────────────────────────────────────────────────────────────────────────────────


def open_below(task: Task, acting: Acting) -> str | None:
    """A task is not closed over the heads of those who still work on it."""
    children = task.open_children()
    if not children:
        return None
    named = "、".join(f"{child.responsible_unit}（{child.get_status_display()}）" for child in children[:5])
    return f"还有 {len(children)} 个下级任务没有办结：{named}{'等' if len(children) > 5 else ''}"


def own_work(task: Task, acting: Acting) -> str | None:
    """Nobody verifies their own work, whichever post they hold."""
    if task.submitted_by_id in (acting.person.pk, acting.on_behalf_of and acting.on_behalf_of.pk):
        return "这项任务是您本人报送的，请由交办单位的其他人员核验"
    return None


def cannot_complete(task: Task, acting: Acting) -> str | None:
    return own_work(task, acting) or open_below(task, acting)


def extended_enough(task: Task, acting: Acting) -> str | None:
    if task.extensions >= EXTENSIONS_BY_OFFICERS:
        return f"已延期 {task.extensions} 次，再延期请用「特批延期」，由交办单位负责人审批"
    return None


# ── what may be filled in ────────────────────────────────────────────────────────────────────────────────────────


def later_than_now(value: date, task: Task, now: datetime) -> str | None:
    if value <= local_day(now):
        return "新的期限须晚于今天"
    return f"新的期限须晚于原期限 {full_day(task.due_on)}" if value <= task.due_on else None


def within_the_plan(value: date, task: Task, now: datetime) -> str | None:
    if task.limit_on and value > task.limit_on:
        return f"超过了方案的截止日 {full_day(task.limit_on)}，请改用「特批延期」，由交办单位负责人审批"
    return later_than_now(value, task, now)


def not_in_the_past(value: date, record: Any, now: datetime) -> str | None:
    return "日期不能早于今天" if value < local_day(now) else None


def not_in_the_future(value: date, record: Any, now: datetime) -> str | None:
    return "不能登记还没有发生的日期" if value > local_day(now) else None


def another_unit(value: Unit, task: Task, now: datetime) -> str | None:
    return "任务现在就在这个单位，请选择另一个单位" if value.pk == task.responsible_unit_id else None


def units_below(value: list[Unit], task: Task, now: datetime) -> str | None:
    if any(unit.pk == task.responsible_unit_id for unit in value):
        return "不能把任务分解给本单位自己"
    working = set(task.children.exclude(status=S.WITHDRAWN).values_list("responsible_unit_id", flat=True))
    twice = "、".join(str(unit) for unit in value if unit.pk in working)
    return f"这些单位已有这项任务的下级任务：{twice}" if twice else None


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────


def note_acceptance(task: Task, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    task.accepted_at = now
    return ["accepted_at"]


def await_answer(task: Task, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    task.answer_by = answer_deadline(now)
    return ["answer_by"]


def ask_again(task: Task, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """The unit (perhaps another) has its full time to accept."""
    task.accept_by = accept_deadline(now, task.due_on)
    task.accepted_at = task.answer_by = None
    fields = ["accept_by", "accepted_at", "answer_by"]
    if "responsible_unit" in data:
        task.lead_officer = None
        task.region_path = data["responsible_unit"].region_path
        fields += ["lead_officer", "region_path"]
    return fields


def split(task: Task, data: Mapping[str, Any], by: By, now: datetime) -> None:
    split_down(
        parent=task,
        units=data["units"],
        due_on=data.get("sub_due_on"),
        content=data.get("instructions", ""),
        by=by,
        now=now,
    )


def hand_in(task: Task, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    assert isinstance(by, Acting)
    task.submitted_by, task.submitted_at, task.answer_by = by.person, now, answer_deadline(now)
    return ["submitted_by", "submitted_at", "answer_by"]


def extend(task: Task, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    task.due_on = data.get("extended_to") or data["extended_beyond"]
    task.extensions += 1
    return ["due_on", "extensions"]


def conclude(task: Task, data: Mapping[str, Any], by: By, now: datetime) -> None:
    task.completed_at, task.progress, task.progress_note = now, 100, "已核验办结"
    task.save(update_fields=["completed_at", "progress", "progress_note"])
    # Verified as a whole, its remaining milestones were reached by the day it was handed in.
    task.milestones.filter(reached_on=None).update(reached_on=local_day(task.submitted_at or now))
    follow_upwards(task, now)


def withdraw_below(task: Task, data: Mapping[str, Any], by: By, now: datetime) -> None:
    children = task.children.filter(status__in=OPEN_STATUSES)
    above = Machine("随上级任务撤回")
    engine.fire_many(children, "lapse", by=above, now=now, reason=data.get("reason") or "上级任务已撤回")
    follow_upwards(task, now)
    obligations.end_with_task(task, reason="所属任务已撤回", now=now)


TASK_LIFE = Workflow(
    model=Task,
    label="任务",
    start=S.PENDING,
    final=(S.COMPLETED, S.WITHDRAWN),
    with_related=("responsible_unit",),
    inputs=(
        Input("percent", "当前进度", "percent", unit="%", initial=lambda task, acting, now: task.progress),
        Input("text", "进展情况", "long_text", help="做了什么、进展到哪一步、存在什么困难"),
        Input("fall_reason", "进度下降的理由", "long_text", help="只在进度比上次低时填写", when_falls="percent"),
        Input("files", "佐证材料", "files"),
        Input("units", "下级承办单位", "units", check=units_below),
        Input("instructions", "对下级的要求", "long_text", help="不填则沿用本任务的内容"),
        Input("sub_due_on", "下级办结期限", "date", help="不填则与本任务相同", check=not_in_the_past),
        Input("extended_to", "延期至", "date", check=within_the_plan),
        Input("extended_beyond", "延期至", "date", check=later_than_now),
        Input("responsible_unit", "改由哪个单位承办", "unit", check=another_unit),
        Input("message", "提醒内容", "long_text"),
        Input("lead_officer", "承办人", "person"),
        # not asked by a step, but named in the trail of feedback and of revisions
        Input("figures", "指标数据", "text"),
        Input("milestones_reached", "完成的节点", "text"),
        Input("milestones_due", "节点", "text"),
    ),
    steps=(
        # the unit that was given it
        Step("accept", "接收", S.PENDING, S.RUNNING, HANDLER, takes=("lead_officer",), effect=note_acceptance,
             announces=TaskAccepted, bulk=True),
        Step("return", "退回", S.PENDING, S.RETURNED, DECIDER, needs=("reason",), effect=await_answer,
             announces=TaskReturned, waits=False, tone="danger", help="不属于本单位职责时退回交办单位，须写明理由"),
        Step("feed_back", "反馈进展", S.RUNNING, None, HANDLER, needs=("percent", "text"),
             takes=("fall_reason", "files"), effect=keep_feedback, announces=TaskFedBack),
        Step("submit", "报送办结", S.RUNNING, S.SUBMITTED, HANDLER, needs=("summary", "files"), unless=open_below,
             effect=hand_in, announces=TaskSubmitted, help="须有佐证材料，报送后由交办单位核验"),
        Step("recall", "撤回报送", S.SUBMITTED, S.RUNNING, HANDLER, waits=False, tone="quiet"),
        Step("assign", "指定承办人", S.RUNNING, None, HANDLER, needs=("lead_officer",), waits=False, tone="quiet"),
        Step("split", "分解下级", S.RUNNING, None, HANDLER, needs=("units",),
             takes=("instructions", "sub_due_on", "progress_rule"), effect=split, waits=False, tone="quiet",
             help="下级任务由本单位交办、本单位核验"),
        Step("extend", "延期", S.RUNNING, None, HANDLER, needs=("extended_to", "reason"), unless=extended_enough,
             approval=Approval(ISSUER), effect=extend, announces=TaskExtended,
             waits=False, tone="quiet"),
        Step("extend_beyond", "特批延期", S.RUNNING, None, HANDLER, needs=("extended_beyond", "reason"),
             approval=Approval(ISSUING_CHIEF), effect=extend, announces=TaskExtended,
             waits=False, tone="quiet", help="超过方案截止日，或第三次以后的延期，由交办单位负责人审批"),
        # the unit that gave it
        Step("redispatch", "改派其他单位", S.RETURNED, S.PENDING, ISSUER, needs=("responsible_unit",),
             takes=("reason",), effect=ask_again, announces=TaskReassigned),
        Step("insist", "坚持交办", S.RETURNED, S.PENDING, ISSUER, needs=("reason",), effect=ask_again),
        Step("complete", "核验办结", S.SUBMITTED, S.COMPLETED, VERIFIER, takes=("finding",), unless=cannot_complete,
             effect=conclude, announces=TaskCompleted, tells=(HANDLER,)),
        Step("send_back", "退回补充", S.SUBMITTED, S.RUNNING, VERIFIER, needs=("reason",), announces=TaskSentBack,
             tone="danger"),
        Step("urge", "督办提醒", (S.PENDING, S.RUNNING), None, ISSUER, needs=("message",), tells=(HANDLER, HEAD),
             waits=False, tone="quiet", bulk=True),
        Step("reassign", "转派", (S.PENDING, S.RUNNING), S.PENDING, ISSUER, needs=("responsible_unit", "reason"),
             effect=ask_again, announces=TaskReassigned, waits=False, tone="quiet"),
        Step("withdraw", "撤回任务", OPEN_STATUSES, S.WITHDRAWN, ISSUER, needs=("reason",), effect=withdraw_below,
             announces=TaskWithdrawn, tells=(HANDLER,), waits=False, tone="danger"),
        # what follows from something else
        Step("coordinate", "自行统筹", S.PENDING, S.RUNNING, TheSystem(), effect=note_acceptance, waits=False),
        Step("lapse", "随上级撤回", OPEN_STATUSES, S.WITHDRAWN, TheSystem(), takes=("reason",),
             effect=withdraw_below, announces=TaskWithdrawn, tells=(HANDLER,), waits=False),
    ),
    deadlines=(
        Deadline("accept", "接收期限", (S.PENDING,), due="accept_by", remind=(days(1),),
                 escalate=((days(0), HEAD), (days(3), ISSUER))),
        Deadline("due", "办结期限", (S.PENDING, S.RUNNING), due="due_on", remind=(days(30), days(7), days(3), days(1)),
                 escalate=((days(0), HEAD), (days(7), ISSUING_CHIEF)), announces=TaskOverdue),
        Deadline("milestone", "节点期限", (S.RUNNING,), due="next_milestone_on", remind=(days(7), days(1)),
                 escalate=((days(0), HEAD),)),
        Deadline("answer", "答复期限", (S.SUBMITTED, S.RETURNED), due="answer_by", remind=(days(1),),
                 escalate=((days(0), ISSUING_CHIEF),)),
    ),
)  # fmt: skip


D = ObligationStatus

OBLIGATION_LIFE = Workflow(
    model=Obligation,
    label="定期工作",
    start=D.ACTIVE,
    final=(D.ENDED,),
    steps=(
        Step("suspend", "暂停", D.ACTIVE, D.SUSPENDED, ISSUER, needs=("reason",), waits=False, tone="quiet"),
        Step("resume", "恢复", D.SUSPENDED, D.ACTIVE, ISSUER, effect=obligations.reopen),
        Step("end", "终止", (D.ACTIVE, D.SUSPENDED), D.ENDED, ISSUER, needs=("reason",), effect=obligations.let_lapse,
             waits=False, tone="danger"),
        Step("end_with_task", "随任务结束", (D.ACTIVE, D.SUSPENDED), D.ENDED, TheSystem(), takes=("reason",),
             effect=obligations.let_lapse, waits=False),
        Step("expire", "到期结束", D.ACTIVE, D.ENDED, TheSystem(), waits=False),
    ),
)  # fmt: skip


C = OccurrenceStatus

OCCURRENCE_LIFE = Workflow(
    model=ObligationOccurrence,
    label="定期工作（各期）",
    start=C.OPEN,
    final=(C.DONE, C.EXCUSED),
    with_related=("obligation",),
    inputs=(
        Input("happened_on", "开展日期", "date", initial=lambda record, acting, now: local_day(now),
              check=not_in_the_future),
        Input("text", "开展情况", "long_text", help="时间、地点、参加人员、主要内容、发现的问题"),
        Input("files", "佐证材料", "files", help="通知、记录、照片等"),
    ),
    steps=(
        Step("record", "登记完成", (C.OPEN, C.MISSED), None, HANDLER, needs=("happened_on", "text"), takes=("files",),
             effect=obligations.count_record),
        Step("fulfil", "达到次数", (C.OPEN, C.MISSED), C.DONE, TheSystem(), announces=OccurrenceDone, waits=False),
        Step("miss", "逾期", C.OPEN, C.MISSED, TheSystem(), announces=OccurrenceMissed, waits=False),
        Step("excuse", "免予完成", (C.OPEN, C.MISSED), C.EXCUSED, ISSUER, needs=("reason",), waits=False, tone="quiet",
             bulk=True),
        Step("lapse", "随工作终止", C.OPEN, C.EXCUSED, TheSystem(), takes=("reason",), waits=False),
    ),
    deadlines=(
        Deadline("due", "期限", (C.OPEN, C.MISSED), due="due_on", remind=(days(7), days(3), days(1)),
                 escalate=((days(0), HEAD), (days(7), ISSUING_CHIEF))),
    ),
)  # fmt: skip
