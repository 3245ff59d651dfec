"""Those who want a hazard gone without its being put right, and those who want a nice figure."""

from datetime import date, timedelta

import pytest

from zhiben.core.access.acting import Acting
from zhiben.core.files.models import PictureFacts
from zhiben.core.notify.models import Notification
from zhiben.core.org import services as org
from zhiben.core.org.models import Unit
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.engine import StepRefused, fire
from zhiben.core.workflow.models import ApprovalRequest, OpenDeadline
from zhiben.core.workflow.sweep import sweep
from zhiben.modules.criteria.services import keep
from zhiben.modules.hazards.models import Hazard, HazardLink
from zhiben.modules.hazards.models import HazardStatus as S
from zhiben.modules.hazards.services import confirm_link, correct_hazard, set_closing_unit
from zhiben.modules.registry.services import NewEnterprise, register_enterprise

from .conftest import FIVE, at
from .test_life import refusal, told

pytestmark = pytest.mark.django_db
NOT_VENTILATED = "污水处理站调节池清淤，两名工人未办作业票、未通风检测，没有监护人就下池作业"


# ── ways round closing ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_major_one_is_neither_withdrawn_nor_lowered_by_one_officer(cast, rectifying, now):
    hazard, officer = rectifying(level="major"), {"by": cast.bureau_officer, "now": now}
    assert "申请撤销" in refusal(hazard, "withdraw", **officer, reason="现场没有看到").sentence
    for step in ("ask_to_withdraw", "downgrade"):
        hazard = fire(hazard, step, **officer, reason="不算重大")
        assert (hazard.status, hazard.level) == (S.RECTIFYING, "major")
        request = ApprovalRequest.objects.get(step=step)
        with pytest.raises(StepRefused):
            decide(request, agrees=True, **officer)
        decide(request, agrees=False, opinion="证据不足", by=cast.bureau_leader, now=now)
    hazard = fire(hazard, "ask_to_withdraw", **officer, reason="经专家论证不属于隐患")
    decide(ApprovalRequest.objects.filter(status="pending").get(), agrees=True, by=cast.bureau_leader, now=now)
    hazard.refresh_from_db()
    assert hazard.status == S.WITHDRAWN


def test_what_the_county_listed_is_not_got_rid_of_by_the_town(cast, found, photo, now):
    """An ordinary one of the town, listed by the county: neither on the spot, nor withdrawn, nor put away elsewhere."""
    hazard, town = found(by=cast.town), {"by": cast.town, "now": now}
    other = found(by=cast.town, place="西门", description="应急照明灯 2 盏不亮", before_photos=())
    set_closing_unit(
        hazard=hazard, unit=cast.bureau_officer.unit, reason="县级挂牌督办", by=cast.bureau_leader, now=now
    )
    done = {"summary": "清走", "after_photos": [photo(cast.town)], "criterion_reason": "面积不大"}
    assert "销号" in refusal(hazard, "fix_on_spot", **town, **done).sentence
    assert "申请撤销" in refusal(hazard, "withdraw", **town, reason="不是隐患").sentence
    named = {"duplicate_number": other.number, "reason": "同一处"}
    assert "提级" in refusal(hazard, "mark_duplicate", **town, **named).sentence
    with pytest.raises(Refused, match="只能提级"):
        set_closing_unit(hazard=hazard, unit=cast.town.unit, reason="还给镇里", by=cast.town, now=now)
    fire(hazard, "judge_and_order", **town, judged_level="general", rectify_by=date(2026, 3, 20),
         criterion_reason="占用面积小，已疏通一半")  # fmt: skip
    fire(hazard, "file_plan", by=cast.plant_officer, now=now, **FIVE)
    fire(hazard, "accept_plan", **town)
    fire(hazard, "submit", by=cast.plant_officer, now=now, summary="清走", after_photos=[photo(cast.plant_officer)])
    assert "复查通过" in refusal(hazard, "verify_and_close", **town, finding="好").sentence
    fire(hazard, "verify", **town, finding="好")
    assert refusal(hazard, "close", **town)
    assert fire(hazard, "close", by=cast.bureau_officer, now=now).status == S.CLOSED


