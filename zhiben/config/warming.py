"""What a process that serves pages makes ready before somebody has to wait for it: the words of the judging engine take
most of a second to read. In a thread, and only after the first page was answered or nobody came for a while, so that no
page waits for what it does not need. What fails here fails again, and is said, where it is needed."""

import logging
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Any

from django.core.signals import request_finished

from zhiben.modules.criteria.judging.engine import engine

logger = logging.getLogger(__name__)
READY: tuple[Callable[[], Any], ...] = (engine,)
"""Without the database: a thread beside the pages has no connection to keep."""
QUIET = 3.0
"""Seconds after the start without a page."""


def warm_soon(ready: Sequence[Callable[[], Any]] = READY, *, quiet: float = QUIET) -> Thread:
    """Begun at once, at work as soon as nobody waits; a process that ends does not wait for it."""
    answered = Event()

    def note(**_: Any) -> None:
        answered.set()

    def make_ready() -> None:
        answered.wait(quiet)
        request_finished.disconnect(note)
        for make in ready:
            try:
                make()
            except Exception:
                logger.exception("could not be made ready before it is needed")

    request_finished.connect(note, weak=False)
    thread = Thread(target=make_ready, name="warming", daemon=True)
    thread.start()
    return thread
