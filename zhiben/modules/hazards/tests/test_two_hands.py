"""A ledger brought in with two hands: the next rows are prepared before the earlier ones are written, and what comes of
it is what would have come of one hand. Here the second hand works in this process, each time as early as it may."""

import pickle
from concurrent.futures import Future
from datetime import datetime
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from zhiben.core import clock
from zhiben.core.audit.models import AuditLine
from zhiben.core.audit.verification import verify
from zhiben.core.events.models import OutboxEvent
from zhiben.core.exchange import carrying, checking, hand, hands, services
from zhiben.core.exchange.models import ImportChunk, Stage
from zhiben.core.exchange.summary import counts_of
from zhiben.core.exchange.tests.conftest import book_of
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.search.index import found
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.models import OpenDeadline, WorkItem
from zhiben.modules.hazards import reporting
from zhiben.modules.hazards.models import Hazard, HazardLink, HazardNumber, LookBack, RectificationPlan
from zhiben.modules.hazards.reporting import Report, report_hazard
from zhiben.modules.registry.services import NewEnterprise, register_enterprise

from .test_imports import HEADS, row

PLACES, STATES = ("二层", "三层东侧", "东门", "罐区"), ("已整改", "整改中", "", "已销号")


@pytest.fixture(autouse=True)
def own_store(settings, tmp_path, monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)
    settings.ZHIBEN_FILES_ROOT = tmp_path / "files"
    for module in (carrying, checking):
        monkeypatch.setattr(module, "CHUNK", 7)


class Beside:
    """Prepares in this process, without writing, what it is asked for at once: before the rows ahead of it are written."""

    def __init__(self):
        self.asked = []

    def submit(self, what, *given):
        what, given = pickle.loads(pickle.dumps((what, given)))
        answer = Future()
        try:
            answer.set_result(what(*given))
        finally:
            if connection.vendor == "sqlite":
                connection.cursor().execute("PRAGMA query_only = OFF")
        self.asked.append((what.__name__, answer.result() is not None))
        return answer


@pytest.fixture
def beside(monkeypatch):
    def beside():
        pool = Beside()
        monkeypatch.setattr(hands, "_pools", [pool])
        monkeypatch.setattr(hands, "_is_of_use", lambda run, count: True)
        monkeypatch.setattr(hand, "_connect", lambda database: None)
        monkeypatch.setattr(
            hand, "connection", SimpleNamespace(vendor=connection.vendor, close=lambda: None, cursor=connection.cursor)
        )
        return pool

    return beside


@pytest.fixture
def other(cast, plant, now):
    new = NewEnterprise(name="云海化工有限公司", region=plant.unit.region, sector=plant.sector)
    return register_enterprise(enterprise=new, by=cast.bureau_officer, now=now)


@pytest.fixture
def bring_in(cast, now):
    def bring_in(rows, everything=False):
        by = {"by": cast.bureau_officer, "now": now}
        cells = [[datetime.fromisoformat(c) if c[:2] == "20" else c for c in each] for each in rows]
        upload = receive_upload(book_of([HEADS, *cells]), name="三月台账.xlsx", **by)
        run = services.begin_import(key="hazards.hazards", upload=upload, **by)
        run = services.map_columns(run=run, mapping=run.columns, **by)
        assert run.stage == Stage.CHECKED, run.error
        services.confirm(run=run, all_or_nothing=everything, version=run.version, **by)
        run_pending()
        run.refresh_from_db()
        assert run.stage == Stage.DONE, run.error
        return run

    return bring_in


def ledger(plant, other):
    """Forty rows in which much comes back, some of it major and closed."""
    return [
        row(
            name=(plant, other)[number % 3 == 1].name,
            place=PLACES[number * 5 % 4],
            what=f"护栏缺失约 {number % 6 + 2} 米，临边 4 米高{'，已口头告知' * (number % 2)}",
            found=f"2026-0{number % 2 + 1}-{number % 27 + 1:02d}",
            level="重大" if number % 8 == 3 else "一般",
            state=STATES[number % 4],
            done="2026-03-01" if STATES[number % 4] in ("已整改", "已销号") else "",
            liable="云安" if number % 2 else "",
            until="2026-03-25" if number % 4 == 1 else "",
        )
        for number in range(40)
    ]


def left():
    """What a ledger leaves, apart from the keys that are made by chance."""
    number = {str(pk): each for pk, each in Hazard.objects.values_list("pk", "number")}
    number |= {
        str(look.pk): f"{look.hazard.number} {look.due_on} {look.reason}"
        for look in LookBack.objects.select_related("hazard")
    }

    def rows(model, *names):
        kept = model.objects.filter(record_type__in=("hazards.hazard", "hazards.lookback")).values_list(
            "record_id", *names
        )
        return sorted((number[key], *map(str, rest)) for key, *rest in kept)

    said = [each.name for each in Hazard._meta.concrete_fields if each.name != "id"]
    return {
        "hazards": list(Hazard.objects.order_by("number").values_list(*said)),
        "trail": rows(AuditLine, "seq", "verb", "label", "to_state", "data"),
        "news": [(name, data.get("number"), data.get("status")) for name, data in OutboxEvent.objects.filter(record_type="hazards.hazard").order_by("id").values_list("name", "data")],
        "waiting": rows(WorkItem, "seat", "step", "state", "title", "due_at"),
        "deadlines": rows(OpenDeadline, "name", "due_on", "sent", "next_at"),
        "five": sorted(map(str, RectificationPlan.objects.values_list("hazard__number", "liable_person", "rectify_by"))),
        "alike": sorted(map(str, HazardLink.objects.values_list("hazard__number", "earlier__number", "kind", "score", "because"))),
        "found": sorted(number[str(key)] for key in found(Hazard, "罐区", most=100)),
    }  # fmt: skip


