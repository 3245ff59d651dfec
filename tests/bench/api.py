"""The interface through a real granian server, four clients at once: a page of fifty and a single write, beside a bare view
of the same rows and a bare insert on the same server. Works on the same copy as `records`."""

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from django.db import connection, connections

from zhiben.core import clock
from zhiben.core.api.models import ApiToken
from zhiben.core.workflow.engine import fire_many
from zhiben.modules.tasks.models import Task, TaskStatus

from . import data
from .figures import note, say

CLIENTS = 4
SECONDS = 6
WRITTEN_TO = 200
Ask = Callable[[http.client.HTTPConnection, int], None]


def measure() -> None:
    who = data.acting(data.BUSY_UNIT)
    now = clock.now()
    pending = Task.objects.filter(responsible_unit=who.unit, status=TaskStatus.PENDING).order_by("-due_on")
    taken = [each.record for each in fire_many(pending[:WRITTEN_TO], "accept", by=who, now=now) if not each.refusal]
    secret = secrets.token_urlsafe(32)
    ApiToken.objects.create(
        name="压测", prefix="bench", digest=sha256(secret.encode()).hexdigest(), post=who.post,
        scopes=["tasks:read", "tasks:write"], valid_until=now + timedelta(days=1), per_minute=10**8,
        made_by_name="压测", made_at=now,
    )  # fmt: skip
    bearer = {"Authorization": f"Bearer zb_bench_{secret}"}
    kind = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    connections.close_all()

    def page(line: http.client.HTTPConnection, turn: int) -> None:
        _ask(line, "GET", f"/api/v1/tasks?unit={who.unit.pk}&limit=50", headers=bearer)

    def bare_page(line: http.client.HTTPConnection, turn: int) -> None:
        _ask(line, "GET", f"/bare/rows?unit={who.unit.pk}")

    def write(line: http.client.HTTPConnection, turn: int) -> None:
        body = json.dumps({"percent": 99, "text": "推进中"})
        headers = bearer | {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
        _ask(line, "POST", f"/api/v1/tasks/{taken[turn % len(taken)].pk}/feedback", body, headers)

    def bare_write(line: http.client.HTTPConnection, turn: int) -> None:
        _ask(line, "POST", f"/bare/insert?task={taken[turn % len(taken)].pk}&person={who.person.pk}", "")

    with _Server() as port:
        for ask in (page, bare_page):
            _rate(port, ask, 1.0)  # what is cached for the whole process
        bare = _rate(port, bare_page, SECONDS)
        say(f"接口一页 50 件（{kind}，{CLIENTS} 个客户端）", _rate(port, page, SECONDS), "次/秒", baseline=bare,
            against="同一服务器上的裸视图，同样的 50 行")  # fmt: skip
        bare = _rate(port, bare_write, SECONDS)
        say(f"接口反馈进展（{kind}，{CLIENTS} 个客户端）", _rate(port, write, SECONDS), "次/秒", baseline=bare,
            against="同一服务器上的裸插入一行")  # fmt: skip
    note(f"接口（{kind}）量完")


def _rate(port: int, ask: Ask, seconds: float) -> float:
    """Answers a second of all clients together."""
    counts = [0] * CLIENTS
    until = time.monotonic() + seconds

    def work(place: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.monotonic() < until:
            ask(line, counts[place] * CLIENTS + place)
            counts[place] += 1
        line.close()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def _ask(
    line: http.client.HTTPConnection,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> None:
    line.request(method, path, body.encode() if body is not None else None, headers or {})
    answer = line.getresponse()
    content = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{path}: {answer.status} {content[:500].decode()}")


class _Server:
    """granian as `zhiben web` starts it, one process on SQLite and two on PostgreSQL."""

    def __enter__(self) -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        processes = 2 if connection.vendor == "postgresql" else 1
        start = (
            "from zhiben.config.serving import server;"
            f"server('zhiben.config.wsgi:application', host='127.0.0.1', port={port},"
            f" processes={processes}, threads=4, plain=True).serve()"
        )
        setup = "import django; django.setup();"
        self.process = subprocess.Popen(
            [sys.executable, "-c", setup + start],
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "tests.bench.served",
                "ZHIBEN_SECRET_KEY": secrets.token_hex(32),
            },
            stdout=subprocess.DEVNULL,
        )
        for _ in range(1200):
            try:
                line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                line.request("GET", "/healthz")
                line.getresponse().read()
                return port
            except OSError:
                time.sleep(0.1)
        self.process.terminate()
        raise RuntimeError("the server did not start")

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
