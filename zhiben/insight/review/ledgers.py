"""The ledger at the end of a month and at the end of the one before, in a number of queries that does not grow."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from zhiben.core.batches import in_batches
from zhiben.core.clock import local_day
from zhiben.core.org.models import Unit
from zhiben.modules.tasks.models import (
    Duty,
    Feedback,
    Indicator,
    IndicatorTarget,
    IndicatorValue,
    Milestone,
    ObligationOccurrence,
    Task,
)
from zhiben.modules.tasks.standing import judge, target_on

from .alike import Classes, Kind
from .figures import Figures, Ledger, figures_of
from .history import BATCH, EXTENDS, TASK, WITHDRAWS, Histories, Move, done_between, moves_since, states_at
from .measures import Landmark, Reading, Standing, Turn
from .months import Period
from .scope import holds

FEW_UNITS = 50
"""So many are looked up by an index; of more, all tasks within reach are gone through."""
_day_of = lru_cache(maxsize=100_000)(local_day)
"""Tasks are dispatched by the plan: many share a moment."""


class _Row(NamedTuple):
    """A task as its row is today."""

    pk: UUID
    status: str
    due_on: date
    responsible_unit: int
    supervising_unit: int
    region_path: str
    sector: str
    confidentiality: int
    parent: UUID | None
    duty: str
    programme_id: str
    dispatched_at: datetime
    submitted_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True)
class Reach:
    """Which work is reviewed: a perspective's condition; one programme, or all of them; main tasks only, or all."""

    condition: Q
    programme: str = ""
    main_only: bool = False

    def of_tasks(self, condition: Q) -> Q:
        if self.programme:
            condition = condition & Q(programme_id=self.programme)
        return condition & Q(parent=None) if self.main_only else condition