def test_a_closed_one_swallows_nothing_that_was_found_later_nor_elsewhere(cast, found, photo, plant, now):
    officer = {"by": cast.bureau_officer, "now": now}
    old = found(description="配电箱门缺失 1 扇", place="东门")
    fire(old, "fix_on_spot", **officer, summary="装好", after_photos=[photo(cast.bureau_officer)])
    later = {"by": cast.bureau_officer, "now": now + timedelta(days=9)}
    new = found(now=later["now"], description="配电箱门缺失 1 扇", place="东门", before_photos=())
    assert "复发" in refusal(new, "mark_duplicate", **later, duplicate_number=old.number, reason="同一处").sentence
    heir = register_enterprise(
        enterprise=NewEnterprise(name="云海化工有限公司", region=plant.unit.region, sector=Sector.CHEMICALS), **officer
    )
    elsewhere = found(plant=heir, before_photos=())
    assert (
        "不是同一家" in refusal(new, "mark_duplicate", **later, duplicate_number=elsewhere.number, reason="像").sentence
    )
    street = found(enterprise=None, unit=cast.town.unit, before_photos=())
    told = {"duplicate_number": street.number, "reason": "像"}
    assert "柳溪镇的隐患，不是同一家" in refusal(new, "mark_duplicate", **later, **told).sentence
    major = found(level="major", before_photos=())
    assert "升为重大" in refusal(major, "mark_duplicate", **officer, duplicate_number=new.number, reason="像").sentence
    told = {"duplicate_number": old.number, "reason": "像"}
    assert "已经销号" in refusal(major, "mark_duplicate", **officer, **told).sentence, "no way round closing"
    own = found(by=cast.plant_officer, channel="self_inspection", before_photos=(), place="西门")
    assert "收归监管" in refusal(new, "mark_duplicate", **later, duplicate_number=own.number, reason="像").sentence


def test_nothing_is_tied_to_what_has_been_put_away_meanwhile(cast, found, now):
    first, second = found(), found()
    link = HazardLink.objects.get(hazard=second, earlier=first)
    fire(first, "withdraw", by=cast.bureau_officer, now=now, reason="现场核实为临时卸货")
    with pytest.raises(Refused, match="已撤销"):
        confirm_link(link=link, by=cast.bureau_officer, now=now)
    HazardLink.objects.update(kind="recurrence")
    with pytest.raises(Refused, match="已撤销"):
        confirm_link(link=link, by=cast.bureau_officer, now=now)
    link.refresh_from_db()
    assert link.is_confirmed is None
    assert not Hazard.objects.exclude(recurs_from=None).exists()


# ── an enterprise's own loop ─────────────────────────────────────────────────────────────────────────────────────


def test_a_plant_that_calls_a_match_ordinary_is_seen_by_its_regulator(cast, found, plant, photo, now):
    keep(by=cast.system_administrator, now=now)
    plant.trades = ["工贸-有限空间"]
    plant.save()
    hazard = found(by=cast.plant_officer, channel="self_inspection", description=NOT_VENTILATED,
                   place="污水处理站调节池", before_photos=[photo(cast.plant_officer, 3)])  # fmt: skip
    done = {"by": cast.plant_officer, "now": now, "summary": "已停工", "after_photos": [photo(cast.plant_officer, 4)]}
    assert "判定情形相符" in refusal(hazard, "fix_on_spot", **done).sentence
    fire(hazard, "fix_on_spot", **done, criterion_reason="我们觉得不算")
    assert told(cast.bureau_officer, "按一般处理") == 1


