"""Runs several processes as one: starts them, starts again the one that fell, and stops them all together."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

PATIENCE = 15.0
"""Seconds a process has to finish what it is doing before it is killed."""

STABLE_AFTER = 30.0
"""Seconds after which a process counts as running well, and its next fall as its first."""

LONGEST_PAUSE = 30.0


@dataclass
class Child:
    """One process. `log` is where its output goes; None: to our own terminal."""

    title: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)
    falls: int = field(default=0, init=False)
    start_at: float = field(default=0.0, init=False)

    def start(self, at: float) -> None:
        output = None
        if self.log:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            output = self.log.open("ab")
        try:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches us alone; we pass it on in order
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - we have one thread
            )
        finally:
            if output:
                output.close()
        self.started = at

    def pause_before_restart(self, at: float) -> float:
        self.falls = 1 if at - self.started > STABLE_AFTER else self.falls + 1
        return min(LONGEST_PAUSE, 0.5 * 2 ** (self.falls - 1))


class Supervisor:
    """`say` is given each Chinese sentence for the person at the terminal."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = children
        self.say = say
        self.stopping = False

    def run(self, when_started: Callable[[], None] = lambda: None) -> None:
        """Returns after a stop was asked for (Ctrl-C, SIGTERM) and every process has ended."""
        previous = {number: signal.signal(number, self._asked_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            for child in self.children:
                child.start(time.monotonic())
            when_started()
            while not self.stopping:
                self._look_after()
                time.sleep(0.2)
        finally:
            self._stop_all()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _look_after(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.start_at:
                    child.start(now)
            elif (code := child.process.poll()) is not None:
                _end_group(child.process, signal.SIGKILL)
                pause = child.pause_before_restart(now)
                child.process, child.start_at = None, now + pause
                where = f"，原因见 {child.log}" if child.log else ""
                self.say(f"{child.title}意外停止（{_reason(code)}），{pause:g} 秒后自动重启{where}")

    def _stop_all(self) -> None:
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        give_up = time.monotonic() + PATIENCE
        for process in running:
            try:
                process.wait(timeout=max(0.1, give_up - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"进程 {process.pid} 没有及时结束，强制停止")
            _end_group(process, signal.SIGKILL)
            process.wait()


def _end_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Its own children too: a web server's workers must not outlive it and hold the port."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _reason(code: int) -> str:
    return f"信号 {signal.Signals(-code).name}" if code < 0 else f"退出码 {code}"


def _die_with_parent() -> None:
    """Linux: a supervisor that is itself killed leaves nothing behind."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
