"""Several workers on one database. On SQLite they are processes that wait for one another; here they really race."""

import threading

import pytest
from django.db import connection

from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.core.jobs.models import Job, JobStatus
from zhiben.core.jobs.running import run_pending
from zhiben.core.jobs.services import enqueue

pytestmark = [pytest.mark.needs_service("postgresql"), pytest.mark.django_db(transaction=True)]


def test_each_job_is_run_by_one_worker(declare):
    ran: list[int] = []
    declare("count")(lambda running, number: ran.append(number))
    for number in range(60):
        enqueue("count", args={"number": number}, key=str(number), by=Machine("测试"), now=clock.now(), label="计数")

    def work() -> None:
        try:
            run_pending()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(ran) == list(range(60))
    assert set(Job.objects.values_list("status", "attempts")) == {(JobStatus.DONE, 1)}
