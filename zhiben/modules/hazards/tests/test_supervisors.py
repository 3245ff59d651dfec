"""Who supervises, who closes, and how it changes hands."""

from datetime import date, timedelta

import pytest

from zhiben.core.audit.services import lines_of
from zhiben.core.calendar import add_working_days
from zhiben.core.clock import local_day
from zhiben.core.notify.models import Notification
from zhiben.core.org import services as org
from zhiben.core.org.models import RegionLevel, UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.refusal import Refused
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.engine import StepRefused, fire
from zhiben.core.workflow.models import ApprovalRequest, OpenDeadline, WorkItem
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.models import HazardStatus as S
from zhiben.modules.hazards.reporting import Report, report_hazard
from zhiben.modules.hazards.services import set_closing_unit, set_policy

from .conftest import FIVE, FOR_MAJOR
from .test_life import refusal

pytestmark = pytest.mark.django_db


def own(found, cast, **more):
    return found(by=cast.plant_officer, channel="self_inspection", **more)


def test_an_enterprise_sees_to_its_own_ordinary_ones_and_another_of_its_people_verifies(cast, found, photo, now):
    hazard = own(found, cast, description="车间照明灯两盏不亮，配电箱门未关", place="合成车间二层")
    assert hazard.is_internal
    officer, head = {"by": cast.plant_officer, "now": now}, {"by": cast.plant_head, "now": now}
    assert "上报重大" in refusal(hazard, "judge", **head, judged_level="major", criterion_reason="重大的").sentence
    fire(hazard, "judge_and_order", **officer, judged_level="general", rectify_by=date(2026, 3, 20))
    fire(hazard, "file_plan", **officer, **FIVE)
    assert "参与整改的人以外" in refusal(hazard, "accept_plan", **officer).sentence
    fire(hazard, "accept_plan", **head)
    fire(hazard, "submit", **officer, summary="已更换", after_photos=[photo(cast.plant_officer)])
    assert WorkItem.objects.get(record_id=str(hazard.pk)).seat == cast.plant_head.seats[0]
    assert refusal(hazard, "verify_and_close", **officer, finding="好")
    hazard = fire(hazard, "verify_and_close", **head, finding="已亮")
    assert hazard.status == S.CLOSED


def test_where_both_had_a_hand_in_it_the_town_looks(cast, found, photo, now):
    hazard = own(found, cast)
    fire(
        hazard, "judge_and_order", by=cast.plant_officer, now=now, judged_level="general", rectify_by=date(2026, 3, 20)
    )
    fire(hazard, "file_plan", by=cast.plant_officer, now=now, **FIVE)
    fire(hazard, "accept_plan", by=cast.plant_head, now=now)
    fire(hazard, "submit", by=cast.plant_head, now=now, summary="已更换", after_photos=[photo(cast.plant_head)])
    assert fire(hazard, "verify_and_close", by=cast.town, now=now, finding="已清空").status == S.CLOSED


def test_an_enterprise_hands_a_major_one_up_and_never_lowers_it(cast, found, now):
    hazard = own(found, cast)
    assert "内部闭环" in refusal(
        fire(hazard, "judge_and_order", by=cast.plant_head, now=now, judged_level="general", rectify_by=date(2026, 3, 20)),
        "upgrade", by=cast.plant_head, now=now, reason="其实是重大的",
    ).sentence  # fmt: skip
    hazard = fire(hazard, "report_as_major", by=cast.plant_head, now=now, reason="整条通道都堵死了")
    assert (hazard.status, hazard.level, hazard.supervising_unit) == (S.REPORTED, "major", cast.bureau_officer.unit)
    assert refusal(hazard, "judge", by=cast.plant_head, now=now, judged_level="general", criterion_reason="不算重大")


def test_its_regulator_may_take_an_inner_loop_over(cast, found, now):
    hazard = fire(own(found, cast), "take_over", by=cast.bureau_officer, now=now, reason="多次自查自改不到位")
    assert hazard.supervising_unit == cast.bureau_officer.unit
    assert refusal(hazard, "take_over", by=cast.bureau_officer, now=now, reason="再来一次")


