"""A revised plan is a new version: the difference is shown, running tasks keep their history."""

from datetime import date

import pytest

from zhiben.core.audit.models import AuditLine
from zhiben.core.org.models import Unit
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine
from zhiben.core.workflow.engine import StepRefused
from zhiben.modules.plans.comparing import differences, match, word_difference
from zhiben.modules.plans.models import PlanItem, PlanVersion, VersionStatus
from zhiben.modules.plans.services import editing, publishing, readings
from zhiben.modules.plans.services.intake import copy_for_revision
from zhiben.modules.plans.services.publication import items_in_full, prepare
from zhiben.modules.tasks.models import Obligation, Task


@pytest.fixture
def published(draft, cast, now) -> PlanVersion:
    fire = draft.items.get(number="4").departments.get(name="县消防大队")
    readings.resolve_department(department=fire, seen=0, by=cast.office, now=now)
    return publishing.publish_version(version=draft, by=cast.office, now=now)


@pytest.fixture
def revision(published, cast, now) -> PlanVersion:
    """The version in force, copied into a new draft."""
    return copy_for_revision(plan=published.plan, by=cast.office, now=now)


def the(version: PlanVersion, number: str) -> PlanItem:
    return version.items.get(number=number)


def test_a_copy_says_the_same_and_knows_what_it_continues(published, revision):
    assert (revision.number, revision.based_on, revision.status) == (2, published, VersionStatus.DRAFT)
    before, after = list(items_in_full(published)), list(items_in_full(revision))
    assert [item.predecessor_id for item in after] == [item.pk for item in before]
    assert {each.kind for each in differences(before, after)} == {"same"}


def test_one_draft_at_a_time(revision, cast, now):
    with pytest.raises(Refused, match="还在待审核"):
        copy_for_revision(plan=revision.plan, by=cast.office, now=now)


def test_what_changed_is_shown_word_by_word(published, revision, cast, now):
    editing.edit_item(item=the(revision, "1"), seen=0, title="组织主要负责人轮训", by=cast.office, now=now)
    editing.edit_item(item=the(revision, "3"), seen=0, number="5", by=cast.office, now=now)
    editing.drop_item(item=the(revision, "4"), seen=0, by=cast.office, now=now)
    editing.add_item(version=revision, after=None, title="开展电动自行车整治", by=cast.office, now=now)
    found = differences(list(items_in_full(published)), list(items_in_full(revision)))
    kinds = {each.item.title: each.kind for each in found}
    assert kinds == {
        "组织主要负责人轮训": "changed", "规范培训考核": "same", "落实隐患排查整治": "moved",
        "开展自建房“回头看”": "removed", "开展电动自行车整治": "added",
    }  # fmt: skip
    changed = next(each for each in found if each.kind == "changed")
    assert [tuple(piece) for piece in changed.title] == [
        ("keep", "组织主要负责人"), ("out", "专题培"), ("in", "轮"), ("keep", "训"),
    ]  # fmt: skip


def test_a_running_task_keeps_its_history_and_learns_what_changed(published, revision, cast, now):
    task = the(published, "1").task
    engine.fire(task, "accept", by=cast.bureau_officer, now=now)
    one = the(revision, "1")
    editing.edit_item(item=one, seen=0, title="组织主要负责人轮训", content="每人轮训一次。", by=cast.office, now=now)
    readings.set_milestone(
        item=one,
        seen=9,
        milestone=one.milestones.get(),
        due_on=date(2026, 10, 31),
        text="轮训完成",
        by=cast.office,
        now=now,
    )
    publishing.publish_version(version=revision, by=cast.office, now=now)
    task.refresh_from_db()
    assert the(revision, "1").task == task
    assert (task.status, task.title, task.due_on) == ("running", "组织主要负责人轮训", date(2026, 10, 31))
    assert task.milestones.get().due_on == date(2026, 10, 31)
    line = AuditLine.objects.get(record_type="tasks.task", record_id=str(task.pk), verb="revise")
    assert line.data["changed"]["title"] == {"from": "组织主要负责人专题培训", "to": "组织主要负责人轮训"}
    published.refresh_from_db()
    assert published.status == VersionStatus.SUPERSEDED
    assert revision.plan.versions.get(status=VersionStatus.PUBLISHED) == revision


def test_an_unchanged_task_is_not_touched_but_for_where_it_comes_from(published, revision, cast, now):
    task = the(published, "2").task
    publishing.publish_version(version=revision, by=cast.office, now=now)
    task.refresh_from_db()
    assert task.status == "pending"
    line = AuditLine.objects.get(record_type="tasks.task", record_id=str(task.pk), verb="revise")
    assert set(line.data["changed"]) == {"origin_label"}
    assert Task.objects.filter(parent=None).count() == 4


