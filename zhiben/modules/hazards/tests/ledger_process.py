"""A worker as a process of its own, which is killed while it writes the fourth of five chunks of a ledger: its hazards,
their first lines and whom they wait for are written, nothing is committed. With two hands, the worker after it loses its
second hand. Started by `test_ledger_killed.py`."""

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

from zhiben.core.exchange import carrying, hands  # noqa: E402
from zhiben.core.jobs import queue  # noqa: E402

queue.LEASE = timedelta(seconds=1)
carrying.CHUNK = 200
TOMBSTONE, HAND = Path(settings.ZHIBEN_DATA) / "died", Path(settings.ZHIBEN_DATA) / "hand"
_real, _calls = carrying.leave_mark, []


def deadly(*given: Any, **named: Any) -> None:
    _calls.append(1)
    if len(_calls) == 4 and not TOMBSTONE.exists():
        TOMBSTONE.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    _real(*given, **named)
    if TOMBSTONE.exists() and HAND.exists():
        os.kill(int(HAND.read_text()), signal.SIGKILL)
        HAND.unlink()


def counted(packed: bytes) -> Any:
    with (HAND.parent / "prepared").open("a") as file:
        file.write("|")
    return _unpacked(packed)


_unpacked, carrying.unpacked = carrying.unpacked, counted
carrying.leave_mark = deadly

if __name__ == "__main__":
    if settings.ZHIBEN_SECOND_HAND:
        hands.WORTH_IT = 1
        hands.get_ready(wait=True)
        [second] = hands.ready()
        HAND.write_text(str(second.submit(os.getpid).result()))
    call_command("worker", *sys.argv[1:])
