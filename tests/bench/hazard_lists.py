"""A million hazards: a filtered, sorted page of fifty, a search for a few Chinese characters, frequent and rare, through the
interface of a real server with four clients and through the page; what one new hazard looks like, among all of them."""

import http.client
import os
import secrets
import threading
import time
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote

from django.db import connection, connections, transaction
from django.test import Client

from zhiben.core import clock
from zhiben.core.access.acting import Acting
from zhiben.core.accounts.models import User
from zhiben.core.api.models import ApiToken
from zhiben.core.batches import in_batches
from zhiben.core.bulk import insert_rows
from zhiben.modules.hazards.likeness import alike
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.reporting import Report
from zhiben.modules.hazards.searching import keep_words
from zhiben.modules.registry.models import Enterprise

from . import data
from .api import CLIENTS, _Server
from .figures import note, percentile, say, stopwatch, timings
from .hazards import bare_hazards, open_enterprises

HAZARDS = int(os.environ.get("ZHIBEN_BENCH_HAZARDS", "1000000"))
BATCH = 10_000
RARE = "磷化氢渗漏"
ASKED = {
    "page": "level=major&status=closed",
    "search.frequent": f"q={quote('灭火')}",
    "search.frequent4": f"q={quote('消防通道')}",
    "search.rare": f"q={quote(RARE)}",
    "search.nowhere": f"q={quote('航天')}",
}
SECONDS = 6
PAGES = 30


def measure() -> None:
    by = data.acting(data.BUSY_OFFICE)
    enterprises = list(Enterprise.objects.all()[:1000]) or open_enterprises(by)
    fill(by, enterprises)
    through_the_page()
    with stopwatch() as proposing:
        for number in range(PAGES):
            report = Report(
                enterprise=enterprises[number * 31],
                place="配电室3号位",
                description="配电室配电箱门缺失，共 3 处",
                found_on=clock.local_day(clock.now()),
            )
            alike(report, now=clock.now())
    say(f"hazards.likenesses.{connection.vendor}", proposing.seconds / PAGES * 1000, "ms",
        against=f"one new hazard among {HAZARDS:,}")  # fmt: skip
    through_the_interface(by)


def fill(by: Acting, enterprises: list[Enterprise]) -> None:
    """As rows of the table and of the index of words; nobody recorded them."""
    by_key = {each.pk: each for each in enterprises}
    with stopwatch() as filling:
        for number, batch in enumerate(in_batches(bare_hazards(HAZARDS, by, enterprises), BATCH)):
            for hazard in batch:
                hazard.enterprise = by_key[hazard.enterprise_id]
            if number % 20 == 0:
                batch[0].description = f"冷库{RARE}，现场有异味"
            with transaction.atomic():
                insert_rows(Hazard, batch)
                keep_words(batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    note(f"{HAZARDS:,} 条隐患已写入，用了 {filling.seconds:.0f} 秒")


def through_the_page() -> None:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(username=data.BUSY_OFFICE))
    for name, query in ASKED.items():
        address = f"/hazards/?{query}"
        client.get(address)
        sent: list[str] = []
        with connection.execute_wrapper(
            lambda execute, sql, *rest, sent=sent: (sent.append(sql), execute(sql, *rest))[1]
        ):
            assert client.get(address).status_code == 200
        taken = timings(client.get, [address] * PAGES)
        _say(f"hazards.web.{name}", taken, len(sent))


def through_the_interface(by: Acting) -> None:
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
            _say(f"hazards.api.{name}", taken)
            say(
                f"hazards.api.{name}.rate.{connection.vendor}",
                len(taken) / SECONDS,
                "requests/s",
                against=f"{CLIENTS} clients",
            )


def _say(name: str, taken: list[float], queries: int = 0) -> None:
    vendor = connection.vendor
    say(f"{name}.p50.{vendor}", percentile(taken, 0.5), "ms", against=f"{HAZARDS:,} hazards")
    say(f"{name}.p95.{vendor}", percentile(taken, 0.95), "ms")
    if queries:
        say(f"{name}.queries.{vendor}", queries, "queries")
