"""Derives, from records and their tables, whom each record waits for and which deadlines run. Written for sets:
the number of queries does not grow with the number of records."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


class _Begun(NamedTuple):
    """The values of an `OpenDeadline` that is set now."""

    record_type: str
    record_id: str
    name: str
    due_on: date
    sent: int
    next_at: datetime | None


class _Standing(NamedTuple):
    """What a table says of all records that are in one state with the same days."""

    state: str
    awaits: Sequence[Step]
    running: Sequence[tuple[Deadline, date]]
    """The deadlines that hold, with their days."""
    due_at: datetime
    climbed_to: Sequence[Actor]


@dataclass
class Deriving:
    """What a table says of records at one moment; what it says of a state and its days is worked out once."""

    workflow: Workflow
    now: datetime
    directory: Directory
    _states: dict[str, tuple[list[Step], list[Deadline]]] = field(default_factory=dict)
    _standings: dict[tuple[str | date | None, ...], _Standing] = field(default_factory=dict)
    _schedules: dict[tuple[str, date], Sequence[Moment]] = field(default_factory=dict)
    _begins: dict[tuple[str, date], tuple[int, datetime | None]] = field(default_factory=dict)

    def items(
        self, record: Record, record_id: str, standing: _Standing, requests: Sequence[ApprovalRequest] = ()
    ) -> Iterator[_Item]:
        if standing.state in self.workflow.final:
            return
        title, sender = str(record)[:TITLE_LENGTH], getattr(record, "supervising_unit_id", None)
        for seat, step, request in self._waiting(record, standing, requests):
            yield _Item(
                self.workflow.record_type, record_id, seat, step, standing.state, title, standing.due_at, self.now,
                sender, request,
            )  # fmt: skip

    def _waiting(
        self, record: Record, standing: _Standing, requests: Sequence[ApprovalRequest]
    ) -> Iterator[tuple[str, str, int | None]]:
        """Seat, step and request for approval; of the steps that one seat could take, the first."""
        seated: set[str] = set()
        asked = {request.step for request in requests}
        for step in standing.awaits:
            if step.name not in asked:
                for seat in step.actor.seats(record, self.directory):
                    if seat not in seated:
                        seated.add(seat)
                        yield seat, step.name, None
        for request in requests:
            approval = self.workflow.step(request.step).approval
            assert approval is not None
            for seat in approval.by.seats(record, self.directory):
                seated.add(seat)
                yield seat, f"{request.step}:decide", request.pk
        for actor in standing.climbed_to:
            for seat in actor.seats(record, self.directory):
                if seat not in seated:
                    seated.add(seat)
                    yield seat, "", None

    def standing(self, record: Record) -> _Standing:
        state = getattr(record, self.workflow.field_name)
        awaits, deadlines = self._of_state(state)
        days = [self.workflow.due_on(record, each) for each in deadlines]
        if (known := self._standings.get((state, *days))) is None:
            running = [(each, day) for each, day in zip(deadlines, days, strict=True) if day]
            late = [each for each in running if overdue_from(each[1]) <= self.now]  # nothing climbs before
            met = [moment.to for each in late for moment in self._schedule(*each) if moment.at <= self.now]
            due_at = min((overdue_from(day) for _, day in running), default=NO_DEADLINE)
            climbed_to = [actor for actor in met if actor is not None]
            known = self._standings[state, *days] = _Standing(state, awaits, running, due_at, climbed_to)
        return known

    def _of_state(self, state: str) -> tuple[list[Step], list[Deadline]]:
        """The steps for which a record waits there, and the deadlines that may run."""
        if (known := self._states.get(state)) is None:
            awaits = [step for step in self.workflow.steps_from(state) if step.waits]
            known = self._states[state] = (awaits, list(self.workflow.deadlines_in(state)))
        return known

    def begun(self, record_id: str, deadline: Deadline, day: date) -> _Begun:
        """How much of its schedule is behind a deadline that is set now, and the next moment."""
        asked = (deadline.name, day)
        if asked not in self._begins:
            schedule = self._schedule(deadline, day)
            sent = first_unsent(schedule, self.now)
            self._begins[asked] = (sent, schedule[sent].at if sent < len(schedule) else None)
        return _Begun(self.workflow.record_type, record_id, deadline.name, day, *self._begins[asked])

    def _schedule(self, deadline: Deadline, day: date) -> Sequence[Moment]:
        asked = (deadline.name, day)
        if asked not in self._schedules:
            self._schedules[asked] = moments(deadline, day)
        return self._schedules[asked]


def derive(deriving: Deriving, by_key: Mapping[str, Record]) -> list[Arrival]:
    """The first work items and deadlines of records that have just been made, given by their keys as text."""
    items: list[_Item] = []
    deadlines: list[_Begun] = []
    for record_id, record in by_key.items():
        standing = deriving.standing(record)
        items += deriving.items(record, record_id, standing)
        deadlines += [deriving.begun(record_id, *each) for each in standing.running]
    insert_values(WorkItem, _Item._fields, items)
    insert_values(OpenDeadline, _Begun._fields, deadlines)
    return [Arrival(by_key[item.record_id], item.seat, item.step) for item in items]


def rederive(
    workflow: Workflow,
    records: Sequence[Record],
    *,
    now: datetime,
    directory: Directory,
    pending: Pending | None = None,
) -> list[Arrival]:
    """Replace the work items and deadlines of these records by what their table says now; returns what is new.

    `pending`: what waits to be decided about them, where the caller has just read it."""
    if not records:
        return []
    by_key = {str(record.pk): record for record in records}  # each record once, however many deadlines met
    keys = list(by_key)
    old_items = WorkItem.objects.filter(record_type=workflow.record_type, record_id__in=keys)
    before = {(item.record_id, item.seat, item.step): item for item in old_items}
    if pending is None:
        pending = pending_requests(workflow, keys)
    deriving = Deriving(workflow, now, directory)
    wanted: dict[tuple[str, str, str], _Item] = {}
    arrivals: list[Arrival] = []
    for record_id, record in by_key.items():
        for item in deriving.items(record, record_id, deriving.standing(record), pending.get(record_id, ())):
            if (key := (item.record_id, item.seat, item.step)) in wanted:
                continue
            if known := before.get(key):
                item = item._replace(since=known.since)
            else:
                arrivals.append(Arrival(record, item.seat, item.step))
            wanted[key] = item
    _replace_items(before, wanted)
    _replace_deadlines(deriving, by_key)
    return arrivals


def refresh(records: Iterable[Record], *, now: datetime) -> None:
    """Derive again after an edit of titles, due days or units, or a change of posts; nobody is told."""
    by_type: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_type[record._meta.label_lower].append(record)
    directory = Directory(now)
    for record_type, group in by_type.items():
        rederive(workflow_of(record_type), group, now=now, directory=directory)


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


def _replace_deadlines(deriving: Deriving, by_key: Mapping[str, Record]) -> None:
    """A deadline whose day is unchanged keeps what it has already sent, also when the record comes back to a state."""
    workflow, now = deriving.workflow, deriving.now
    if not workflow.deadlines:
        return
    rows = OpenDeadline.objects.filter(record_type=workflow.record_type, record_id__in=list(by_key))
    running = {(row.record_id, row.name): row for row in rows}
    fresh: list[_Begun] = []
    moved: list[OpenDeadline] = []
    for record_id, record in by_key.items():
        for deadline, due_on in deriving.standing(record).running:
            known = running.get((record_id, deadline.name))
            if known and known.due_on == due_on:
                del running[known.record_id, known.name]
                continue
            if known:
                moved.append(known)
            fresh.append(deriving.begun(record_id, deadline, due_on))
    if moved:
        _withdraw_calls(moved, now)
    if running:
        OpenDeadline.objects.filter(pk__in=[row.pk for row in running.values()]).delete()
    insert_values(OpenDeadline, _Begun._fields, fresh)


def _withdraw_calls(moved: Sequence[OpenDeadline], now: datetime) -> None:
    """The day has moved: what was said of the old one asks for nothing any more."""
    said = Q()
    for row in moved:
        for call in ("remind", "late"):
            said |= Q(record_id=row.record_id, key__startswith=f"{call}:{row.due_on}:", key__endswith=f":{row.name}")
    Notification.objects.unread().filter(said, record_type=moved[0].record_type).update(obsolete_at=now)
