"""Doing something again and again until asked to stop. Used by `zhiben worker` and `zhiben sweeper`."""

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from django.db import connections

from .observing import observed

log = logging.getLogger(__name__)

stopping = threading.Event()
"""Set once, by SIGTERM or SIGINT: everything in this process finishes what it holds and ends."""


@dataclass(frozen=True)
class Chore:
    """Something the worker does beside the jobs."""

    name: str
    seconds: float
    function: Callable[[], object]
    for_a_while: bool = False
    """Of use only to a worker that stays."""


CHORES: dict[str, Chore] = {}


def chore(
    name: str, *, seconds: float, for_a_while: bool = False
) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Declare that the worker calls this function every so many seconds."""

    def declare(function: Callable[[], object]) -> Callable[[], object]:
        CHORES[name] = Chore(name, seconds, function, for_a_while)
        return function

    return declare


def stop_on_signals() -> None:
    """SIGTERM and SIGINT ask to stop; a second one, while stopping, is obeyed at once."""

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()
        signal.signal(signum, signal.SIG_DFL)

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, stop)


def let_go_of_connections() -> None:
    """As Django does between requests: a broken or old connection is not used for the next piece of work."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:  # else we run inside somebody's transaction: a test's
            connection.close_if_unusable_or_obsolete()


def run_periodically(name: str, seconds: float, function: Callable[[], object]) -> None:
    """
    Call `function()` every so many seconds, at once at first, until the process is asked to stop. An error is logged
    and the next call comes as usual: a database that restarts must not end the sweeper.
    """
    if threading.current_thread() is threading.main_thread():
        stop_on_signals()
    while not stopping.is_set():
        try:
            with observed("chore", name):
                function()
        except Exception:
            log.exception("%s failed; next try in %s s", name, seconds)
        finally:
            let_go_of_connections()
        stopping.wait(seconds)
