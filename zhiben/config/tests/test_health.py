import shutil
from collections import namedtuple
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client

from zhiben.config import health
from zhiben.core import clock
from zhiben.core.jobs.models import Job
from zhiben.core.notify.models import Lane, Outgoing
from zhiben.core.workflow.models import OpenDeadline

Usage = namedtuple("Usage", "total used free")


def test_the_process_says_that_it_lives_without_a_login_or_a_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


@pytest.mark.django_db
def test_a_full_disk_is_seen_before_an_upload_fails(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(100 * 2**30, 100 * 2**30, 20 * 2**20))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["disk"] == {"ok": False, "note": "数据目录所在磁盘只剩 20 MB，请清理或扩容"}


@pytest.mark.django_db
def test_an_upgrade_not_yet_applied_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "unapplied_migrations", lambda: 2)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "zhiben migrate" in answer.json()["migrations"]["note"]


@pytest.mark.django_db
def test_a_silent_database_gives_a_sentence_and_no_stack(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> None:
        raise OperationalError("could not connect to server at 10.0.0.1")

    monkeypatch.setitem(health.QUESTIONS, "database", silent)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "10.0.0.1" not in answer.text
    assert "DATABASE_URL" in answer.json()["database"]["note"]


@pytest.mark.django_db
def test_all_migrations_of_a_test_database_are_applied() -> None:
    assert health.unapplied_migrations() == 0


@pytest.mark.django_db
def test_when_everything_is_done_the_system_is_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json()
    assert set(answer.json()) == {"ok", *health.QUESTIONS}


@pytest.mark.django_db
def test_a_worker_that_is_not_there_is_seen_by_the_job_it_leaves_waiting(client: Client) -> None:
    Job.objects.create(name="sample", label="读取方案", key="one", created_at=clock.now() - timedelta(minutes=30))
    finding = client.get("/readyz").json()["jobs"]
    assert finding == {"ok": False, "note": "最早的已等待 30 分钟，后台作业没有人处理，请启动 zhiben worker"}


@pytest.mark.django_db
def test_a_job_that_is_to_wait_is_no_sign_of_trouble(client: Client) -> None:
    now = clock.now()
    Job.objects.create(
        name="sample",
        label="读取方案",
        key="one",
        created_at=now - timedelta(hours=1),
        not_before=now + timedelta(hours=1),
    )
    assert client.get("/readyz").json()["jobs"] == {"ok": True, "note": "没有积压"}


@pytest.mark.django_db
def test_a_sweeper_that_is_not_there_is_seen_by_a_moment_that_passed(client: Client) -> None:
    passed = clock.now() - timedelta(hours=2)
    OpenDeadline.objects.create(
        record_type="tasks.task", record_id="1", name="due", due_on=passed.date(), next_at=passed
    )
    assert "zhiben sweeper" in client.get("/readyz").json()["deadlines"]["note"]


@pytest.mark.django_db
def test_letters_that_nobody_carries_are_seen_and_a_mail_server_that_is_down_is_not_our_illness(
    client: Client, cast
) -> None:
    now = clock.now()
    hour = timedelta(hours=1)
    Outgoing.objects.create(
        lane="mail", person=cast.office.person, cause="test:1", kind="system", created_at=now - hour, next_at=now - hour
    )
    finding = client.get("/readyz").json()["messages"]
    assert not finding["ok"]
    assert "zhiben worker" in finding["note"]
    Lane.objects.create(name="mail", failures=5, last_failed_at=now, closed_until=now + hour / 6)
    assert client.get("/readyz").json()["messages"]["ok"]
