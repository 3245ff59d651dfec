"""The round of the watchman: reminders before a deadline, escalations after it, each sent once.

It reads only deadlines whose next moment has come, a batch to a transaction: what is sent and the mark that it was
sent are saved together, so a sweeper killed in the middle repeats nothing and skips nothing. Several may run at once
on PostgreSQL; they pass over each other's rows, and over records that somebody is changing: as a step does, the round
locks the record first and its deadlines after it, so that neither ever waits for the other in a circle."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from zhiben.core.access.acting import Machine
from zhiben.core.access.directory import Directory
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import AuditLine
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.events.services import announce_many
from zhiben.core.notify.kinds import Kind
from zhiben.core.notify.services import Message, tell_many

from .engine import unit_keys
from .models import OpenDeadline, WorkItem
from .schedule import Moment, moments
from .table import Deadline, Record, Workflow, workflow_of
from .telling import is_discreet
from .waiting import rederive

BATCH = 200
WATCHMAN = Machine("期限巡查")

_PERIODIC: dict[str, Callable[[datetime], Any]] = {}


@dataclass
class Swept:
    """What one round did: deadlines looked at, reminders and escalations sent."""

    deadlines: int = 0
    reminders: int = 0
    escalations: int = 0


def sweep(now: datetime, *, limit: int = 100_000) -> Swept:
    """Send all whose moment has come, at most `limit` deadlines."""
    swept = Swept()
    passed_over: set[int] = set()
    while swept.deadlines < limit:
        with transaction.atomic():
            due = OpenDeadline.objects.filter(next_at__lte=now).exclude(pk__in=passed_over).order_by("next_at")
            found = list(due[: min(BATCH, limit - swept.deadlines)])
            if not found:
                break
            rows = _claimed(found, now)
            passed_over |= {row.pk for row in found} - {row.pk for row in rows}
            if rows:
                _send(rows, now, swept)
    return swept


def _claimed(found: Sequence[OpenDeadline], now: datetime) -> list[OpenDeadline]:
    """Of these the ones that are ours now, as they stand now: whoever is changing a record may be moving its day."""
    by_type: dict[str, list[str]] = defaultdict(list)
    for row in found:
        by_type[row.record_type].append(row.record_id)
    free: set[tuple[str, str]] = set()
    for record_type, ids in sorted(by_type.items()):
        model = workflow_of(record_type).model
        keys = {model._meta.pk.to_python(record_id): (record_type, record_id) for record_id in ids}
        rows = model._base_manager.filter(pk__in=keys)
        locked = set(rows.select_for_update(of=("self",), skip_locked=True).order_by("pk").values_list("pk", flat=True))
        if len(locked) < len(keys):
            locked |= keys.keys() - set(rows.values_list("pk", flat=True))  # gone: their deadlines end
        free |= {keys[key] for key in locked}
    ours = [row.pk for row in found if (row.record_type, row.record_id) in free]
    claimed = OpenDeadline.objects.select_for_update(skip_locked=True).filter(pk__in=ours, next_at__lte=now)
    return list(claimed.order_by("next_at"))


def register_periodic(name: str, work: Callable[[datetime], Any]) -> None:
    """Something a module wants done on every round; it must be idempotent and cheap when there is nothing to do."""
    _PERIODIC[name] = work


def periodic() -> dict[str, Callable[[datetime], Any]]:
    return dict(_PERIODIC)


@dataclass
class _Outgoing:
    messages: list[Message] = field(default_factory=list)
    lines: list[audit.NewLine] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    climbed: list[Record] = field(default_factory=list)


def _send(rows: Sequence[OpenDeadline], now: datetime, swept: Swept) -> None:
    swept.deadlines += len(rows)
    by_type: dict[str, list[OpenDeadline]] = defaultdict(list)
    for row in rows:
        by_type[row.record_type].append(row)
    directory = Directory(now)
    for record_type, group in by_type.items():
        workflow = workflow_of(record_type)
        records = _records(workflow, group)
        directory.prefetch(unit_keys(workflow, records.values()))
        waiting = _seats_waiting(record_type, group)
        announced = _announced(record_type, group)
        out = _Outgoing()
        for row in group:
            record = records.get(row.record_id)
            deadline = next((d for d in workflow.deadlines if d.name == row.name), None)
            if record is None or deadline is None:
                row.next_at = None
                continue
            schedule = moments(deadline, row.due_on)
            due = [moment for moment in schedule[row.sent :] if moment.at <= now]
            _compose(workflow, deadline, row, record, due, waiting[row.record_id], announced, now, directory, out)
            swept.escalations += sum(moment.is_escalation for moment in due)
            swept.reminders += any(not moment.is_escalation for moment in due)
            row.sent += len(due)
            row.next_at = schedule[row.sent].at if row.sent < len(schedule) else None
        OpenDeadline.objects.bulk_update(group, ["sent", "next_at"])
        tell_many(out.messages, now=now)
        if out.lines:
            audit.append_many(out.lines)
        if out.events:
            announce_many(out.events)
        if out.climbed:
            rederive(workflow, out.climbed, now=now, directory=directory)


def _compose(
    workflow: Workflow,
    deadline: Deadline,
    row: OpenDeadline,
    record: Record,
    due: Sequence[Moment],
    seats: Sequence[str],
    announced: set[tuple[str, str]],
    now: datetime,
    directory: Directory,
    out: _Outgoing,
) -> None:
    """A round that comes late sends the last reminder only, and every escalation."""
    reminders = [moment for moment in due if not moment.is_escalation]
    escalations = [moment for moment in due if moment.is_escalation]
    left = (row.due_on - local_day(now)).days
    if reminders and left >= 0:
        people = {person.pk for seat in seats for person in directory.people(seat)}
        when = f"还剩 {left} 天" if left else "是今天"
        out.messages.append(
            _message(workflow, deadline, row, record, people, Kind.REMINDER, f"{deadline.label}{when}：{record}", f"remind:{row.due_on}:{reminders[-1].span}",
                     f"到 {full_day(row.due_on)} 为止，请抓紧办理。", "该事项在您的待办中")
        )  # fmt: skip
    if not escalations:
        return
    late = f"逾期 {-left} 天"
    for moment in escalations:
        assert moment.to is not None
        people = {p.pk for seat in moment.to.seats(record, directory) for p in directory.people(seat)}
        out.messages.append(
            _message(workflow, deadline, row, record, people, Kind.OVERDUE, f"{deadline.label}{late}：{record}", f"late:{row.due_on}:{moment.span}",
                     f"{full_day(row.due_on)} 已过，仍未办完，请督促。", f"您是{moment.to.label}")
        )  # fmt: skip
    key = f"overdue:{row.name}:{row.due_on}"
    to = "、".join(moment.to.label for moment in escalations if moment.to)
    first = (row.record_id, key) not in announced
    state = getattr(record, workflow.field_name)
    out.lines.append(
        audit.NewLine(
            record_type=row.record_type,
            record_id=row.record_id,
            kind="step",
            verb="overdue",
            label=f"{deadline.label}逾期，提级至{to}",
            by=WATCHMAN,
            now=now,
            data={"deadline": row.name, "due_on": row.due_on.isoformat()},
            from_state=state,
            to_state=state,
            key=key if first else None,
        )
    )
    out.climbed.append(record)
    if first and deadline.announces:
        out.events.append(deadline.announces.of_step(record, by=WATCHMAN, now=now, data={}))


def _message(
    workflow: Workflow,
    deadline: Deadline,
    row: OpenDeadline,
    record: Record,
    people: set[int],
    kind: Kind,
    title: str,
    cause: str,
    body: str,
    reason: str,
) -> Message:
    return Message(
        people=sorted(people),
        title=title,
        body=body,
        record_type=row.record_type,
        record_id=row.record_id,
        reason=reason,
        kind=kind,
        due_on=row.due_on,
        lasting_title=f"{deadline.label}：{record}",
        is_discreet=is_discreet(record),
        key=f"{cause}:{row.record_type}:{row.record_id}:{row.name}",
    )


def _records(workflow: Workflow, rows: Sequence[OpenDeadline]) -> dict[str, Record]:
    keys = [workflow.model._meta.pk.to_python(row.record_id) for row in rows]
    found = workflow.model._base_manager.select_related(*workflow.with_related).in_bulk(keys)
    return {str(pk): record for pk, record in found.items()}


def _seats_waiting(record_type: str, rows: Sequence[OpenDeadline]) -> dict[str, list[str]]:
    seats: dict[str, list[str]] = defaultdict(list)
    items = WorkItem.objects.filter(record_type=record_type, record_id__in=[row.record_id for row in rows])
    for record_id, seat in items.values_list("record_id", "seat"):
        seats[record_id].append(seat)
    return seats


def _announced(record_type: str, rows: Sequence[OpenDeadline]) -> set[tuple[str, str]]:
    """Which of these deadlines have been called overdue before: (record, key)."""
    keys = {f"overdue:{row.name}:{row.due_on}" for row in rows}
    lines = AuditLine.objects.filter(
        record_type=record_type, record_id__in=[row.record_id for row in rows], key__in=keys
    )
    return {(record_id, key) for record_id, key in lines.values_list("record_id", "key") if key}
