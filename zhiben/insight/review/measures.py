"""月度调度, what is counted: each measure once, as a condition on one record. The figures of the paper count it, the
list behind a figure lists it, so that the two cannot differ. No database.

A task is counted at the unit that does it, once: the main task at the unit that leads, each share at the unit that
takes part. What had been withdrawn is no longer a task.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from .months import Period


class Standing(NamedTuple):
    """One task as it stood at the cut; the days are days in Beijing."""

    key: UUID
    status: str
    """A TaskStatus."""
    due_on: date
    unit: int
    main: bool
    coordinating: bool
    """An office that only holds the threads reports no progress of its own."""
    programme: str
    sector: str
    dispatched_on: date
    submitted_on: date | None
    completed_on: date | None
    extended: bool
    """A later day was granted in this month."""
    withdrawn: bool
    """Taken back in this month."""
    fed_back: bool
    """Something was fed back about it in this month."""
    ran_before: bool
    """In hand with the same unit when the month began."""
    unsure: bool
    """Its deadline or its unit was changed after the cut, and what it was before has left no trace."""


class Landmark(NamedTuple):
    """A milestone (节点) of a task that is counted, as it stood at the cut."""

    key: int
    task: UUID
    unit: int
    programme: str
    sector: str
    due_on: date
    reached_on: date | None
    text: str


class Reading(NamedTuple):
    """An indicator of a task that is counted, judged at the cut. `standing` is a Standing of the tasks."""

    key: int
    task: UUID
    unit: int
    programme: str
    sector: str
    standing: str
    sentence: str


class Turn(NamedTuple):
    """One period of a recurring duty, as it stood at the cut. `status` is an OccurrenceStatus."""

    key: UUID
    unit: int
    programme: str
    sector: str
    due_on: date
    done_on: date | None
    status: str
    title: str


@dataclass(frozen=True)
class Measure:
    """`of` names the kind of record that is counted, `counter` the word between the number and the noun."""

    name: str
    word: str
    rule: str
    of: str = "tasks"
    counter: str = "件"


PARTS = (
    Measure("completed", "办结", "交办单位已核验办结"),
    Measure("running", "办理中", "已接收、正在办理，未到期"),
    Measure("overdue", "逾期", "期限已过，未报送办结（含逾期仍未接收的）"),
    Measure("pending", "待接收", "已交办、承办单位未接收，未到期"),
    Measure("submitted", "待核验", "已报送办结，等待交办单位核验"),
    Measure("returned", "退回", "承办单位已退回，等待交办单位处理"),
)
"""A task is in exactly one of them; together they are the total."""

MEASURES = {
    measure.name: measure
    for measure in (
        Measure("total", "任务总数", "截至期末在册的任务，不含已撤回的"),
        *PARTS,
        Measure("main", "主任务", "由牵头、责任或统筹单位承担的任务"),
        Measure("share", "分解任务", "由参与单位、下级单位承担的任务"),
        Measure("fallen_due", "已到期", "办结期限在期末以前的任务，不论办到哪一步"),
        Measure("not_due", "未到期", "办结期限在期末以后的任务，不论办到哪一步"),
        Measure("early", "提前办结", "未到期、已办结"),
        Measure("due_completed", "到期办结", "已到期、已办结"),
        Measure("on_time", "按期办结", "已到期、已办结，且报送办结的日期不晚于办结期限"),
        Measure("late", "逾期办结", "已到期、已办结，但报送办结的日期晚于办结期限"),
        Measure("due_submitted", "到期待核验", "已到期、已报送，等待核验"),
        Measure("due_returned", "到期退回", "已到期、退回未处理"),
        Measure("new", "本月新交办", "交办日期在本月"),
        Measure("due_now", "本月到期", "办结期限在本月且已过"),
        Measure("due_now_on_time", "本月到期的按期办结", "办结期限在本月且已过，按期办结"),
        Measure("completed_now", "本月办结", "核验办结的日期在本月，不论何时到期"),
        Measure("overdue_now", "本月新增逾期", "办结期限在本月且已过，仍逾期"),
        Measure("extended", "本月批准延期", "本月批准延长办结期限；同一任务延期几次计一件"),
        Measure("withdrawn", "本月撤回", "本月撤回，不再计入任务总数"),
        Measure("to_report", "应反馈", "整月都在同一单位办理的任务（只作统筹的除外）"),
        Measure("reported", "已反馈", "应反馈的任务中，本月反馈过进展的"),
        Measure("silent", "未反馈", "应反馈的任务中，本月没有反馈过进展的"),
        Measure("unsure", "不能还原", "期末以后变更过期限或承办单位，变更前的情况没有留痕，按现在的期限和单位统计"),
        Measure("due_next", "下一步到期", "期末以后、下月底以前到期，尚未办结"),
        Measure("milestones", "本月到期节点", "期限在本月且已过的节点", "milestones", "个"),
        Measure("milestones_reached", "按期完成节点", "完成日期不晚于节点期限", "milestones", "个"),
        Measure("milestones_late", "逾期完成节点", "期末前已完成，但晚于节点期限", "milestones", "个"),
        Measure("milestones_missed", "未完成节点", "节点期限已过，期末仍未完成", "milestones", "个"),
        Measure("indicators", "指标", "在册任务设定的指标", "indicators", "项"),
        Measure("indicators_achieved", "已达到指标", "期末前最近一次填报的数值达到目标", "indicators", "项"),
        Measure("indicators_behind", "未达到指标", "期末前最近一次填报的数值没有达到目标", "indicators", "项"),
        Measure("indicators_unknown", "未填报指标", "期末前没有填报数值，或没有设定目标值", "indicators", "项"),
        Measure("turns", "本月到期的定期工作", "期限在本月且已过的定期工作，一期计一项；免予完成的不计", "turns", "项"),
        Measure("turns_done", "按期完成的定期工作", "在期限以前完成规定次数", "turns", "项"),
        Measure("turns_late", "逾期完成的定期工作", "期末前已完成规定次数，但晚于期限", "turns", "项"),
        Measure("turns_missed", "未完成的定期工作", "期限已过，期末没有完成规定次数", "turns", "项"),
    )
}

SHOWN_RULES = tuple(measure for measure in MEASURES.values() if measure.name != "unsure")
"""In the order in which the page explains them."""


def measures_of_task(task: Standing, period: Period) -> Sequence[str]:
    """The names of all measures that count this task."""
    if task.status == "withdrawn":
        return ("withdrawn",) if task.withdrawn else ()
    first, day, past = period.month.first, period.day, task.due_on < period.day
    part = "overdue" if past and task.status in ("running", "pending") else task.status
    now = past and task.due_on >= first
    found = ["total", part, "main" if task.main else "share", "fallen_due" if past else "not_due"]
    if part == "completed":
        if task.completed_on and task.completed_on >= first:
            found.append("completed_now")
        if not past:
            found.append("early")
        elif task.submitted_on and task.submitted_on <= task.due_on:
            found += ("due_completed", "on_time", "due_now_on_time") if now else ("due_completed", "on_time")
        else:
            found += ("due_completed", "late")
    elif past and part != "overdue":
        found.append(f"due_{part}")
    elif day <= task.due_on <= period.horizon:
        found.append("due_next")
    if now:
        found.append("due_now")
        if part == "overdue":
            found.append("overdue_now")
    if task.dispatched_on >= first:
        found.append("new")
    if task.extended:
        found.append("extended")
    if task.unsure:
        found.append("unsure")
    if task.ran_before and task.status == "running" and not task.coordinating:
        found += ("to_report", "reported" if task.fed_back else "silent")
    return found


def measures_of_milestone(milestone: Landmark, period: Period) -> Sequence[str]:
    if not period.month.first <= milestone.due_on < period.day:
        return ()
    if milestone.reached_on is None:
        return ("milestones", "milestones_missed")
    in_time = milestone.reached_on <= milestone.due_on
    return ("milestones", "milestones_reached" if in_time else "milestones_late")


def measures_of_indicator(indicator: Reading, period: Period) -> Sequence[str]:
    return ("indicators", f"indicators_{indicator.standing}")


def measures_of_turn(turn: Turn, period: Period) -> Sequence[str]:
    if turn.status == "excused" or not period.month.first <= turn.due_on < period.day:
        return ()
    if turn.status != "done":
        return ("turns", "turns_missed")
    return ("turns", "turns_late" if turn.done_on and turn.done_on > turn.due_on else "turns_done")
