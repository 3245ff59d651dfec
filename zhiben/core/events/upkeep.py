"""The worker delivers the outbox."""

from datetime import timedelta

from zhiben.core import clock
from zhiben.core.jobs.loop import chore

from .delivery import deliver_pending, prune

KEPT = timedelta(days=90)
"""How long a handled event stays in the outbox, for whoever asks what changed since."""


@chore("deliver events", seconds=1)
def deliver_events() -> None:
    deliver_pending(clock.now())


@chore("forget old events", seconds=3600)
def forget_old_events() -> None:
    prune(clock.now() - KEPT)
