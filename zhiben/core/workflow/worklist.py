"""我的待办: what waits at my seats, nearest deadline first; and what my unit sent and waits for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge

from django.urls import NoReverseMatch

from zhiben.core.access.acting import Acting

from .claims import holders_of
from .models import Claim, WorkItem
from .table import Workflow, workflow_of
from .telling import step_label

SHOWN = 50


@dataclass(frozen=True)
class Waiting:
    """A row of a worklist, with the one next step."""

    item: WorkItem
    workflow: Workflow
    claim: Claim | None

    @property
    def step_label(self) -> str:
        return step_label(self.workflow, self.item.step) or "查看督办"

    @property
    def state_label(self) -> str:
        return self.workflow.state_label(self.item.state)

    @property
    def kind_label(self) -> str:
        return self.workflow.label or str(self.workflow.model._meta.verbose_name)

    def get_absolute_url(self) -> str:
        model = self.workflow.model
        try:
            return model(pk=self.item.record_id).get_absolute_url()  # type: ignore[attr-defined]
        except (AttributeError, NoReverseMatch):
            return ""


def worklist(
    acting: Acting, now: datetime, *, record_type: str | None = None, limit: int = SHOWN, after: WorkItem | None = None
) -> list[Waiting]:
    """What waits for this person: one index range a seat, merged; `after` continues behind that row."""
    ranges = [_range(seat, record_type, limit, after) for seat in acting.seats]
    found: dict[tuple[str, str], WorkItem] = {}
    for item in merge(*ranges, key=lambda item: (item.due_at, item.pk)):
        found.setdefault((item.record_type, item.record_id), item)
        if len(found) == limit:
            break
    return _dress(found.values(), now)


def count_waiting(acting: Acting, *, at_most: int = 1000) -> int:
    """How many, counted no further than `at_most`."""
    total = 0
    for seat in acting.seats:
        total += WorkItem.objects.filter(seat=seat).order_by()[: at_most - total].count()
    return total


def sent_and_waiting(acting: Acting, now: datetime, *, limit: int = SHOWN) -> list[Waiting]:
    """What my unit gave to others and is still with them, nearest deadline first."""
    items = WorkItem.objects.filter(sender_unit_id=acting.unit.pk).exclude(seat__in=acting.seats)
    found: dict[tuple[str, str], WorkItem] = {}
    for item in items.order_by("due_at", "id")[: limit * 3]:
        found.setdefault((item.record_type, item.record_id), item)
    return _dress(list(found.values())[:limit], now)


def _range(seat: str, record_type: str | None, limit: int, after: WorkItem | None) -> Sequence[WorkItem]:
    rows = WorkItem.objects.filter(seat=seat)
    if record_type:
        rows = rows.filter(record_type=record_type)
    if after:
        rows = rows.filter(due_at__gte=after.due_at).exclude(due_at=after.due_at, pk__lte=after.pk)
    return list(rows.order_by("due_at", "id")[:limit])


def _dress(items: Iterable[WorkItem], now: datetime) -> list[Waiting]:
    rows = list(items)
    claims: dict[tuple[str, str], Claim] = {}
    for record_type in {item.record_type for item in rows}:
        keys = [item.record_id for item in rows if item.record_type == record_type]
        claims |= {(record_type, key): held for key, held in holders_of(record_type, keys, now).items()}
    return [
        Waiting(item, workflow_of(item.record_type), claims.get((item.record_type, item.record_id))) for item in rows
    ]