def test_what_was_handed_up_does_not_come_back_inside(cast, found, now):
    hazard = found(by=cast.plant_officer, channel="self_inspection")
    plant = {"by": cast.plant_officer, "now": now}
    hazard = fire(hazard, "report_as_major", **plant, reason="整条通道堵死，无法扑救")
    assert not hazard.is_internal
    for step, data in (
        ("judge", {"judged_level": "general", "criterion_reason": "其实不要紧"}), ("withdraw", {"reason": "看错了"}),
        ("downgrade", {"reason": "不算重大"}), ("offer_transfer", {"transfer_to": cast.town.unit, "reason": "归镇里"}),
    ):  # fmt: skip
        assert refusal(hazard, step, **plant, **data)
    assert not Hazard.objects.get().is_internal


def test_nobody_checks_the_unit_they_belong_to_through_another_post_or_as_a_deputy(cast, handed_in, now):
    """The plant's head, who had no hand in it, sits in the bureau, too, or stands in for its officer."""
    hazard, seen = handed_in(), {"now": now, "finding": "好"}
    to = {"by": cast.security_administrator, "now": now}
    post = org.appoint(person=cast.plant_head.person, unit=cast.bureau_officer.unit, role=Role.UNIT_OFFICER, **to)
    assert "任职" in refusal(hazard, "verify_and_close", by=Acting(cast.plant_head.person, post), **seen).sentence
    day = now.date()
    org.delegate(post=cast.bureau_officer.post, deputy=cast.plant_head.person, valid_from=day, valid_to=day,
                 by=cast.bureau_officer, now=now)  # fmt: skip
    deputy = Acting(cast.plant_head.person, cast.bureau_officer.post, cast.bureau_officer.person)
    for step, data in (("verify_and_close", {"finding": "好"}), ("withdraw", {"reason": "不是隐患"})):
        assert "任职" in refusal(hazard, step, by=deputy, now=now, **data).sentence
    org.end_post(post=cast.plant_head.post, last_day=day, **to)
    late = {"by": Acting(cast.plant_head.person, post), "now": now + timedelta(days=2)}
    assert "任职" in refusal(hazard, "verify_and_close", **late, finding="好").sentence, "also after having moved"


def test_whoever_reported_progress_had_a_hand_in_it(cast, found, photo, now):
    hazard = found(by=cast.plant_officer, channel="self_inspection", description="车间照明灯两盏不亮", place="二层")
    officer, head = {"by": cast.plant_officer, "now": now}, {"by": cast.plant_head, "now": now}
    fire(hazard, "judge_and_order", **officer, judged_level="general", rectify_by=date(2026, 3, 20))
    fire(hazard, "file_plan", **officer, **FIVE)
    fire(hazard, "accept_plan", **head)
    fire(hazard, "report_progress", **head, percent=90, text="我来换的")
    fire(hazard, "submit", **officer, summary="换好", after_photos=[photo(cast.plant_officer)])
    assert refusal(hazard, "verify_and_close", **head, finding="好")
    assert fire(hazard, "verify_and_close", by=cast.town, now=now, finding="灯都亮了").status == S.CLOSED


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_later_day_counts_as_an_extension_whoever_gives_it(cast, rectifying, handed_in, now):
    hazard, officer = rectifying(), {"by": cast.bureau_officer, "now": now, "reason": "再宽限几天"}
    assert "rectify_by" in refusal(hazard, "redate", **officer, rectify_by=date(9999, 12, 31)).errors
    assert "负责人" in refusal(hazard, "redate", **officer, rectify_by=date(2026, 6, 1)).sentence
    for extensions, day in enumerate((date(2026, 3, 25), date(2026, 3, 30)), start=1):
        hazard = fire(hazard, "redate", **officer, rectify_by=day)
        assert (hazard.extensions, hazard.rectify_by) == (extensions, day)
    assert "负责人" in refusal(hazard, "redate", **officer, rectify_by=date(2026, 4, 2)).sentence, "twice is enough"
    ask = {"by": cast.plant_officer, "now": now, "reason": "还差一点"}
    assert "特批延期" in refusal(hazard, "extend", **ask, extended_to=date(2026, 4, 2)).sentence
    assert fire(hazard, "redate", **officer, rectify_by=date(2026, 3, 26)).extensions == 2, "earlier is no extension"
    past = {**officer, "now": at("2026-03-28")}
    assert "负责人" in refusal(hazard, "redate", **past, rectify_by=date(2026, 3, 29)).sentence
    assert fire(hazard, "redate", **{**past, "by": cast.bureau_leader}, rectify_by=date(2026, 4, 2)).extensions == 3
    other = handed_in(place="西门")
    rejected = {"by": cast.bureau_officer, "now": now, "reason": "没有清完"}
    assert "负责人" in refusal(other, "reject", **rejected, rectify_by=date(2027, 3, 1)).sentence
    assert fire(other, "reject", **rejected, rectify_by=date(2026, 3, 27)).extensions == 1
    assert "extended_beyond" in refusal(other, "extend_beyond", **ask, extended_beyond=date(9999, 12, 31)).errors


