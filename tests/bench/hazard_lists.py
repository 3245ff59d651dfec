"""A million hazards (`county`): a filtered, sorted page of fifty, a search for a few Chinese characters, frequent and rare,
through the interface of a real server with four clients and through the page, for everybody who reads such lists, against
the same fifty rows by their keys; what one new hazard looks like, among all of them; then the pages of figures over a
million, and those of 100,000 enterprises."""

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
from zhiben.core.accounts.models import User
from zhiben.core.api.models import ApiToken
from zhiben.core.org.models import Post, Unit
from zhiben.modules.hazards.likeness import alike
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.reporting import Report
from zhiben.modules.registry.models import Enterprise

from . import data
from .api import CLIENTS, _Server
from .county import BUSY_FIRM, BUSY_TOWN, HAZARDS, RARE
from .figures import note, percentile, say, stopwatch, timings

FILTERED = {
    "page": "",
    "filtered": "level=major&status=closed",
    "overdue": "overdue=1",
    "closed": "status=closed",
    "search.frequent": f"q={quote('灭火')}",
    "search.frequent4": f"q={quote('消防通道')}",
    "search.rare": f"q={quote(RARE)}",
    "search.nowhere": f"q={quote('航天')}",
}
ON_PAGES = FILTERED | {
    "by_due": "sort=rectify_by",
    "by_level": "sort=-level",
    "overdue.by_due": "overdue=1&sort=rectify_by",
}
FIGURES_ASKED = {
    "clearing": "/hazards/clearing/",
    "clearing.region": "/hazards/clearing/?by=region",
    "four_lists": "/hazards/four-lists/",
    "likenesses": "/hazards/likenesses/",
    "dual_prevention": "/hazards/dual-prevention/",
    "home": "/",
}
ENTERPRISES_ASKED = {
    "list": "/enterprises/",
    "search": f"/enterprises/?q={quote('鑫源机械厂77')}",
    "matrix": "/registry/matrix/",
    "gaps": "/registry/matrix/gaps/",
    "coverage": "/registry/coverage/",
    "classes": "/registry/classes/",
    "lists": "/registry/lists/",
}
DEPARTMENT = 2
"""Supervises, and closes, one in forty of the enterprises of its sector; sees all of that sector in the county."""
LOOKERS = {
    "office": data.BUSY_OFFICE,
    "town": BUSY_TOWN,
    "department": f"bench-unit-{DEPARTMENT}",
    "enterprise": BUSY_FIRM,
}
SECONDS = 2
PAGES = 12
AMONG = f"one new hazard among {HAZARDS:,}"
FLOOR = "the same number of rows by their keys; DefectDojo's page takes 201 ms at 101,000, CISO Assistant's 3,800 at 100,000"
_KEYS: list[UUID] = []


def measure() -> None:
    Unit.objects.filter(name=f"第{DEPARTMENT}单位").update(sectors=["chemicals"])
    floor = percentile(timings(lambda _: _fifty_by_key(), range(PAGES)), 0.5)
    for told, part in {
        "隐患列表页": lambda: through_the_page(floor),
        "相似隐患": likenesses,
        "统计页": of_figures,
        "企业页": of_enterprises,
        "隐患接口": lambda: through_the_interface(floor),
    }.items():
        with stopwatch() as taken:
            part()
        note(f"{told}量完，用了 {taken.seconds:.0f} 秒")


def likenesses() -> None:
    enterprises = list(Enterprise.objects.order_by("pk")[:1000])
    taken = timings(lambda enterprise: alike(_new(enterprise), now=clock.now()), enterprises[::33])
    say(f"hazards.likenesses.p50.{connection.vendor}", percentile(taken, 0.5), "ms", against=AMONG)
    say(f"hazards.likenesses.p95.{connection.vendor}", percentile(taken, 0.95), "ms")


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


def of_figures() -> None:
    for who in ("office", "town"):
        client = _client(LOOKERS[who])
        for name, address in FIGURES_ASKED.items():
            _page(f"hazards.web.{who}.{name}", client, address, timed=5)
    own = _client(BUSY_FIRM)
    _page("hazards.web.enterprise.mine", own, "/hazards/mine/", timed=5)


def of_enterprises() -> None:
    client = _client(data.BUSY_OFFICE)
    for name, address in ENTERPRISES_ASKED.items():
        _page(f"enterprises.web.{name}", client, address, timed=5)


def through_the_page(floor: float) -> None:
    """The committee's office sees all of them, a department one in five, a town one in fifty, an enterprise its own."""
    for who, username in LOOKERS.items():
        client = _client(username)
        for name, query in ON_PAGES.items():
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


def through_the_interface(floor: float) -> None:
    bearers = {who: _bearer(username) for who, username in LOOKERS.items()}
    connections.close_all()
    with _Server() as port:
        for who, bearer in bearers.items():
            for name, query in FILTERED.items():
                taken = _asked_by_all(port, f"/api/v1/hazards?limit=50&{query}", bearer)
                _say(f"hazards.api.{who}.{name}", taken, floor=floor)
                say(
                    f"hazards.api.{who}.{name}.rate.{connection.vendor}",
                    len(taken) / SECONDS,
                    "requests/s",
                    against=f"{CLIENTS} clients",
                )


def _bearer(username: str) -> dict[str, str]:
    secret, prefix = secrets.token_urlsafe(32), secrets.token_hex(4)
    now = clock.now()
    ApiToken.objects.create(
        name=f"压测隐患 {username}", prefix=prefix, digest=sha256(secret.encode()).hexdigest(),
        post=Post.objects.get(person__user__username=username), scopes=["hazards:read"],
        valid_until=now + timedelta(days=1), per_minute=10**8, made_by_name="压测", made_at=now,
    )  # fmt: skip
    return {"Authorization": f"Bearer zb_{prefix}_{secret}"}


def _asked_by_all(port: int, address: str, bearer: dict[str, str]) -> list[float]:
    """Milliseconds of each answer, of all clients together, for so many seconds."""
    taken: list[float] = []
    until = time.monotonic() + SECONDS

    def work() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while time.monotonic() < until:
            began = time.perf_counter()
            line.request("GET", address, headers=bearer)
            answer = line.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise RuntimeError(content[:300].decode())
            taken.append((time.perf_counter() - began) * 1000)
        line.close()

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def _say(name: str, taken: list[float], queries: int = 0, *, floor: float = 0.0) -> None:
    vendor = connection.vendor
    say(f"{name}.p50.{vendor}", percentile(taken, 0.5), "ms", baseline=floor or None, against=FLOOR if floor else "")
    say(f"{name}.p95.{vendor}", percentile(taken, 0.95), "ms")
    if queries:
        say(f"{name}.queries.{vendor}", queries, "queries")
