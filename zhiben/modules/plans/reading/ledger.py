"""What was read out of a plan, with the place of every reading, its confidence and the reasons to doubt it.

Spans are (start, end) character offsets in `SourceText.text`; confidence runs from 0 to 1; doubts are
Chinese sentences for the person who reviews.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Span = tuple[int, int]
Role = Literal["lead", "participant", "responsible"]
Operator = Literal[">=", "=", "<="]
Period = Literal["day", "week", "month", "quarter", "half-year", "year"]


@dataclass(frozen=True)
class Reading:
    """What every reading has."""

    span: Span = field(kw_only=True)
    confidence: float = field(default=1.0, kw_only=True)
    doubts: tuple[str, ...] = field(default=(), kw_only=True)

    def provenance(self) -> dict[str, Any]:
        """The keys added to the schema: where it stands and how sure we are."""
        json: dict[str, Any] = {"span": list(self.span), "confidence": self.confidence}
        if self.doubts:
            json["doubts"] = list(self.doubts)
        return json


@dataclass(frozen=True)
class MetadataReading(Reading):
    """One value of the document's head or foot: a title, a document number, a signing body, a day."""

    value: str


@dataclass(frozen=True)
class ActionReading(Reading):
    """One of the plan's actions (行动): the level between 主要任务 and the tasks."""

    ordinal: str
    title: str

    def to_json(self) -> dict[str, Any]:
        return {"ordinal": self.ordinal, "title": self.title, **self.provenance()}


@dataclass(frozen=True)
class DepartmentReading(Reading):
    """A unit as printed, and its part in the task."""

    name: str
    role: Role

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "role": self.role, **self.provenance()}


@dataclass(frozen=True)
class MilestoneReading(Reading):
    """A deadline or a year's stage; `text_start` is the beginning of what is due, from the date on."""

    due: date
    text_start: str

    def to_json(self) -> dict[str, Any]:
        return {"due": self.due.isoformat(), "text_start": self.text_start, **self.provenance()}


@dataclass(frozen=True)
class IndicatorReading(Reading):
    """A number that must be reached. `approximate` = 左右."""

    metric_text: str
    operator: Operator
    value: float
    unit: str
    year: int | None = None
    approximate: bool = False

    def to_json(self) -> dict[str, Any]:
        value = int(self.value) if self.value == int(self.value) else self.value
        json: dict[str, Any] = {
            "metric_text": self.metric_text,
            "operator": self.operator,
            "value": value,
            "unit": self.unit,
        }
        json |= {"year": self.year, **({"approx": True} if self.approximate else {})}
        return json | self.provenance()


@dataclass(frozen=True)
class FrequencyReading(Reading):
    """How often something must be done at least: `min_count` times per period."""

    text: str
    per: Period
    min_count: int

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "per": self.per, "min_count": self.min_count, **self.provenance()}


@dataclass(frozen=True)
class TaskReading(Reading):
    """A numbered item of 主要任务. `span` covers number and title, `body_span` the whole item."""

    number: str
    title: str
    body_span: Span
    content: str
    action_ordinal: str | None = None
    parent: str | None = None
    departments: tuple[DepartmentReading, ...] = ()
    milestones: tuple[MilestoneReading, ...] = ()
    indicators: tuple[IndicatorReading, ...] = ()
    frequencies: tuple[FrequencyReading, ...] = ()

    def to_json(self) -> dict[str, Any]:
        json: dict[str, Any] = {"action_ordinal": self.action_ordinal, "number": self.number, "title": self.title}
        if self.parent is not None:
            json["parent"] = self.parent
        for key in ("departments", "milestones", "indicators", "frequencies"):
            json[key] = [reading.to_json() for reading in getattr(self, key)]
        return json | {"content": self.content, "body_span": list(self.body_span)} | self.provenance()


@dataclass(frozen=True)
class GoalReading(Reading):
    """A stage target of the 目标 section."""

    due: date
    text: str
    indicators: tuple[IndicatorReading, ...] = ()

    def to_json(self) -> dict[str, Any]:
        indicators = [indicator.to_json() for indicator in self.indicators]
        return {"due": self.due.isoformat(), "text": self.text, "indicators": indicators, **self.provenance()}


@dataclass(frozen=True)
class ObligationReading(Reading):
    """A dated (`due`, or `per` with a `due` inside the period) or recurring duty outside the tasks."""

    text: str
    per: Period | None = None
    due: date | None = None
    min_count: int | None = None
    who: str | None = None

    def to_json(self) -> dict[str, Any]:
        json: dict[str, Any] = {"text": self.text}
        if self.per:
            json["per"] = self.per
        if self.due:
            json["due"] = self.due.isoformat()
        if self.min_count is not None:
            json["min_count"] = self.min_count
        return json | {"who": self.who} | self.provenance()


@dataclass(frozen=True)
class Ledger:
    """Everything read from one document. A document without tasks has none: nothing is invented.

    `doubts` are about the document as a whole; `default_departments` are named once for all later tasks
    (以下均需…负责,不再列出).
    """

    title: MetadataReading | None = None
    doc_no: MetadataReading | None = None
    issuer: MetadataReading | None = None
    issue_date: MetadataReading | None = None
    period: tuple[date, date] | None = None
    period_reading: MetadataReading | None = None
    actions: tuple[ActionReading, ...] = ()
    tasks: tuple[TaskReading, ...] = ()
    goals: tuple[GoalReading, ...] = ()
    obligations: tuple[ObligationReading, ...] = ()
    default_departments: tuple[DepartmentReading, ...] = ()
    doubts: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The exchange form: plain values for the document's own facts, their places under `metadata`."""
        facts = {"title": self.title, "doc_no": self.doc_no, "issuer": self.issuer, "issue_date": self.issue_date}
        json: dict[str, Any] = {key: reading.value if reading else None for key, reading in facts.items()}
        json["period"] = [day.isoformat() for day in self.period] if self.period else None
        for key in ("actions", "tasks", "goals", "obligations", "default_departments"):
            json[key] = [reading.to_json() for reading in getattr(self, key)]
        facts["period"] = self.period_reading
        json["metadata"] = {key: reading.provenance() for key, reading in facts.items() if reading}
        if self.doubts:
            json["doubts"] = list(self.doubts)
        return json