def test_what_was_asked_before_the_officers_had_granted_all_they_may_is_not_granted_after(cast, rectifying, now):
    hazard, officer = rectifying(), {"by": cast.bureau_officer, "now": now}
    fire(hazard, "extend", by=cast.plant_officer, now=now, extended_to=date(2026, 4, 10), reason="设备没有到货")
    for day in (date(2026, 3, 25), date(2026, 3, 30)):
        fire(hazard, "redate", **officer, rectify_by=day, reason="连续暴雨停工")
    with pytest.raises(StepRefused, match="特批延期"):
        decide(ApprovalRequest.objects.get(), agrees=True, **officer)
    assert Hazard.objects.values_list("rectify_by", "extensions").get() == (date(2026, 3, 30), 2)


def test_a_hazard_passed_round_keeps_its_deadlines_and_whom_they_reach(cast, found, now):
    hazard = found()
    asked = hazard.judge_by
    hand = {"now": now, "reason": "不归我管"}
    fire(hazard, "offer_transfer", by=cast.bureau_officer, transfer_to=cast.housing_officer.unit, **hand)
    fire(hazard, "accept_transfer", by=cast.housing_officer, now=now)
    fire(hazard, "offer_transfer", by=cast.housing_officer, transfer_to=cast.bureau_officer.unit, **hand)
    late = at((asked + timedelta(days=1)).isoformat(), 9)
    assert (Hazard.objects.get().judge_by, OpenDeadline.objects.get().due_on) == (asked, asked)
    sweep(late)
    sweep(late + timedelta(hours=1))
    assert (told(cast.housing_leader, "判定期限逾期"), told(cast.bureau_leader, "判定期限逾期")) == (1, 0)
    fire(hazard, "accept_transfer", by=cast.bureau_officer, now=late)
    assert Hazard.objects.get().judge_by == asked


def test_nothing_is_told_of_what_is_closed_or_withdrawn(cast, found, handed_in, now):
    closed, withdrawn = handed_in(), found(place="西门", description="应急照明灯 2 盏不亮")
    fire(closed, "verify_and_close", by=cast.bureau_officer, now=now, finding="好")
    fire(withdrawn, "withdraw", by=cast.bureau_officer, now=now, reason="现场核实不是隐患")
    assert not OpenDeadline.objects.filter(record_type="hazards.hazard").exists()
    before = Notification.objects.count()
    for day in ("2026-03-17", "2026-03-21", "2026-04-30"):
        sweep(at(day, 9))
    assert Notification.objects.filter(title__contains="逾期").count() == 0
    assert Notification.objects.count() == before


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_verifies_does_not_hand_in_the_plants_pictures(cast, handed_in, photo, now):
    hazard = handed_in(level="major")
    old, copied = photo(cast.bureau_leader, 60), photo(cast.bureau_leader, 9)
    PictureFacts.objects.filter(file=old.file).update(taken_at=now - timedelta(hours=1))
    seen = {"finding": "好", "on_site": True, "site_photos": [old, copied]}
    fire(hazard, "verify", by=cast.bureau_leader, now=now, **seen)
    said = list(hazard.doubts.values_list("sentence", flat=True))
    assert any("已交的整改后照片" in each for each in said)
    assert any("早于报送复查" in each for each in said)


