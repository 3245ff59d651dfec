"""What is open goes where its enterprise goes."""

from datetime import date, timedelta

import pytest

from zhiben.core.audit.services import lines_of
from zhiben.core.events.services import deliver_pending
from zhiben.core.notify.models import Notification
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.workflow.engine import fire
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.models import HazardStatus as S
from zhiben.modules.hazards.services import correct_hazard, set_policy
from zhiben.modules.registry.services import NewEnterprise, change_enterprise, register_enterprise

from .test_life import refusal

pytestmark = pytest.mark.django_db


def last_line(hazard):
    return lines_of("hazards.hazard", hazard.pk).last()


def test_a_merged_enterprises_open_hazards_go_to_the_absorbing_one(cast, plant, found, rectifying, now):
    heir = register_enterprise(
        enterprise=NewEnterprise(name="云海化工有限公司", region=plant.unit.region, sector=Sector.CHEMICALS),
        by=cast.bureau_officer,
        now=now,
    )
    running, inner = rectifying(), found(by=cast.plant_officer, channel="self_inspection", place="合成车间")
    over = fire(found(place="西门"), "withdraw", by=cast.bureau_officer, now=now, reason="不是隐患")
    fire(plant, "merge", by=cast.bureau_officer, now=now, heir=heir.unit.pk, reason="整合重组")
    deliver_pending(now=now)
    for hazard in (running, inner, over):
        hazard.refresh_from_db()
    assert (running.enterprise, running.responsible_unit, running.status) == (heir, heir.unit, S.RECTIFYING)
    assert (inner.supervising_unit, over.enterprise) == (heir.unit, plant)
    assert last_line(running).label == "随企业并入转移"
    assert last_line(running).data["changed"]["enterprise"] == {"from": plant.name, "to": heir.name}
    assert Notification.objects.filter(title__contains="并入企业带来 2 条").exists()


def test_danger_does_not_end_with_the_licence(cast, plant, found, rectifying, photo, now):
    running, inner = rectifying(), found(by=cast.plant_officer, channel="self_inspection", place="合成车间")
    fire(plant, "close", by=cast.bureau_officer, now=now, reason="注销")
    deliver_pending(now=now)
    for hazard in (running, inner):
        hazard.refresh_from_db()
    assert (running.status, inner.status) == (S.RECTIFYING, S.REPORTED)
    assert inner.supervising_unit == cast.bureau_officer.unit, "nobody is inside any more: its regulator takes it"
    assert Notification.objects.filter(person=cast.bureau_officer.person, title__contains="还有 2 条").exists()
    done = {"summary": "镇里组织清空", "after_photos": [photo(cast.town)]}
    tomorrow = now + timedelta(days=1)  # its posts end with the day
    assert fire(running, "submit", by=cast.town, now=tomorrow, **done).status == S.RECTIFIED


def test_a_change_of_supervisor_is_followed_unless_a_transfer_runs(cast, plant, found, rectifying, now):
    running, offered = rectifying(), found(place="西门")
    hand = {"reason": "属于燃气", "transfer_to": cast.housing_officer.unit.pk}
    fire(offered, "offer_transfer", by=cast.bureau_officer, now=now, **hand)
    change_enterprise(enterprise=plant, sector=Sector.GAS, by=cast.bureau_officer, now=now)
    deliver_pending(now=now)
    running.refresh_from_db()
    offered.refresh_from_db()
    assert (running.supervising_unit, running.sector) == (cast.housing_officer.unit, Sector.GAS)
    assert offered.supervising_unit == cast.bureau_officer.unit
    assert last_line(running).label == "随企业监管变更"


def test_what_was_written_wrong_is_put_right_and_both_are_kept(cast, found, now):
    hazard = found(by=cast.town)
    hazard = correct_hazard(hazard=hazard, place="一号厂房南侧", reason="写错了", by=cast.town, now=now)
    assert last_line(hazard).data["changed"]["place"] == {"from": "一号厂房北侧消防车通道", "to": "一号厂房南侧"}
    with pytest.raises(Refused):
        correct_hazard(hazard=hazard, place="别处", by=cast.plant_head, now=now)
    with pytest.raises(Refused):
        correct_hazard(hazard=hazard, description=" ", by=cast.town, now=now)


def test_the_numbers_of_a_region_hold_from_the_next_record_on(cast, found, now):
    set_policy(region=cast.county, judge_days=1, extensions=0, by=cast.chief, now=now)
    hazard = found()
    assert hazard.judge_by == date(2026, 3, 11)
    judged = {"judged_level": "general", "criterion_reason": "占用面积小", "rectify_by": date(2026, 3, 20)}
    fire(hazard, "judge_and_order", by=cast.bureau_officer, now=now, **judged)
    ask = {"extended_to": date(2026, 3, 30), "reason": "设备未到"}
    assert "特批延期" in refusal(hazard, "extend", by=cast.plant_officer, now=now, **ask).sentence
    assert Hazard.objects.get().extensions == 0


def test_what_is_to_be_looked_at_again_goes_along_however_often_it_is_merged(cast, plant, handed_in, photo, now):
    seen = {"finding": "已清空", "on_site": True, "site_photos": [photo(cast.bureau_leader, 12)]}
    hazard = fire(handed_in(level="major"), "verify", by=cast.bureau_leader, now=now, **seen)
    look = fire(hazard, "close", by=cast.bureau_officer, now=now).look_backs.get()
    firm = plant
    for name in ("云海化工有限公司", "云天化工有限公司"):
        new = NewEnterprise(name=name, region=plant.unit.region, sector=Sector.CHEMICALS)
        heir = register_enterprise(enterprise=new, by=cast.bureau_officer, now=now)
        fire(firm, "merge", by=cast.bureau_officer, now=now, heir=heir.unit.pk, reason="整合重组")
        deliver_pending(now=now)
        firm = heir
    look.refresh_from_db()
    assert look.responsible_unit == firm.unit
