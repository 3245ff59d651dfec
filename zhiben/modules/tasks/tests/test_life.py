"""From dispatch to verified completion, told with a county's committee office and its departments."""

from datetime import date

import pytest

from zhiben.core.audit.services import lines_of
from zhiben.core.notify.models import Notification
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.engine import StepInvalid, StepRefused, fire
from zhiben.core.workflow.models import ApprovalRequest, WorkItem
from zhiben.core.workflow.offers import offers
from zhiben.core.workflow.sweep import sweep
from zhiben.modules.tasks.models import Task, TaskStatus
from zhiben.modules.tasks.services import NewMilestone, feed_back, revise_task, withdraw_tasks

from .conftest import days_later

S = TaskStatus


def steps(task, acting, now):
    return {offer.step.name for offer in offers(Task.objects.get(pk=task.pk), acting, now)}


def seats(task):
    return set(WorkItem.objects.filter(record_id=str(task.pk)).values_list("seat", flat=True))


@pytest.fixture
def running(cast, give, now):
    return fire(give((cast.bureau_leader, "lead")), "accept", by=cast.bureau_leader, now=now)


@pytest.fixture
def handed_in(cast, running, paper, now):
    proof = [paper(cast.bureau_officer)]
    return fire(running, "submit", by=cast.bureau_officer, now=now, summary="已完成体检 42 家", files=proof)


def test_accepted_fed_back_handed_in_verified(cast, running, paper, now):
    task = feed_back(
        task=running,
        percent=60,
        text="已检查 25 家",
        files=[paper(cast.bureau_officer)],
        by=cast.bureau_officer,
        now=now,
    )
    assert (task.progress, task.status) == (60, S.RUNNING)
    fire(task, "submit", by=cast.bureau_officer, now=now, summary="全部完成", files=[paper(cast.bureau_officer)])
    task = fire(task, "complete", by=cast.office, now=now, finding="材料齐全")
    assert (task.status, task.progress) == (S.COMPLETED, 100)
    labels = [line.label for line in lines_of("tasks.task", str(task.pk))]
    assert labels == ["交办", "接收", "反馈进展", "报送办结", "核验办结"]
    assert not seats(task)


def test_a_head_returns_what_is_not_theirs_and_the_office_sends_it_elsewhere(cast, give, now):
    task = give((cast.bureau_leader, "lead"))
    assert "return" not in steps(task, cast.bureau_officer, now), "sending work back is the head's decision"
    task = fire(task, "return", by=cast.bureau_leader, now=now, reason="燃气安全由住建部门主管")
    assert task.status == S.RETURNED
    assert cast.office.seats[0] in seats(task)
    task = fire(task, "redispatch", by=cast.office, now=now, responsible_unit=cast.town.unit.pk)
    assert (task.status, task.responsible_unit, task.region_path) == (
        S.PENDING,
        cast.town.unit,
        cast.town.unit.region_path,
    )
    assert seats(task) == {cast.town.seats[0]}


def test_where_there_is_no_head_the_officer_returns_it(cast, give, now):
    task = fire(give((cast.town, "lead")), "return", by=cast.town, now=now, reason="镇里没有这类企业")
    assert task.status == S.RETURNED


def test_the_office_may_insist(cast, give, now):
    task = fire(give((cast.bureau_leader, "lead")), "return", by=cast.bureau_leader, now=now, reason="人手不足")
    task = fire(task, "insist", by=cast.office, now=days_later(now, 2), reason="职责清单已明确由你局负责")
    assert (task.status, task.accept_by, task.answer_by) == (S.PENDING, date(2026, 3, 19), None)


def test_nobody_else_acts_on_it(cast, running, now):
    for stranger in (cast.housing_leader, cast.outsider, cast.governor):
        with pytest.raises(StepRefused):
            feed_back(task=running, percent=10, text="……", by=stranger, now=now)


