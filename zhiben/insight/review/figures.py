"""月度调度, the figures: the ledger as it stood, counted as a whole, by unit, by programme and by sector. No database.

Parts add up to their total, everywhere; a rate is never without its numerator and denominator; a change against last
month is in 件 for counts and in 百分点 for rates, and there is no percentage of nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from heapq import merge
from itertools import islice
from typing import Any, TypeVar

from zhiben.insight.figures import Rate

from .measures import (
    MEASURES,
    PARTS,
    Landmark,
    Reading,
    Standing,
    Turn,
    measures_of_indicator,
    measures_of_milestone,
    measures_of_task,
    measures_of_turn,
)
from .months import Period

LEVEL = "持平"
LONGEST = 10
"""How many of the tasks that are overdue longest are named."""

Record = TypeVar("Record", Standing, Landmark, Reading, Turn)


@dataclass(frozen=True)
class Ledger:
    """All records that a review counts, as they stood at the cut of its period."""

    period: Period
    tasks: Sequence[Standing]
    alike: Sequence[tuple[Standing, int]] = ()
    """Further tasks, counted in classes: one that stands for so many."""
    members: Callable[[Callable[[Standing], bool]], Iterable[Standing]] = lambda wanted: ()
    """The tasks of the classes whose standing is wanted, one by one in the order of their day."""
    milestones: Sequence[Landmark] = ()
    indicators: Sequence[Reading] = ()
    turns: Sequence[Turn] = ()

    def records(self) -> dict[str, tuple[Sequence[Any], Callable[[Any, Period], Sequence[str]]]]:
        """By the kind that `Measure.of` names: the records, and the rule that says what counts them."""
        return {
            "tasks": (self.tasks, measures_of_task),
            "milestones": (self.milestones, measures_of_milestone),
            "indicators": (self.indicators, measures_of_indicator),
            "turns": (self.turns, measures_of_turn),
        }

    def counted_by(
        self,
        measure: str,
        within: Callable[[Any], bool] = lambda record: True,
        *,
        first: int = 0,
        most: int | None = None,
    ) -> list[Any]:
        """The records behind one figure: those that the measure counts and `within` keeps, tasks in the order of their
        day; `most` of them from the place `first`."""
        kind = MEASURES[measure].of
        counts = self._counts(measure, within)
        found: Iterable[Any] = filter(counts, self.records()[kind][0])
        if kind == "tasks":
            found = merge(sorted(found, key=_by_day), self.members(counts), key=_by_day)
        return list(islice(found, first, None if most is None else first + most))

    def count_of(self, measure: str, within: Callable[[Any], bool] = lambda record: True) -> int:
        """How many `counted_by` has."""
        kind = MEASURES[measure].of
        counts = self._counts(measure, within)
        several = sum(count for standing, count in self.alike if counts(standing)) if kind == "tasks" else 0
        return several + sum(1 for _ in filter(counts, self.records()[kind][0]))

    def _counts(self, measure: str, within: Callable[[Any], bool]) -> Callable[[Any], bool]:
        rule = self.records()[MEASURES[measure].of][1]
        return lambda record: within(record) and measure in rule(record, self.period)


def _by_day(task: Standing) -> tuple[Any, ...]:
    return (task.due_on, task.key)


class Counts(Counter[str]):
    """How many records each measure counts; what nobody counted is 0."""

    @property
    def completion(self) -> Rate:
        """办结率: of all tasks."""
        return Rate(self["completed"], self["total"])

    @property
    def timeliness(self) -> Rate:
        """按期办结率: of those only that have fallen due."""
        return Rate(self["on_time"], self["fallen_due"])

    @property
    def timeliness_now(self) -> Rate:
        """The same, of those that fell due in the month."""
        return Rate(self["due_now_on_time"], self["due_now"])

    @property
    def reporting(self) -> Rate:
        return Rate(self["reported"], self["to_report"])


class DoesNotAddUp(Exception):
    """A total differs from the sum of its parts: such a paper is not printed."""


SUMS: Mapping[str, Sequence[str]] = {
    "total": [part.name for part in PARTS],
    "fallen_due": ["due_completed", "overdue", "due_submitted", "due_returned"],
    "due_completed": ["on_time", "late"],
    "to_report": ["reported", "silent"],
    "milestones": ["milestones_reached", "milestones_late", "milestones_missed"],
    "indicators": ["indicators_achieved", "indicators_behind", "indicators_unknown"],
    "turns": ["turns_done", "turns_late", "turns_missed"],
}
"""Each total with the parts printed beside it."""


def check_sums(counts: Counts) -> None:
    """Raises DoesNotAddUp."""
    for whole, parts in (*SUMS.items(), ("total", ["main", "share"]), ("total", ["fallen_due", "not_due"])):
        if counts[whole] != sum(counts[part] for part in parts):
            raise DoesNotAddUp(f"{MEASURES[whole].word}与各部分之和不符，请联系系统管理员核对统计口径")


@dataclass(frozen=True)
class Figures:
    period: Period
    whole: Counts
    units: Mapping[int, Counts]
    """By the key of the unit that does the work."""
    programmes: Mapping[str, Counts]
    sectors: Mapping[str, Counts]
    overdue_longest: Sequence[Standing]

    @property
    def is_empty(self) -> bool:
        return not (self.whole["total"] or self.whole["withdrawn"] or self.whole["turns"])


def figures_of(ledger: Ledger) -> Figures:
    """Count every record once for each of its measures. Raises DoesNotAddUp."""
    units: dict[int, Counts] = defaultdict(Counts)
    programmes: dict[str, Counts] = defaultdict(Counts)
    sectors: dict[str, Counts] = defaultdict(Counts)
    whole = Counts()
    for (unit, programme, sector, measures), count in _alike(ledger).items():
        for counts in (whole, units[unit], programmes[programme], sectors[sector]):
            for measure in measures:
                counts[measure] += count
    for counts in (whole, *units.values(), *programmes.values(), *sectors.values()):
        check_sums(counts)
    longest = ledger.counted_by("overdue", most=LONGEST) if whole["overdue"] else []
    return Figures(ledger.period, whole, dict(units), dict(programmes), dict(sectors), longest)


def _alike(ledger: Ledger) -> Counter[tuple[int, str, str, tuple[str, ...]]]:
    """Records of one unit, programme and sector that the same measures count are counted together."""
    alike: Counter[tuple[int, str, str, tuple[str, ...]]] = Counter()
    for records, rule in ledger.records().values():
        alike.update((each.unit, each.programme, each.sector, tuple(rule(each, ledger.period))) for each in records)
    for each, count in ledger.alike:
        alike[each.unit, each.programme, each.sector, tuple(measures_of_task(each, ledger.period))] += count
    return alike


# ── against last month ───────────────────────────────────────────────────────────────────────────────────────────


def change_of_count(now: int, before: int | None, counter: str = "件") -> str:
    """
    >>> change_of_count(9, 8), change_of_count(3, 4), change_of_count(5, 0), change_of_count(0, 0)
    ('增加1件（12.5%）', '减少1件（25.0%）', '增加5件（上月为零）', '持平')
    >>> change_of_count(5, None)
    ''
    """
    if before is None:
        return ""
    if now == before:
        return LEVEL
    verb = "增加" if now > before else "减少"
    share = f"{_one_decimal(Decimal(100 * abs(now - before)) / before)}%" if before else "上月为零"
    return f"{verb}{abs(now - before)}{counter}（{share}）"


def change_of_rate(now: Rate, before: Rate | None) -> str:
    """The difference of the two rates as they are printed, so that a reader who subtracts them finds it.

    >>> change_of_rate(Rate(9, 10), Rate(17, 20)), change_of_rate(Rate(1, 3), Rate(1, 3))
    ('上升5.0个百分点', '持平')
    >>> change_of_rate(Rate(1, 3), Rate(0, 0)), change_of_rate(Rate(1, 3), None)
    ('上月分母为零，不作比较', '')
    """
    if before is None:
        return ""
    if not now.denominator:
        return "本月分母为零，不作比较"
    if not before.denominator:
        return "上月分母为零，不作比较"
    points = percent(now) - percent(before)
    if not points:
        return LEVEL
    return f"{'上升' if points > 0 else '下降'}{abs(points)}个百分点"


def percent(rate: Rate) -> Decimal:
    """As printed: one decimal, rounded half up."""
    return _one_decimal(Decimal(100 * rate.numerator) / rate.denominator)


def _one_decimal(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_UP)


def by_rate(keys: Iterable[Any], counts: Mapping[Any, Counts]) -> list[Any]:
    """From the highest 按期办结率 down, for who asks for a ranking; those without one last, equals in their order."""
    return sorted(
        keys, key=lambda key: -1.0 if (value := counts[key].timeliness.value) is None else value, reverse=True
    )
