"""Real processes: what falls is started again and said, and nothing outlives a stop."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from zhiben.config import supervisor
from zhiben.config.supervisor import Child, Supervisor

LIVES_ON = "import time; time.sleep(600)"
FALLS_AT_ONCE = "import sys; sys.exit(3)"
IGNORES_REQUESTS = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('{}', 'w'); time.sleep(600)"
)
HAS_A_CHILD = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "open('{}', 'w').write(str(child.pid)); time.sleep(600)"
)


def python(title: str, code: str, log: Path | None = None) -> Child:
    return Child(title, [sys.executable, "-c", code], {}, log)


def until(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][:3]
    except FileNotFoundError:
        return False


def stop_when(is_so: Callable[[], bool]) -> None:
    """Ctrl-C, pressed once something can be seen."""

    def press() -> None:
        try:
            until(is_so)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()


def test_what_falls_is_announced_and_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    log = tmp_path / "worker.log"
    falling = python("后台作业", "print('又一次', flush=True);" + FALLS_AT_ONCE, log)
    stop_when(lambda: log.exists() and log.read_text().count("又一次") >= 2)
    Supervisor([falling], said.append).run()
    assert said[0].startswith("后台作业意外停止（退出码 3），0.5 秒后自动重启")
    assert str(log) in said[0]


def test_the_pause_grows_with_each_fall_and_never_without_end() -> None:
    falling = python("后台作业", FALLS_AT_ONCE)
    pauses = [falling.pause_before_restart(at=1.0) for _ in range(10)]
    assert pauses[:4] == [0.5, 1, 2, 4]
    assert pauses[-1] == supervisor.LONGEST_PAUSE


def test_a_fall_after_a_long_good_run_counts_as_the_first() -> None:
    falling = python("后台作业", FALLS_AT_ONCE)
    for _ in range(5):
        falling.pause_before_restart(at=1.0)
    assert falling.pause_before_restart(at=supervisor.STABLE_AFTER + 1) == 0.5


def test_a_stop_ends_every_process_and_its_own_children(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    children = [python("网页服务", HAS_A_CHILD.format(note)), python("后台作业", LIVES_ON)]
    stop_when(lambda: note.exists() and note.read_text() != "")
    Supervisor(children, print).run()
    until(lambda: not is_alive(int(note.read_text())))
    assert all(child.process and child.process.returncode is not None for child in children)


def test_who_ignores_the_request_to_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PATIENCE", 0.2)
    said: list[str] = []
    note = tmp_path / "deaf"
    deaf = python("定时处理", IGNORES_REQUESTS.format(note))
    stop_when(note.exists)
    Supervisor([deaf], said.append).run()
    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL
    assert "没有及时结束" in said[0]


def test_afterwards_ctrl_c_means_again_what_it_meant_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    child = python("后台作业", LIVES_ON)
    stop_when(lambda: child.process is not None)
    Supervisor([child], print).run()
    assert signal.getsignal(signal.SIGINT) is before
