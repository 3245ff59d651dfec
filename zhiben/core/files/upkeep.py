"""What the worker does for the file store."""

from zhiben.core import clock
from zhiben.core.jobs.loop import chore

from . import store


@chore("clear unfinished uploads", seconds=24 * 3600)
def clear_unfinished_uploads() -> None:
    store.remove_unfinished(now=clock.now())
