"""The second hand of an import, in a process of its own: it looks at rows and prepares what is to be written, on a
connection that refuses to write. What holds it together over the chunks of one run is forgotten with the run."""

import gc
import logging
import os
import pickle
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import connection as pipes
from multiprocessing import parent_process
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from zhiben.core.access.acting import By
from zhiben.core.bulk import SELDOM
from zhiben.core.set_down import Ahead, setting_down

from .declaration import IMPORTS, Checked, Context, Importing, Row, Whole

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Errand:
    """For which run. Another `key`, and nothing is remembered of what was done before."""

    key: UUID
    target: str
    by: By
    columns: frozenset[str]
    file: str
    brought_at: datetime
    database: str
    """Its name, where a test has another one than the settings say."""


@dataclass
class _Work:
    errand: Errand
    target: Importing
    ahead: Ahead = field(default_factory=Ahead)
    is_spoiled: bool = False

    def context(self, now: datetime) -> Context:
        said = self.errand
        return Context(said.by, now, Whole(said.columns, _not_here, said.file, said.brought_at))


_works: dict[UUID, _Work] = {}
"""At most one, by the key of its errand."""


def get_ready() -> None:
    """Whoever started this process stops it; where they were killed, it ends by itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(SELDOM, *gc.get_threshold()[1:])
    parent = parent_process()
    assert parent is not None
    threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def check(errand: Errand, rows: Sequence[Row], now: datetime) -> Sequence[Checked] | None:
    """What the target says of the rows; None where it could not be asked here."""
    return _done(errand, lambda work: work.target.check(rows, work.context(now)) if rows else ())


def prepare(errand: Errand, rows: Sequence[Row], now: datetime) -> bytes | None:
    """The outcome of a chunk, and the statements that make it so, packed; None where that could not be told here: some
    of what it does is not set down, or rows are refused."""
    from .carrying import once  # which asks for a hand itself

    def work_out(work: _Work) -> bytes:
        with setting_down(work.ahead) as statements:
            outcome = once(work.target, rows, work.context(now))
        return pickle.dumps((outcome, statements), pickle.HIGHEST_PROTOCOL)

    return _done(errand, work_out)


def forget() -> None:
    """The run is at its end."""
    _works.clear()
    connection.close()


def _done(errand: Errand, ask: Callable[[_Work], Any]) -> Any:
    if (work := _works.get(errand.key)) is None:
        _works.clear()
        work = _works[errand.key] = _Work(errand, IMPORTS[errand.target]())
    if work.is_spoiled:
        return None
    try:
        _connect(errand.database)
        with transaction.atomic():
            _refuse_to_write()
            return ask(work)
    except Exception as reason:  # whatever it is: the first hand does it, and says it, in the usual way
        log.info("not prepared: %r", reason)
        work.is_spoiled = True
        return None


def _connect(database: str) -> None:
    """To the database of the first hand, without a pool: this is one connection for one run."""
    settings = connection.settings_dict
    if connection.connection is not None and str(settings["NAME"]) == database:
        return
    connection.close()
    settings["NAME"] = database
    settings["OPTIONS"] = {name: value for name, value in settings["OPTIONS"].items() if name != "pool"}
    settings["CONN_MAX_AGE"] = None
    if connection.vendor == "sqlite":
        settings["OPTIONS"]["transaction_mode"] = "DEFERRED"  # readers hold up nobody


def _refuse_to_write() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY" if connection.vendor == "postgresql" else "PRAGMA query_only = ON")


def _not_here(name: str) -> set[Any]:
    raise NotImplementedError("the file as a whole is with the first hand")


def _end_after(parent: int) -> None:
    pipes.wait([parent])
    os._exit(0)
