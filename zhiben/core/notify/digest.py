"""Many messages in one letter: those that were to wait for the digest, and those that came all at once."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery

from zhiben.core.ids import secret_id

from .delivery import hold
from .fanout import RANK_DIGEST, RANK_URGENT
from .kinds import Kind, Timing
from .models import Outgoing, Stage

SWARM = 4
"""So many single messages due to the same receiver in the same moment become one letter."""
RECEIVERS = 500
"""Gathered in one transaction."""


def gather(lane: str, now: datetime) -> int:
    """One letter for each receiver in this lane who has a digest due or a swarm before the door. Returns how many."""
    count = 0
    for due, rank in ((digests_due(lane, now), RANK_DIGEST), (swarm(lane, now), RANK_URGENT)):
        least = 1 if rank == RANK_DIGEST else SWARM
        while made := _gather(lane, due, least, rank, now):
            count += made
    return count


def digests_due(lane: str, now: datetime) -> QuerySet[Outgoing]:
    return Outgoing.objects.filter(lane=lane, stage=Stage.WAITING, timing=Timing.DIGEST, next_at__lte=now)


def swarm(lane: str, now: datetime) -> QuerySet[Outgoing]:
    due = Outgoing.objects.filter(lane=lane, stage=Stage.WAITING, timing=Timing.AT_ONCE, next_at__lte=now)
    return due.filter(notification__isnull=False)


def _gather(lane: str, due: QuerySet[Outgoing], least: int, rank: int, now: datetime) -> int:
    """The lane is held meanwhile: neither a claim nor a second gathering sees half of somebody's messages."""
    if not due.exists():
        return 0
    with transaction.atomic():
        if hold(lane) is None:
            return 0
        groups = due.order_by().values("person", "robot").annotate(many=Count("pk")).filter(many__gte=least)
        receivers = list(groups.order_by("person", "robot").values_list("person", "robot")[:RECEIVERS])
        if not receivers:
            return 0
        cause = f"digest:{secret_id()}"
        Outgoing.objects.bulk_create(
            Outgoing(
                lane=lane,
                person_id=person,
                robot_id=robot,
                cause=cause,
                kind=Kind.SYSTEM,
                rank=rank,
                created_at=now,
                next_at=now,
            )
            for person, robot in receivers
        )
        letters = Outgoing.objects.filter(lane=lane, cause=cause)
        people, robots = [person for person, _ in receivers if person], [robot for _, robot in receivers if robot]
        for name, keys in (("person", people), ("robot", robots)):
            if keys:
                theirs = letters.filter(**{name: OuterRef(name)}).values("pk")[:1]
                due.filter(**{f"{name}__in": keys}).update(
                    stage=Stage.GATHERED, finished_at=now, digest_id=Subquery(theirs)
                )
        return len(receivers)