@pytest.mark.parametrize("everything", [False, True])
def test_two_hands_leave_what_one_leaves(bring_in, beside, plant, other, everything):
    rows = ledger(plant, other)
    with transaction.atomic():
        bring_in(rows, everything)
        alone = left()
        transaction.set_rollback(True)
    pool = beside()
    run = bring_in(rows, everything)
    prepared = [was for name, was in pool.asked if name == "prepare"]
    assert prepared == [True] * 6
    together = left()
    for what, rows in alone.items():
        assert together[what] == rows, what
    assert len(together["alike"]) > 20
    assert LookBack.objects.exists()
    assert verify().findings == []
    assert counts_of(run).has_happened == "已新增 40 条，更新 0 条。"


def at_chunk(monkeypatch, which, happens, step="hold"):
    """Somebody does something when the chunks that are prepared come to be written."""
    done, seen = getattr(carrying, step), []

    def done_then(*given, **more):
        seen.append(1)
        if len(seen) == which:
            happens()
        return done(*given, **more)

    monkeypatch.setattr(carrying, step, done_then)


def no_answer(*given):
    return None


def test_what_somebody_records_meanwhile_is_met(bring_in, beside, plant, other, cast, now, monkeypatch):
    """The very thing of row 16, after that row was prepared: it is met, the numbers go on behind it, without a gap."""
    rows, pool = ledger(plant, other), beside()
    twin = rows[15]
    said = Report(
        enterprise=plant if twin[1] == plant.name else other, place=twin[5], description=twin[6],
        found_on=datetime.fromisoformat(twin[4]).date(),
    )  # fmt: skip
    at_chunk(monkeypatch, 3, lambda: report_hazard(report=said, by=cast.bureau_officer, now=now))
    run = bring_in(rows)
    assert counts_of(run).has_happened == "已新增 39 条，更新 0 条，1 条与系统中相同，不变。"
    numbers = [int(each[-6:]) for each in Hazard.objects.order_by("number").values_list("number", flat=True)]
    assert numbers == list(range(1, 41))
    assert HazardNumber.objects.get().last == 40
    assert [was for name, was in pool.asked if name == "prepare"] == [True] * 8, "two of them once more"
    assert verify().findings == []


def test_what_is_merged_meanwhile_gets_no_more(bring_in, beside, plant, other, cast, now, monkeypatch):
    rows = ledger(plant, other)
    beside()
    at_chunk(monkeypatch, 2, lambda: fire(other, "merge", by=cast.regulator, now=now, heir=plant.unit, reason="整合"))
    run = bring_in(rows)
    refused = run.rows.filter(is_bad=True)
    assert refused
    assert {each.cells["enterprise"] for each in refused} == {other.name}
    assert all(other.name in "".join(each.sentences) for each in refused)
    assert Hazard.objects.count() == 40 - len(refused)


def test_what_cannot_be_set_down_is_done_by_the_first_hand(bring_in, beside, plant, other, monkeypatch):
    """Something in the middle writes past what is set down: the connection refuses, and nothing is lost."""
    pool, past = beside(), []
    policies_of = reporting.policies_of

    def writes(paths):
        past.append(1)
        if len(past) == 2:
            ImportChunk.objects.all().update(place=99)
        return policies_of(paths)

    monkeypatch.setattr(reporting, "policies_of", writes)
    run = bring_in(ledger(plant, other))
    assert counts_of(run).has_happened == "已新增 40 条，更新 0 条。"
    assert False in [was for name, was in pool.asked if name == "prepare"]
    assert not ImportChunk.objects.filter(place=99).exists()
    assert verify().findings == []


def test_what_is_recorded_meanwhile_is_met_by_an_import_of_all_or_nothing(
    bring_in, beside, plant, other, cast, now, monkeypatch
):
    """What is written in its one transaction shows to no second hand: from there on the first one goes alone."""
    pool = beside()
    said = Report(enterprise=plant, place="北门", description="门卫室配电箱门缺失", found_on=now.date())
    at_chunk(monkeypatch, 2, lambda: report_hazard(report=said, by=cast.bureau_officer, now=now), step="leave_mark")
    run = bring_in(ledger(plant, other), everything=True)
    assert counts_of(run).has_happened == "已新增 40 条，更新 0 条。"
    numbers = [int(each[-6:]) for each in Hazard.objects.order_by("number").values_list("number", flat=True)]
    assert numbers == list(range(1, 42))
    assert len([name for name, _ in pool.asked if name == "prepare"]) < 6
    assert verify().findings == []


def test_a_second_hand_that_has_no_answer_leaves_the_check_to_the_first(bring_in, beside, plant, other, monkeypatch):
    beside()
    monkeypatch.setattr(hand, "check", no_answer)
    rows = ledger(plant, other)
    run = bring_in([*rows, rows[3]])
    assert counts_of(run).has_happened == "已新增 40 条，更新 0 条；1 行有问题，没有导入。"
    [twice] = run.rows.filter(is_bad=True)
    assert "与第 5 行重复" in "".join(twice.sentences)
