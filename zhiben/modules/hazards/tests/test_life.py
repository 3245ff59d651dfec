"""From report to close-out, told with the cast's plant, its town and its county."""

from datetime import date, timedelta

import pytest

from zhiben.core.access.acting import Acting
from zhiben.core.audit.services import lines_of
from zhiben.core.notify.models import Notification
from zhiben.core.org import services as org
from zhiben.core.org.roles import Role
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.engine import StepRefused, fire
from zhiben.core.workflow.models import ApprovalRequest, WorkItem
from zhiben.core.workflow.offers import offers
from zhiben.core.workflow.sweep import sweep
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.models import HazardStatus as S

from .conftest import FIVE, FOR_MAJOR, at

pytestmark = pytest.mark.django_db


def seats(hazard):
    return set(WorkItem.objects.filter(record_id=str(hazard.pk)).values_list("seat", flat=True))


def told(acting, words):
    return Notification.objects.filter(person=acting.person, title__contains=words).count()


def refusal(*args, **data):
    with pytest.raises(StepRefused) as refused:
        fire(*args, **data)
    return refused.value


def test_an_ordinary_one_goes_all_the_way(cast, found, photo, now):
    hazard = found()
    county = cast.bureau_officer.unit
    assert (hazard.status, hazard.number, hazard.supervising_unit) == (S.REPORTED, "990121-2026-000001", county)
    regulator, plant = {"by": cast.bureau_officer, "now": now}, {"by": cast.plant_officer, "now": now}
    fire(hazard, "judge", **regulator, judged_level="general", criterion_reason="占用面积小，已疏通一半")
    fire(hazard, "order", **regulator, rectify_by=date(2026, 3, 20))
    assert (told(cast.plant_head, "报送五定"), told(cast.plant_officer, "报送五定")) == (1, 1)
    fire(hazard, "file_plan", **plant, **FIVE)
    fire(hazard, "accept_plan", **regulator)
    fire(hazard, "report_progress", **plant, percent=50, text="已清走一半", stage="清理", spent="3000")
    assert "fall_reason" in refusal(hazard, "report_progress", **plant, percent=20, text="又堆上了").errors
    fire(hazard, "submit", **plant, summary="已清空并划线", after_photos=[photo(cast.plant_officer)], spent="7800")
    hazard = fire(hazard, "verify_and_close", **regulator, finding="通道畅通，标线清楚", on_site=True)
    assert (hazard.status, hazard.closed_by, hazard.progress) == (S.CLOSED, cast.bureau_officer.person, 100)
    assert (hazard.spent, hazard.reports.get().stage, hazard.on_site) == (7800, "清理", True)
    assert not seats(hazard)
    labels = [line.label for line in lines_of("hazards.hazard", hazard.pk)]
    assert labels == [
        *("登记", "登记照片", "判定", "交办", "报送五定", "通过方案", "报进展", "报送复查", "复查销号"),
    ]


def test_a_small_thing_is_put_right_on_the_spot_with_two_photos(cast, found, photo, now):
    officer = {"by": cast.bureau_officer, "now": now}
    bare = found(before_photos=(), description="配电箱箱门未关，插座面板破损", place="包装间东墙")
    after = {"after_photos": [photo(cast.bureau_officer, 7)], "summary": "当场更换面板、关好箱门"}
    assert "more_before_photos" in refusal(bare, "fix_on_spot", **officer, **after).errors
    assert Hazard.objects.get(pk=bare.pk).status == S.REPORTED
    closed = fire(bare, "fix_on_spot", **officer, **after, more_before_photos=[photo(cast.bureau_officer, 6)])
    assert (closed.status, closed.fixed_on_spot) == (S.CLOSED, True)
    major = found(level="major")
    assert "拟定为重大" in refusal(major, "fix_on_spot", **officer, **after).sentence


