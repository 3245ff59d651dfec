"""The story of the blocked lane: found by the town, confirmed by the county, ordered, planned, extension refused, overdue,
rectified, verified on site, closed; ninety days later it is back, tied to the old record, and reviewed in five steps.
Told through the services."""

from datetime import date

import pytest

from zhiben.core.audit.services import lines_of
from zhiben.core.events.services import deliver_pending
from zhiben.core.notify.models import Notification
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.engine import StepRefused, fire
from zhiben.core.workflow.models import ApprovalRequest
from zhiben.core.workflow.sweep import sweep
from zhiben.core.workflow.worklist import worklist
from zhiben.modules.criteria.models import Criterion
from zhiben.modules.criteria.services import keep
from zhiben.modules.hazards.judging import candidates_of
from zhiben.modules.hazards.models import DualReport, Hazard, HazardStatus
from zhiben.modules.hazards.reporting import Report, report_hazard
from zhiben.modules.hazards.testing import BLOCKED_LANE, a_photo
from zhiben.modules.hazards.vagueness import questions_about
from zhiben.modules.registry.testing import enrol_plant

pytestmark = pytest.mark.django_db

S = HazardStatus
FIVE = {
    "liable_person": "云安",
    "liable_mobile": "13800000002",
    "measures": "拆除违建棚，清走托盘，划线并装摄像头",
    "funds": "36000",
    "plan_rectify_by": date(2026, 3, 31),
    "contingency_plan": "清理期间安排专人值守，备好移动消防炮",
    "goals": "通道常年畅通，净宽不小于 4 米",
    "bodies": "总经理牵头，安全科和仓储部负责",
    "safety_measures": "清理期间停止该侧装卸作业",
}


def told(acting, words):
    return Notification.objects.filter(person=acting.person, title__contains=words).count()


def waits_for(acting, hazard, now):
    return str(hazard.pk) in {row.item.record_id for row in worklist(acting, now)}


