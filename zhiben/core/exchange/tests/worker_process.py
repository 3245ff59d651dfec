"""A worker as a process of its own, whose import kills it in the middle. Started by `test_killed.py`."""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from zhiben.core.exchange import carrying  # noqa: E402
from zhiben.core.exchange.declaration import Context, Done, Row, register  # noqa: E402
from zhiben.core.exchange.tests.errand_import import ErrandImport  # noqa: E402
from zhiben.core.jobs import queue  # noqa: E402

queue.LEASE = timedelta(seconds=1)
carrying.CHUNK = 1000


class DeadlyImport(ErrandImport):
    def carry_out(self, rows: list[Row], at: Context) -> list[Done]:
        """The first time each run comes to row 1500 it has written all of its chunk, and dies before the mark."""
        done = super().carry_out(rows, at)
        row = next((row for row in rows if row.number == 1500), None)
        if row:
            tombstone = Path(settings.ZHIBEN_DATA) / f"died-{row['title']}"
            if not tombstone.exists():
                tombstone.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return list(done)


register(DeadlyImport)

if __name__ == "__main__":
    call_command("worker", *sys.argv[1:])
