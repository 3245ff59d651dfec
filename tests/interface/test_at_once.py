"""Requests at the same moment, on real connections; and changes as another system follows them."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction

from zhiben.core.api import idempotency
from zhiben.core.api.models import ApiAnswer
from zhiben.core.api.testing import Caller, caller, is_problem
from zhiben.core.events.delivery import prune
from zhiben.core.workflow.engine import fire
from zhiben.modules.tasks.models import Feedback, Task

pytestmark = pytest.mark.django_db(transaction=True)


def side_by_side(*calls: Callable[[], Any]) -> list[Any]:
    answers: list[Any] = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def run(place: int, call: Callable[[], Any]) -> None:
        ready.wait()
        try:
            answers[place] = call()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.needs_service("postgresql")
def test_the_same_request_eight_times_at_once_is_done_once(work):
    task = work.tasks[0]
    before = Feedback.objects.count()

    def push() -> Any:
        return Caller(work.secret).post(f"/tasks/{task.pk}/feedback", {"percent": 55, "text": "推进中"}, key="one")

    answers = side_by_side(*[push] * 8)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sorted(answer.has_header("Idempotent-Replayed") for answer in answers) == [False] + [True] * 7
    assert Feedback.objects.count() == before + 1


@pytest.mark.needs_service("postgresql")
def test_whoever_would_wait_too_long_is_told_to_come_again(work, monkeypatch):
    monkeypatch.setattr(idempotency, "WAITS", 1)
    task, token = work.tasks[0], work.caller
    holder = connections.create_connection("default")
    holder.set_autocommit(False)
    try:
        with holder.cursor() as cursor:  # the first request, which has not ended yet
            cursor.execute(
                "INSERT INTO api_apianswer (token_id, key, fingerprint, status_code, body, at) "
                "SELECT id, 'held', '', 0, '', now() FROM api_apitoken"
            )
        answer = token.post(f"/tasks/{task.pk}/feedback", {"percent": 60, "text": "推进"}, key="held")
        assert "还在办理" in is_problem(answer, 409)["detail"]
        assert answer["Retry-After"] == "1"
    finally:
        holder.rollback()
        holder.close()
    again = token.post(f"/tasks/{task.pk}/feedback", {"percent": 60, "text": "推进"}, key="held")
    assert again.status_code == 200


@pytest.mark.needs_service("postgresql")
def test_different_requests_at_once_are_all_done(work):
    calls = [
        lambda task=task: Caller(work.secret).post(f"/tasks/{task.pk}/steps/accept", key=f"a-{task.pk}")
        for task in work.tasks[1:]
    ]
    assert {answer.status_code for answer in side_by_side(*calls)} == {200}
    assert Task.objects.filter(pk__in=[task.pk for task in work.tasks], status="running").count() == 5


def follow(asking: Caller, cursor: str, wanted: int, **query: Any) -> tuple[list[Any], str]:
    """Read on until so much has come: on PostgreSQL other databases of the server may have something open."""
    found: list[Any] = []
    for _ in range(600):
        page = asking.get("/changes", after=cursor, **query).json()
        found += page["items"]
        moved, cursor = page["next"] != cursor, page["next"]
        if len(found) >= wanted and not moved:
            return found, cursor
        if not moved:
            time.sleep(0.1)
    raise AssertionError(f"only {found} came")


def test_another_system_follows_and_sees_only_what_its_post_may_see(cast, now, work):
    bureau, housing = work.caller, caller(cast.housing_officer, now=now)
    seen, cursor = follow(bureau, "", 7, limit=3)
    assert {each["record_type"] for each in seen} == {"tasks.task"}
    assert len({each["id"] for each in seen}) == len(seen)
    assert housing.get("/changes").json()["items"] == []
    fire(work.tasks[1], "accept", by=cast.bureau_officer, now=now)
    with transaction.atomic():
        fire(work.tasks[2], "accept", by=cast.bureau_officer, now=now)
        transaction.set_rollback(True)  # half-open, then gone: nobody hears of it
    news, cursor = follow(bureau, cursor, 1, names="tasks.TaskAccepted, tasks.TaskCompleted")
    assert [(each["name"], each["record_id"]) for each in news] == [("tasks.TaskAccepted", str(work.tasks[1].pk))]
    assert news[0]["data"]["title"] == work.tasks[1].title
    assert news[0]["at"] == "2026-03-10T10:00:00+08:00"
    end = bureau.get("/changes", after=cursor).json()
    assert (end["items"], end["next"], end["more"]) == ([], cursor, False)
    assert bureau.get("/changes", after="latest").json()["next"] == cursor


def test_a_cursor_that_was_forgotten_is_said(cast, now, work):
    bureau = work.caller
    follow(bureau, "", 7)
    old = bureau.get("/changes", limit=1).json()["next"]
    prune(now.replace(year=2030))
    from zhiben.core.events.models import Delivery

    Delivery.objects.all().delete()
    prune(now.replace(year=2030))
    assert "完整读取" in is_problem(bureau.get("/changes", after=old), 410)["detail"]
    is_problem(bureau.get("/changes", after="abc"), 422)
    is_problem(bureau.get("/changes", cursor="x"), 422)


def test_an_answer_is_kept_two_days(work, now):
    work.caller.post(f"/tasks/{work.tasks[1].pk}/steps/accept", key="k")
    assert ApiAnswer.objects.get().key == "k"
    assert idempotency.forget_answers(now + idempotency.KEPT) == 0
    assert idempotency.forget_answers(now.replace(day=13)) == 1
