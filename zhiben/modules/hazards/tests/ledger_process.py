"""A worker as a process of its own, which is killed while it writes the fourth of five chunks of a ledger: its hazards,
their first lines and whom they wait for are written, nothing else, and nothing is committed. Started by
`test_ledger_killed.py`."""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from zhiben.core.exchange import carrying  # noqa: E402
from zhiben.core.jobs import queue  # noqa: E402
from zhiben.modules.hazards import reporting  # noqa: E402

queue.LEASE = timedelta(seconds=1)
carrying.CHUNK = 200
TOMBSTONE = Path(settings.ZHIBEN_DATA) / "died"
_real, _calls = reporting.keep_five, []


def deadly(*given: Any, **named: Any) -> None:
    _calls.append(1)
    if len(_calls) == 4 and not TOMBSTONE.exists():
        TOMBSTONE.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    _real(*given, **named)


reporting.keep_five = deadly

if __name__ == "__main__":
    call_command("worker", *sys.argv[1:])
