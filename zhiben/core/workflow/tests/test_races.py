"""What only a real server shows: two people at the same record in the same instant."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection

from tests.errands.models import Errand
from zhiben.conftest import assembled_cast
from zhiben.core.audit.services import lines_of
from zhiben.core.notify.models import Notification
from zhiben.core.workflow import engine
from zhiben.core.workflow.engine import StepRefused, fire
from zhiben.core.workflow.sweep import sweep

from .test_deadlines import at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_service("postgresql")]


@pytest.fixture
def cast(transactional_db):
    return assembled_cast()


def at_once(*calls):
    """Run all calls at the same instant, each on its own connection; returns results or the refusals."""
    start = Barrier(len(calls))

    def run(call):
        try:
            start.wait(timeout=10)
            return call()
        except StepRefused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_of_two_who_accept_at_once_one_does(cast, give, now):
    errand = give()
    results = at_once(*[lambda who=who: fire(errand, "accept", by=who, now=now) for who in (
        cast.bureau_officer, cast.bureau_leader, cast.bureau_officer, cast.bureau_leader)])  # fmt: skip
    assert sum(isinstance(result, Errand) for result in results) == 1
    assert [line.seq for line in lines_of("errands.errand", errand.pk)] == [1, 2]


def test_the_same_request_sent_twice_at_once_counts_once(cast, give, now):
    errand = give()
    results = at_once(*[lambda: fire(errand, "accept", by=cast.bureau_officer, now=now, key="tap")] * 4)
    assert all(isinstance(result, Errand) for result in results)
    assert lines_of("errands.errand", errand.pk).count() == 2


def test_several_watchmen_send_each_thing_once(cast, give, now):
    for n in range(20):
        give(title=f"第{n}件", due_on=date(2026, 3, 31))
    rounds = at_once(*[lambda: sweep(at("2026-04-01"))] * 4)
    assert sum(swept.escalations for swept in rounds) == 20
    assert Notification.objects.filter(person=cast.bureau_leader.person, title__contains="逾期").count() == 20


def test_sets_that_overlap_do_not_deadlock(cast, give, now):
    errands = [give(title=f"第{n}件") for n in range(30)]
    calls = [
        lambda order=order: engine.fire_many(order, "accept", by=cast.bureau_officer, now=now)
        for order in (errands, errands[::-1], errands[::2], errands[1::2][::-1])
    ]
    results = [result for group in at_once(*calls) for result in group]
    assert sum(result.refusal is None for result in results) == 30
