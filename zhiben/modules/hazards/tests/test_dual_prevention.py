"""The dual-prevention exchange: one row a hazard, what is missing is said, and every later change goes out again."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command

from zhiben.core import clock
from zhiben.core.api.testing import caller, is_problem
from zhiben.core.events.services import deliver_pending
from zhiben.core.events.since import changes_since, forget_transactions
from zhiben.core.web.testing import check_page
from zhiben.core.workflow.engine import fire
from zhiben.modules.hazards import dual_prevention, receivers
from zhiben.modules.hazards.codes import ACCEPTED, STATE_OF
from zhiben.modules.hazards.models import HazardStatus
from zhiben.modules.hazards.services import correct_hazard
from zhiben.modules.hazards.workflow import HAZARD_LIFE
from zhiben.modules.registry.services import Refused, change_enterprise


@pytest.fixture
def coded(plant, cast, now):
    return change_enterprise(enterprise=plant, company_code="990121001", by=cast.bureau_officer, now=now)


@pytest.fixture
def taken(cast, now):
    def taken(minutes=0, **more):
        return dual_prevention.hand_out(by=cast.bureau_officer, now=now + timedelta(minutes=minutes), **more)

    return taken


def test_every_state_maps_down():
    assert set(STATE_OF) == set(HazardStatus)


def test_a_company_code_has_nine_digits(plant, cast, now):
    with pytest.raises(Refused, match="9 位数字"):
        change_enterprise(enterprise=plant, company_code="12345", by=cast.bureau_officer, now=now)


def test_what_lacks_something_is_listed_and_goes_out_once_it_is_there(plant, rectifying, found, taken, cast, now):
    rectifying()
    fresh = found(place="罐区围堰")
    batch = taken()
    assert (batch.rows, batch.refused) == ([], 2)
    reasons = {each.hazard.place: each.missing for each in dual_prevention.refused(cast.bureau_officer)}
    assert "企业档案里没有填写 9 位企业编码" in reasons["罐区围堰"]
    page = cast.client("bureau_officer").get("/hazards/dual-prevention/").content.decode()
    assert fresh.number in page
    assert "V1.3" in page
    assert "不是规范正式文本给出的" in page
    assert "checkAcceptComment" in page
    change_enterprise(enterprise=plant, company_code="990121001", by=cast.bureau_officer, now=now)
    assert [row["dangerState"] for row in taken(1).rows] == [0]  # the fresh one has no order yet


def test_each_change_makes_it_due_until_it_is_acknowledged(coded, handed_in, taken, photo, cast, now):
    hazard = handed_in()
    first = taken(photos=True)
    (row,) = first.rows
    assert (row["id"], row["companyCode"], row["dangerState"], row["cost"]) == (str(hazard.pk), "990121001", 1, "0.80")
    assert (row["checkAcceptPerson"], row["liablePerson"]) == ("", "云安")
    assert (row["hazardCode"], len(row["id"])) == (hazard.number, 36)
    assert row["dangerImg"]
    assert taken(1).rows[0]["id"] == row["id"]  # nobody has answered
    assert dual_prevention.acknowledge(batch=first.id, by=cast.bureau_officer, now=now) == 0  # a later batch holds it
    second = taken(2)
    assert dual_prevention.acknowledge(batch=second.id, by=cast.bureau_officer, now=now) == 1
    assert taken(3).rows == []
    later = now + timedelta(days=3)
    fire(hazard, "verify_and_close", by=cast.bureau_leader, now=later, finding="现场已清空")
    (again,) = taken(4).rows
    assert again["dangerState"] == ACCEPTED
    assert again["checkAcceptPerson"] == "应明"
    assert again["checkAcceptTime"].startswith("2026-03-13")


def test_a_change_while_it_is_on_its_way_is_not_lost(coded, handed_in, taken, photo, cast, now):
    hazard = handed_in()
    batch = taken()
    fire(hazard, "verify_and_close", by=cast.bureau_leader, now=now + timedelta(hours=1), finding="现场已清空")
    dual_prevention.acknowledge(batch=batch.id, by=cast.bureau_officer, now=now)
    assert [row["dangerState"] for row in taken(90).rows] == [ACCEPTED]


def test_withdrawn_goes_out_as_deleted(coded, rectifying, taken, cast, now):
    hazard = rectifying()
    fire(hazard, "withdraw", by=cast.bureau_officer, now=now, reason="查实是计划内的临时堆放")
    assert [row["deleted"] for row in taken().rows] == [1]


def test_a_chinese_character_counts_as_two(coded, rectifying, taken):
    rectifying(description="堆放" * 400)
    (row,) = taken().rows
    assert dual_prevention.width(row["dangerDesc"]) <= 500
    assert row["dangerDesc"].endswith("…")


def test_by_the_interface_and_by_command(coded, handed_in, cast, now, monkeypatch, tmp_path):
    monkeypatch.setattr(clock, "machine_now", lambda: now)
    hazard = handed_in()
    call = caller(cast.bureau_officer, "hazards:read", "hazards:write", now=now)
    batch = call.get("/dual-prevention/hazards", limit=5).json()
    assert [row["id"] for row in batch["rows"]] == [str(hazard.pk)]
    stranger = caller(cast.outsider, "hazards:read", "hazards:write", now=now)
    assert stranger.get("/dual-prevention/hazards").json()["rows"] == []
    address = f"/dual-prevention/batches/{batch['batch']}/acknowledge"
    assert stranger.post(address).status_code == 404
    assert [call.post(address).json()["acknowledged"] for _ in range(2)] == [1, 1]
    is_problem(call.get("/dual-prevention/hazards", since="2026-01-01"), 422)
    out = tmp_path / "隐患.jsonl"
    call_command("hazards", "dual-prevention", "--out", str(out))
    assert out.read_text("utf-8") == ""
    fire(hazard, "verify_and_close", by=cast.bureau_leader, now=now + timedelta(hours=1), finding="现场已清空")
    monkeypatch.setattr(clock, "machine_now", lambda: now + timedelta(hours=2))
    call_command("hazards", "dual-prevention", "--out", str(out), "--acknowledge")
    assert [json.loads(line)["dangerState"] for line in out.read_text("utf-8").splitlines()] == [ACCEPTED]
    assert dual_prevention.counts(cast.bureau_officer)["due"] == 0


def test_several_receivers_each_get_every_later_change_and_nobodys_answer_hides_it(
    plant, handed_in, found, cast, now, monkeypatch
):
    """Two that keep their own places, beside one that acknowledges; one of them stops halfway and reads once more."""

    def since(*words, **more):
        forget_transactions()  # a test is one open transaction, for whose end PostgreSQL's readers would wait
        return changes_since(*words, **more)

    monkeypatch.setattr(receivers, "changes_since", since)
    monkeypatch.setattr(clock, "machine_now", lambda: now)
    call = caller(cast.bureau_officer, "hazards:read", "hazards:write", now=now)

    def read(place, limit=100):
        rows, refused, more = {}, 0, True
        while more:
            answer = call.get("/dual-prevention/changes", after=place, limit=limit).json()
            rows |= {row["id"]: row for row in answer["rows"]}
            refused, place, more = refused + answer["refused"], answer["next"], answer["more"]
        return rows, refused, place

    hazard, fresh = handed_in(), found(place="罐区围堰")
    assert read("")[:2] == ({}, 2), "the enterprise has no code yet"
    places = [read("", limit)[2] for limit in (1, 100)]
    change_enterprise(enterprise=plant, company_code="990121001", by=cast.bureau_officer, now=now)
    deliver_pending(now=now)
    for n, limit in enumerate((1, 100)):
        rows, refused, places[n] = read(places[n], limit)
        assert ([*rows], rows[str(hazard.pk)]["companyCode"]) == ([str(hazard.pk)], "990121001")
        assert refused >= 1, "the fresh one has no order yet"
    batch = dual_prevention.hand_out(by=cast.bureau_officer, now=now)
    dual_prevention.acknowledge(batch=batch.id, by=cast.bureau_officer, now=now)
    correct_hazard(
        hazard=hazard, description="一号厂房北侧消防车通道堆放托盘，长约 40 米", by=cast.bureau_officer, now=now
    )
    assert "40 米" in read(places[0])[0][str(hazard.pk)]["dangerDesc"], "a correction is a change"
    fire(hazard, "verify_and_close", by=cast.bureau_leader, now=now + timedelta(days=3), finding="现场已清空")
    for place in (*places, places[0], ""):
        assert read(place)[0][str(hazard.pk)]["dangerState"] == ACCEPTED, (
            "asked again from the same place, the same comes"
        )
    assert read(read(places[1])[2])[:2] == ({}, 0)
    fire(fresh, "withdraw", by=cast.bureau_officer, now=now, reason="查实是计划内的临时堆放")
    assert read(places[1], 2)[0][str(fresh.pk)]["deleted"] == 1
    is_problem(call.get("/dual-prevention/changes", after="没有的"), 422)
    is_problem(call.get("/dual-prevention/changes", after="~x"), 422)
    stranger = caller(cast.outsider, "hazards:read", now=now)
    assert stranger.get("/dual-prevention/changes").json()["rows"] == []


def test_every_step_of_a_hazard_is_announced():
    assert [step.name for step in HAZARD_LIFE.steps if step.announces is None] == []


def test_the_page_opens_to_those_who_read(cast, coded, handed_in):
    check_page(cast, "/hazards/dual-prevention/", insider="bureau_officer", outsider="system_administrator")


def test_beyond_a_bound_the_page_only_says_that_there_are_more(coded, found, taken, cast, now, monkeypatch):
    """And whoever sees much is counted the same, found by the enterprises."""
    for place in ("罐区围堰", "装卸台", "泵房"):
        found(place=place)
    for much in (dual_prevention.MUCH, -1):
        monkeypatch.setattr(dual_prevention, "MUCH", much)
        assert dual_prevention.counts(cast.bureau_officer)["due"] == 3
        assert dual_prevention.counts(cast.outsider) == {"due": 0, "refused": 0, "handed": 0, "sent": 0}
    taken()
    assert dual_prevention.counts(cast.bureau_officer) == {"due": 3, "refused": 3, "handed": 0, "sent": 0}
    monkeypatch.setattr(dual_prevention, "COUNTED", 2)
    assert dual_prevention.counts(cast.bureau_officer)["refused"] == 3
