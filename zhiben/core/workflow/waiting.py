"""Derives, from records and their tables, whom each record waits for and which deadlines run. Written for sets:
the number of queries does not grow with the number of records."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q

from zhiben.core.access.actors import Actor
from zhiben.core.access.directory import Directory
from zhiben.core.bulk import insert_values
from zhiben.core.notify.models import Notification

from .approvals import Pending, pending_requests
from .models import NO_DEADLINE, ApprovalRequest, OpenDeadline, WorkItem
from .schedule import Moment, first_unsent, moments, overdue_from
from .table import Deadline, Record, Step, Workflow, workflow_of

TITLE_LENGTH = 200


class Arrival(NamedTuple):
    """A record has come to wait at a seat for a step: whoever sits there is to be told."""

    record: Record
    seat: str
    step: str


class _Item(NamedTuple):
    """The values of a `WorkItem`."""

    record_type: str
    record_id: str
    seat: str
    step: str
    state: str
    title: str
    due_at: datetime
    since: datetime
    sender_unit_id: int | None
    request_id: int | None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.record_id, self.seat, self.step


def rederive(
    workflow: Workflow,
    records: Sequence[Record],
    *,
    now: datetime,
    directory: Directory,
    pending: Pending | None = None,
    are_new: bool = False,
) -> list[Arrival]:
    """Replace the work items and deadlines of these records by what their table says now; returns what is new.

    `pending`: what waits to be decided about them, where the caller has just read it. `are_new`: they have just been
    made, so that nothing is kept of any of them yet."""
    if not records:
        return []
    by_key = {str(record.pk): record for record in records}  # each record once, however many deadlines met
    keys = [] if are_new else list(by_key)
    old_items = WorkItem.objects.filter(record_type=workflow.record_type, record_id__in=keys) if keys else ()
    before = {(item.record_id, item.seat, item.step): item for item in old_items}
    if pending is None:
        pending = pending_requests(workflow, keys) if keys else {}
    deriving = _Deriving(workflow, now, directory)
    wanted: dict[tuple[str, str, str], _Item] = {}
    arrivals: list[Arrival] = []
    for record_id, record in by_key.items():
        for item in deriving.items(record, record_id, pending.get(record_id, ())):
            if (key := item.key) in wanted:
                continue
            if known := before.get(key):
                item = item._replace(since=known.since)
            else:
                arrivals.append(Arrival(record, item.seat, item.step))
            wanted[key] = item
    _replace_items(before, wanted)
    _replace_deadlines(deriving, by_key, keys)
    return arrivals


def refresh(records: Iterable[Record], *, now: datetime) -> None:
    """Derive again after an edit of titles, due days or units, or a change of posts; nobody is told."""
    by_type: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_type[record._meta.label_lower].append(record)
    directory = Directory(now)
    for record_type, group in by_type.items():
        rederive(workflow_of(record_type), group, now=now, directory=directory)


@dataclass
class _Deriving:
    """What a table says of records at one moment; what it says of a state or a day is worked out once."""

    workflow: Workflow
    now: datetime
    directory: Directory
    _waits: dict[str, list[Step]] = field(default_factory=dict)
    _deadlines: dict[str, list[Deadline]] = field(default_factory=dict)
    _late_from: dict[date, datetime] = field(default_factory=dict)
    _schedules: dict[tuple[str, date], Sequence[Moment]] = field(default_factory=dict)
    _climbed: dict[tuple[str, date], Sequence[Actor]] = field(default_factory=dict)
    _begins: dict[tuple[str, date], tuple[int, datetime | None]] = field(default_factory=dict)

    def items(self, record: Record, record_id: str, requests: Sequence[ApprovalRequest]) -> Iterable[_Item]:
        state = getattr(record, self.workflow.field_name)
        if state in self.workflow.final:
            return
        record_type = self.workflow.record_type
        running = self.running(record, state)
        due_at = min([self._late(day) for _, day in running], default=NO_DEADLINE)
        title, sender = str(record)[:TITLE_LENGTH], getattr(record, "supervising_unit_id", None)

        def item(seat: str, step: str, request: int | None = None) -> _Item:
            return _Item(record_type, record_id, seat, step, state, title, due_at, self.now, sender, request)

        seated: set[str] = set()
        asked = {request.step for request in requests}
        for step in self._steps_waited_for(state):
            if step.name not in asked:
                for seat in step.actor.seats(record, self.directory):
                    if seat not in seated:
                        seated.add(seat)
                        yield item(seat, step.name)
        for request in requests:
            approval = self.workflow.step(request.step).approval
            assert approval is not None
            for seat in approval.by.seats(record, self.directory):
                seated.add(seat)
                yield item(seat, f"{request.step}:decide", request.pk)
        for seat in self._climbed_to(record, running):
            if seat not in seated:
                seated.add(seat)
                yield item(seat, "")

    def running(self, record: Record, state: str) -> list[tuple[Deadline, date]]:
        """The deadlines that hold in this state, with their days."""
        if state not in self._deadlines:
            self._deadlines[state] = list(self.workflow.deadlines_in(state))
        return [(each, day) for each in self._deadlines[state] if (day := self.workflow.due_on(record, each))]

    def schedule(self, deadline: Deadline, day: date) -> Sequence[Moment]:
        asked = (deadline.name, day)
        if asked not in self._schedules:
            self._schedules[asked] = moments(deadline, day)
        return self._schedules[asked]

    def begins(self, deadline: Deadline, day: date) -> tuple[int, datetime | None]:
        """How much of its schedule is behind a deadline that is set now, and the next moment."""
        asked = (deadline.name, day)
        if asked not in self._begins:
            schedule = self.schedule(deadline, day)
            sent = first_unsent(schedule, self.now)
            self._begins[asked] = (sent, schedule[sent].at if sent < len(schedule) else None)
        return self._begins[asked]

    def _late(self, day: date) -> datetime:
        if day not in self._late_from:
            self._late_from[day] = overdue_from(day)
        return self._late_from[day]

    def _steps_waited_for(self, state: str) -> list[Step]:
        if state not in self._waits:
            self._waits[state] = [step for step in self.workflow.steps_from(state) if step.waits]
        return self._waits[state]

    def _climbed_to(self, record: Record, running: Sequence[tuple[Deadline, date]]) -> Iterable[str]:
        for deadline, day in running:
            for actor in self._called(deadline, day):
                yield from actor.seats(record, self.directory)

    def _called(self, deadline: Deadline, day: date) -> Sequence[Actor]:
        """Those to whom it has climbed by now."""
        asked = (deadline.name, day)
        if asked not in self._climbed:
            late = self._late(day) <= self.now  # nothing climbs before
            schedule = self.schedule(deadline, day) if late else ()
            self._climbed[asked] = [each.to for each in schedule if each.to is not None and each.at <= self.now]
        return self._climbed[asked]


def _replace_items(before: dict[tuple[str, str, str], WorkItem], wanted: dict[tuple[str, str, str], _Item]) -> None:
    gone = [before[key].pk for key in before if key not in wanted]
    if gone:
        WorkItem.objects.filter(pk__in=gone).delete()
    insert_values(WorkItem, _Item._fields, [item for key, item in wanted.items() if key not in before])
    changed = [
        WorkItem(pk=known.pk, **item._asdict())
        for key, item in wanted.items()
        if (known := before.get(key)) and _differs(known, item)
    ]
    if changed:
        WorkItem.objects.bulk_update(changed, ["state", "title", "due_at", "sender_unit_id", "request_id"])


def _differs(known: WorkItem, item: _Item) -> bool:
    return (known.state, known.title, known.due_at, known.sender_unit_id, known.request_id) != (
        item.state,
        item.title,
        item.due_at,
        item.sender_unit_id,
        item.request_id,
    )


def _replace_deadlines(deriving: _Deriving, by_key: Mapping[str, Record], keys: Sequence[str]) -> None:
    """A deadline whose day is unchanged keeps what it has already sent, also when the record comes back to a state."""
    workflow, now = deriving.workflow, deriving.now
    if not workflow.deadlines:
        return
    rows = OpenDeadline.objects.filter(record_type=workflow.record_type, record_id__in=keys) if keys else ()
    running = {(row.record_id, row.name): row for row in rows}
    fresh: list[tuple[str, str, str, date, int, datetime | None]] = []
    moved: list[OpenDeadline] = []
    for record_id, record in by_key.items():
        for deadline, due_on in deriving.running(record, getattr(record, workflow.field_name)):
            known = running.get((record_id, deadline.name))
            if known and known.due_on == due_on:
                del running[known.record_id, known.name]
                continue
            if known:
                moved.append(known)
            fresh.append((workflow.record_type, record_id, deadline.name, due_on, *deriving.begins(deadline, due_on)))
    if moved:
        _withdraw_calls(moved, now)
    if running:
        OpenDeadline.objects.filter(pk__in=[row.pk for row in running.values()]).delete()
    insert_values(OpenDeadline, ("record_type", "record_id", "name", "due_on", "sent", "next_at"), fresh)


def _withdraw_calls(moved: Sequence[OpenDeadline], now: datetime) -> None:
    """The day has moved: what was said of the old one asks for nothing any more."""
    said = Q()
    for row in moved:
        for call in ("remind", "late"):
            said |= Q(record_id=row.record_id, key__startswith=f"{call}:{row.due_on}:", key__endswith=f":{row.name}")
    Notification.objects.unread().filter(said, record_type=moved[0].record_type).update(obsolete_at=now)
