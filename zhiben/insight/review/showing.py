"""The review as the page shows it: the sentences and tables of the paper, each figure with the address of its list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse

from zhiben.core.calendar import full_day
from zhiben.core.org.sectors import Sector
from zhiben.modules.tasks.models import TaskStatus

from .areas import Group
from .figures import Counts, change_of_rate
from .heads import Head
from .measures import PARTS, SHOWN_RULES, Standing
from .prose import Counted, Figure, Prose, say
from .reading import Review
from .wording import Telling

Linked = list[tuple[str, str]]
"""Text and address; an empty address for plain text."""

NO_PROGRAMME = "其他来源"
NO_SECTOR = "未分行业"
MOST_NAMED = 30


@dataclass(frozen=True)
class Line:
    """One line of a table: its name and its cells. `layer` is set on the first line of each layer."""

    label: str
    cells: list[Prose]
    layer: str = ""


@dataclass(frozen=True)
class Listed:
    """One line of an annex; all text. `last` is how long it is overdue, or how it stands."""

    title: str
    unit: str
    due_on: str
    last: str


HEADS = ("总数", *(part.word for part in PARTS), "按期/到期", "按期办结率", "较上月末")
"""Above the cells of a line; the last is in percentage points."""
_SHORT = {"上升": "升", "下降": "降", "个百分点": ""}


def line_of(label: str, counts: Counts, before: Counts | None, of: Figure, layer: str = "") -> Line:
    counted = Counted(counts, of)
    cells = [say(counted[name]) for name in ("total", *(part.name for part in PARTS))]
    change = _short_change(change_of_rate(counts.timeliness, before.timeliness if before else None))
    return Line(
        label, [*cells, counted.fraction("on_time", "fallen_due"), say(str(counts.timeliness)), say(change)], layer
    )  # fmt: skip


def _short_change(change: str) -> str:
    """升2.5, in a column of percentage points; a dash where nothing can be compared."""
    if not change or change.endswith("不作比较"):
        return "—"
    for word, short in _SHORT.items():
        change = change.replace(word, short)
    return change


def _short_of(counts: Counts) -> int:
    """How many of those fallen due were not done by their day."""
    return counts["fallen_due"] - counts["on_time"]


def _rate(counts: Counts) -> str:
    return f"{counts.timeliness}（{counts['on_time']}/{counts['fallen_due']}）"


class Sheet:
    """Everything between the head and the foot of the paper."""

    def __init__(self, review: Review, head: Head) -> None:
        self.review, self.head = review, head
        self.telling: Telling = review.telling(head.demand_by)

    @property
    def units(self) -> list[Line]:
        found, layer = [], None
        for group, counts, before in self.review.lines:
            new = group.layer if group.layer != layer and not self.review.asked.sort else ""
            layer = group.layer
            found.append(line_of(group.label, counts, before, Figure(0, "total", unit=group.key), new))
        return found

    @property
    def units_lead(self) -> str:
        order = "按期办结率由高到低" if self.review.asked.sort else "行政次序"
        return f"各单位任务推进情况如下，以{order}排列。“按期/到期”为按期办结和已到期的件数，较上月末的升降以百分点计。"

    @cached_property
    def total(self) -> Line:
        before = self.review.before
        return line_of("合计", self.review.figures.whole, before.whole if before else None, Figure(0, "total"))

    @property
    def programmes(self) -> list[Line]:
        """In the order in which the plans are offered, the newest first; work of other origin last."""
        counts, before = self.review.figures.programmes, self.review.before
        labels = {each.key: each.label for each in self.review.programmes}
        labels |= {key: labels.get(key) or "其他方案" for key in sorted(counts) if key and key not in labels}
        labels[""] = NO_PROGRAMME
        return [
            line_of(
                label, counts[key], before.programmes.get(key) if before else None, Figure(0, "total", programme=key)
            )
            for key, label in labels.items()
            if key in counts and counts[key]["total"]
        ]

    @property
    def sectors(self) -> list[Line]:
        """Empty where no task says its sector."""
        counts, before = self.review.figures.sectors, self.review.before
        if not any(key and counts[key]["total"] for key in counts):
            return []
        labels = {**{sector.value: str(sector.label) for sector in Sector}, "": NO_SECTOR}
        return [
            line_of(label, counts[key], before.sectors.get(key) if before else None, Figure(0, "total", sector=key))
            for key, label in labels.items()
            if key in counts and counts[key]["total"]
        ]

    @property
    def all_on_time(self) -> str:
        """Lines of the table to be named for having done everything by its day; empty for none."""
        return self._naming(
            "到期任务全部按期办结的单位", [group.label for group, counts in self._due if not _short_of(counts)]
        )

    @property
    def below_all(self) -> str:
        """The others, each with its rate; empty for none."""
        short = [f"{group.label}{_rate(counts)}" for group, counts in self._due if _short_of(counts)]
        return self._naming("按期办结率低于100%的单位", short)

    @property
    def _due(self) -> list[tuple[Group, Counts]]:
        return [(group, counts) for group, counts, _ in self.review.lines if counts["fallen_due"]]

    def _naming(self, whom: str, named: Sequence[str]) -> str:
        if not named or len(self.review.lines) == 1:  # one line needs no names
            return ""
        more = f"等{len(named)}个单位" if len(named) > MOST_NAMED else ""
        return f"{whom}{len(named)}个：{'、'.join(named[:MOST_NAMED])}{more}。"

    @property
    def doubts(self) -> list[Prose]:
        """What cannot be known as of then."""
        found = []
        if self.review.figures.whole["unsure"]:
            unsure = Counted(self.review.figures.whole).number("unsure")
            found.append(
                say(
                    "有", unsure, "任务的期限或承办单位在期末以后变更过，变更前的情况没有留痕，按现在的期限和单位统计。"
                )
            )
        if self.review.ledgers.milestones_revised:
            found.append(say("期末以后有任务修订过节点，修订时删去的节点已无记录，按修订后的节点统计。"))
        return found

    @property
    def rules(self) -> list[tuple[str, str]]:
        return [(measure.word, measure.rule) for measure in SHOWN_RULES]

    @property
    def overdue(self) -> list[Listed]:
        return [self._listed(task, f"{(self.review.period.day - task.due_on).days}天") for task in self.review.overdue]

    @property
    def upcoming(self) -> list[Listed]:
        return [self._listed(task, str(TaskStatus(task.status).label)) for task in self.review.upcoming]

    def _listed(self, task: Standing, last: str) -> Listed:
        review = self.review
        return Listed(review.task_names[task.key], review.unit_names[task.unit], full_day(task.due_on), last)

    @property
    def overdue_address(self) -> str:
        return self.address(Figure(0, "overdue"))

    @property
    def upcoming_address(self) -> str:
        return self.address(Figure(0, "due_next"))

    # ── links

    def linked(self, prose: Prose) -> Linked:
        return [(str(part), self.address(part) if isinstance(part, Figure) else "") for part in prose]

    def linked_lines(self, lines: Iterable[Line]) -> list[tuple[str, str, list[Linked]]]:
        return [(line.layer, line.label, [self.linked(cell) for cell in line.cells]) for line in lines]

    def address(self, figure: Figure) -> str:
        params = self.review.address_params
        asked = {"figure": figure.measure, "unit": figure.unit, "of": figure.programme, "sector": figure.sector}
        params |= {name: value for name, value in asked.items() if value is not None}
        return f"{reverse('review:records')}?{urlencode(params)}"
