"""挂图作战: tasks by time, coloured by condition, every colour with a word and a shape. Geometry only, no database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .cadence import Cadence, period_of, periods
from .models import Milestone, Task, TaskStatus

WIDTH = 960
"""Of the picture, in its own units; the page scales it."""
SOON = 30
"""Days before the deadline from which a task is shown as near its end."""
ROOM_FOR_WORDS = 170

Scale = Callable[[date], float]
"""The place of a day on the line."""


@dataclass(frozen=True)
class Condition:
    """How a task stands on a day, as the chart shows it. `rule` is the legend's sentence."""

    key: str
    word: str
    shape: str
    rule: str


DONE = Condition("done", "已办结", "✓", "已核验办结")
SUBMITTED = Condition("submitted", "待核验", "◆", "已报送，等待交办单位核验")
OVERDUE = Condition("overdue", "逾期", "✕", "超过办结期限，尚未报送")
NEAR = Condition("near", "临期", "▲", f"距办结期限不足 {SOON} 天")
RUNNING = Condition("running", "推进中", "●", f"距办结期限 {SOON} 天以上")
PENDING = Condition("pending", "待接收", "○", "尚未接收，或已退回待处理")
WITHDRAWN = Condition("withdrawn", "已撤回", "－", "已撤回，不再办理")
LEGEND = (DONE, SUBMITTED, RUNNING, NEAR, OVERDUE, PENDING)


def condition_on(task: Task, day: date) -> Condition:
    match task.status:
        case TaskStatus.COMPLETED:
            return DONE
        case TaskStatus.WITHDRAWN:
            return WITHDRAWN
        case TaskStatus.SUBMITTED:
            return SUBMITTED
        case _ if task.due_on < day:
            return OVERDUE
        case TaskStatus.PENDING | TaskStatus.RETURNED:
            return PENDING
    return NEAR if (task.due_on - day).days < SOON else RUNNING


@dataclass(frozen=True)
class Mark:
    """A milestone on the line."""

    x: float
    state: str
    words: str

    @property
    def points(self) -> str:
        return f"{self.x - 6:.1f},16 {self.x:.1f},10 {self.x + 6:.1f},16 {self.x:.1f},22"


@dataclass(frozen=True)
class Bar:
    task: Task
    condition: Condition
    x: float
    width: float
    done: float
    """Width of the part that is done, by its progress."""
    words: str
    words_x: float
    anchor: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True)
class Chart:
    first: date
    last: date
    today_x: float | None
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    counts: tuple[tuple[Condition, int], ...]

    @property
    def sentence(self) -> str:
        """What the picture shows, in words."""
        total = len(self.bars)
        if not total:
            return "没有符合条件的任务"
        counted = {condition.key: count for condition, count in self.counts}
        parts = [f"{total} 项任务中，办结 {counted['done']} 项（{counted['done']}/{total}）"]
        parts += [
            f"{condition.word} {counted[condition.key]} 项"
            for condition in (OVERDUE, NEAR, SUBMITTED, PENDING)
            if counted[condition.key]
        ]
        return "，".join(parts) + "。"


def draw(tasks: Sequence[Task], today: date) -> Chart:
    """Reads each task's `milestones` (prefetch them)."""
    first = period_of(Cadence.MONTH, min((task.starts_on for task in tasks), default=today)).start
    last = period_of(Cadence.MONTH, max((task.due_on for task in tasks), default=today)).end
    scale = WIDTH / ((last - first).days + 1)

    def x(day: date) -> float:
        return round((day - first).days * scale, 1)

    bars = tuple(_bar(task, today, x) for task in tasks)
    counts = tuple((each, sum(bar.condition == each for bar in bars)) for each in LEGEND)
    return Chart(first, last, x(today) if first <= today <= last else None, _ticks(first, last, x), bars, counts)


def _bar(task: Task, today: date, x: Scale) -> Bar:
    condition = condition_on(task, today)
    start, end = x(task.starts_on), x(task.due_on + timedelta(days=1))
    width = max(end - start, 3)
    fits_right = end + ROOM_FOR_WORDS < WIDTH
    marks = tuple(
        Mark(x(milestone.due_on), state, f"{milestone}：{Milestone.State(state).label}")
        for milestone in task.milestones.all()
        if (state := milestone.state_on(today))
    )
    return Bar(
        task=task,
        condition=condition,
        x=start,
        width=width,
        done=round(width * task.progress / 100, 1),
        words=_words(task, condition, today),
        words_x=round(end + 6 if fits_right else min(end, WIDTH) - 14, 1),
        anchor="start" if fits_right else "end",
        marks=marks,
    )


def _words(task: Task, condition: Condition, today: date) -> str:
    left = (task.due_on - today).days
    match condition.key:
        case "overdue":
            return f"{condition.shape} 逾期 {-left} 天 {task.progress}%"
        case "near":
            return f"{condition.shape} 剩 {left} 天 {task.progress}%"
        case "running":
            return f"{condition.shape} {task.progress}%"
    return f"{condition.shape} {condition.word}"


def _ticks(first: date, last: date, x: Scale) -> tuple[Tick, ...]:
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months <= 18:
        return tuple(
            Tick(x(month.start), f"{month.start.year}年1月" if month.start.month == 1 else f"{month.start.month}月")
            for month in periods(Cadence.MONTH, first, last)
        )
    return tuple(
        Tick(
            x(max(quarter.start, first)),
            f"{quarter.start.year}年" if quarter.start.month == 1 else f"{quarter.start.month}月",
        )
        for quarter in periods(Cadence.QUARTER, first, last)
    )