def test_nobody_supervises_a_major_one_of_their_own(cast, now):
    """A town's own bridge: what the town found itself stays in its own loop; a major one, reported so or handed up later,
    is judged, verified and closed by the office that stands over the town."""

    def bridge(**more) -> Hazard:
        report = Report(unit=cast.town.unit, place="镇区老桥", description="桥栏断了 3 米，校车天天过",
                        found_on=local_day(now), **more)  # fmt: skip
        return report_hazard(report=report, by=cast.town, now=now)

    told, ordinary = bridge(level="major"), bridge()
    assert ordinary.supervising_unit == cast.town.unit
    handed_up = fire(ordinary, "report_as_major", by=cast.town, now=now, reason="桥栏断口大，随时有人坠落")
    for hazard in (told, handed_up):
        assert hazard.supervising_unit == cast.office.unit
        assert refusal(hazard, "judge", by=cast.town, now=now, judged_level="general", criterion_reason="已设警示")
        ground = {"judged_level": "major", "criterion_reason": "临水高处无防护，有坠落危险"}
        fire(hazard, "judge_and_order", by=cast.office, now=now, rectify_by=date(2026, 3, 20), **ground)
        assert WorkItem.objects.filter(record_id=str(hazard.pk), seat__in=cast.town.seats).exists()


def test_an_enterprise_without_accounts_never_stops_the_work(cast, found, photo, now):
    """Its town does the work on its behalf, and the town's only officer does not verify what he did."""
    founder = {"by": cast.security_administrator, "now": now}
    hazard = found(by=cast.town)
    assert hazard.supervising_unit == cast.town.unit, "who looked first leads"
    for acting in (cast.plant_officer, cast.plant_head):
        org.end_post(post=acting.post, last_day=date(2026, 3, 9), **founder)
    town = {"by": cast.town, "now": now}
    fire(hazard, "judge_and_order", **town, judged_level="general", rectify_by=date(2026, 3, 20))
    fire(hazard, "file_plan", **town, **FIVE)
    fire(hazard, "accept_plan", by=cast.office, now=now)
    fire(hazard, "submit", **town, summary="镇里组织清走", after_photos=[photo(cast.town)])
    assert refusal(hazard, "verify_and_close", **town, finding="好")
    assert fire(hazard, "verify_and_close", by=cast.office, now=now, finding="好").status == S.CLOSED


def test_a_transfer_stays_with_the_first_unit_until_it_is_accepted(cast, found, now):
    hazard, county = found(), cast.bureau_officer.unit
    hand = {"by": cast.bureau_officer, "now": now, "reason": "燃气设施由住建部门监管"}
    assert "企业" in refusal(hazard, "offer_transfer", **hand, transfer_to=cast.plant_head.unit.pk).sentence
    hazard = fire(hazard, "offer_transfer", **hand, transfer_to=cast.housing_officer.unit.pk)
    assert (hazard.supervising_unit, hazard.transfer_to) == (county, cast.housing_officer.unit)
    assert type(hazard).objects.visible_to(cast.housing_officer).exists()
    assert "等对方答复" in refusal(hazard, "offer_transfer", **hand, transfer_to=cast.town.unit.pk).sentence
    hazard = fire(hazard, "decline_transfer", by=cast.housing_officer, now=now, reason="不是燃气设施")
    assert hazard.transfer_to is None
    assert Notification.objects.filter(person=cast.bureau_officer.person, title__contains="退回移交").exists()
    fire(hazard, "offer_transfer", **hand, transfer_to=cast.housing_officer.unit.pk)
    fire(hazard, "judge_and_order", by=cast.bureau_officer, now=now, judged_level="general", rectify_by=date(2026, 4, 1),
         criterion_reason="占用面积小")  # fmt: skip
    hazard = fire(hazard, "accept_transfer", by=cast.housing_leader, now=now)
    assert (hazard.status, hazard.supervising_unit, hazard.closing_unit) == (
        S.ORDERED, cast.housing_leader.unit, cast.housing_leader.unit,
    )  # fmt: skip
    assert refusal(hazard, "redate", by=cast.bureau_officer, now=now, rectify_by=date(2026, 5, 1), reason="晚一点")


def test_whoever_accepts_a_transfer_is_given_the_time_of_the_stage(cast, found, now):
    """Offered on the last day for the judgement and accepted when it had passed: the delay was not the new unit's."""
    hazard = found()
    late = now + timedelta(days=10)
    fire(hazard, "offer_transfer", by=cast.bureau_officer, now=late, transfer_to=cast.housing_officer.unit.pk,
         reason="燃气设施，由住建部门监管")  # fmt: skip
    assert hazard.judge_by < local_day(late)
    hazard = fire(hazard, "accept_transfer", by=cast.housing_leader, now=late)
    assert hazard.judge_by == add_working_days(local_day(late), 2)
    assert OpenDeadline.objects.get(record_id=str(hazard.pk), name="judge").due_on == hazard.judge_by
    given, later = hazard.judge_by, late + timedelta(days=20)  # passed on again, it brings what is left of that
    fire(hazard, "offer_transfer", by=cast.housing_leader, now=later, transfer_to=cast.bureau_officer.unit.pk,
         reason="查明是厂内管道，由应急部门监管")  # fmt: skip
    assert fire(hazard, "accept_transfer", by=cast.bureau_officer, now=later).judge_by == given