def test_the_blocked_lane(cast, story):
    keep(by=cast.system_administrator, now=story.now)
    plant = enrol_plant(cast, story.now)
    town, officer, leader = cast.town, cast.bureau_officer, cast.bureau_leader

    # A town officer finds it, is asked back while writing, records it with two photos, and marks it major.
    assert {each.what for each in questions_about("存在安全隐患", "")} == {"what", "where"}
    assert questions_about(BLOCKED_LANE, "一号厂房北侧消防车通道") == []
    report = Report(
        enterprise=plant,
        place="一号厂房北侧消防车通道",
        description=BLOCKED_LANE,
        danger="发生火灾时消防车不能靠近",
        category="thing",
        level="major",
        found_on=date(2026, 3, 10),
        before_photos=[a_photo(town, story.now, 1), a_photo(town, story.now, 2)],
    )
    hazard = report_hazard(report=report, by=town, now=story.now)
    offered = candidates_of(hazard)
    assert offered
    assert all(each.candidate.because for each in offered), "each with its reason"
    assert waits_for(officer, hazard, story.now)
    assert not waits_for(town, hazard, story.now), "a major one goes to whoever supervises the plant"

    # The county confirms and orders; the plant's head is told at once.
    story.on("2026-03-11")
    ground = {"judged_level": "major", "criterion_reason": "消防车通道被堵死，火灾时无法扑救"}
    if lane := Criterion.objects.filter(
        key=offered[0].criterion.key, standard__effective_on__lte=report.found_on
    ).first():
        ground["criterion_key"] = lane.key
    fire(hazard, "judge", by=officer, now=story.now, **ground)
    hazard = fire(hazard, "order", by=officer, now=story.now, rectify_by=date(2026, 3, 31))
    assert hazard.catalogue, "judged with the version of the catalogue of that day"
    assert told(cast.plant_head, "报送五定") == 1

    # The five 定 are filed and accepted; half-way an extension is asked for, and refused.
    story.on("2026-03-13")
    fire(hazard, "file_plan", by=cast.plant_officer, now=story.now, **FIVE)
    fire(hazard, "accept_plan", by=officer, now=story.now)
    story.on("2026-03-20")
    fire(hazard, "report_progress", by=cast.plant_officer, now=story.now, percent=40, text="违建棚已拆", stage="拆除")
    ask = {"extended_to": date(2026, 4, 20), "reason": "仓库周转不开"}
    fire(hazard, "extend", by=cast.plant_officer, now=story.now, **ask)
    decide(ApprovalRequest.objects.get(), agrees=False, opinion="危险仍在，按期整改", by=officer, now=story.now)
    assert told(cast.plant_officer, "延期申请未获同意") == 1
    hazard.refresh_from_db()
    assert (hazard.rectify_by, hazard.extensions) == (date(2026, 3, 31), 0)

    # The day passes: its leader is told, then the regulator's leader.
    sweep(story.on("2026-04-01", 9))
    assert (told(cast.plant_head, "整改期限逾期"), told(leader, "整改期限逾期")) == (1, 0)
    sweep(story.on("2026-04-08", 9))
    assert (told(cast.plant_head, "整改期限逾期"), told(leader, "整改期限逾期")) == (1, 1)

    # Photos, dual reports with proof, verified on site by another person, closed by the right level.
    story.on("2026-04-09")
    for seed, to in enumerate(DualReport.To.values):
        proof = [a_photo(cast.plant_officer, story.now, 90 + seed, "回执.jpg")]
        reported = {"report_to": to, "reported_on": story.now.date(), "report_proof": proof}
        fire(hazard, "register_dual_report", by=cast.plant_officer, now=story.now, **reported)
    done = {"summary": "通道已清空，净宽 4.5 米", "after_photos": [a_photo(cast.plant_officer, story.now, 3)]}
    fire(hazard, "submit", by=cast.plant_officer, now=story.now, spent="35200", **done)
    with pytest.raises(StepRefused):
        fire(hazard, "verify", by=cast.plant_officer, now=story.now, finding="好", on_site=True)
    seen = {"finding": "现场量宽 4.5 米", "on_site": True, "site_photos": [a_photo(leader, story.now, 4)]}
    with pytest.raises(StepRefused):
        fire(hazard, "verify", by=officer, now=story.now, finding="好", on_site=True)  # who ordered it
    fire(hazard, "verify", by=leader, now=story.now, **seen)
    with pytest.raises(StepRefused):
        fire(hazard, "close", by=leader, now=story.now)  # who verified it
    with pytest.raises(StepRefused):
        fire(hazard, "close", by=town, now=story.now)
    hazard = fire(hazard, "close", by=officer, now=story.now, closing_opinion="同意销号")
    assert (hazard.status, hazard.verified_by, hazard.closed_by) == (S.CLOSED, leader.person, officer.person)

    # Ninety days later the lane is blocked again.
    look = hazard.look_backs.get()
    assert look.due_on == date(2026, 7, 8)
    sweep(story.on("2026-07-09", 9))
    assert told(officer, "回头看") >= 1
    story.on("2026-07-09")
    again = {"looked_on": date(2026, 7, 9), "finding": "又堆满托盘", "again_photos": [a_photo(officer, story.now, 5)]}
    look = fire(look, "recur", by=officer, now=story.now, **again)
    new = look.new_hazard
    assert (new.recurs_from, new.review.status, new.level) == (hazard, "facts", "major")
    assert waits_for(cast.plant_head, new.review, story.now)

    # The five steps.
    by_plant, by_county = {"by": cast.plant_head, "now": story.now}, {"by": officer, "now": story.now}
    fire(new.review, "state_facts", **by_plant, facts="四月清空，六月旺季又占用")
    fire(new.review, "find_causes", **by_plant, cause_management="无人每日巡查", cause_environment="仓库容量不足")
    fire(new.review, "hold_to_account", **by_county, accountability="仓储部负责人通报批评")
    fire(new.review, "set_duties", **by_plant, duties="仓储部每日巡查并上传照片")
    fire(new.review, "fix_root", **by_plant, root_fix="通道侧装隔离桩，扩建货架")
    assert fire(new.review, "conclude", **by_county, finding="到位").status == "done"

    deliver_pending(now=story.now)
    labels = [line.label for line in lines_of("hazards.hazard", hazard.pk)]
    assert labels == [
        *("登记", "登记照片", "判定", "交办", "报送五定", "通过方案", "报进展", "申请延期", "不同意延期"),
        *("整改期限逾期，提级至整改单位负责人", "整改期限逾期，提级至监管单位负责人"),
        *("登记双报告", "登记双报告", "报送复查", "复查通过", "销号", "隐患复发"),
    ]
    assert Hazard.objects.visible_to(cast.outsider).count() == 0