def test_a_major_one_needs_ground_plan_dual_reports_a_visit_and_the_right_level(cast, found, photo, now):
    hazard = found(by=cast.town, level="major")
    assert hazard.supervising_unit == cast.bureau_officer.unit, "a major one goes to whoever supervises the plant"
    regulator, plant = {"by": cast.bureau_officer, "now": now}, {"by": cast.plant_officer, "now": now}
    order = {"judged_level": "major", "rectify_by": date(2026, 3, 20)}
    assert "criterion_reason" in refusal(hazard, "judge_and_order", **regulator, **order).errors
    assert "criterion_reason" in refusal(hazard, "judge", **regulator, judged_level="general").errors
    fire(hazard, "judge_and_order", **regulator, **order, criterion_reason="消防车通道堵死，无法扑救")
    assert set(refusal(hazard, "file_plan", **plant, **FIVE).errors) == set(FOR_MAJOR)
    late = {**FIVE, **FOR_MAJOR, "plan_rectify_by": date(2026, 4, 1)}
    assert "plan_rectify_by" in refusal(hazard, "file_plan", **plant, **late).errors
    fire(hazard, "file_plan", **plant, **FIVE, **FOR_MAJOR)
    fire(hazard, "return_plan", **regulator, reason="没有写清停产范围")
    fire(hazard, "file_plan", **plant, **FIVE, **FOR_MAJOR)
    fire(hazard, "accept_plan", **regulator)
    done = {"summary": "已拆墙清空", "after_photos": [photo(cast.plant_officer)]}
    assert "双报告" in refusal(hazard, "submit", **plant, **done).sentence
    for to in ("regulator", "workers"):
        proof = [photo(cast.plant_officer, 91)]
        fire(hazard, "register_dual_report", **plant, report_to=to, reported_on=date(2026, 3, 10), report_proof=proof)
    fire(hazard, "submit", **plant, **done)
    assert "复查通过" in refusal(hazard, "verify_and_close", by=cast.bureau_leader, now=now, finding="好").sentence
    leader = {"by": cast.bureau_leader, "now": now}
    assert set(refusal(hazard, "verify", **leader, finding="好").errors) == {"on_site", "site_photos"}
    seen = {"finding": "已拆除", "on_site": True, "site_photos": [photo(cast.bureau_leader, 12)]}
    hazard = fire(hazard, "verify", by=cast.bureau_leader, now=now, **seen)
    assert (hazard.status, hazard.closing_unit, hazard.plan_returns) == (S.VERIFIED, cast.bureau_officer.unit, 1)
    assert refusal(hazard, "close", by=cast.town, now=now)
    hazard = fire(hazard, "close", by=cast.bureau_officer, now=now)
    assert (hazard.status, hazard.look_backs.get().due_on) == (S.CLOSED, date(2026, 6, 8))


def test_the_table_tells_the_leader_then_the_regulators_leader(cast, rectifying, now):
    hazard = rectifying()
    ask = {"by": cast.plant_officer, "now": now, "reason": "设备到货推迟"}
    assert "特批延期" in refusal(hazard, "extend", extended_to=date(2026, 6, 30), **ask).errors["extended_to"]
    fire(hazard, "extend", extended_to=date(2026, 4, 10), **ask)
    decide(ApprovalRequest.objects.get(), agrees=False, opinion="危险仍在，按期整改", by=cast.bureau_officer, now=now)
    assert Hazard.objects.get(pk=hazard.pk).rectify_by == date(2026, 3, 20)
    assert told(cast.plant_officer, "未获同意") == 1
    sweep(at("2026-03-20", 23))
    assert told(cast.plant_head, "逾期") == 0
    sweep(at("2026-03-21", 9))
    assert (told(cast.plant_head, "逾期"), told(cast.bureau_leader, "逾期")) == (1, 0)
    sweep(at("2026-03-28", 9))
    assert (told(cast.plant_head, "逾期"), told(cast.bureau_leader, "逾期")) == (1, 1)
    assert Hazard.objects.overdue(at("2026-03-21")).get() == hazard


def test_past_the_day_only_the_head_extends_and_a_moved_day_is_watched_anew(cast, rectifying, now):
    hazard = rectifying()
    late = {"by": cast.plant_officer, "now": at("2026-03-23"), "reason": "供应商停工"}
    assert "特批延期" in refusal(hazard, "extend", extended_to=date(2026, 3, 30), **late).errors["extended_to"]
    fire(hazard, "extend_beyond", extended_beyond=date(2026, 5, 30), **late)
    request = ApprovalRequest.objects.get()
    with pytest.raises(StepRefused):
        decide(request, agrees=True, by=cast.bureau_officer, now=at("2026-03-23"))
    decide(request, agrees=True, by=cast.bureau_leader, now=at("2026-03-23"))
    sweep(at("2026-05-20", 9))
    assert told(cast.plant_head, "整改期限逾期") == 0
    hazard = fire(
        hazard, "redate", by=cast.bureau_officer, now=at("2026-05-20"), rectify_by=date(2026, 5, 25), reason="汛期提前"
    )
    assert (hazard.extensions, told(cast.plant_officer, "调整期限")) == (1, 1)
    sweep(at("2026-05-26", 9))
    assert told(cast.plant_head, "整改期限逾期") == 1


