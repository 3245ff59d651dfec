"""A worker as a process of its own, with jobs that misbehave. Started by `test_worker.py`."""

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from zhiben.core.access.acting import Machine  # noqa: E402
from zhiben.core.audit.services import append  # noqa: E402
from zhiben.core.jobs import queue  # noqa: E402
from zhiben.core.jobs.services import Running, job  # noqa: E402

queue.LEASE = timedelta(seconds=1)


def note(diary: str, word: str) -> None:
    with Path(diary).open("a") as file:
        file.write(word + "\n")


@job("test.finish_slowly")
def finish_slowly(running: Running, *, diary: str) -> None:
    """In its first attempt it is still inside its last transaction when it is killed."""
    with running.finishing() as outcome:
        append(
            record_type="tests.slow", record_id="1", kind="step", verb="finish", label="完成", by=Machine("测试"),
            now=running.now, data={},
        )  # fmt: skip
        outcome.result = running.job.attempts
        note(diary, "inside")
        if running.job.attempts == 1:
            time.sleep(600)


@job("test.die", attempts=2)
def die(running: Running, *, diary: str) -> None:
    note(diary, "dying")
    os.kill(os.getpid(), signal.SIGKILL)


@job("test.go_on_for_ever")
def go_on_for_ever(running: Running, *, diary: str) -> None:
    note(diary, "going")
    for page in range(10_000):
        running.progress(page, 10_000)
        time.sleep(0.05)


if __name__ == "__main__":
    call_command("worker", *sys.argv[1:])
