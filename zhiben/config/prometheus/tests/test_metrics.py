import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client

from zhiben.config.backup import state
from zhiben.config.prometheus import folders, gauges, instruments
from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.core.events.models import Delivery, OutboxEvent
from zhiben.core.jobs import running
from zhiben.core.jobs.definitions import JOBS, job
from zhiben.core.jobs.models import Job
from zhiben.core.jobs.services import enqueue
from zhiben.core.workflow.models import OpenDeadline

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    gauges._asked.clear()


def read(client: Client, **headers) -> dict[str, float]:
    text = client.get("/metrics", **headers).content.decode()
    return {name: float(value) for name, value in re.findall(r"^([^#\s]+(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE)}


def test_requests_are_counted_by_route_and_never_by_path_or_id(cast, client: Client) -> None:
    before = read(client)
    cast.client("office").get("/files/00000000-0000-4000-8000-000000000000/")
    client.get("/no/such/page/13800000000")
    client.generic("BREW", "/healthz")
    shown = read(client)
    new = [name for name in shown if name.startswith("zhiben_http_requests_total") and shown[name] != before.get(name)]
    text = "\n".join(new)
    assert 'route="unknown"' in text
    assert 'method="other"' in text
    assert "13800000000" not in text
    assert "00000000-0000" not in text
    assert any('zhiben_http_request_seconds_bucket{le="+Inf",method="GET",route="metrics"}' in name for name in shown)


def test_queues_deadlines_and_the_like_are_looked_up(client: Client) -> None:
    now = clock.now()
    Job.objects.create(name="sample", label="读取方案", key="one", created_at=now - timedelta(minutes=30))
    event = OutboxEvent.objects.create(name="x", record_type="t", record_id="1", at=now - timedelta(hours=1), data={})
    Delivery.objects.create(event=event, handler="h", record_type="t", record_id="1")
    Delivery.objects.create(event=event, handler="i", record_type="t", record_id="1", parked_at=now)
    OpenDeadline.objects.create(
        record_type="t", record_id="1", name="due", due_on=now.date(), next_at=now - timedelta(seconds=90)
    )
    shown = read(client)
    assert shown['zhiben_jobs{status="queued"}'] == 1
    assert 1800 <= shown["zhiben_job_oldest_seconds"] < 1900
    assert shown['zhiben_deliveries{state="parked"}'] == 1
    assert 3600 <= shown["zhiben_delivery_oldest_seconds"] < 3700
    assert shown["zhiben_deadlines_due"] == 1
    assert 90 <= shown["zhiben_deadline_lag_seconds"] < 190
    assert shown["zhiben_database_up"] == 1
    assert shown["zhiben_disk_free_bytes"] > 0


def test_the_last_backup_is_told_by_its_age_and_what_it_lacks(client: Client) -> None:
    assert "zhiben_backup_age_seconds" not in read(client)
    ended = clock.machine_now() - timedelta(hours=30)
    state.remember(state.LastBackup("/backup/a", ended.isoformat(), bytes=7_000_000, encrypted=True, lost=2))
    shown = read(client)
    assert 108_000 <= shown["zhiben_backup_age_seconds"] < 108_100
    assert (shown["zhiben_backup_bytes"], shown["zhiben_backup_lost_files"]) == (7_000_000, 2)


@pytest.mark.needs_service("postgresql")
def test_connections_to_postgresql_are_counted(client: Client) -> None:
    shown = read(client)
    assert 1 <= shown["zhiben_database_connections"] <= shown["zhiben_database_connections_most"]


def test_a_silent_database_is_a_figure_and_not_an_error(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(now) -> None:
        raise OperationalError("no route to host")

    monkeypatch.setattr(gauges, "_records", silent)
    assert read(client)["zhiben_database_up"] == 0


def test_a_job_is_counted_by_how_it_ended(client: Client) -> None:
    @job("metrics sample")
    def sample(running) -> None:
        pass

    try:
        enqueue("metrics sample", args={}, key="metrics", by=Machine("测试"), now=clock.now(), label="样例")
        running.run_pending()
    finally:
        del JOBS["metrics sample"]
    assert read(client)['zhiben_work_total{kind="job",name="metrics sample",outcome="done"}'] == 1


class TestWhoMayRead:
    @pytest.mark.parametrize("header", ["x-forwarded-for", "x-forwarded-proto", "x-real-ip", "forwarded"])
    def test_nobody_through_a_proxy_though_its_address_is_ours(self, client: Client, header: str) -> None:
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", headers={header: "10.1.2.3"}).status_code == 404

    def test_a_named_network(self, client: Client, settings) -> None:
        assert client.get("/metrics", REMOTE_ADDR="10.1.9.7").status_code == 404
        settings.ZHIBEN_METRICS_NETWORKS = ["10.1.9.0/24"]
        assert client.get("/metrics", REMOTE_ADDR="10.1.9.7").status_code == 200
        assert client.get("/metrics", REMOTE_ADDR="10.1.8.7").status_code == 404

    def test_whoever_carries_the_token(self, client: Client, settings) -> None:
        def asked(token: str) -> int:
            return client.get("/metrics", REMOTE_ADDR="10.2.2.2", headers={"authorization": token}).status_code

        assert asked("Bearer ") == 404
        settings.ZHIBEN_METRICS_TOKEN = "a-long-token"
        assert [asked("Bearer a-long-token"), asked("Bearer 别的"), asked("a-long-token")] == [200, 404, 404]


class TestFoldersOfProcesses:
    COUNTS = (
        "import sys; from zhiben.config.prometheus import folders; folders.begin(sys.argv[1])\n"
        "from zhiben.config.prometheus.instruments import count_work\n"
        "count_work('job', 'read a plan', 'done', 2.0)\n"
        "print(folders.ours(), flush=True); sys.stdin.read()"
    )

    def process(self, command: str) -> tuple[subprocess.Popen, Path]:
        from django.conf import settings

        started = subprocess.Popen(
            [sys.executable, "-c", self.COUNTS, command],
            env={
                **os.environ,
                "ZHIBEN_DATA": str(settings.ZHIBEN_DATA),
                "DJANGO_SETTINGS_MODULE": "zhiben.config.settings",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return started, Path(started.stdout.readline().strip())

    def test_a_living_workers_figures_are_seen_and_a_killed_ones_are_cleared_away(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, folder = self.process("worker")
        second, other = self.process("worker")
        mine = folders.root() / "web-mine"
        mine.mkdir()
        monkeypatch.setenv(folders.VARIABLE, str(mine))
        name = 'zhiben_work_total{kind="job",name="read a plan",outcome="done"}'
        shown = read(client)
        assert shown[name] == 2
        assert shown['zhiben_processes{command="worker"}'] == 2
        assert shown['zhiben_resident_memory_bytes{command="worker"}'] > 10 * 2**20
        first.kill()
        first.communicate()
        assert read(client)[name] == 1
        assert folder.exists()
        third, _ = self.process("sweeper")
        assert not folder.exists()
        assert other.exists()
        for one in (second, third):
            one.kill()
            one.communicate()

    def test_a_folder_that_cannot_be_made_stops_nobody(self, settings, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.delenv(folders.VARIABLE, raising=False)
        (tmp_path / "file").write_text("")
        settings.ZHIBEN_DATA = tmp_path / "file"
        folders.begin("web")
        assert folders.ours() is None


def test_a_method_or_a_status_cannot_be_made_up(rf) -> None:
    assert instruments.route_of(rf.get("/static/a/b.js")) == "static/"
