"""What is asked for when work is dispatched, and who gets which part of it. No database here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from zhiben.core.org.models import Unit

from .models import Duty
from .progress import ProgressRule


@dataclass(frozen=True)
class Assignment:
    unit: Unit
    duty: Duty


@dataclass(frozen=True)
class NewMilestone:
    due_on: date
    text: str


@dataclass(frozen=True)
class NewIndicator:
    """`targets`: year → value; the year None holds always."""

    metric: str
    operator: str
    unit: str
    targets: dict[int | None, Decimal]
    approximate: bool = False


@dataclass(frozen=True)
class NewFrequency:
    """A duty inside a task: `min_count` times a `cadence`."""

    text: str
    cadence: str
    min_count: int = 1


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the work comes from; see `models.FromOrigin`."""

    type: str = ""
    id: str = ""
    label: str = ""
    programme_id: str = ""
    programme_label: str = ""
    number: str = ""
    position: int = 0

    def columns(self) -> dict[str, str | int]:
        return {
            "origin_type": self.type,
            "origin_id": self.id,
            "origin_label": self.label[:200],
            "programme_id": self.programme_id,
            "programme_label": self.programme_label[:200],
            "number": self.number[:32],
            "position": self.position,
        }


@dataclass(frozen=True, kw_only=True)
class Order:
    """One piece of work and the units that share it. `limit_on`: the end of the plan it belongs to."""

    title: str
    assignments: Sequence[Assignment]
    due_on: date
    content: str = ""
    starts_on: date | None = None
    limit_on: date | None = None
    sector: str = ""
    confidentiality: int = 0
    origin: Origin = field(default_factory=Origin)
    milestones: Sequence[NewMilestone] = ()
    indicators: Sequence[NewIndicator] = ()
    frequencies: Sequence[NewFrequency] = ()


@dataclass(frozen=True)
class Arrangement:
    """The main task's holder, and those who get a task below it."""

    main: Assignment
    below: tuple[Assignment, ...] = ()

    @property
    def rule(self) -> ProgressRule:
        """An office that only coordinates has no progress of its own."""
        return ProgressRule.MEAN if self.below and self.main.duty == Duty.COORDINATOR else ProgressRule.OWN

    @property
    def doers(self) -> tuple[Assignment, ...]:
        """Who does what recurs: the main task's holder, unless it only coordinates."""
        return self.below if self.below and self.main.duty == Duty.COORDINATOR else (self.main,)


def arrange(assignments: Sequence[Assignment], office: Unit) -> Arrangement:
    """Who holds the main task.

    The first lead does, with all others below. Without a lead, a single responsible unit does, participants below.
    Several responsible units answer each for its own part: the issuing office itself coordinates them (统筹).
    Work that names nobody stays with the office until it is split. A unit named twice keeps its first part.
    """
    named: dict[int, Assignment] = {}
    for assignment in assignments:
        named.setdefault(assignment.unit.pk, assignment)
    everyone = list(named.values())
    leads = [each for each in everyone if each.duty == Duty.LEAD]
    responsible = [each for each in everyone if each.duty == Duty.RESPONSIBLE]
    if leads:
        main = leads[0]
    elif len(responsible) == 1:
        main = responsible[0]
    elif len(everyone) == 1:
        main = everyone[0]
    else:
        main = Assignment(office, Duty.COORDINATOR)
    order = [Duty.LEAD, Duty.RESPONSIBLE, Duty.PARTICIPANT]
    others = [each for each in everyone if each.unit.pk != main.unit.pk]
    return Arrangement(main, tuple(sorted(others, key=lambda each: order.index(each.duty))))
