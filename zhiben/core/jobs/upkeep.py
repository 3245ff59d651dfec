"""What the worker does beside the jobs, for this floor and those below."""

from zhiben.core import clock
from zhiben.core.audit.services import seal_pending

from . import queue
from .loop import chore


@chore("mend moments", seconds=60)
def mend_moments() -> None:
    queue.mend_moments(clock.now())


@chore("seal the trail", seconds=600)
def seal_the_trail() -> None:
    seal_pending(clock.now())
