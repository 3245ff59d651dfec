"""A million hazards (`county`): a filtered, sorted page of fifty, a search for a few Chinese characters, frequent and rare,
through the interface of a real server with four clients and through the page, against the same fifty rows by their keys;
what one new hazard looks like, among all of them; then the pages of 100,000 enterprises."""

import http.client
import secrets
import threading
import time
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db import connection, connections
from django.test import Client

from zhiben.core import clock
from zhiben.core.access.acting import Acting
from zhiben.core.accounts.models import User
from zhiben.core.api.models import ApiToken
from zhiben.modules.hazards.likeness import alike
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.reporting import Report
from zhiben.modules.registry.models import Enterprise

from . import data
from .api import CLIENTS, _Server
from .county import BUSY_FIRM, BUSY_TOWN, HAZARDS, RARE
from .figures import percentile, say, timings

ASKED = {
    "page": "",
    "filtered": "level=major&status=closed",
    "overdue": "overdue=1",
    "search.frequent": f"q={quote('灭火')}",
    "search.frequent4": f"q={quote('消防通道')}",
    "search.rare": f"q={quote(RARE)}",
    "search.nowhere": f"q={quote('航天')}",
}
ENTERPRISES_ASKED = {
    "list": "/enterprises/",
    "search": f"/enterprises/?q={quote('鑫源机械厂77')}",
    "matrix": "/registry/matrix/",
    "gaps": "/registry/matrix/gaps/",
    "coverage": "/registry/coverage/",
}
LOOKERS = {"office": data.BUSY_OFFICE, "town": BUSY_TOWN, "enterprise": BUSY_FIRM}
SECONDS = 4
PAGES = 12
AMONG = f"one new hazard among {HAZARDS:,}"
FLOOR = "the same number of rows by their keys; DefectDojo's page takes 201 ms at 101,000, CISO Assistant's 3,800 at 100,000"
_KEYS: list[UUID] = []


def measure() -> None:
    by = data.acting(data.BUSY_OFFICE)
    floor = percentile(timings(lambda _: _fifty_by_key(), range(PAGES)), 0.5)
    through_the_page(floor)
    enterprises = list(Enterprise.objects.order_by("pk")[:1000])
    taken = timings(lambda enterprise: alike(_new(enterprise), now=clock.now()), enterprises[::33])
    say(f"hazards.likenesses.p50.{connection.vendor}", percentile(taken, 0.5), "ms", against=AMONG)
    say(f"hazards.likenesses.p95.{connection.vendor}", percentile(taken, 0.95), "ms")
    of_enterprises()
    through_the_interface(by, floor)


def _fifty_by_key() -> None:
    """The floor: fifty rows whose keys are known, from one end of the table to the other."""
    if not _KEYS:
        _KEYS.extend(Hazard.objects.order_by("found_on", "pk").values_list("pk", flat=True)[:50])
    model = connection.ops.quote_name(Hazard._meta.db_table)
    keys = [Hazard._meta.pk.get_db_prep_value(key, connection) for key in _KEYS]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {model} WHERE id IN ({', '.join(['%s'] * len(keys))})", keys)
        assert len(cursor.fetchall()) == 50


def _new(enterprise: Enterprise) -> Report:
    return Report(
        enterprise=enterprise,
        place="配电室3号位",
        description="配电室配电箱门缺失，共 3 处",
        found_on=clock.local_day(clock.now()),
    )


def of_enterprises() -> None:
    client = _client(data.BUSY_OFFICE)
    for name, address in ENTERPRISES_ASKED.items():
        _page(f"enterprises.web.{name}", client, address, timed=5)


def through_the_page(floor: float) -> None:
    """The committee's office sees all of them, a town one in fifty, an enterprise its own."""
    for who, username in LOOKERS.items():
        client = _client(username)
        for name, query in ASKED.items():
            _page(f"hazards.web.{who}.{name}", client, f"/hazards/?{query}", timed=PAGES, floor=floor)


def _client(username: str) -> Client:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return client


def _page(name: str, client: Client, address: str, *, timed: int, floor: float = 0.0) -> None:
    sent: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    client.get(address)
    with connection.execute_wrapper(count):
        answer = client.get(address)
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    _say(name, timings(client.get, [address] * timed), len(sent), floor=floor)


def through_the_interface(by: Acting, floor: float) -> None:
    secret = secrets.token_urlsafe(32)
    now = clock.now()
    ApiToken.objects.create(
        name="压测隐患", prefix="benchh", digest=sha256(secret.encode()).hexdigest(), post=by.post,
        scopes=["hazards:read"], valid_until=now + timedelta(days=1), per_minute=10**8, made_by_name="压测", made_at=now,
    )  # fmt: skip
    bearer = {"Authorization": f"Bearer zb_benchh_{secret}"}
    connections.close_all()
    with _Server() as port:
        for name, query in ASKED.items():
            taken: list[float] = []
            until = time.monotonic() + SECONDS

            def work(query: str = query, taken: list[float] = taken, until: float = until) -> None:
                line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
                while time.monotonic() < until:
                    began = time.perf_counter()
                    line.request("GET", f"/api/v1/hazards?limit=50&{query}", headers=bearer)
                    answer = line.getresponse()
                    content = answer.read()
                    if answer.status != 200:
                        raise RuntimeError(content[:300].decode())
                    taken.append((time.perf_counter() - began) * 1000)

            threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            _say(f"hazards.api.{name}", taken, floor=floor)
            say(
                f"hazards.api.{name}.rate.{connection.vendor}",
                len(taken) / SECONDS,
                "requests/s",
                against=f"{CLIENTS} clients",
            )


def _say(name: str, taken: list[float], queries: int = 0, *, floor: float = 0.0) -> None:
    vendor = connection.vendor
    say(f"{name}.p50.{vendor}", percentile(taken, 0.5), "ms", baseline=floor or None, against=FLOOR if floor else "")
    say(f"{name}.p95.{vendor}", percentile(taken, 0.95), "ms")
    if queries:
        say(f"{name}.queries.{vendor}", queries, "queries")
