"""Importing with two hands: this process reads the rows and writes, a second one (`hand`) works out meanwhile what there
is to write. Each chunk is still one transaction here, under the locks that it always had, and what was prepared is
thrown away where it no longer holds. Where there is no second hand, everything is done as ever: no result depends on it.

The second hand is forked from a process that has loaded the program and does nothing else (Python's fork server): the
worker itself runs threads, and must not be forked.
"""

import logging
import multiprocessing
import os
import pickle
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import uuid4

from django.conf import settings
from django.db import connection

from zhiben.core.access.acting import By

from . import hand
from .declaration import Row
from .models import ImportRun
from .rows import Rows

log = logging.getLogger(__name__)

WORTH_IT = 4000
"""Rows; fewer are done before two processes have agreed on anything."""
LOOKS_AHEAD = 2
"""Chunks that the second hand is given beyond the one that is waited for."""
MOST_TRIES = 3
"""How often in a run what was prepared may turn out not to hold, until the second hand is left alone."""
PATIENCE = 300
"""Seconds for a chunk."""

Item = TypeVar("Item")
Asking = Callable[["Hand", Item], Future[Any]]

_pools: list[ProcessPoolExecutor] = []
"""At most one, of one process, which has answered once."""
_starting, _in_use = threading.Lock(), threading.Lock()


def get_ready(*, wait: bool = False) -> None:
    """Have a second hand started where there is a second core for it; a worker does so when it starts. That takes some
    seconds, which nobody waits for unless asked to."""
    if _pools:
        return
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores < 2 or not settings.ZHIBEN_SECOND_HAND or "forkserver" not in multiprocessing.get_all_start_methods():
        return
    starting = threading.Thread(target=_start, name="second hand", daemon=True)
    starting.start()
    if wait:
        starting.join()


def ready() -> Sequence[ProcessPoolExecutor]:
    """The second hand of this process, if it has one."""
    return tuple(_pools)


@contextmanager
def second_hand(run: ImportRun, rows: Rows, *, by: By, count: int) -> "Iterator[Hand | None]":
    """The second hand, to help with `count` rows of a run; None where it would be of no use, or is not to be had now."""
    if not _is_of_use(run, count) or not _in_use.acquire(blocking=False):
        yield None
        return
    try:
        if not _pools:
            get_ready()
            yield None
            return
        whole = rows.whole()
        about = (run.key, by, whole.columns, whole.file, run.began_at, str(connection.settings_dict["NAME"]))
        helping = Hand(_pools[0], hand.Errand(uuid4(), *about))
        try:
            yield helping
        finally:
            helping.let_go()
    finally:
        _in_use.release()


class Hand:
    """The second hand while it helps with one run."""

    def __init__(self, pool: ProcessPoolExecutor, errand: hand.Errand) -> None:
        self._pool, self._errand = pool, errand

    def checks(self, rows: Sequence[Row], now: datetime) -> Future[Any]:
        """See `hand.check`; `answer` says what came of it."""
        return self._ask(hand.check, self._errand, rows, now)

    def prepares(self, rows: Sequence[Row], now: datetime) -> Future[Any]:
        """See `hand.prepare`."""
        return self._ask(hand.prepare, self._errand, rows, now)

    def answer(self, asked: Future[Any]) -> Any:
        """None where there is none."""
        try:
            return asked.result(timeout=PATIENCE)
        except Exception:  # it was killed, or hangs: all that is lost is the help
            log.warning("the second hand of an import gave no answer", exc_info=True)
            self._give_up()
            return None

    def begin_anew(self) -> None:
        """Nothing of what was prepared counts any more."""
        self._errand = replace(self._errand, key=uuid4())

    def let_go(self) -> None:
        self._ask(hand.forget)

    def _ask(self, what: Callable[..., Any], *given: Any) -> Future[Any]:
        try:
            return self._pool.submit(what, *given)
        except RuntimeError:  # broken, or this process is coming to its end
            self._give_up()
            nothing: Future[Any] = Future()
            nothing.set_result(None)
            return nothing

    def _give_up(self) -> None:
        """Another one is started when one is wanted again."""
        if self._pool in _pools:
            _pools.remove(self._pool)
            self._pool.shutdown(wait=False, cancel_futures=True)


class LookingAhead(Generic[Item]):
    """Goes through things one after another, each with the answer of the second hand, which is at the next ones by then.
    Without a second hand, or where it has none, the answer is None."""

    def __init__(
        self, helping: Hand | None, items: Iterable[Item], ask: Asking[Item], *, tries: int = MOST_TRIES
    ) -> None:
        """`tries`: see MOST_TRIES."""
        self._hand, self._items, self._ask, self._tries = helping, items, ask, tries
        self._waiting: deque[tuple[Item, Future[Any] | None]] = deque()
        self.was_outdated = False
        """Said by whoever found that an answer no longer holds: the next ones build upon it."""

    def __iter__(self) -> Iterator[tuple[Item, Any]]:
        for item in self._items:
            self._waiting.append((item, self._ask(self._hand, item) if self._hand else None))
            if self._hand is None or len(self._waiting) > LOOKS_AHEAD:
                yield from self._first()
        while self._waiting:
            yield from self._first()

    def _first(self) -> Iterator[tuple[Item, Any]]:
        item, asked = self._waiting.popleft()
        answer = self._hand.answer(asked) if self._hand and asked else None
        yield item, answer
        if self._hand and (answer is None or self.was_outdated):
            self._begin_anew(self._hand)

    def _begin_anew(self, helping: Hand) -> None:
        self.was_outdated = False
        helping.begin_anew()
        self._tries -= 1
        if not self._tries:
            self._hand = None
        for _, asked in self._waiting:
            if asked:
                asked.cancel()
        self._waiting = deque((item, self._ask(self._hand, item) if self._hand else None) for item, _ in self._waiting)


def unpacked(prepared: bytes) -> tuple[Any, Any]:
    """(outcome of a chunk, the statements that make it so)"""
    return pickle.loads(prepared)  # noqa: S301 — by our own second hand


def _is_of_use(run: ImportRun, count: int) -> bool:
    """It sees only what is written; and another process cannot open a database in memory."""
    on_disk = connection.vendor != "sqlite" or os.path.isfile(connection.settings_dict["NAME"])
    return run.target.works_ahead and count >= WORTH_IT and not connection.in_atomic_block and on_disk


def _start() -> None:
    if not _starting.acquire(blocking=False):
        return
    try:
        if not _pools:
            apart = multiprocessing.get_context("forkserver")
            apart.set_forkserver_preload(["zhiben.core.exchange.loaded"])
            pool = ProcessPoolExecutor(1, mp_context=apart, initializer=hand.get_ready)
            pool.submit(hand.forget).result()
            _pools.append(pool)
    except (BrokenExecutor, OSError):
        log.warning("no second hand for imports", exc_info=True)
    finally:
        _starting.release()