class Ledgers:
    """What is read once for two periods, `period` and the month before it."""

    def __init__(self, reach: Reach, period: Period) -> None:
        self.reach, self.period = reach, period
        self.since = period.previous.start

    @cached_property
    def now(self) -> Ledger:
        return self._ledger(self.period)

    @cached_property
    def before(self) -> Ledger:
        return self._ledger(self.period.previous)

    @cached_property
    def figures(self) -> Figures:
        return figures_of(self.now)

    @cached_property
    def figures_before(self) -> Figures | None:
        """None where there was nothing yet."""
        figures = figures_of(self.before)
        return None if figures.is_empty else figures

    @cached_property
    def milestones_revised(self) -> bool:
        """Whether milestones have been replaced since: those that were struck out are no longer there to be counted."""
        tasks = {task.key for task in self.now.tasks}
        lines = ((record, line) for record in self.histories.changed & tasks for line in self.histories.lines[record])
        return any(at >= self.period.cut and "milestones_due" in data.get("changed", {}) for _, (at, _, data) in lines)

    def _ledger(self, period: Period) -> Ledger:
        tasks = list(self._standings(period))
        counted = {task.key: task for task in tasks if task.status != "withdrawn"}
        standings = {kind: self.classes.standing(kind, period) for kind in self.alike}

        def members(wanted: Callable[[Standing], bool]) -> Iterator[Standing]:
            kinds = {kind for kind, standing in standings.items() if standing and wanted(standing)}
            return self._members(kinds, period)

        return Ledger(
            period=period,
            tasks=tasks,
            alike=[(standing, self.alike[kind]) for kind, standing in standings.items() if standing],
            members=members,
            milestones=list(self._landmarks(period, counted)),
            indicators=list(self._readings(period, counted)),
            turns=list(self._turns(period)),
        )

    # ── tasks

    @cached_property
    def moves(self) -> list[Move]:
        return moves_since(TASK, self.since)

    @cached_property
    def histories(self) -> Histories:
        return Histories(self.moves)

    @cached_property
    def looked_at(self) -> set[UUID]:
        """What must be read one by one: something happened to it since, or something else is counted with it."""
        found = {move.record for move in self.moves} | self.histories.changed | self.feedback_days.keys()
        return found | {task for _, task, *_ in self._milestones} | {each.task_id for each in self._indicators}

    @cached_property
    def rows(self) -> list[_Row]:
        """Those within reach today, and those that were, before they changed hands."""
        found = [row for batch in self._batches(self.looked_at) for row in self._rows(self.reach.condition & batch)]
        elsewhere = self.histories.changed - {row.pk for row in found}
        return found + [row for batch in self._batches(elsewhere) for row in self._rows(batch)]

    def _rows(self, condition: Q) -> list[_Row]:
        return [_Row._make(row) for row in self._tasks(condition).order_by().values_list(*_Row._fields)]

    def _tasks(self, condition: Q) -> QuerySet[Task]:
        return Task.objects.filter(self.reach.of_tasks(condition), dispatched_at__lt=self.period.cut)

    @staticmethod
    def _batches(keys: Iterable[UUID]) -> Iterator[Q]:
        return (Q(pk__in=batch) for batch in in_batches(sorted(keys), BATCH))

    # ── tasks to which nothing has happened

    @cached_property
    def classes(self) -> Classes:
        return Classes(self.period)

    @cached_property
    def alike(self) -> Counter[Kind]:
        """How many tasks of each class need not be read one by one."""
        found = Counter(self.classes.counted(self._tasks(self.reach.condition)))
        for batch in self._batches(self.looked_at):
            found.subtract(self.classes.counted(self._tasks(self.reach.condition & batch)))
        return +found

    def _members(self, kinds: Set[Kind], period: Period) -> Iterator[Standing]:
        tasks = self._tasks(self.reach.condition)
        units = {kind.unit for kind in kinds}
        if len(units) <= FEW_UNITS:
            tasks = tasks.filter(responsible_unit__in=units)
        for key, due_on, kind in self.classes.members(tasks, kinds):
            if kind in kinds and key not in self.looked_at:
                standing = self.classes.standing(kind, period, key, due_on)
                if standing:
                    yield standing

    @cached_property
    def feedback_days(self) -> Mapping[UUID, list[datetime]]:
        found: dict[UUID, list[datetime]] = defaultdict(list)
        rows = Feedback.objects.filter(at__gte=self.since, at__lt=self.period.cut)
        if self.reach.programme:
            rows = rows.filter(task__programme_id=self.reach.programme)
        for task, at in rows.order_by().values_list("task_id", "at"):
            found[task].append(at)
        return found

    @cached_property
    def places(self) -> Mapping[int, str]:
        """Where the units lie between which tasks have moved."""
        return dict(Unit.objects.values_list("pk", "region_path")) if self.histories.changed else {}

    def _standings(self, period: Period) -> Iterator[Standing]:
        start, cut = period.start, period.cut
        states, states_before = states_at(cut, self.moves), states_at(start, self.moves)
        extended = done_between(start, cut, EXTENDS, self.moves)
        withdrawn = done_between(start, cut, WITHDRAWS, self.moves)
        fed_back = {task for task, days in self.feedback_days.items() if any(start <= at < cut for at in days)}
        changed, at = self.histories.changed, self.histories.at
        for row in self.rows:
            if row.dispatched_at >= cut:
                continue
            key, unit, due_on, sector, unsure = row.pk, row.responsible_unit, row.due_on, row.sector, False
            same_unit = True
            if key in changed:
                then = at(key, cut)
                unit, due_on = then.unit or unit, then.due_on or due_on
                sector = sector if then.sector is None else then.sector
                if not self._was_within(row, unit, sector):
                    continue
                unsure, same_unit = then.unsure, (at(key, start).unit or row.responsible_unit) == unit
            status = states.get(key, row.status)
            done = status == "completed"
            yield Standing(
                key=key,
                status=status,
                due_on=due_on,
                unit=unit,
                main=row.parent is None,
                coordinating=row.duty == Duty.COORDINATOR,
                programme=row.programme_id,
                sector=sector,
                dispatched_on=_day_of(row.dispatched_at),
                submitted_on=_day_of(row.submitted_at) if done and row.submitted_at else None,
                completed_on=_day_of(row.completed_at) if done and row.completed_at else None,
                extended=key in extended,
                withdrawn=key in withdrawn,
                fed_back=key in fed_back,
                ran_before=same_unit and row.dispatched_at < start and states_before.get(key, row.status) == "running",
                unsure=unsure,
            )

    def _was_within(self, row: _Row, unit: int, sector: str) -> bool:
        moved = unit != row.responsible_unit
        path = self.places.get(unit, row.region_path) if moved else row.region_path
        then = row._replace(responsible_unit=unit, sector=sector, region_path=path)
        return holds(self.reach.condition, then._asdict())

    # ── what belongs to the tasks

    def _landmarks(self, period: Period, tasks: Mapping[UUID, Standing]) -> Iterator[Landmark]:
        for pk, task, due_on, reached_on, text, fed_back_at, completed_at in self._milestones:
            if (owner := tasks.get(task)) is None:
                continue
            known_at = fed_back_at or completed_at
            if reached_on and (known_at >= period.cut if known_at else reached_on >= period.day):
                reached_on = None
            yield Landmark(pk, task, owner.unit, owner.programme, owner.sector, due_on, reached_on, text)

    @cached_property
    def _milestones(self) -> list[tuple]:
        rows = Milestone.objects.filter(due_on__gte=self.period.previous.month.first, due_on__lt=self.period.day)
        if self.reach.programme:
            rows = rows.filter(task__programme_id=self.reach.programme)
        columns = ("pk", "task_id", "due_on", "reached_on", "text", "feedback__at", "task__completed_at")
        return list(rows.order_by("due_on", "pk").values_list(*columns))

    def _readings(self, period: Period, tasks: Mapping[UUID, Standing]) -> Iterator[Reading]:
        latest: dict[int, Decimal] = {}
        for indicator, value, at in self._values:
            if at < period.cut:
                latest[indicator] = value
        last_day = period.day - timedelta(days=1) if period.is_over else period.day
        for each in self._indicators:
            if (owner := tasks.get(each.task_id)) is None:
                continue
            target = target_on(self._targets.get(each.pk, {}), last_day)
            said = judge(
                each.operator, target, latest.get(each.pk), unit=each.unit, approximate=each.approximate
            )  # fmt: skip
            sentence = f"{each.metric}：{said.sentence}"
            yield Reading(
                each.pk, owner.key, owner.unit, owner.programme, owner.sector, said.standing.value, sentence
            )  # fmt: skip

    @cached_property
    def _indicators(self) -> list[Indicator]:
        rows = Indicator.objects.all()
        if self.reach.programme:
            rows = rows.filter(task__programme_id=self.reach.programme)
        return list(rows.order_by("pk"))

    @cached_property
    def _targets(self) -> Mapping[int, Mapping[int | None, Decimal]]:
        found: dict[int, dict[int | None, Decimal]] = defaultdict(dict)
        if self._indicators:
            for indicator, year, value in IndicatorTarget.objects.values_list("indicator_id", "year", "value"):
                found[indicator][year] = value
        return found

    @cached_property
    def _values(self) -> Sequence[tuple[int, Decimal, datetime]]:
        """The last of an indicator is the one as of the latest day."""
        if not self._indicators:
            return ()
        rows = IndicatorValue.objects.filter(at__lt=self.period.cut)
        if self.reach.programme:
            rows = rows.filter(indicator__task__programme_id=self.reach.programme)
        return list(rows.order_by("as_of", "pk").values_list("indicator_id", "value", "at"))

    # ── recurring duties

    def _turns(self, period: Period) -> Iterator[Turn]:
        states = states_at(period.cut, self._turn_moves)
        for pk, unit, programme, sector, due_on, done_on, status, title, label in self._occurrences:
            then = states.get(pk, status)
            done = done_on if then == "done" else None
            yield Turn(pk, unit, programme, sector, due_on, done, then, f"{title}（{label}）")

    @cached_property
    def _turn_moves(self) -> list[Move]:
        return moves_since("tasks.obligationoccurrence", self.period.previous.cut)

    @cached_property
    def _occurrences(self) -> list[tuple]:
        rows = ObligationOccurrence.objects.filter(
            self.reach.condition, due_on__gte=self.period.previous.month.first, due_on__lt=self.period.day
        )
        if self.reach.programme:
            rows = rows.filter(obligation__programme_id=self.reach.programme)
        columns = (
            "pk", "responsible_unit", "obligation__programme_id", "sector", "due_on", "done_on", "status", "title",
            "period_label",
        )  # fmt: skip
        return list(rows.order_by("due_on", "pk").values_list(*columns))
