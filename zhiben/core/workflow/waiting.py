"""Derives, from records and their tables, whom each record waits for and which deadlines run. Written for sets:
the number of queries does not grow with the number of records."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from zhiben.core.access.directory import Directory
from zhiben.core.bulk import insert_rows
from zhiben.core.notify.models import Notification

from .models import NO_DEADLINE, ApprovalRequest, OpenDeadline, WorkItem
from .schedule import first_unsent, moments, overdue_from
from .table import Record, Workflow, workflow_of

TITLE_LENGTH = 200


@dataclass(frozen=True)
class Arrival:
    """A record has come to wait at a seat for a step: whoever sits there is to be told."""

    record: Record
    seat: str
    step: str


def rederive(workflow: Workflow, records: Sequence[Record], *, now: datetime, directory: Directory) -> list[Arrival]:
    """Replace the work items and deadlines of these records by what their table says now; returns what is new."""
    if not records:
        return []
    records = list({record.pk: record for record in records}.values())  # each record once, however many deadlines met
    keys = [str(record.pk) for record in records]
    old_items = WorkItem.objects.filter(record_type=workflow.record_type, record_id__in=keys)
    before = {(item.record_id, item.seat, item.step): item for item in old_items}
    pending = _pending_requests(workflow, keys)
    wanted: dict[tuple[str, str, str], WorkItem] = {}
    arrivals: list[Arrival] = []
    for record in records:
        for item in _items(workflow, record, pending[str(record.pk)], now, directory):
            key = (item.record_id, item.seat, item.step)
            if key in wanted:
                continue
            if known := before.get(key):
                item.since = known.since
            else:
                arrivals.append(Arrival(record, item.seat, item.step))
            wanted[key] = item
    _replace_items(before, wanted)
    _replace_deadlines(workflow, records, keys, now)
    return arrivals


def refresh(records: Iterable[Record], *, now: datetime) -> None:
    """Derive again after an edit of titles, due days or units, or a change of posts; nobody is told."""
    by_type: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_type[record._meta.label_lower].append(record)
    directory = Directory(now)
    for record_type, group in by_type.items():
        rederive(workflow_of(record_type), group, now=now, directory=directory)


def _items(
    workflow: Workflow, record: Record, requests: Sequence[ApprovalRequest], now: datetime, directory: Directory
) -> Iterable[WorkItem]:
    state = getattr(record, workflow.field_name)
    if state in workflow.final:
        return
    due_at = _nearest_due(workflow, record, state)

    def item(seat: str, step: str, request: ApprovalRequest | None = None) -> WorkItem:
        return WorkItem(
            record_type=workflow.record_type,
            record_id=str(record.pk),
            seat=seat,
            step=step,
            state=state,
            title=str(record)[:TITLE_LENGTH],
            due_at=due_at,
            since=now,
            sender_unit_id=getattr(record, "supervising_unit_id", None),
            request_id=request.pk if request else None,
        )

    seated: set[str] = set()
    asked = {request.step for request in requests}
    for step in workflow.steps_from(state):
        if step.waits and step.name not in asked:
            for seat in step.actor.seats(record, directory):
                if seat not in seated:
                    seated.add(seat)
                    yield item(seat, step.name)
    for request in requests:
        approval = workflow.step(request.step).approval
        assert approval is not None
        for seat in approval.by.seats(record, directory):
            seated.add(seat)
            yield item(seat, f"{request.step}:decide", request)
    for seat in _climbed_to(workflow, record, state, now, directory):
        if seat not in seated:
            seated.add(seat)
            yield item(seat, "")


def _climbed_to(workflow: Workflow, record: Record, state: str, now: datetime, directory: Directory) -> Iterable[str]:
    for deadline in workflow.deadlines_in(state):
        due_on = workflow.due_on(record, deadline)
        if due_on and overdue_from(due_on) <= now:  # nothing climbs before
            for moment in moments(deadline, due_on):
                if moment.to is not None and moment.at <= now:
                    yield from moment.to.seats(record, directory)


def _nearest_due(workflow: Workflow, record: Record, state: str) -> datetime:
    days = [day for deadline in workflow.deadlines_in(state) if (day := workflow.due_on(record, deadline))]
    return overdue_from(min(days)) if days else NO_DEADLINE


def _pending_requests(workflow: Workflow, keys: Sequence[str]) -> dict[str, list[ApprovalRequest]]:
    found: dict[str, list[ApprovalRequest]] = defaultdict(list)
    if any(step.approval for step in workflow.steps):
        for request in ApprovalRequest.objects.filter(
            record_type=workflow.record_type, record_id__in=keys, status=ApprovalRequest.Status.PENDING
        ):
            found[request.record_id].append(request)
    return found


def _replace_items(before: dict[tuple[str, str, str], WorkItem], wanted: dict[tuple[str, str, str], WorkItem]) -> None:
    gone = [before[key].pk for key in before if key not in wanted]
    if gone:
        WorkItem.objects.filter(pk__in=gone).delete()
    insert_rows(WorkItem, [item for key, item in wanted.items() if key not in before])
    changed = []
    for key, item in wanted.items():
        if (known := before.get(key)) and _differs(known, item):
            item.pk = known.pk
            changed.append(item)
    if changed:
        WorkItem.objects.bulk_update(changed, ["state", "title", "due_at", "sender_unit_id", "request_id"])


def _differs(known: WorkItem, item: WorkItem) -> bool:
    return (known.state, known.title, known.due_at, known.sender_unit_id, known.request_id) != (
        item.state,
        item.title,
        item.due_at,
        item.sender_unit_id,
        item.request_id,
    )


def _replace_deadlines(workflow: Workflow, records: Sequence[Record], keys: Sequence[str], now: datetime) -> None:
    """A deadline whose day is unchanged keeps what it has already sent, also when the record comes back to a state."""
    if not workflow.deadlines:
        return
    running = {
        (row.record_id, row.name): row
        for row in OpenDeadline.objects.filter(record_type=workflow.record_type, record_id__in=keys)
    }
    fresh: list[OpenDeadline] = []
    moved: list[OpenDeadline] = []
    for record in records:
        state = getattr(record, workflow.field_name)
        for deadline in workflow.deadlines_in(state):
            if not (due_on := workflow.due_on(record, deadline)):
                continue
            known = running.get((str(record.pk), deadline.name))
            if known and known.due_on == due_on:
                del running[known.record_id, known.name]
                continue
            if known:
                moved.append(known)
            schedule = moments(deadline, due_on)
            sent = first_unsent(schedule, now)
            fresh.append(
                OpenDeadline(
                    record_type=workflow.record_type,
                    record_id=str(record.pk),
                    name=deadline.name,
                    due_on=due_on,
                    sent=sent,
                    next_at=schedule[sent].at if sent < len(schedule) else None,
                )
            )
    if moved:
        _withdraw_calls(moved, now)
    if running:
        OpenDeadline.objects.filter(pk__in=[row.pk for row in running.values()]).delete()
    insert_rows(OpenDeadline, fresh)


def _withdraw_calls(moved: Sequence[OpenDeadline], now: datetime) -> None:
    """The day has moved: what was said of the old one asks for nothing any more."""
    said = Q()
    for row in moved:
        for call in ("remind", "late"):
            said |= Q(record_id=row.record_id, key__startswith=f"{call}:{row.due_on}:", key__endswith=f":{row.name}")
    Notification.objects.unread().filter(said, record_type=moved[0].record_type).update(obsolete_at=now)
