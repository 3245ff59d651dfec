"""Hazards as another system meets them: read page by page, reported once, led through their steps; nothing leaks."""

from datetime import date
from uuid import uuid4

import pytest

from zhiben.core import clock
from zhiben.core.api.testing import ApiTest, caller, is_problem
from zhiben.core.events.services import deliver_pending
from zhiben.core.jobs.running import run_pending
from zhiben.core.search.index import found as found_keys
from zhiben.core.workflow.engine import begin
from zhiben.modules.hazards.api import HazardApi, LookBackApi, ReviewApi
from zhiben.modules.hazards.look_back import PLANNING, looking_back_on
from zhiben.modules.hazards.models import Hazard, Review
from zhiben.modules.hazards.testing import a_hazard
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.services import change_enterprise
from zhiben.modules.registry.testing import enrol_plant

SCOPES = ("hazards:read", "hazards:write", "files:write")


@pytest.fixture
def at_ten(monkeypatch, now):
    monkeypatch.setattr(clock, "machine_now", lambda: now)


@pytest.fixture
def call(cast, now, at_ten):
    return caller(cast.bureau_officer, *SCOPES, now=now)


def _plant(cast, now):
    return Enterprise.objects.first() or enrol_plant(cast, now)


def _hazards(cast, now, count):
    plant, there = _plant(cast, now), Hazard.objects.count()
    return [a_hazard(cast, plant, now, place=f"{there + number} 号罐", before_photos=()) for number in range(count)]


class TestHazardApi(ApiTest):
    api, insider = HazardApi, "bureau_officer"

    def make(self, cast, now, count):
        return _hazards(cast, now, count)


class TestLookBackApi(ApiTest):
    api, insider = LookBackApi, "bureau_officer"

    def make(self, cast, now, count):
        looks = [looking_back_on(hazard, due_on=date(2026, 6, 1), now=now) for hazard in _hazards(cast, now, count)]
        for look in looks:
            look.save(force_insert=True)
            begin(look, by=PLANNING, now=now)
        return looks


class TestReviewApi(ApiTest):
    api, insider = ReviewApi, "bureau_officer"

    def make(self, cast, now, count):
        made = []
        for hazard in _hazards(cast, now, count):
            review = Review(
                hazard=hazard,
                responsible_unit=hazard.responsible_unit,
                supervising_unit=hazard.supervising_unit,
                region_path=hazard.region_path,
                due_on=date(2026, 6, 1),
            )
            review.save(force_insert=True)
            begin(review, by=PLANNING, now=now)
            made.append(review)
        return made


def _sent(plant, **more):
    return {
        "enterprise": str(plant.pk), "place": "一号厂房北侧", "description": "消防车通道堆放托盘，长约 30 米",
        "found_on": "2026-03-10", **more,
    }  # fmt: skip


def test_reported_twice_it_is_one_hazard_and_is_led_on(call, plant, cast, photo):
    key, shot = str(uuid4()), photo(cast.bureau_officer)
    first = call.post(
        "/hazards", _sent(plant, id=key, channel="expert", discipline=5, before_photos=[shot.pk]), key="a"
    ).json()
    again = call.post(
        "/hazards", _sent(plant, id=key, channel="expert", discipline=5, before_photos=[shot.pk]), key="b"
    ).json()
    assert (first["id"], again["id"], Hazard.objects.count()) == (key, key, 1)
    assert (first["status"], first["responsible_unit"]["name"]) == ("reported", "云帆化工")
    inputs = {"judged_level": "general", "rectify_by": "2026-03-20", "criterion_reason": "占用面积小，已疏通一半"}
    done = call.post(f"/hazards/{key}/steps/judge_and_order", {"inputs": inputs})
    assert done.json()["status"] == "ordered", done.content.decode()
    told = call.get(f"/hazards/{key}").json()
    assert [each["label"] for each in told["attachments"]] == ["整改前照片"]
    assert [line["label"] for line in told["timeline"]] == ["登记", "登记照片", "判定并交办"]
    own = call.post("/hazards", _sent(plant, reference="K-7", place="二号厂房"), key="c").json()
    assert call.post("/hazards", _sent(plant, reference="K-7", place="二号厂房"), key="d").json()["id"] == own["id"]


def test_filters_narrow_and_words_find(call, plant, found, now):
    one = found(place="配电室", description="配电箱门缺失，接线端子裸露", found_on=date(2026, 3, 1), before_photos=())
    found(place="罐区", description="可燃气体探测器失效 2 台", level="major", before_photos=())

    def ids(**asked):
        return [each["id"] for each in call.get("/hazards", **asked).json()["items"]]

    assert len(ids()) == 2
    assert ids(q="电箱") == ids(found_to="2026-03-02") == ids(level="general") == [str(one.pk)]
    assert ids(q="云帆化工 配电") == [str(one.pk)]
    assert len(ids(enterprise=str(plant.pk))) == 2
    assert ids(status="closed") == ids(overdue="true") == ids(q="没有的字") == []
    is_problem(call.get("/hazards", state="closed"), 422)
    is_problem(call.get("/hazards", changed_from="1900-01-01T00:00:00+08:00"), 422)


def test_a_new_name_of_the_enterprise_finds_its_hazards(call, plant, found, cast, now):
    hazard = found(before_photos=())
    change_enterprise(enterprise=plant, name="远航新材料有限公司", by=cast.bureau_officer, now=now)
    deliver_pending(now=now)
    run_pending()
    assert found_keys(Hazard, "远航新材", most=10) == [hazard.pk]
    assert [each["id"] for each in call.get("/hazards", q="远航新材").json()["items"]] == [str(hazard.pk)]


def test_what_is_wrong_is_said_and_what_is_not_ones_own_is_not_there(call, plant, cast, now):
    assert "enterprise" in is_problem(call.post("/hazards", _sent(plant, enterprise=str(uuid4()))), 422)["errors"]
    assert "criterion" in is_problem(call.post("/hazards", _sent(plant, criterion="没有")), 422)["errors"]
    assert "before_photos" in is_problem(call.post("/hazards", _sent(plant, before_photos=[999])), 422)["errors"]
    is_problem(call.post("/hazards", _sent(plant, found_on="2027-01-01")), 422)
    is_problem(call.post("/hazards", _sent(plant, secret=1)), 422)
    far = caller(cast.outsider, *SCOPES, now=now)
    is_problem(far.post("/hazards", _sent(plant)), 422)
    assert not Hazard.objects.exists()