def test_nobody_verifies_what_they_had_a_hand_in(cast, handed_in, now):
    """The plant's officer becomes the bureau's: the hand goes along, also when acting in somebody else's name."""
    hazard = handed_in()
    founder = {"by": cast.security_administrator, "now": now}
    moved = org.appoint(
        person=cast.plant_officer.person, unit=cast.bureau_officer.unit, role=Role.UNIT_OFFICER, **founder
    )
    turncoat = Acting(cast.plant_officer.person, moved)
    assert "本人" in refusal(hazard, "verify_and_close", by=turncoat, now=now, finding="好").sentence
    deputy = Acting(cast.plant_officer.person, cast.bureau_officer.post, on_behalf_of=cast.bureau_officer.person)
    assert "本人" in refusal(hazard, "verify_and_close", by=deputy, now=now, finding="好").sentence
    inverse = Acting(cast.housing_officer.person, moved, on_behalf_of=cast.plant_officer.person)
    assert "本人" in refusal(hazard, "verify_and_close", by=inverse, now=now, finding="好").sentence
    assert fire(hazard, "verify_and_close", by=cast.bureau_officer, now=now, finding="好").status == S.CLOSED


def test_what_is_not_put_right_goes_back(cast, handed_in, photo, now):
    hazard = fire(handed_in(), "reject", by=cast.bureau_leader, now=now, reason="只挪到了另一侧")
    assert (hazard.status, hazard.rejections) == (S.RECTIFYING, 1)
    again = [photo(cast.plant_head, 14)]
    hazard = fire(hazard, "submit", by=cast.plant_head, now=now, summary="全部清走", after_photos=again)
    assert hazard.hands == sorted({cast.plant_officer.person.pk, cast.plant_head.person.pk})


def test_a_major_one_that_is_verified_may_be_sent_back_by_whoever_closes(cast, handed_in, photo, now):
    seen = {"finding": "好", "on_site": True, "site_photos": [photo(cast.bureau_leader, 12)]}
    hazard = fire(handed_in(level="major"), "verify", by=cast.bureau_leader, now=now, **seen)
    hazard = fire(hazard, "send_back", by=cast.bureau_officer, now=now, reason="照片看不出宽度")
    assert hazard.status == S.RECTIFIED


def test_of_a_major_one_nobody_verifies_what_they_ordered_nor_closes_what_they_verified(cast, handed_in, photo, now):
    """In whichever post and in whose name; an ordinary one asks for no more than that it is not their own work."""
    hazard = handed_in(level="major")
    assert seats(hazard).isdisjoint(cast.bureau_officer.seats), "whoever ordered it does not find it in the worklist"
    seen = {"finding": "好", "on_site": True, "now": now}
    sentence = refusal(hazard, "verify", by=cast.bureau_officer, **seen).sentence
    assert "交办人以外" in sentence
    also = {"by": cast.security_administrator, "now": now}
    third = org.appoint(
        person=cast.housing_officer.person, unit=cast.bureau_officer.unit, role=Role.UNIT_OFFICER, **also
    )
    for orderer in (cast.bureau_officer, Acting(cast.housing_officer.person, third, cast.bureau_officer.person)):
        sentence = refusal(hazard, "verify", by=orderer, **seen).sentence
        assert "交办人以外的人复查" in sentence
        assert "上一级单位" in sentence
    verifier = Acting(cast.housing_officer.person, third)
    hazard = fire(hazard, "verify", by=verifier, **seen, site_photos=[photo(verifier, 12)])
    assert "复查人以外的人销号" in refusal(hazard, "close", by=verifier, now=now).sentence
    assert fire(hazard, "close", by=cast.bureau_officer, now=now).status == S.CLOSED
    ordinary = handed_in(place="西门")
    assert fire(ordinary, "verify_and_close", by=cast.bureau_officer, now=now, finding="好").status == S.CLOSED


