"""huey's workers over our queue. See docs/adr/0007-huey-over-the-job-table.md."""

from typing import Any

from huey import Huey
from huey.consumer import Consumer
from huey.storage import MemoryStorage

from zhiben.core import clock

from . import queue, running
from .loop import let_go_of_connections
from .models import Job


class JobTableStorage(MemoryStorage):
    """huey asks here for work: to dequeue is to claim a row of the Job table. Nothing else of huey's is stored."""

    def dequeue(self) -> bytes | None:
        try:
            job = queue.claim(clock.now())
        finally:
            let_go_of_connections()
        return None if job is None else huey.serialize_task(run_claimed.s(job.pk.hex, job.claims))


huey = Huey("zhiben", storage_class=JobTableStorage, results=False)


@huey.task()
def run_claimed(job_id: str, claim: int) -> None:
    try:
        job = Job.objects.filter(pk=job_id, claims=claim).first()
        if job is not None:
            running.run(job)
    finally:
        let_go_of_connections()


class JobConsumer(Consumer):
    """The command that starts it listens for signals, for its chores too."""

    def __init__(self, *, workers: int, **options: Any) -> None:
        super().__init__(huey, workers=workers, periodic=False, max_delay=1.0, backoff=1.3, **options)

    def _set_signal_handlers(self) -> None:
        pass
