"""The life of an enterprise: suspended, resumed, closed, merged; and the equipment in it. Nothing is done twice."""

import datetime as dt

import pytest

from zhiben.core.audit.services import lines_of
from zhiben.core.events.models import OutboxEvent
from zhiben.core.refusal import Refused
from zhiben.core.workflow.engine import fire
from zhiben.modules.registry.models import Enterprise, Equipment
from zhiben.modules.registry.services import (
    NewEnterprise,
    add_part,
    change_enterprise,
    record_inspection,
    register_enterprise,
    turn_equipment,
)


@pytest.fixture
def heir(plant, to):
    return register_enterprise(enterprise=NewEnterprise(name="云海化工", region=plant.region, sector="chemicals"), **to)


def announced():
    return list(OutboxEvent.objects.order_by("pk").values_list("name", flat=True))


def test_the_plant_stops_itself_and_is_let_resume_by_its_regulator(plant, cast, now):
    plant = fire(plant, "suspend", by=cast.plant_head, now=now, reason="设备大修")
    assert plant.status == "suspended"
    with pytest.raises(Refused, match="监管单位"):
        fire(plant, "resume", by=cast.plant_head, now=now, reason="修好了")
    plant = fire(plant, "resume", by=cast.regulator, now=now, reason="复产验收合格")
    assert (plant.status, plant.reason) == ("operating", "复产验收合格")
    assert announced()[-2:] == ["registry.EnterpriseSuspended", "registry.EnterpriseResumed"]


def test_a_closed_plant_keeps_its_file_and_its_work_climbs(plant, cast, now):
    plant = fire(plant, "close", by=cast.town, now=now, reason="已注销")
    plant.unit.refresh_from_db()
    assert plant.unit.valid_to == dt.date(2026, 3, 10)
    assert plant.unit.superior == cast.town.unit
    with pytest.raises(Refused, match="现在是「已关闭」"):
        fire(plant, "close", by=cast.town, now=now, reason="再关一次")
    with pytest.raises(Refused, match="档案不能再修改"):
        change_enterprise(enterprise=plant, staff_count=1, by=cast.bureau_officer, now=now)
    plant = fire(plant, "reopen", by=cast.town, now=now, reason="误办")
    plant.unit.refresh_from_db()
    assert (plant.status, plant.unit.valid_to) == ("operating", None)


def test_a_merger_names_who_takes_over(plant, heir, cast, now):
    plant = fire(plant, "merge", by=cast.regulator, now=now, heir=heir.unit, reason="整合重组")
    plant.unit.refresh_from_db()
    assert (plant.status, plant.merged_into, plant.unit.superior) == ("merged", heir, heir.unit)
    last = OutboxEvent.objects.order_by("pk").last()
    assert (last.name, last.data["merged_into"]) == ("registry.EnterpriseMerged", str(heir.pk))
    with pytest.raises(Refused, match="请选择现存的企业"):
        fire(heir, "merge", by=cast.regulator, now=now, heir=plant.unit, reason="反过来")


@pytest.mark.parametrize(
    ("into", "says"), [("plant_officer", "不能并入自己"), ("town", "没有企业档案"), ("outsider", "没有企业档案")]
)
def test_into_what_a_plant_is_not_merged(plant, cast, now, into, says):
    with pytest.raises(Refused, match=says):
        fire(plant, "merge", by=cast.regulator, now=now, heir=getattr(cast, into).unit, reason="整合")
    plant.refresh_from_db()
    assert (plant.status, plant.merged_into) == ("operating", None)


def test_the_wrong_hands_take_no_step(plant, cast, now):
    for who in ("plant_officer", "housing_officer", "governor", "outsider"):
        with pytest.raises(Refused):
            fire(plant, "close", by=getattr(cast, who), now=now, reason="关")


def test_another_sector_is_another_supervisor(plant, cast, to):
    plant = change_enterprise(enterprise=plant, sector="gas", **to)
    assert plant.supervising_unit == cast.housing_officer.unit
    moved = OutboxEvent.objects.get(name="registry.EnterpriseMoved")
    assert moved.data["supervising_unit_before"] == cast.bureau_officer.unit.pk
    assert moved.data["sector_before"] == "chemicals"
    assert lines_of("registry.enterprise", plant.pk).last().data["changed"]["sector"] == {
        "from": "危险化学品", "to": "城镇燃气",
    }  # fmt: skip


def test_two_officers_enter_one_code_at_once(plant, cast, to, monkeypatch):
    """Both looked before either had written: the database is the judge, and the second gets a sentence."""
    monkeypatch.setattr("zhiben.modules.registry.services._bearers", lambda codes: {})
    late = NewEnterprise(name="迟到厂", region=plant.region, credit_code=plant.credit_code)
    with pytest.raises(Refused, match="刚由别人登记"):
        register_enterprise(enterprise=late, **to)
    assert Enterprise.objects.count() == 1


def test_equipment_lives_until_it_is_scrapped(plant, cast, to):
    boiler = add_part(enterprise=plant, of=Equipment, name="锅炉", number="G-1", inspect_by=dt.date(2026, 3, 1), **to)
    boiler = turn_equipment(equipment=boiler, verb="repair", **to)
    with pytest.raises(Refused, match="请先登记检验"):
        turn_equipment(equipment=boiler, verb="use", **to)
    boiler = record_inspection(equipment=boiler, inspected_on=dt.date(2026, 3, 9), inspect_by=dt.date(2027, 3, 9), **to)
    boiler = turn_equipment(equipment=boiler, verb="use", **to)
    assert (boiler.state, boiler.ends_on) == ("in_use", dt.date(2027, 3, 9))
    with pytest.raises(Refused, match="写明报废的原因"):
        turn_equipment(equipment=boiler, verb="scrap", **to)
    boiler = turn_equipment(equipment=boiler, verb="scrap", reason="到期", **to)
    with pytest.raises(Refused, match="不能投用"):
        turn_equipment(equipment=boiler, verb="use", **to)
    said = [line.label for line in lines_of("registry.enterprise", plant.pk)]
    assert said[-5:] == ["增加设备设施", "设备检修", "设备检验", "设备投用", "设备报废"]
