"""Where the processes of this machine count: each started command has a folder under `metrics/` in the data folder, held
by a lock for as long as one of its processes lives. What is left of dead ones is cleared away by the next start.

prometheus_client decides at its import whether it counts in such a folder, so `begin` comes before anything else."""

import contextlib
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.conf import settings

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
COMMANDS = ("web", "worker", "sweeper")
ALIVE = "alive"

_held: list[IO[str]] = []


def root() -> Path:
    return settings.ZHIBEN_DATA / "metrics"


def begin(command: str) -> None:
    """Count in a folder of our own from now on. Where that cannot be, the command runs all the same, uncounted."""
    with contextlib.suppress(OSError):
        root().mkdir(parents=True, exist_ok=True)
        for folder in root().iterdir():
            if not is_alive(folder):
                shutil.rmtree(folder, ignore_errors=True)
        folder = root() / f"{command}-{uuid.uuid4().hex[:12]}"
        making = root() / f".{folder.name}"
        making.mkdir()
        lock = (making / ALIVE).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        making.rename(folder)
        _held.append(lock)
        os.environ[VARIABLE] = str(folder)


def is_alive(folder: Path) -> bool:
    """A lock goes with its last holder, also when that is killed; no process number can be mistaken for another's."""
    try:
        with (folder / ALIVE).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    except OSError:
        return folder.name.startswith(".")
    return False


def ours() -> Path | None:
    return Path(os.environ[VARIABLE]) if VARIABLE in os.environ else None


def seen_from_here() -> Iterator[tuple[str, Path]]:
    """Name of the command and its folder: this web server's, and every living worker's and sweeper's beside it."""
    mine = ours()
    if mine is None:
        return
    for folder in sorted(root().iterdir()):
        command = folder.name.partition("-")[0]
        if folder == mine or (command in COMMANDS and command != "web" and is_alive(folder)):
            yield command, folder
