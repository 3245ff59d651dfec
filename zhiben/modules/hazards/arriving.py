"""Tells each desk once what a ledger has brought it, instead of once a row."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.directory import Directory
from zhiben.core.batches import in_batches
from zhiben.core.notify.kinds import Kind
from zhiben.core.notify.services import Message, tell_many
from zhiben.core.workflow.models import WorkItem

from .models import Hazard

BATCH = 5000


def tell_desks(made: Sequence[str], *, key: str, file: str, by: By, now: datetime) -> None:
    """`made`: keys of the hazards that came in. Whoever brought them is not told; whoever sits on several seats for
    which a hazard waits counts it once."""
    count: Counter[frozenset[str]] = Counter()
    items = WorkItem.objects.filter(record_type=Hazard._meta.label_lower)
    for batch in in_batches(made, BATCH):
        seats_of: dict[str, set[str]] = defaultdict(set)
        for record, seat in items.filter(record_id__in=batch).values_list("record_id", "seat"):
            seats_of[record].add(seat)
        count.update(map(frozenset, seats_of.values()))
    directory, waiting = Directory(now), Counter[int]()
    directory.prefetch_seats({seat for seats in count for seat in seats})
    for seats, number in count.items():
        for person in {person.pk for seat in seats for person in directory.people(seat)}:
            waiting[person] += number
    if isinstance(by, Acting):
        waiting.pop(by.person.pk, None)
    tell_many(
        [
            Message(
                people=(person,),
                title=f"台账导入后有 {number} 条隐患待您办理",
                body=f"{by}导入了《{file}》，其中 {number} 条在您的待办中，请在“待办”中查看。",
                reason="这些隐患在您的待办中",
                kind=Kind.ARRIVAL,
                key=key,
            )
            for person, number in waiting.items()
        ],
        now=now,
    )