def test_what_is_gone_is_offered_for_withdrawal_and_only_then_withdrawn(published, revision, cast, now):
    for number in ("3", "4"):
        editing.drop_item(item=the(revision, number), seen=0, by=cast.office, now=now)
    gone = {item.number for item in prepare(revision).withdrawable}
    assert gone == {"3", "4"}
    publishing.publish_version(version=revision, withdraw=[the(published, "3")], by=cast.office, now=now)
    assert the(published, "3").task.status == "withdrawn"
    assert the(published, "4").task.status != "withdrawn"


def test_only_what_was_offered_can_be_withdrawn(published, revision, cast, now):
    with pytest.raises(Refused, match="不在可撤回之列"):
        publishing.publish_version(version=revision, withdraw=[the(published, "1")], by=cast.office, now=now)


def test_new_work_is_dispatched_and_finished_work_is_not_sent_again(published, revision, cast, now):
    done = the(published, "3").task
    Task.objects.filter(pk=done.pk).update(status="completed")
    editing.add_item(version=revision, after=None, number="9", title="开展电动自行车整治", by=cast.office, now=now)
    added = the(revision, "9")
    readings.set_department(item=added, seen=9, name="县住建局", role="lead", by=cast.office, now=now)
    housing = Unit.objects.filter(short_name="县住建局")
    readings.resolve_department(department=added.departments.get(), seen=9, units=housing, by=cast.office, now=now)
    publishing.publish_version(version=revision, by=cast.office, now=now)
    assert the(revision, "9").task.responsible_unit == housing.get()
    assert the(revision, "3").task == done
    assert Task.objects.filter(parent=None).count() == 5


def test_the_lead_changes_and_so_does_who_takes_part(published, revision, cast, now):
    two = the(revision, "2")
    lead, other = two.departments.get(role="lead"), two.departments.get(role="participant")
    town, bureau = Unit.objects.get(short_name="柳溪镇"), Unit.objects.get(short_name="县应急管理局")
    readings.resolve_department(department=lead, seen=0, units=[bureau], everywhere=False, by=cast.office, now=now)
    readings.resolve_department(department=other, seen=9, units=[town], everywhere=False, by=cast.office, now=now)
    publishing.publish_version(version=revision, by=cast.office, now=now)
    task = the(published, "2").task
    assert task.responsible_unit == bureau
    shared = {child.responsible_unit: child.status for child in task.children.all()}
    assert shared == {bureau: "withdrawn", town: "pending"}


def test_duties_go_on_through_versions(published, revision, cast, now):
    before = set(Obligation.objects.filter(origin_type="plans.planobligation").values_list("pk", flat=True))
    readings.edit_obligation(
        obligation=revision.obligations.get(who="县安委办"), seen=0, dropped=True, by=cast.office, now=now
    )
    publishing.publish_version(version=revision, by=cast.office, now=now)
    after = Obligation.objects.filter(origin_type="plans.planobligation")
    assert {each.pk for each in after} == before
    assert after.get(title__startswith="县安委办").status == "ended"
    assert after.get(title__startswith="各乡镇").status == "active"


def test_a_draft_that_was_overtaken_is_refused(published, revision, cast, now):
    plan = revision.plan
    PlanVersion.objects.filter(pk=revision.pk).update(based_on=None)
    revision.refresh_from_db()
    assert plan.current_version == published
    with pytest.raises(StepRefused, match="重新修订"):
        publishing.publish_version(version=revision, by=cast.office, now=now)


def item(pk: int, number: str, title: str, content: str = "") -> PlanItem:
    return PlanItem(pk=pk, number=number, title=title, content=content)


def test_items_are_matched_by_what_they_say_not_by_their_number():
    old = [
        item(1, "1", "加强危险化学品企业安全监管", "开展专项检查"),
        item(2, "2", "推进城镇燃气老旧管网改造", "完成更新改造"),
        item(3, "3", "强化消防通道治理", "清理堵塞"),
    ]
    new = [
        item(11, "1", "推进城镇燃气老旧管网更新改造", "完成更新改造任务"),
        item(12, "2", "加强危险化学品企业安全监管", "开展专项检查"),
        item(13, "3", "开展电动自行车全链条整治", "划定停放区"),
    ]
    assert {key: found.pk for key, found in match(old, new).items()} == {11: 2, 12: 1}


def test_a_difference_has_no_confetti():
    pieces = word_difference("每季度开展一次检查", "每月开展两次抽查")
    assert "".join(piece.text for piece in pieces if piece.kind != "in") == "每季度开展一次检查"
    assert "".join(piece.text for piece in pieces if piece.kind != "out") == "每月开展两次抽查"
    assert [tuple(piece) for piece in pieces if piece.kind == "keep"] == [
        ("keep", "每"),
        ("keep", "开展"),
        ("keep", "查"),
    ]