def test_a_unit_with_a_single_person_goes_one_level_up(cast, handed_in, photo, now):
    org.end_post(post=cast.regulator_chief.post, last_day=date(2026, 3, 9), by=cast.security_administrator, now=now)
    org.end_post(post=cast.bureau_leader.post, last_day=date(2026, 3, 9), by=cast.security_administrator, now=now)
    hazard, seen = handed_in(level="major"), {"finding": "好", "on_site": True, "now": now}
    above = next(acting for acting in (cast.office, cast.governor, cast.chief) if seats(hazard) & set(acting.seats))
    assert "交办人以外" in refusal(hazard, "verify", by=cast.bureau_officer, **seen).sentence
    hazard = fire(hazard, "verify", by=above, **seen, site_photos=[photo(above, 12)])
    assert fire(hazard, "close", by=cast.bureau_officer, now=now).status == S.CLOSED


def test_no_day_outlives_the_stage_that_it_was_given_for(cast, found, photo, now):
    """What is shown before a step is taken, and what is told when it lies long past, is of the stage that runs."""
    regulator, plant = {"by": cast.bureau_officer, "now": now}, {"by": cast.plant_officer, "now": now}
    hazard = found()

    def days():
        hazard.refresh_from_db()
        return [name for name in ("judge_by", "plan_by", "verify_by", "transfer_to") if getattr(hazard, name)]

    ground = {"judged_level": "general", "criterion_reason": "占用面积小，已疏通一半"}
    assert days() == ["judge_by"]
    fire(hazard, "judge_and_order", **regulator, rectify_by=date(2026, 3, 20), **ground)
    assert days() == ["plan_by"]
    fire(hazard, "redate", **regulator, rectify_by=date(2026, 3, 12), reason="汛期提前")
    assert (days(), hazard.plan_by) == (["plan_by"], date(2026, 3, 12)), "the plan is due no later than the work"
    fire(hazard, "file_plan", **plant, **{**FIVE, "plan_rectify_by": date(2026, 3, 12)})
    assert days() == ["verify_by"]
    fire(hazard, "accept_plan", **regulator)
    assert days() == []
    late = at("2026-03-30")
    [submit] = [each for each in offers(hazard, cast.plant_officer, late) if each.step.name == "submit"]
    assert submit.due == (), "the day of the plan's audit says nothing of the verification"
    done = {"summary": "已清空", "after_photos": [photo(cast.plant_officer)]}
    fire(hazard, "submit", by=cast.plant_officer, now=late, **done)
    assert (days(), hazard.verify_by > late.date()) == (["verify_by"], True)
    offered = {"transfer_to": cast.housing_officer.unit.pk, "reason": "属于燃气"}
    fire(hazard, "offer_transfer", by=cast.bureau_officer, now=late, **offered)
    later = at("2026-04-20")
    fire(hazard, "reject", by=cast.bureau_leader, now=later, reason="没有清完", rectify_by=date(2026, 4, 22))
    assert days() == ["transfer_to"]
    fire(
        hazard, "submit", by=cast.plant_officer, now=later, **{**done, "after_photos": [photo(cast.plant_officer, 10)]}
    )
    fire(hazard, "verify_and_close", by=cast.bureau_leader, now=later, finding="好")
    assert days() == []


def test_withdrawn_is_a_state_with_a_reason(cast, found, now):
    hazard = found()
    assert "reason" in refusal(hazard, "withdraw", by=cast.bureau_officer, now=now).errors
    hazard = fire(hazard, "withdraw", by=cast.bureau_officer, now=now, reason="现场核实为临时卸货，半小时后清空")
    assert hazard.status == S.WITHDRAWN
    assert not Hazard.objects.counted().exists()
    assert hazard in Hazard.objects.visible_to(cast.bureau_officer)


def test_strangers_see_and_do_nothing(cast, found, now):
    hazard = found()
    for stranger in (cast.outsider, cast.housing_officer):
        assert not Hazard.objects.visible_to(stranger).exists()
        assert offers(hazard, stranger, now) == []
        assert refusal(hazard, "judge", by=stranger, now=now, judged_level="general")
    assert hazard in Hazard.objects.visible_to(cast.plant_head)


def test_every_step_is_a_change(cast, rectifying, now):
    hazard = rectifying()
    later = now + timedelta(hours=3)
    hazard = fire(hazard, "report_progress", by=cast.plant_officer, now=later, percent=10, text="已开工")
    assert hazard.changed_at == later
