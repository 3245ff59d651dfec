"""The words in which a module writes the life of a record: one table of steps, who takes them, what each needs,
and by when. Everything else (buttons, worklists, checks, trail, reminders, diagrams) is derived by the engine.

A table is read from top to bottom like a page of office rules:

    Workflow(
        model=Task, start=S.PENDING, final=(S.COMPLETED, S.WITHDRAWN),
        steps=(
            Step("accept", "接收", S.PENDING, S.RUNNING, RESPONSIBLE),
            Step("return", "退回", S.PENDING, S.RETURNED, RESPONSIBLE, needs=("reason",)),
        ),
        deadlines=(Deadline("due", (S.PENDING, S.RUNNING), due="due_on", remind=(days(3),)),),
    )
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.actors import Actor
from zhiben.core.events.event import Event

Record = models.Model
Kind = Literal["text", "long_text", "date", "number", "percent", "choice", "unit", "units", "person", "files", "yes_no"]


@dataclass(frozen=True)
class Input:
    """Something a step asks for. A name that is a field of the record is saved there; the rest go to the step's
    `effect` and into the trail. `check(value, record, now)` returns a sentence of refusal or None."""

    name: str
    label: str
    kind: Kind
    help: str = ""
    unit: str = ""
    choices: tuple[tuple[str, str], ...] | None = None
    initial: Callable[[Any, Acting, datetime], Any] | None = None
    check: Callable[[Any, Any, datetime], str | None] | None = None
    when_falls: str = ""
    """Name of a figure: on the page this is asked only when that figure is lower than it was."""


REASON = Input("reason", "理由", "long_text", help="写明原因，会通知对方并留痕")


@dataclass(frozen=True)
class Approval:
    """Several must agree (会签): `quorum` of the people in these seats, or all of them."""

    by: Actor
    quorum: int | Literal["all"] = 1
    label: str = "审批"


@dataclass(frozen=True)
class Step:
    """One way from a state to the next. `source` may be several states; a `target` of None leaves the state as it is.

    `unless(record, acting)`   a sentence why this person may not, or None; the step stays visible with that sentence
    `effect(record, data, by, now)`  what else changes, in the same transaction, after the record is saved; fields of
                               the record that it only sets it returns by name, and the engine saves them,
                               those of a whole set in one statement
    `announces`                the event others may react to, built by `Event.of_step`
    `approval`                 the step takes effect only when its approval is complete
    `tells`                    who is told besides those for whom the record waits next
    `bulk`                     safe to take over a selection in a list
    """

    name: str
    label: str
    source: str | tuple[str, ...]
    target: str | None
    actor: Actor
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    unless: Callable[[Any, Acting], str | None] | None = None
    effect: Callable[[Any, Mapping[str, Any], By, datetime], Iterable[str] | None] | None = None
    announces: type[Event] | None = None
    approval: Approval | None = None
    tells: tuple[Actor, ...] = ()
    bulk: bool = False
    waits: bool = True
    """Whether the record waits for this step in a worklist; False for what may be done but is not awaited."""
    tone: Literal["primary", "quiet", "danger"] = "primary"
    help: str = ""
    awaited_as: str = ""
    """What worklists and notices call it where its label already says a result: 现场查看 for 整改保持. It then opens the
    record, where one looks before one decides."""
    renews: tuple[str, ...] = ()
    """Days (fields of deadlines) that its effect sets anew: what stands there before says nothing of what runs after."""

    @property
    def is_seldom(self) -> bool:
        """What is neither awaited nor usual: it stands folded behind the others."""
        return not self.waits and self.tone != "primary"

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,) if isinstance(self.source, str) else tuple(self.source)

    def lands_in(self, state: str) -> str:
        return state if self.target is None else self.target


@dataclass(frozen=True)
class Span:
    """A number of days before or after a deadline; `working` counts only Chinese working days."""

    count: int
    working: bool = False


def days(count: int) -> Span:
    return Span(count)


def working_days(count: int) -> Span:
    return Span(count, working=True)


@dataclass(frozen=True)
class Deadline:
    """A day by which a record must have left some states. `due` names its date field (null: no deadline).

    `remind`   spans before the day, to whoever the record waits for; a reminder falls on a working day, never later
    `escalate` (span after the day, actor): days(0) is the first morning on which it is overdue
    """

    name: str
    label: str
    states: tuple[str, ...]
    due: str
    remind: tuple[Span, ...] = ()
    escalate: tuple[tuple[Span, Actor], ...] = ()
    announces: type[Event] | None = None
    """Announced once, at the first escalation (the record has become overdue)."""


@dataclass(frozen=True)
class Workflow:
    """The life of one kind of record. Making one registers it."""

    model: type[Record]
    start: str
    final: tuple[str, ...]
    steps: tuple[Step, ...]
    deadlines: tuple[Deadline, ...] = ()
    inputs: tuple[Input, ...] = ()
    label: str = ""
    enters: tuple[str, ...] = ()
    """States in which a record may begin, besides `start`, that was led elsewhere before: a ledger brings it in."""
    field_name: str = "status"
    at_rest: tuple[str, ...] = ()
    """States in which nothing is awaited and which are no end: the record is a thing (an enterprise at work), not a
    piece of work."""
    with_related: tuple[str, ...] = ()
    """Relations that titles, actors and effects read; fetched with the record in set operations."""
    _by_name: dict[str, Step] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {step.name: step for step in self.steps})
        if len(self._by_name) != len(self.steps):
            raise ValueError(f"{self.record_type}: two steps bear the same name")
        known = {value for value, _ in self.states}
        for step in self.steps:
            for state in (*step.sources, *((step.target,) if step.target else ())):
                if state not in known:
                    raise ValueError(f"{self.record_type}.{step.name}: no state {state!r}")
            for name in (*step.needs, *step.takes):
                self.input(name)
        _REGISTRY[self.record_type] = self

    @cached_property
    def record_type(self) -> str:
        """`tasks.task`: how records of this kind are named in the trail, the worklist, the outbox."""
        return self.model._meta.label_lower

    @property
    def states(self) -> list[tuple[str, str]]:
        """(value, Chinese label) in the order in which the model declares them."""
        field: Any = self.model._meta.get_field(self.field_name)
        return [(str(value), str(label)) for value, label in field.choices or ()]

    def state_label(self, state: str) -> str:
        return dict(self.states).get(state, state)

    def step(self, name: str) -> Step:
        return self._by_name[name]

    def steps_from(self, state: str) -> Iterator[Step]:
        return (step for step in self.steps if state in step.sources)

    def input(self, name: str) -> Input:
        """The declared input of that name, or one derived from the model field of that name. Raises FieldDoesNotExist
        for any other name, that of what points at the record among them."""
        for declared in self.inputs:
            if declared.name == name:
                return declared
        if name == "reason":
            return REASON
        found = self.model._meta.get_field(name)
        if found.auto_created and not found.concrete:
            raise FieldDoesNotExist(f"{self.model._meta.object_name} has no field named '{name}'")
        return _input_from_field(found)  # FieldDoesNotExist names the slip at start-up

    def is_field(self, name: str) -> bool:
        return any(f.name == name for f in self.model._meta.concrete_fields)

    def deadlines_in(self, state: str) -> Iterator[Deadline]:
        return (deadline for deadline in self.deadlines if state in deadline.states)

    def due_on(self, record: Record, deadline: Deadline) -> date | None:
        value: date | datetime | None = getattr(record, deadline.due)
        return value


_REGISTRY: dict[str, Workflow] = {}


def registry() -> Sequence[Workflow]:
    """Every life there is, in the order of their names."""
    return [_REGISTRY[key] for key in sorted(_REGISTRY)]


def workflow_of(record: Record | type[Record] | str) -> Workflow:
    """The life of a record, a model or a record type. Raises KeyError when it has none."""
    key = record if isinstance(record, str) else record._meta.label_lower
    return _REGISTRY[key]


def _input_from_field(model_field: Any) -> Input:
    label, help_text = str(model_field.verbose_name), str(model_field.help_text)
    choices = tuple((str(v), str(t)) for v, t in model_field.choices) if model_field.choices else None
    return Input(model_field.name, label, _kind_of(model_field), help=help_text, choices=choices)


def _kind_of(model_field: Any) -> Kind:
    if model_field.choices:
        return "choice"
    if model_field.is_relation:
        return {"org.unit": "unit", "org.person": "person"}[model_field.related_model._meta.label_lower]  # type: ignore[return-value]
    for field_type, kind in _KINDS:
        if isinstance(model_field, field_type):
            return kind
    raise TypeError(f"a step cannot ask for {model_field}: declare an Input for it")


_KINDS: tuple[tuple[type[models.Field], Kind], ...] = (
    (models.BooleanField, "yes_no"),
    (models.DateField, "date"),
    (models.DecimalField, "number"),
    (models.IntegerField, "number"),
    (models.TextField, "long_text"),
    (models.CharField, "text"),
)
