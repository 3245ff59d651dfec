"""How records stood at a moment, read from their trail: today's row, with what was done later taken back.

A line of the trail says which state a step left, what a revision replaced and to what day or unit a step moved a task;
its first line says what was ordered. Where an old trail does not say it, what was announced at the time does; where
nobody does, the task is marked as unsure and the page says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from zhiben.core.audit.models import AuditLine
from zhiben.core.batches import in_batches
from zhiben.core.events.models import OutboxEvent

EXTENDS = ("extend", "extend_beyond")
REASSIGNS = ("reassign", "redispatch")
WITHDRAWS = ("withdraw", "lapse")
CHANGES = (*EXTENDS, *REASSIGNS, "revise")
"""Verbs that move a deadline, a unit or a sector."""
TELLS = (*CHANGES, "begin", "overdue")
"""Verbs whose lines say what one of them was."""
BATCH = 10_000
TASK = "tasks.task"


@dataclass(frozen=True)
class Move:
    """A step of the trail that changed the state of a record, or a deadline, unit or sector of it."""

    record: UUID
    at: datetime
    verb: str
    left: str
    """The state it left; empty for a revision."""


def moves_since(record_type: str, since: datetime) -> list[Move]:
    """First to last. One query; what leaves everything as it was (feedback, reminders) is not read."""
    moved = ~Q(from_state="") & ~Q(from_state=F("to_state"))
    lines = AuditLine.objects.filter(record_type=record_type, at__gte=since).filter(moved | Q(verb__in=CHANGES))
    rows = lines.order_by("id").values_list("record_id", "at", "verb", "from_state")
    return [Move(UUID(record), at, verb, left) for record, at, verb, left in rows]


def states_at(cut: datetime, moves: Sequence[Move]) -> dict[UUID, str]:
    """The state of each record that has changed it since; all others are as they were."""
    return {move.record: move.left for move in reversed(moves) if move.at >= cut and move.left}


def done_between(start: datetime, end: datetime, verbs: Iterable[str], moves: Sequence[Move]) -> set[UUID]:
    wanted = frozenset(verbs)
    return {move.record for move in moves if move.verb in wanted and start <= move.at < end}


@dataclass(frozen=True)
class Orders:
    """What a task was at a moment; None: as it is today."""

    due_on: date | None = None
    unit: int | None = None
    sector: str | None = None
    unsure: bool = False


AS_TODAY = Orders()


class Histories:
    """Deadlines, units and sectors of the tasks in which one of them has changed since a moment."""

    def __init__(self, moves: Sequence[Move]) -> None:
        self.changed = {move.record for move in moves if move.verb in CHANGES}
        self.lines = _lines_of(self.changed)
        self.announced = _announced(self.changed)

    def at(self, record: UUID, cut: datetime) -> Orders:
        if record not in self.changed:
            return AS_TODAY
        before: dict[str, Any] = {}
        replaced: dict[str, Any] = {}
        touched: set[str] = set()
        """What has been changed since the cut; the rest is as it is today."""
        first_change = None
        for at, verb, data in self.lines.get(record, ()):
            if at < cut:
                before |= _set_by(verb, data)
                continue
            changed = _set_by(verb, data) if verb in CHANGES else {}
            if changed:
                first_change = first_change or at
                touched |= changed.keys()
                for name, value in _replaced_by(verb, data).items():
                    replaced.setdefault(name, value)
        if first_change is None:
            return AS_TODAY
        known = _last_before(self.announced.get(record, ()), first_change) | replaced | before
        due_on, unit, sector = (known.get(name) if name in touched else None for name in ("due_on", "unit", "sector"))
        unsure = any(known.get(name) is None for name in touched)
        return Orders(date.fromisoformat(due_on) if due_on else None, int(unit) if unit else None, sector, unsure)


def _set_by(verb: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What a line says a task was from then on: days as text, units by key."""
    match verb:
        case "begin":
            unit = (data.get("responsible_unit") or {}).get("key")
            return {name: value for name, value in (("due_on", data.get("due_on")), ("unit", unit)) if value}
        case "overdue":
            return {"due_on": data["due_on"]} if data.get("deadline") == "due" else {}
        case "extend" | "extend_beyond":
            return {"due_on": data.get("extended_to") or data.get("extended_beyond")}
        case "reassign" | "redispatch":
            return {"unit": data["responsible_unit"]["key"]}
    return _revised(data, "to")


def _replaced_by(verb: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return _revised(data, "from") if verb == "revise" else {}


def _revised(data: Mapping[str, Any], side: str) -> dict[str, Any]:
    changed = data.get("changed", {})
    return {name: changed[name][side] for name in ("due_on", "sector") if name in changed}


def _lines_of(records: Iterable[UUID]) -> dict[UUID, list[tuple[datetime, str, dict[str, Any]]]]:
    found: dict[UUID, list[tuple[datetime, str, dict[str, Any]]]] = defaultdict(list)
    for batch in in_batches(sorted(records), BATCH):
        lines = AuditLine.objects.filter(record_type=TASK, record_id__in=[str(key) for key in batch], verb__in=TELLS)
        for record, at, verb, data in lines.order_by("id").values_list("record_id", "at", "verb", "data"):
            found[UUID(record)].append((at, verb, data))
    return found


def _announced(records: Iterable[UUID]) -> dict[UUID, list[tuple[datetime, dict[str, Any]]]]:
    """What the events of these tasks said of them, as long as they are kept."""
    found: dict[UUID, list[tuple[datetime, dict[str, Any]]]] = defaultdict(list)
    for batch in in_batches(sorted(records), BATCH):
        events = OutboxEvent.objects.filter(record_type=TASK, record_id__in=[str(key) for key in batch])
        for record, at, data in events.order_by("id").values_list("record_id", "at", "data"):
            said = {"due_on": data.get("due_on"), "unit": data.get("responsible_unit_id")}
            found[UUID(record)].append((at, {name: value for name, value in said.items() if value}))
    return found


def _last_before(announced: Iterable[tuple[datetime, dict[str, Any]]], moment: datetime) -> dict[str, Any]:
    """Up to the first change that came after the cut: nothing was different before it."""
    said: dict[str, Any] = {}
    for at, each in announced:
        if at >= moment:
            break
        said |= each
    return said
