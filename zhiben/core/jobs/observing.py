"""Who wants to know how the worker and the sweeper are doing: told after each job and each round, in this process."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

log = logging.getLogger(__name__)

Observer = Callable[[str, str, str, float], None]
"""Of what kind (`job`, `chore`), its name, how it ended, and how many seconds it took."""

OBSERVERS: list[Observer] = []


@dataclass
class Piece:
    outcome: str = "done"


@contextmanager
def observed(kind: str, name: str) -> Iterator[Piece]:
    """The caller sets `outcome`; an error that leaves the block is `error`."""
    piece, began = Piece(), time.monotonic()
    try:
        yield piece
    except BaseException:
        piece.outcome = "error"
        raise
    finally:
        seconds = time.monotonic() - began
        for observer in OBSERVERS:
            try:
                observer(kind, name, piece.outcome, seconds)
            except Exception:  # whoever watches must not break what is watched
                log.exception("observer failed")