def test_handing_in_asks_for_evidence(cast, running, now):
    with pytest.raises(StepInvalid) as refused:
        fire(running, "submit", by=cast.bureau_officer, now=now, summary="完成了")
    assert set(refused.value.errors) == {"files"}


def test_what_is_handed_in_may_be_sent_back_for_more(cast, handed_in, now):
    assert handed_in.answer_by == date(2026, 3, 17)
    task = fire(handed_in, "send_back", by=cast.office, now=now, reason="缺少 3 家企业的整改照片")
    assert (task.status, task.reason) == (S.RUNNING, "缺少 3 家企业的整改照片")
    assert cast.bureau_officer.seats[0] in seats(task)


def test_the_unit_takes_back_what_it_handed_in_too_early(cast, handed_in, now):
    assert fire(handed_in, "recall", by=cast.bureau_officer, now=now).status == S.RUNNING


def test_nobody_verifies_their_own_work(cast, give, paper, now):
    """The office itself coordinates; one of its two people hands in, the other verifies."""
    task = Task.objects.get(pk=give().pk)
    fire(task, "submit", by=cast.office, now=now, summary="已统筹完成", files=[paper(cast.office)])
    with pytest.raises(StepRefused) as refused:
        fire(task, "complete", by=cast.office, now=now)
    assert "本人" in refused.value.sentence or "交办单位" in refused.value.sentence
    assert fire(task, "complete", by=cast.chief, now=now).status == S.COMPLETED


def test_progress_falls_only_with_a_reason(cast, running, now):
    task = feed_back(task=running, percent=60, text="……", by=cast.bureau_officer, now=now)
    with pytest.raises(StepInvalid) as refused:
        feed_back(task=task, percent=40, text="……", by=cast.bureau_officer, now=now)
    assert refused.value.errors == {"fall_reason": "进度由 60% 降为 40%，请写明下降的理由"}
    assert Task.objects.get(pk=task.pk).progress == 60
    task = feed_back(task=task, percent=40, text="……", fall_reason="新增 12 家企业", by=cast.bureau_officer, now=now)
    assert task.progress == 40


def test_the_same_feedback_sent_twice_counts_once(cast, running, now):
    for _ in range(2):
        feed_back(task=running, percent=30, text="……", by=cast.bureau_officer, now=now, key="form-1")
    assert running.feedbacks.count() == 1


def test_sub_tasks_keep_the_task_from_being_closed(cast, running, paper, now):
    fire(running, "split", by=cast.bureau_officer, now=now, units=[cast.town.unit.pk], progress_rule="mean")
    child = running.children.get()
    assert (child.responsible_unit, child.supervising_unit) == (cast.town.unit, cast.bureau_leader.unit)
    with pytest.raises(StepRefused) as refused:
        fire(running, "submit", by=cast.bureau_officer, now=now, summary="……", files=[paper(cast.bureau_officer)])
    assert refused.value.sentence == "还有 1 个下级任务没有办结：柳溪镇（待接收）"
    with pytest.raises(StepInvalid):
        fire(running, "split", by=cast.bureau_officer, now=now, units=[cast.town.unit.pk])


def test_progress_of_the_task_above_follows_by_its_rule(cast, give, now):
    main = give((cast.bureau_leader, "responsible"), (cast.housing_leader, "responsible"))
    for acting, percent in ((cast.bureau_leader, 80), (cast.housing_leader, 30)):
        child = fire(main.children.get(responsible_unit=acting.unit), "accept", by=acting, now=now)
        feed_back(task=child, percent=percent, text="……", by=acting, now=now)
    main.refresh_from_db()
    assert (main.progress, main.progress_note) == (55, "2 个下级任务平均：县应急管理局 80%、县住建局 30%")
    assert lines_of("tasks.task", str(main.pk)).last().label == "进度更新"


