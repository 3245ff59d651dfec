"""She checks the draft: every correction is kept, told in the trail, and can be taken back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from zhiben.core.access.permissions import NotPermitted
from zhiben.core.audit.models import AuditLine
from zhiben.core.org.models import Unit
from zhiben.core.refusal import Refused
from zhiben.modules.plans.models import ItemDepartment, PlanItem, Resolution
from zhiben.modules.plans.services import drafting, editing, readings
from zhiben.modules.plans.services.refusals import StaleEdit
from zhiben.modules.plans.services.snapshots import key_of, take

from .conftest import TEXT


def everything(draft):
    return take(key_of(piece) for piece in (*draft.items.all(), *draft.goals.all(), *draft.obligations.all()))


@pytest.fixture
def by_office(cast, now):
    return {"by": cast.office, "now": now}


def test_a_corrected_title_is_kept_and_told_in_the_trail(draft, item, by_office):
    edit = editing.edit_item(item=item("1"), seen=0, title="组织主要负责人专题研讨", **by_office)
    assert item("1").title == "组织主要负责人专题研讨"
    assert item("1").revision == edit.number == 1
    line = AuditLine.objects.get(record_type="plans.planversion", record_id=str(draft.pk), kind="edit")
    assert line.label == "修改第 1 条的标题"
    key = f"planitem:{item('1').pk}"
    assert line.data["changed"][key]["title"] == ["组织主要负责人专题培训", "组织主要负责人专题研讨"]


def test_an_edit_that_changes_nothing_leaves_no_trace(draft, item, by_office):
    assert editing.edit_item(item=item("1"), seen=0, title=item("1").title, **by_office) is None
    assert not draft.edits.exists()
    assert not AuditLine.objects.filter(record_type="plans.planversion", kind="edit").exists()


def test_an_empty_title_is_refused_with_what_to_do(draft, item, by_office):
    with pytest.raises(Refused, match="剔除"):
        editing.edit_item(item=item("1"), seen=0, title="  ", **by_office)


def test_a_task_is_cut_in_two_where_the_cursor_stands(draft, item, by_office):
    at = TEXT.index("每季度至少开展1次研讨")
    editing.split_item(item=item("1"), seen=0, at=at, **by_office)
    first, second = draft.items.order_by("position")[:2]
    assert first.content.endswith("参训率达到100%,")
    assert second.title == "每季度至少开展1次研讨"
    assert first.body_end == second.body_start == at
    assert list(first.indicators.values_list("metric", flat=True)) == ["参训率"]
    assert not first.frequencies.exists()
    assert second.frequencies.count() == 1
    # one bracket at the end holds for both halves
    assert {each.name for each in first.departments.all()} == {each.name for each in second.departments.all()}
    assert first.departments.get(role="lead").units.get().short_name == "县应急管理局"


@pytest.mark.parametrize("at", [0, len(TEXT) + 5])
def test_a_cut_outside_the_task_is_refused(draft, item, by_office, at):
    with pytest.raises(Refused, match="光标"):
        editing.split_item(item=item("1"), seen=0, at=at, **by_office)


def test_two_tasks_become_one_with_all_that_hangs_on_them(draft, item, by_office):
    editing.merge_items(item=item("2"), into=item("1"), seen=0, seen_into=0, **by_office)
    merged = item("1")
    assert item("2").dropped
    assert "规范培训考核" in merged.content
    assert merged.body_end > TEXT.index("题库更新")
    assert merged.milestones.count() == 2
    names = sorted((each.name, each.role) for each in merged.departments.all())
    assert names == [
        ("县住房和城乡建设局", "lead"),
        ("县应急管理局", "lead"),
        ("县应急管理局", "participant"),
        ("各有关部门", "participant"),
    ]


def test_what_the_reading_missed_is_added_from_the_text(draft, item, by_office):
    start = TEXT.index("县安委办每半年")
    end = TEXT.index("各乡镇每年")
    editing.add_item(version=draft, after=item("4"), title="", span=(start, end), **by_office)
    added = draft.items.last()
    assert added.title == "县安委办每半年至少听取一次汇报"
    assert added.body_span == (start, end)
    assert added.action == item("4").action


def test_a_dropped_task_is_restored(draft, item, by_office):
    editing.drop_item(item=item("3"), seen=0, **by_office)
    assert item("3").dropped
    editing.restore_item(item=item("3"), seen=1, **by_office)
    assert not item("3").dropped


def test_tasks_change_places(draft, item, by_office):
    editing.reorder_item(item=item("4"), seen=0, after=item("1"), **by_office)
    assert list(draft.items.values_list("number", flat=True)) == ["1", "4", "2", "3"]
    assert item("4").action == item("1").action
    editing.reorder_item(item=item("3"), seen=0, after=None, **by_office)
    assert list(draft.items.values_list("number", flat=True)) == ["3", "1", "4", "2"]


def test_a_name_is_given_its_unit_everywhere_at_once(draft, item, by_office):
    fire = item("4").departments.get(name="县消防大队")
    assert fire.resolution == Resolution.OPEN
    again = ItemDepartment.objects.create(item=item("2"), name="县消防大队", role="participant")
    bureau = Unit.objects.get(short_name="县应急管理局")
    edit = readings.resolve_department(department=fire, seen=0, units=[bureau], everywhere=True, **by_office)
    assert "共 2 处" in edit.label
    for row in (fire, again):
        row.refresh_from_db()
        assert row.resolution == Resolution.RESOLVED
        assert row.units.get() == bureau
    drafting.undo(version=draft, **by_office)
    again.refresh_from_db()
    assert again.resolution == Resolution.OPEN
    assert not again.units.exists()


def test_a_renamed_department_has_to_be_confirmed_anew(draft, item, by_office):
    department = item("1").departments.get(role="lead")
    readings.set_department(item=item("1"), seen=0, department=department, name="县卫健局", role="lead", **by_office)
    department.refresh_from_db()
    assert (department.resolution, department.units.count()) == (Resolution.OPEN, 0)


def test_dates_figures_and_rhythms_are_corrected(draft, item, by_office):
    one = item("1")
    readings.set_milestone(
        item=one, seen=0, milestone=one.milestones.get(), due_on=date(2026, 9, 30), text="三季度末", **by_office
    )
    readings.set_indicator(
        item=one, seen=1, metric="参训率", operator=">=", value=Decimal("98.5"), unit="%", year=2026, **by_office
    )
    readings.set_frequency(
        item=one, seen=2, frequency=one.frequencies.get(), text="每月1次", per="month", min_count=1, **by_office
    )
    assert one.milestones.get().due_on == date(2026, 9, 30)
    assert [each.value for each in one.indicators.order_by("pk")] == [100, Decimal("98.5")]
    assert one.frequencies.get().per == "month"
    readings.remove_reading(reading=one.frequencies.get(), seen=3, **by_office)
    assert not one.frequencies.exists()
    assert AuditLine.objects.filter(record_type="plans.planversion", kind="edit").count() == 4


def test_every_edit_can_be_undone_to_the_letter_and_done_again(draft, item, by_office):
    stages = [everything(draft)]
    doings = (
        lambda: editing.split_item(item=item("1"), seen=9, at=TEXT.index("每季度至少"), **by_office),
        lambda: editing.merge_items(item=item("3"), into=item("2"), seen=9, seen_into=9, **by_office),
        lambda: editing.drop_item(item=item("4"), seen=9, **by_office),
        lambda: editing.reorder_item(item=item("2"), seen=9, after=None, **by_office),
        lambda: readings.edit_goal(goal=draft.goals.get(), seen=9, text="动态清零", **by_office),
        lambda: readings.edit_obligation(obligation=draft.obligations.first(), seen=9, dropped=True, **by_office),
    )
    for do in doings:
        do()
        stages.append(everything(draft))
    for earlier in reversed(stages[:-1]):
        drafting.undo(version=draft, **by_office)
        assert everything(draft) == earlier
    with pytest.raises(Refused, match="没有可以撤销"):
        drafting.undo(version=draft, **by_office)
    for later in stages[1:]:
        drafting.redo(version=draft, **by_office)
        assert everything(draft) == later
    with pytest.raises(Refused, match="没有可以重做"):
        drafting.redo(version=draft, **by_office)
    assert AuditLine.objects.filter(record_type="plans.planversion", kind="edit").count() == 3 * len(doings)


def test_after_a_new_edit_nothing_is_redone(draft, item, by_office):
    editing.drop_item(item=item("4"), seen=0, **by_office)
    drafting.undo(version=draft, **by_office)
    editing.drop_item(item=item("3"), seen=0, **by_office)
    assert drafting.last_to_redo(draft, by_office["by"]) is None


def test_a_colleagues_change_is_never_overwritten_unseen(draft, item, cast, now):
    editing.edit_item(item=item("1"), seen=0, title="主任改的标题", by=cast.chief, now=now)
    with pytest.raises(StaleEdit, match="主策在 10:00 刚改过这一条") as stale:
        editing.edit_item(item=item("1"), seen=0, title="科员改的标题", by=cast.office, now=now + timedelta(minutes=1))
    assert stale.value.theirs == ("主策 10:00 修改第 1 条的标题",)
    assert item("1").title == "主任改的标题"
    editing.edit_item(item=item("1"), seen=1, title="商量后的标题", by=cast.office, now=now + timedelta(minutes=2))
    assert item("1").title == "商量后的标题"


def test_ones_own_quick_edits_are_not_strangers(draft, item, by_office):
    editing.edit_item(item=item("1"), seen=0, title="甲", **by_office)
    editing.edit_item(item=item("1"), seen=0, content="乙", **by_office)
    assert (item("1").title, item("1").content) == ("甲", "乙")


def test_two_people_on_different_tasks_do_not_disturb_each_other(draft, item, cast, now):
    editing.edit_item(item=item("1"), seen=0, title="甲", by=cast.chief, now=now)
    editing.edit_item(item=item("2"), seen=0, title="乙", by=cast.office, now=now)
    drafting.undo(version=draft, by=cast.chief, now=now)
    assert item("1").title == "组织主要负责人专题培训"
    assert item("2").title == "乙"


def test_what_a_colleague_built_upon_cannot_be_pulled_away(draft, item, cast, now):
    editing.edit_item(item=item("1"), seen=0, title="甲", by=cast.chief, now=now)
    editing.edit_item(item=item("1"), seen=1, content="乙", by=cast.office, now=now)
    with pytest.raises(Refused, match="安宁在 10:00 又改过同一条"):
        drafting.undo(version=draft, by=cast.chief, now=now)


def test_only_the_unit_that_made_the_plan_edits_it(draft, item, cast, now):
    with pytest.raises(Refused, match="其他单位编制"):
        editing.drop_item(item=item("1"), seen=0, by=cast.bureau_leader, now=now)
    with pytest.raises(NotPermitted):
        editing.drop_item(item=item("1"), seen=0, by=cast.governor, now=now)
    assert PlanItem.objects.filter(dropped=True).count() == 0


def test_saving_over_a_warning_leaves_the_colleagues_other_fields_alone(draft, item, cast, now):
    editing.edit_item(item=item("1"), seen=0, content="主任改的内容", by=cast.chief, now=now)
    with pytest.raises(StaleEdit):
        editing.edit_item(item=item("1"), seen=0, title="科员改的标题", by=cast.office, now=now)
    editing.edit_item(item=item("1"), seen=1, title="科员改的标题", by=cast.office, now=now)
    assert (item("1").title, item("1").content) == ("科员改的标题", "主任改的内容")
