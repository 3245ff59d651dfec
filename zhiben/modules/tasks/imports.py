"""Tasks from an office's own ledger (台账): one row, one piece of work with its units and its day.

The same ledger is brought again every month. A row is the same piece of work as before by its number, title and units;
what was closed or has been dispatched otherwise is left alone.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.exchange.declaration import (
    Action,
    Checked,
    Context,
    Done,
    Field,
    Importing,
    Problem,
    Row,
    register,
)
from zhiben.core.exchange.naming import FoundUnits, UnitNames
from zhiben.core.org.models import Unit
from zhiben.core.org.resolve import tidy
from zhiben.core.refusal import Refused
from zhiben.core.text.dates import date_expressions
from zhiben.core.text.normal import normalised_text

from .models import CLOSED_STATUSES, Duty, Task
from .services import Assignment, Order, Origin, dispatch_tasks, revise_task

RECORD = "tasks.task"
ORIGIN = "tasks.ledger"
"""`origin_type` of what was brought in from a ledger; `origin_id` is `identity_of` the row."""
LONGEST_AHEAD = 15
"""Years: a day further off is a slip of the pen."""


@dataclass
class _Plan:
    row: Row
    identity: str = ""
    due_on: date | None = None
    assignments: list[Assignment] = field(default_factory=list)
    task: Task | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def action(self) -> Action:
        if self.task is None:
            return "new"
        return "change" if self.changes else "same"

    def refuse(self, name: str, sentence: str) -> None:
        self.problems.append(Problem(name, sentence))

    def take_note(self, note: str) -> None:
        self.notes += [note] if note else []


@register
class TaskImport(Importing):
    key, title, counter = "tasks.tasks", "任务", "项"
    permission, list_url = Permission.DISPATCH_TASKS, "tasks:list"
    fields = (
        Field("number", "序号", ("编号", "任务序号", "任务编号", "项目序号"), max_length=32, example="1"),
        Field("title", "任务名称", ("任务", "重点任务", "工作任务", "任务事项", "事项", "工作事项", "主要任务", "目标任务",
                                "重点工作", "重点工作任务", "整改事项", "工作项目"),
              required=True, max_length=200, example="完成危险化学品企业安全风险评估"),
        Field("content", "任务内容", ("内容", "工作内容", "具体内容", "工作措施", "具体措施", "任务要求", "工作要求", "具体举措",
                                  "工作举措", "主要措施"),
              kind="long_text", max_length=10_000),
        Field("standard", "完成标准", ("指标", "考核指标", "目标", "工作目标", "完成标志", "预期成效"), kind="long_text",
              max_length=2_000, help="写在任务内容后面，供核验时对照。"),
        Field("lead", "牵头单位", ("牵头部门", "主办单位", "牵头责任单位"), kind="list", example="县应急管理局",
              help="多个单位用顿号隔开，第一个为主牵头单位。"),
        Field("responsible", "责任单位", ("责任部门", "承办单位", "落实单位", "承办部门", "责任主体"), kind="list",
              example="各乡镇（街道）", help="有牵头单位时可不填；“各乡镇”等统称会展开成各个单位。"),
        Field("participants", "配合单位", ("配合部门", "协办单位", "参与单位", "配合责任单位", "协同单位"), kind="list"),
        Field("due", "办结期限", ("完成时限", "完成时间", "办理时限", "期限", "截止日期", "截止时间", "时限", "时间节点", "完成时间节点", "整改期限", "整改时限",
                                  "完成期限"),
              required=True, example="2026-12-31", help="日期，或“2026年底”“12月底前”。没有年份的按今年算。"),
        Field("basis", "依据", ("来源", "文件依据", "任务来源", "工作依据", "文件来源"), max_length=200),
    )  # fmt: skip
    identity = ("number", "title", "lead", "responsible")
    checks_itself = True
    help = (
        "每一行交办给牵头或责任单位，以本单位的名义。再次导入同一份台账不会重复交办：序号、任务名称和单位都相同的算同一项，"
        "内容、期限有变的按修订处理；已办结、已撤回的不动。换了单位的，请先在系统中转派或撤回原任务。"
    )

    def __init__(self) -> None:
        self._units: UnitNames | None = None

    def check(self, rows: Sequence[Row], at: Context) -> Sequence[Checked]:
        return [
            Checked(plan.row.number, plan.action, tuple(plan.problems), "".join(plan.notes))
            for plan in self._plans(rows, at)
        ]

    def carry_out(self, rows: Sequence[Row], at: Context) -> Sequence[Done]:
        office = _office(at)
        # Two imports of one ledger at once would each dispatch it: the second waits for the first.
        list(Unit.objects.select_for_update(no_key=True).filter(pk=office.pk).values_list("pk"))
        plans = self._plans(rows, at)
        actions = {plan.row.number: plan.action for plan in plans}
        new = [plan for plan in plans if plan.task is None and not plan.problems]
        if new:
            orders = [_order(plan, at.now) for plan in new]
            made = dispatch_tasks(orders=orders, supervising_unit=office, by=at.by, now=at.now)
            for plan, task in zip(new, made, strict=True):
                plan.task = task
        for plan in plans:
            if plan.task is not None and plan.changes and not plan.problems:  # seldom, and so one by one
                revise_task(task=plan.task, by=at.by, now=at.now, reason="台账更新", **plan.changes)
        return [
            Done(
                plan.row.number, actions[plan.row.number], RECORD if plan.task else "",
                str(plan.task.pk) if plan.task else "", tuple(plan.problems), "".join(plan.notes),
            )
            for plan in plans
        ]  # fmt: skip

    def _plans(self, rows: Sequence[Row], at: Context) -> list[_Plan]:
        if self._units is None:
            self._units = UnitNames(at.by, local_day(at.now))
        columns = ("lead", "responsible", "participants")
        units = self._units.find({name for row in rows for column in columns for name in row[column]})
        plans = [_Plan(row) for row in rows]
        for plan in plans:
            self._read_units(plan, units)
            self._read_day(plan, local_day(at.now))
            plan.identity = identity_of(plan.row, _office(at))
        self._meet_existing(plans, _office(at))
        return plans

    def _read_units(self, plan: _Plan, units: Mapping[str, FoundUnits]) -> None:
        parts = (("lead", Duty.LEAD), ("responsible", Duty.RESPONSIBLE), ("participants", Duty.PARTICIPANT))
        for column, duty in parts:
            for name in plan.row[column]:
                found = units[name]
                if found.problem:
                    plan.refuse(column, found.problem)
                plan.take_note(found.note)
                plan.assignments += [Assignment(unit, duty) for unit in found.units]
        if not plan.row["lead"] and not plan.row["responsible"]:
            plan.refuse("lead", "请填写牵头单位或责任单位，系统才知道交给谁办。")

    def _read_day(self, plan: _Plan, today: date) -> None:
        text = plan.row["due"]
        plan.due_on = day_of(text, today)
        if plan.due_on is None:
            plan.refuse(
                "due", f"办结期限“{text}”看不出是哪一天，请写成“2026-12-31”或“2026年底”。长期坚持的工作请填本年底。"
            )
        elif abs(plan.due_on.year - today.year) > LONGEST_AHEAD:
            plan.refuse("due", f"办结期限{full_day(plan.due_on)}不合常理，请核对年份。")
        elif plan.due_on < today:
            plan.take_note(f"期限{full_day(plan.due_on)}已过，交办后即为逾期。")

    def _meet_existing(self, plans: list[_Plan], office: Unit) -> None:
        wanted = {plan.identity for plan in plans if not plan.problems}
        rows = Task.objects.filter(origin_type=ORIGIN, origin_id__in=wanted, supervising_unit=office, parent=None)
        known = {task.origin_id: task for task in rows.order_by("dispatched_at")}
        for plan in plans:
            plan.task = known.get(plan.identity) if not plan.problems else None
            if plan.task is None:
                continue
            if plan.task.status in CLOSED_STATUSES:
                plan.take_note(f"{plan.task.get_status_display()}，不再改动。")
                continue
            if plan.task.extensions and plan.due_on != plan.task.due_on:
                plan.take_note(f"已延期到{full_day(plan.task.due_on)}，期限不改动。")
            given = {"content": _content(plan.row), "origin_label": plan.row["basis"]}
            if not plan.task.extensions:
                given["due_on"] = plan.due_on
            plan.changes = {name: value for name, value in given.items() if value and value != getattr(plan.task, name)}
            if "due_on" in plan.changes and plan.due_on:
                plan.take_note(f"期限由{full_day(plan.task.due_on)}改为{full_day(plan.due_on)}。")


def identity_of(row: Row, office: Unit) -> str:
    """32 hexadecimal digits that name a piece of work of this office's ledger: number, title and the units that lead or
    answer, as written: what 各乡镇 means may change, and the work is still the same."""
    units = sorted({tidy(name) for column in ("lead", "responsible") for name in row[column]})
    text = "\n".join((str(office.pk), row["number"], row["title"], *units))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def day_of(text: str, today: date) -> date | None:
    """The last day that a deadline names: 2026年底, 12月底前, 2026-12-31, 2026/6.

    >>> day_of("12月底前", date(2026, 3, 10)), day_of("2026年底前完成", date(2026, 3, 10))
    (datetime.date(2026, 12, 31), datetime.date(2026, 12, 31))
    """
    plain = "".join(normalised_text(text.split(" ")[0] if text[:4].isdigit() else text).split())
    if len(plain) == 5 and plain.isdigit():  # a date that its spreadsheet shows as a number
        return date(1899, 12, 30) + timedelta(days=int(plain))
    if len(plain) == 8 and plain.isdigit():
        plain = f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"
    found = list(date_expressions(plain, default_year=today.year))
    return found[-1].end_day if found else None


def _office(at: Context) -> Unit:
    """Work is dispatched by a post, in the name of its unit; a command names the person by `--by`."""
    if not isinstance(at.by, Acting):
        raise Refused("任务要以单位的名义交办，请用 --by 指明经办人的登录名。")
    return at.by.unit


def _content(row: Row) -> str:
    standard = f"完成标准：{row['standard']}" if row["standard"] else ""
    return "\n".join(filter(None, (row["content"], standard)))


def _order(plan: _Plan, now: datetime) -> Order:
    assert plan.due_on is not None
    return Order(
        title=plan.row["title"],
        content=_content(plan.row),
        assignments=plan.assignments,
        due_on=plan.due_on,
        starts_on=min(local_day(now), plan.due_on),
        origin=Origin(
            type=ORIGIN,
            id=plan.identity,
            label=plan.row["basis"],
            number=plan.row["number"],
            position=plan.row.number,
        ),
    )
