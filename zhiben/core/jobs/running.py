"""A job as its function sees it, and what becomes of it."""

import logging
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from zhiben.core import clock
from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.audit.canonical import plain
from zhiben.core.org.models import Person, Post
from zhiben.core.refusal import Refused

from . import queue
from .definitions import JOBS
from .loop import stopping
from .models import Job
from .observing import observed

log = logging.getLogger(__name__)

_SECONDS_BETWEEN_NOTES = 0.5


class LostLease(Exception):
    """Another worker has this job now; whatever this one was about to write is rolled back."""


class JobInterrupted(Exception):
    """The worker is asked to stop. The job goes back to the queue and starts again later."""


@dataclass
class Outcome:
    result: Any = None


class Running:
    """Given to the job's function as `running`."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.finished = False
        self._finishing = False
        self._noted_at = float("-inf")

    @property
    def now(self) -> datetime:
        """This moment: a worker is an edge, as a view is."""
        return clock.now()

    @property
    def by(self) -> By:
        """On whose behalf: the person who asked, from the post they asked from; or the system."""
        job = self.job
        if job.owner_id is None or job.post_id is None:
            return Machine(job.label)
        behalf = Person.objects.get(pk=job.behalf_id) if job.behalf_id else None
        post = Post.objects.select_related("unit", "person").get(pk=job.post_id)
        return Acting(person=Person.objects.get(pk=job.owner_id), post=post, on_behalf_of=behalf)

    def progress(self, done: int, total: int, note: str = "") -> None:
        """
        Show how far it is, and let it be stopped here. Cheap: written twice a second at most.
        Raises JobInterrupted or LostLease, which the function lets pass.
        """
        if self._finishing:  # marked done already, in a transaction nobody else can see
            return
        if stopping.is_set():
            raise JobInterrupted
        if time.monotonic() - self._noted_at < _SECONDS_BETWEEN_NOTES and done < total:
            return
        self._noted_at = time.monotonic()
        if not queue.record_progress(self.job, self.now, done=done, total=total, note=note[:200]):
            raise LostLease

    @contextmanager
    def finishing(self) -> Iterator[Outcome]:
        """
        `with running.finishing() as outcome:` — the job's lasting effects and the mark that it is done are one
        transaction, so a worker killed at any moment leaves both or neither. `outcome.result` may be set inside.
        """
        outcome = Outcome()
        with transaction.atomic():
            # First, so that the row is locked and a worker that lost its lease does not even begin.
            self._mark_done(None)
            self._finishing = True
            try:
                yield outcome
            finally:
                self._finishing = False
            if outcome.result is not None:
                Job.objects.filter(pk=self.job.pk).update(result=plain(outcome.result))
        self.finished = True

    def _mark_done(self, result: Any) -> None:
        if not queue.finish(self.job, plain(result), self.now):
            raise LostLease


_in_flight: set[Running] = set()
_in_flight_lock = threading.Lock()


def run(job: Job) -> None:
    """Run a claimed job to whatever end. Raises nothing that the job raises."""
    with observed("job", job.name) as piece:
        piece.outcome = _run(job)


def _run(job: Job) -> str:
    """In a word, how it ended."""
    running = Running(job)
    with _in_flight_lock:
        _in_flight.add(running)
    try:
        result = JOBS[job.name].function(running, **job.args)
        if not running.finished:
            running._mark_done(result)
        return "done"
    except Refused as refusal:
        queue.refuse(job, refusal.sentence, clock.now())
        return "refused"
    except JobInterrupted:
        queue.put_back(job)
        return "interrupted"
    except LostLease:
        log.warning("job %s (%s) was taken over by another worker", job.pk, job.name)
        return "lost"
    except Exception:
        log.exception("job %s (%s) failed", job.pk, job.name)
        queue.try_again(job, traceback.format_exc()[-8000:], clock.now())
        return "error"
    finally:
        with _in_flight_lock:
            _in_flight.discard(running)


def run_pending(limit: int = 1000) -> int:
    """Run what is due here and now, one after another. Returns how many. For tests and `zhiben worker --once`."""
    count = 0
    while count < limit and (job := queue.claim(clock.now())):
        run(job)
        count += 1
    return count


def beat() -> None:
    """Renew the lease of every job this process runs. Called by the worker several times a lease."""
    with _in_flight_lock:
        jobs = [running.job for running in _in_flight]
    for job in jobs:
        if not queue.renew(job, clock.now()):
            log.warning("job %s (%s) is no longer ours", job.pk, job.name)