def test_a_picture_out_of_the_drawer_closes_nothing_on_the_spot_unseen(cast, found, photo, now):
    hazard = found(description="配电箱门缺失 1 扇", place="东门")
    old = photo(cast.bureau_officer, 61)
    PictureFacts.objects.filter(file=old.file).update(taken_at=now - timedelta(days=30))
    fire(hazard, "fix_on_spot", by=cast.bureau_officer, now=now, summary="装好", after_photos=[old])
    assert "早于发现" in hazard.doubts.get().sentence


# ── bad luck ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_comes_back_at_a_merged_plant_comes_back_to_its_heir(cast, plant, handed_in, photo, now):
    seen = {"finding": "已清空", "on_site": True, "site_photos": [photo(cast.bureau_leader, 12)]}
    hazard = fire(handed_in(level="major"), "verify", by=cast.bureau_leader, now=now, **seen)
    fire(hazard, "close", by=cast.bureau_officer, now=now)
    heir = register_enterprise(
        enterprise=NewEnterprise(name="云海化工有限公司", region=plant.unit.region, sector=Sector.CHEMICALS),
        by=cast.bureau_officer,
        now=now,
    )
    fire(plant, "merge", by=cast.bureau_officer, now=now, heir=heir.unit.pk, reason="整合重组")
    june = at("2026-06-09")
    look = fire(hazard.look_backs.get(), "recur", by=cast.bureau_officer, now=june, looked_on=date(2026, 6, 9),
                finding="又堆满了", again_photos=[photo(cast.bureau_officer, 31)])  # fmt: skip
    assert (look.new_hazard.enterprise, look.new_hazard.responsible_unit) == (heir, heir.unit)


def test_a_report_on_a_merged_plant_says_where_to_go_and_signs_alone_say_nothing(cast, plant, found, now):
    heir = register_enterprise(
        enterprise=NewEnterprise(name="云海化工有限公司", region=plant.unit.region, sector=Sector.CHEMICALS),
        by=cast.bureau_officer,
        now=now,
    )
    fire(plant, "merge", by=cast.bureau_officer, now=now, heir=heir.unit.pk, reason="整合重组")
    plant.refresh_from_db()
    for wrong, words in (
        ({}, "云海化工"), ({"plant": heir, "description": "🔥🔥"}, "请写明"), ({"plant": heir, "place": "\u202e"}, "具体位置"),
        ({"plant": heir, "rectify_by": date(9999, 12, 31)}, "三年"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=words):
            found(before_photos=(), **wrong)
    hazard = found(plant=heir, before_photos=(), description="\u202e阀门渗漏 1 处\u202c")
    assert hazard.description == "阀门渗漏 1 处"
    with pytest.raises(Refused, match="控制在"):
        correct_hazard(hazard=hazard, description="字" * 20_000, by=cast.bureau_officer, now=now)
    assert Unit.objects.filter(pk=hazard.supervising_unit_id).exists()


@pytest.mark.parametrize("funds", ["-1", "NaN", "Infinity", "1e400", "999999999999999", "八千"])
def test_odd_sums_of_money_are_refused(cast, found, now, funds):
    hazard = found()
    fire(hazard, "judge_and_order", by=cast.bureau_officer, now=now, judged_level="general",
         rectify_by=date(2026, 3, 20), criterion_reason="占用面积小，已疏通一半")  # fmt: skip
    assert "funds" in refusal(hazard, "file_plan", by=cast.plant_officer, now=now, **{**FIVE, "funds": funds}).errors


def test_dates_before_and_after_all_time_are_refused(cast, rectifying, photo, now):
    hazard = rectifying(level="major")
    for day in (date(1, 1, 1), date(2026, 3, 9), date(2026, 3, 11), date(9999, 12, 31)):
        proof = [photo(cast.plant_officer, 91)]
        wrong = refusal(hazard, "register_dual_report", by=cast.plant_officer, now=now, report_to="workers",
                        reported_on=day, report_proof=proof)  # fmt: skip
        assert "reported_on" in wrong.errors
