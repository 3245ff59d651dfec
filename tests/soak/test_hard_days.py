"""Hours of hard days in minutes: the whole system runs on one machine while its processes are killed again and again.
Afterwards it is ready, it has not grown, and the trail is whole. `make soak`; ZHIBEN_SOAK_SECONDS says how long."""

import http.cookiejar
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.soak, pytest.mark.needs_service("frontend")]

SECONDS = int(os.environ.get("ZHIBEN_SOAK_SECONDS", "600"))
PORT = 8790
SITE = f"http://127.0.0.1:{PORT}"
PASSWORD = "yunlan-2026"
GROWTH = 1.5
"""Between its first and its last quarter the web process may grow by half and no more."""


@pytest.fixture
def system(tmp_path: Path) -> Iterator[tuple[subprocess.Popen, dict[str, str]]]:
    environment = {**os.environ, "ZHIBEN_DEMO": "1", "ZHIBEN_DATA": str(tmp_path), "ZHIBEN_PORT": str(PORT)}
    environment.pop("DATABASE_URL", None)
    running = subprocess.Popen([sys.executable, "-m", "zhiben", "run"], env=environment, stdin=subprocess.DEVNULL)
    until_answered(seconds=600)
    yield running, environment
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=60) == 0
    assert children(running.pid) == {}


def test_killed_again_and_again_it_stays_ready_whole_and_small(system) -> None:
    running, environment = system
    browser = logged_in("demo1")
    sizes: list[int] = []
    answered = failed = 0
    give_up = time.monotonic() + SECONDS
    while time.monotonic() < give_up:
        for _ in range(20):
            try:
                browser.open(SITE + random.choice(("/", "/tasks/", "/inbox/", "/plans/")), timeout=30).read()
                answered += 1
            except OSError:
                failed += 1
        processes = children(running.pid)
        if "web" in processes:
            sizes.append(resident(processes["web"]))
        name = random.choice(("worker", "sweeper", "worker", "sweeper", "web"))
        if name in processes:
            os.kill(processes[name], signal.SIGKILL)
        time.sleep(3)
    until_answered(seconds=60)
    time.sleep(15)
    assert urllib.request.urlopen(f"{SITE}/readyz", timeout=30).status == 200
    assert answered > 10 * failed
    quarter = max(1, len(sizes) // 4)
    assert sum(sizes[-quarter:]) < GROWTH * sum(sizes[:quarter])
    verified = subprocess.run([sys.executable, "-m", "zhiben", "audit", "verify"], env=environment, check=False)
    assert verified.returncode == 0


def logged_in(username: str) -> urllib.request.OpenerDirector:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = browser.open(f"{SITE}/login/", timeout=30).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": token.group(1)}
    answer = browser.open(f"{SITE}/login/", urllib.parse.urlencode(form).encode(), timeout=30)
    assert "/login/" not in answer.geturl()
    return browser


def until_answered(seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        try:
            urllib.request.urlopen(f"{SITE}/healthz", timeout=5)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"no answer from {SITE} within {seconds:g} seconds")


def children(of: int) -> dict[str, int]:
    """Name of the command → process, for what the supervisor started."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rsplit(")", 1)[1].split()[1])
            words = (status.parent / "cmdline").read_text().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == of and "zhiben" in words:
            found[words[words.index("zhiben") + 1]] = int(status.parent.name)
    return found


def resident(pid: int) -> int:
    """Kilobytes, its own workers included."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if re.search(rf"^(Pid|PPid):\s+{pid}$", text, re.M) and (found := re.search(r"VmRSS:\s+(\d+)", text)):
            total += int(found.group(1))
    return total