def test_an_extension_takes_effect_when_the_office_agrees(cast, running, now):
    fire(running, "extend", by=cast.bureau_officer, now=now, extended_to=date(2026, 9, 30), reason="设备到货推迟")
    assert Task.objects.get(pk=running.pk).due_on == date(2026, 6, 30)
    decide(ApprovalRequest.objects.get(), agrees=True, opinion="同意", by=cast.office, now=now)
    task = Task.objects.get(pk=running.pk)
    assert (task.due_on, task.extensions) == (date(2026, 9, 30), 1)


def test_past_the_end_of_the_plan_only_the_chief_extends(cast, running, now):
    with pytest.raises(StepInvalid) as refused:
        fire(running, "extend", by=cast.bureau_officer, now=now, extended_to=date(2027, 3, 31), reason="……")
    assert "特批延期" in refused.value.errors["extended_to"]
    fire(running, "extend_beyond", by=cast.bureau_officer, now=now, extended_beyond=date(2027, 3, 31), reason="……")
    request = ApprovalRequest.objects.get()
    with pytest.raises(StepRefused):
        decide(request, agrees=True, opinion="", by=cast.office, now=now)
    decide(request, agrees=True, opinion="同意", by=cast.chief, now=now)
    assert Task.objects.get(pk=running.pk).due_on == date(2027, 3, 31)


def test_withdrawing_takes_all_below_with_it(cast, running, now):
    fire(running, "split", by=cast.bureau_officer, now=now, units=[cast.town.unit.pk])
    results = withdraw_tasks(tasks=[running], reason="上级已调整部署", by=cast.office, now=now)
    assert all(result.refusal is None for result in results)
    assert set(Task.objects.values_list("status", flat=True)) == {S.WITHDRAWN}


def test_a_town_with_a_single_officer_goes_on(cast, give, paper, now):
    task = fire(give((cast.town, "lead")), "accept", by=cast.town, now=now)
    fire(task, "submit", by=cast.town, now=now, summary="……", files=[paper(cast.town)])
    assert fire(task, "complete", by=cast.office, now=now).status == S.COMPLETED


def test_overdue_work_climbs_to_the_head_then_to_the_chief(cast, running, now):
    told = lambda person: Notification.objects.filter(person=person.person.pk, title__contains="逾期").count()  # noqa: E731
    sweep(days_later(now, 113))
    assert (told(cast.bureau_leader), told(cast.chief)) == (1, 0)
    sweep(days_later(now, 121))
    assert (told(cast.bureau_leader), told(cast.chief)) == (1, 1)
    assert cast.chief.seats[0] in seats(running)


def test_a_milestone_is_reached_by_feedback_and_the_next_one_counts(cast, give, now):
    first, second = NewMilestone(date(2026, 4, 30), "完成摸排"), NewMilestone(date(2026, 5, 31), "完成整改")
    task = fire(
        give((cast.bureau_leader, "lead"), milestones=[first, second]), "accept", by=cast.bureau_leader, now=now
    )
    milestone = task.milestones.get(text="完成摸排")
    task = feed_back(task=task, percent=50, text="……", reached=[milestone], by=cast.bureau_officer, now=now)
    milestone.refresh_from_db()
    assert milestone.state_on(date(2026, 6, 1)) == "reached"
    assert task.milestones.get(text="完成整改").state_on(date(2026, 6, 1)) == "missed"
    assert task.next_milestone_on == date(2026, 5, 31)


def test_a_revision_keeps_the_history_of_a_running_task(cast, running, now):
    task = revise_task(
        task=running, due_on=date(2026, 8, 31), milestones=[NewMilestone(date(2026, 5, 1), "中期评估")],
        reason="方案修订", by=cast.office, now=now,
    )  # fmt: skip
    assert (task.status, task.due_on, task.next_milestone_on) == (S.RUNNING, date(2026, 8, 31), date(2026, 5, 1))
    assert [line.label for line in lines_of("tasks.task", str(task.pk))] == ["交办", "接收", "修订"]