def test_level_goes_up_and_down_by_the_supervisor_with_a_reason(cast, rectifying, photo, now):
    hazard = rectifying()
    regulator = {"by": cast.bureau_officer, "now": now}
    assert refusal(hazard, "upgrade", by=cast.plant_head, now=now, reason="其实是重大的")
    hazard = fire(hazard, "upgrade", **regulator, reason="整条通道堵死，无法扑救")
    assert (hazard.status, hazard.level) == (S.ORDERED, "major")
    assert set(refusal(hazard, "file_plan", by=cast.plant_officer, now=now, **FIVE).errors) == set(FOR_MAJOR)
    asked = fire(hazard, "downgrade", **regulator, reason="另有一条 4 米宽的通道可以通行")
    assert asked.level == "major", "the head of whoever closes it decides"
    decide(ApprovalRequest.objects.get(), agrees=True, by=cast.bureau_leader, now=now)
    hazard.refresh_from_db()
    assert (hazard.level, hazard.criterion, hazard.status) == ("general", None, S.ORDERED)


def test_the_region_says_at_which_level_a_major_one_is_closed(cast, handed_in, found, photo, now):
    """The town supervises; what is major is closed by the county's department, or by the city's where the rules say."""
    chief = {"by": cast.chief, "now": now}
    with pytest.raises(Refused):
        set_policy(region=cast.other_county, **chief, judge_days=3)
    with pytest.raises(Refused):
        set_policy(region=cast.county, **chief, look_back_share=130)
    founder = {"by": cast.security_administrator, "now": now}
    city = org.open_unit(
        name="安澜市应急管理局", short_name="市应急管理局", kind=UnitKind.DEPARTMENT, region=cast.city,
        sectors=cast.bureau_officer.unit.sectors, **founder,
    )  # fmt: skip
    hazard = found(by=cast.town)
    assert hazard.closing_unit == cast.town.unit
    judged = {"judged_level": "major", "criterion_reason": "整条通道堵死", "rectify_by": date(2026, 4, 1)}
    hazard = fire(hazard, "judge_and_order", by=cast.town, now=now, **judged)
    assert (hazard.supervising_unit, hazard.closing_unit) == (cast.town.unit, cast.bureau_officer.unit)
    set_policy(region=cast.county, **chief, closing_level=RegionLevel.CITY)
    other = fire(found(by=cast.town), "judge_and_order", by=cast.town, now=now, **judged)
    assert other.closing_unit == city


def test_what_was_listed_is_closed_by_whoever_listed_it(cast, handed_in, photo, now):
    hazard, lift = handed_in(), {"by": cast.chief, "now": now}
    with pytest.raises(Refused):
        set_closing_unit(hazard=hazard, unit=cast.town.unit, reason="不合规矩", **lift)
    hazard = set_closing_unit(hazard=hazard, unit=cast.office.unit, reason="县级挂牌督办", **lift)
    seen = {"finding": "好", "by": cast.bureau_officer, "now": now}
    assert cast.office.unit.short_name in refusal(hazard, "verify_and_close", **seen).sentence
    fire(hazard, "verify", **seen)
    assert refusal(hazard, "close", by=cast.bureau_leader, now=now)
    assert fire(hazard, "close", by=cast.office, now=now).status == S.CLOSED
    assert "提级销号" in [line.label for line in lines_of("hazards.hazard", hazard.pk)]


def test_who_moved_units_leaves_the_work_to_the_seat(cast, found, now):
    """A regulator who moved no longer acts; the colleague at the desk does."""
    hazard = found()
    founder = {"by": cast.security_administrator, "now": now}
    for acting in (cast.bureau_officer, cast.regulator):
        org.end_post(post=acting.post, last_day=date(2026, 3, 9), **founder)
    org.appoint(person=cast.bureau_officer.person, unit=cast.housing_officer.unit, role=Role.UNIT_OFFICER, **founder)
    cast.bureau_officer.post.refresh_from_db()
    with pytest.raises(StepRefused):
        fire(hazard, "judge", by=cast.bureau_officer, now=now, judged_level="general", criterion_reason="占用面积小")
    judged = {"judged_level": "general", "criterion_reason": "占用面积小"}
    assert fire(hazard, "judge", by=cast.bureau_leader, now=now, **judged).status == S.JUDGED
