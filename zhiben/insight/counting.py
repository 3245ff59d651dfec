"""进展总览, the counting: which tasks belong to which part, and so which list of tasks is behind each figure.

A part is written once. From it come the condition in SQL and the address of the list, so that a figure and the list
that it opens cannot differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from zhiben.modules.tasks.models import ON_TIME, TaskStatus

from .figures import Tally

S = TaskStatus
COUNTED = (S.COMPLETED, S.RUNNING, S.PENDING, S.SUBMITTED, S.RETURNED)
"""Everything but what was withdrawn."""


@dataclass(frozen=True)
class Part:
    """`name` is a field of Tally; `when` says on which side of today its deadlines lie: past, or not yet past."""

    name: str
    word: str
    rule: str
    statuses: tuple[TaskStatus, ...] = COUNTED
    when: Literal["", "past", "ahead"] = ""
    on_time: bool = False
    tone: str = ""
    """The colour of the face in which the chart paints it; the pattern and the word are what tell it apart."""

    def condition(self, today: date) -> Q:
        rows = Q(status__in=self.statuses)
        if self.when:
            rows &= Q(due_on__lt=today) if self.when == "past" else Q(due_on__gte=today)
        return rows & ON_TIME if self.on_time else rows


PARTS = (
    Part("completed", "办结", "交办单位已核验办结", (S.COMPLETED,), tone="--chart-3"),
    Part("running", "办理中", "已接收、正在办理，未到期", (S.RUNNING,), "ahead", tone="--chart-1"),
    Part(
        "overdue",
        "逾期",
        "过了办结期限，尚未报送办结（含逾期仍未接收的）",
        (S.RUNNING, S.PENDING),
        "past",
        tone="--red",
    ),
    Part("pending", "待接收", "已交办、承办单位尚未接收，未到期", (S.PENDING,), "ahead", tone="--chart-2"),
    Part("submitted", "待核验", "已报送办结，等待交办单位核验", (S.SUBMITTED,), tone="--chart-4"),
    Part("returned", "退回", "承办单位已退回，等待交办单位处理", (S.RETURNED,), tone="--chart-5"),
)
"""In the order in which the page and the chart show them; together they are the whole."""
TOTAL = Part("total", "全部", "不含已撤回的任务")
FALLEN_DUE = Part("fallen_due", "已到期", "办结期限已过，不论办到哪一步", when="past")
ON_TIME_PART = Part(
    "on_time", "按期办结", "已办结，且报送办结的日期不晚于办结期限", (S.COMPLETED,), "past", on_time=True
)
COUNTED_IN_SQL = (*PARTS, FALLEN_DUE, ON_TIME_PART)
BY_NAME = {part.name: part for part in (*COUNTED_IN_SQL, TOTAL)}


def count(tasks: QuerySet, by: str, today: date) -> dict[Any, Tally]:
    """The tally for each value of the field `by`: one query, one row for each value."""
    counts = {part.name: Count("pk", filter=part.condition(today)) for part in COUNTED_IN_SQL}
    crossing = {
        "accepted": Count("pk", filter=Q(accepted_at__isnull=False)),
        "fed_back": Count("pk", filter=Q(fed_back_at__isnull=False)),
    }
    rows = tasks.filter(status__in=COUNTED).order_by().values(by).annotate(**counts, **crossing)
    return {row.pop(by): Tally(**row) for row in rows}


@dataclass(frozen=True)
class Listed:
    """Some of the tasks of the page, as the address of the list of tasks says it."""

    today: date
    fixed: Mapping[str, str] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None

    def narrowed(self, *, first: date | None = None, last: date | None = None, **more: str) -> "Listed":
        return Listed(self.today, {**self.fixed, **more}, first or self.first, last or self.last)

    def address(self, part: Part) -> str:
        first, last = self.first, self.last
        if part.when == "ahead":
            first = max(first or self.today, self.today)
        elif part.when == "past":
            yesterday = self.today - timedelta(days=1)
            last = min(last or yesterday, yesterday)
        params: list[tuple[str, str]] = [*self.fixed.items(), *(("status", status.value) for status in part.statuses)]
        if part.on_time:
            params.append(("on_time", "1"))
        if first:
            params.append(("due_on_from", first.isoformat()))
        if last:
            params.append(("due_on_to", last.isoformat()))
        return f"{reverse('tasks:list')}?{urlencode(params)}"
