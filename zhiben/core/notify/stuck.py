"""What an administrator sees of the letters that did not get out, and does about them. They see to whom, over which
channel and why not; what a letter says is no business of theirs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from zhiben.core.access.acting import By
from zhiben.core.audit import services as audit

from .models import Lane, Outgoing, Stage

STUCK = (Stage.PARKED, Stage.UNSURE)


@dataclass(frozen=True)
class LaneState:
    name: str
    lane: Lane | None
    waiting: int
    stuck: int

    def rests(self, now: datetime) -> bool:
        return bool(self.lane and self.lane.closed_until and self.lane.closed_until > now)


def states_of(names: Iterable[str]) -> dict[str, LaneState]:
    """By the name of the lane; lanes that never carried anything included."""
    names = list(names)
    lanes = Lane.objects.in_bulk(names, field_name="name")
    open_letters = Outgoing.objects.filter(lane__in=names, stage__in=(Stage.WAITING, *STUCK))
    counts = {
        name: (waiting, stuck)
        for name, waiting, stuck in open_letters.order_by()
        .values("lane")
        .annotate(waiting=Count("pk", filter=Q(stage=Stage.WAITING)), stuck=Count("pk", filter=Q(stage__in=STUCK)))
        .values_list("lane", "waiting", "stuck")
    }
    return {name: LaneState(name, lanes.get(name), *counts.get(name, (0, 0))) for name in names}


@transaction.atomic
def send_again(*, letters: QuerySet[Outgoing], by: By, now: datetime) -> int:
    """Parked and unsure letters wait anew. For an unsure one a person decides that once too often is better than
    never; nothing else ever sends it twice. Lanes that rest try at once."""
    chosen = list(letters.filter(stage__in=STUCK).select_for_update().values_list("pk", "lane", "stage"))
    Outgoing.objects.filter(pk__in=[pk for pk, _, _ in chosen]).update(
        stage=Stage.WAITING, attempts=0, next_at=now, finished_at=None, claimed_at=None
    )
    lanes = sorted({lane for _, lane, _ in chosen})
    Lane.objects.filter(name__in=lanes).update(closed_until=None)
    if chosen:
        unsure = sum(stage == Stage.UNSURE for _, _, stage in chosen)
        _note("send_again", "重发未发出的消息", {"letters": len(chosen), "unsure": unsure, "lanes": lanes}, by, now)
    return len(chosen)


@transaction.atomic
def give_up(*, letters: QuerySet[Outgoing], by: By, now: datetime) -> int:
    count = letters.filter(stage__in=STUCK).update(stage=Stage.DROPPED, finished_at=now, body="")
    if count:
        _note("give_up_letters", "不再发送未发出的消息", {"letters": count}, by, now)
    return count


def lanes_left_alone(now: datetime, since: datetime) -> list[str]:
    """Lanes in which something has been due since then that nobody so much as tried to send. A lane whose server is
    down is not among them: it is worked, and its failure shows on the page of the channels."""
    due = Outgoing.objects.filter(stage=Stage.WAITING, next_at__lte=since)
    behind = set(due.order_by().values_list("lane", flat=True).distinct())
    tried = Q(last_sent_at__gt=since) | Q(last_failed_at__gt=since) | Q(closed_until__gt=now)
    worked = Lane.objects.filter(tried, name__in=behind).values_list("name", flat=True) if behind else []
    return sorted(behind - set(worked))


def _note(verb: str, label: str, data: dict[str, object], by: By, now: datetime) -> None:
    audit.append(
        record_type="notify.outgoing", record_id="-", kind="edit", verb=verb, label=label, by=by, now=now, data=data
    )  # fmt: skip
