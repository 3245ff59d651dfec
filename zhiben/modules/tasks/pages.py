"""The pages of tasks and of recurring duties: lists, records, and what a record shows besides its facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from zhiben.core.access.permissions import Permission
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.filters import Choice, DateRange, Filter, Flag, RegionFilter, UnitFilter, overdue
from zhiben.core.web.pages.record import Panel, RecordPages, Total

from .models import (
    CLOSED_STATUSES,
    ON_TIME,
    OPEN_STATUSES,
    Obligation,
    ObligationOccurrence,
    ObligationStatus,
    OccurrenceStatus,
    Programme,
    Task,
    TaskStatus,
)
from .programmes import offered_to
from .standing import Standing
from .wallchart import condition_on

DEEPEST = 5
MOST_IN_TREE = 200
FEEDBACKS_SHOWN = 50
MOST_PROGRAMMES = 200
OCCURRENCES_SHOWN = 60


@dataclass(frozen=True)
class ProgrammeFilter(Filter):
    """The work of one plan; chosen from the plans of the regions around this post."""

    template = "web/filters/select.html"

    def choices(self, model: Any, at: At) -> list[tuple[str, str]]:
        return list(offered_to(at.acting).values_list("key", "label")[:MOST_PROGRAMMES])

    def read(self, params: Any, at: At) -> str | None:
        return params.get(self.name) or None

    def narrow(self, rows: QuerySet, value: str, at: At) -> QuerySet:
        return rows.filter(programme_id=value)

    def say(self, value: str, model: Any) -> str:
        return Programme.objects.filter(key=value).values_list("label", flat=True).first() or value


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Branch:
    """A task in the tree of responsibility; a link only where this post may open it."""

    task: Task
    depth: int
    is_here: bool
    opens: bool


def family_of(task: Task, at: At) -> Mapping[str, Any] | None:
    """The whole tree this task belongs to: who leads, who takes part, how far each is."""
    root = task
    for _ in range(DEEPEST):
        if root.parent_id is None:
            break
        root = Task.objects.select_related("responsible_unit").get(pk=root.parent_id)
    level, tree = [root], {root.pk: root}
    below: dict[Any, list[Task]] = {}
    for _ in range(DEEPEST):
        children = Task.objects.filter(parent__in=level).select_related("responsible_unit").order_by("pk")
        level = list(children[:MOST_IN_TREE])
        if not level:
            break
        for child in level:
            below.setdefault(child.parent_id, []).append(child)
            tree[child.pk] = child
    if len(tree) == 1:
        return None
    seen = set(Task.objects.visible_to(at.acting).filter(pk__in=tree).values_list("pk", flat=True))

    def walk(each: Task, depth: int) -> list[Branch]:
        branch = Branch(each, depth, each.pk == task.pk, each.pk in seen and each.pk != task.pk)
        return [branch, *(found for child in below.get(each.pk, ()) for found in walk(child, depth + 1))]

    return {"branches": walk(root, 0), "today": at.today}


def progress_of(task: Task, at: At) -> Mapping[str, Any]:
    return {"task": task, "condition": condition_on(task, at.today)}


def milestones_of(task: Task, at: At) -> Mapping[str, Any] | None:
    rows = [(each, each.State(each.state_on(at.today))) for each in task.milestones.all()]
    return {"rows": rows} if rows else None


def indicators_of(task: Task, at: At) -> Mapping[str, Any] | None:
    indicators = task.indicators.prefetch_related("targets", "values")
    rows = [(each, each.latest(), each.judged(at.today)) for each in indicators]
    return {"rows": rows, "standings": Standing} if rows else None


def feedbacks_of(task: Task, at: At) -> Mapping[str, Any] | None:
    rows = task.feedbacks.select_related("by", "unit").prefetch_related("figures__indicator", "milestones")
    shown = list(rows[:FEEDBACKS_SHOWN])
    return {"rows": shown, "total": task.feedbacks.count()} if shown else None


def duties_of(task: Task, at: At) -> Mapping[str, Any] | None:
    rows = list(task.obligations.select_related("responsible_unit").prefetch_related("occurrences"))
    return {"rows": rows} if rows else None


class TaskPages(RecordPages):
    model, name, title = Task, "tasks", "任务"
    imports = "tasks.tasks"
    columns = (
        Column("number", "序号"),
        Column("title", link=True),
        Column("responsible_unit"),
        Column("duty", kind="choice"),
        Column("status", kind="state"),
        Column("progress", kind="progress"),
        Column("due_on", kind="due"),
        Column("supervising_unit", shown=False),
        Column("lead_officer", shown=False),
        Column("programme_label", shown=False),
        Column("fed_back_at", shown=False),
    )
    filters = (
        Choice("status"),
        ProgrammeFilter("programme", "方案"),
        UnitFilter("unit", "承办单位", "responsible_unit"),
        RegionFilter(),
        DateRange("due_on"),
        overdue(Task, (*CLOSED_STATUSES, TaskStatus.SUBMITTED, TaskStatus.RETURNED)),
        Flag("open", "未办结", condition=lambda at: Q(status__in=OPEN_STATUSES)),
        Flag("main", "只看主任务", condition=lambda at: Q(parent=None)),
        Flag("on_time", "按期办结", condition=lambda at: ON_TIME),
    )
    search = ("title", "content")
    sort = "due_on"
    totals = (
        Total("未办结", lambda at: Q(status__in=OPEN_STATUSES), opens="open=1"),
        Total("已办结", lambda at: Q(status=TaskStatus.COMPLETED), opens="status=completed"),
        Total(
            "逾期",
            lambda at: Q(status__in=(TaskStatus.PENDING, TaskStatus.RUNNING), due_on__lt=at.today),
            opens="overdue=1",
        ),
    )
    facts = (
        ("任务要求", ("content", "due_on", "limit_on", "starts_on", "accept_by", "origin_label", "programme_label")),
        ("责任", ("responsible_unit", "duty", "supervising_unit", "lead_officer", "sector", "dispatched_at")),
        ("办理", ("reason", "accepted_at", "submitted_at", "submitted_by", "summary", "completed_at", "finding")),
    )
    panels = (
        Panel("进度", "tasks/panels/progress.html", progress_of),
        Panel("节点", "tasks/panels/milestones.html", milestones_of),
        Panel("指标", "tasks/panels/indicators.html", indicators_of),
        Panel("责任分工与下级任务", "tasks/panels/family.html", family_of),
        Panel("进展反馈", "tasks/panels/feedbacks.html", feedbacks_of),
        Panel("定期开展的工作", "tasks/panels/duties.html", duties_of),
    )
    tones = {
        TaskStatus.SUBMITTED: "orange",
        TaskStatus.RETURNED: "red",
        TaskStatus.COMPLETED: "green",
    }
    list_template = "tasks/list.html"
    empty = "方案发布或任务交办后，会出现在这里。"
    help = "一项任务只由一个单位承办。本单位承办、本单位交办、本辖区是三种看法，可在上方切换。"


# ── recurring duties ─────────────────────────────────────────────────────────────────────────────────────────────


def occurrences_of(obligation: Obligation, at: At) -> Mapping[str, Any]:
    rows = obligation.occurrences.order_by("-due_on")
    done = sum(each.status == OccurrenceStatus.DONE for each in rows)
    asked = sum(each.status != OccurrenceStatus.EXCUSED and each.due_on <= at.today for each in rows)
    return {"rows": rows[:OCCURRENCES_SHOWN], "done": done, "asked": asked, "today": at.today}


def records_of(occurrence: ObligationOccurrence, at: At) -> Mapping[str, Any]:
    return {"occurrence": occurrence, "rows": occurrence.records.select_related("by")}


class ObligationPages(RecordPages):
    model, name, title = Obligation, "obligations", "定期工作"
    columns = (
        Column("title", link=True),
        Column("rhythm", "频次"),
        Column("responsible_unit"),
        Column("status", kind="state"),
        Column("starts_on"),
        Column("ends_on"),
        Column("supervising_unit", shown=False),
        Column("programme_label", shown=False),
    )
    filters = (
        Choice("status"),
        Choice("cadence"),
        ProgrammeFilter("programme", "方案"),
        UnitFilter("unit", "承办单位", "responsible_unit"),
        RegionFilter(),
    )
    search = ("title",)
    sort = "-made_at"
    facts = (
        (
            "要求",
            ("title", Column("rhythm", "频次"), "starts_on", "ends_on", "origin_label", "programme_label", "task"),
        ),
        ("责任", ("responsible_unit", "supervising_unit", "sector", "made_at", "reason")),
    )
    panels = (Panel("各期完成情况", "tasks/panels/occurrences.html", occurrences_of),)
    tones = {ObligationStatus.ACTIVE: "blue"}
    list_template = "tasks/obligations.html"
    attachable = False
    empty = "方案中的频次要求和报送要求发布后，会出现在这里。"


class OccurrencePages(RecordPages):
    model, name, title = ObligationOccurrence, "occurrences", "定期工作（各期）"
    columns = (
        Column("title", link=True),
        Column("period_label"),
        Column("responsible_unit"),
        Column("tally", "完成次数"),
        Column("status", kind="state"),
        Column("due_on", kind="due"),
        Column("done_on", shown=False),
        Column("supervising_unit", shown=False),
    )
    filters = (
        Choice("status"),
        UnitFilter("unit", "承办单位", "responsible_unit"),
        RegionFilter(),
        DateRange("due_on"),
    )
    search = ("title",)
    sort = "due_on"
    totals = (
        Total("已完成", lambda at: Q(status=OccurrenceStatus.DONE), opens="status=done"),
        Total("逾期未完成", lambda at: Q(status=OccurrenceStatus.MISSED), opens="status=missed"),
    )
    facts = (
        ("要求", ("title", "period_label", "due_on", Column("tally", "完成次数"), "done_on", "obligation", "reason")),
        ("责任", ("responsible_unit", "supervising_unit")),
    )
    panels = (Panel("完成记录", "tasks/panels/records.html", records_of),)
    tones = {OccurrenceStatus.MISSED: "red", OccurrenceStatus.DONE: "green"}


menu = (
    MenuEntry("任务", "tasks:list", icon="checklist", permission=Permission.READ_RECORDS, foot="任务"),
    MenuEntry("挂图作战", "wall_chart", icon="timeline", permission=Permission.READ_RECORDS),
    MenuEntry("定期工作", "obligations:list", icon="repeat", permission=Permission.READ_RECORDS),
)
