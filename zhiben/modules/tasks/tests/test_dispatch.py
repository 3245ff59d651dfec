"""Who gets which part of a piece of work."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhiben.core.access.permissions import NotPermitted
from zhiben.core.audit.services import lines_of
from zhiben.core.events.models import OutboxEvent
from zhiben.core.workflow.models import WorkItem
from zhiben.modules.tasks.models import Duty, Task, TaskStatus
from zhiben.modules.tasks.progress import ProgressRule
from zhiben.modules.tasks.services import (
    Assignment,
    NewFrequency,
    NewIndicator,
    NewMilestone,
    Order,
    dispatch_task,
    dispatch_tasks,
)


def parts(main: Task) -> list[tuple[str, str]]:
    children = main.children.order_by("pk")
    return [(str(task.responsible_unit), task.duty) for task in (main, *children)]


def test_the_first_lead_holds_the_main_task_and_all_others_work_below_it(cast, give):
    main = give((cast.town, "participant"), (cast.bureau_leader, "lead"), (cast.housing_leader, "lead"))
    assert parts(main) == [("县应急管理局", "lead"), ("县住建局", "lead"), ("柳溪镇", "participant")]
    assert main.supervising_unit == cast.office.unit
    assert main.progress_rule == ProgressRule.OWN


def test_a_single_responsible_unit_holds_the_task(cast, give):
    main = give((cast.housing_leader, "responsible"), (cast.town, "participant"))
    assert parts(main) == [("县住建局", "responsible"), ("柳溪镇", "participant")]


def test_several_responsible_units_are_coordinated_by_the_issuing_office(cast, give):
    main = give((cast.bureau_leader, "responsible"), (cast.housing_leader, "responsible"))
    assert parts(main) == [("县安委办", "coordinator"), ("县应急管理局", "responsible"), ("县住建局", "responsible")]
    assert main.status == TaskStatus.PENDING or Task.objects.get(pk=main.pk).status == TaskStatus.RUNNING
    assert Task.objects.get(pk=main.pk).status == TaskStatus.RUNNING
    assert main.progress_rule == ProgressRule.MEAN


def test_work_that_names_nobody_stays_with_the_office(cast, give):
    assert parts(give()) == [("县安委办", "coordinator")]


def test_a_unit_named_twice_gets_one_task(cast, give):
    main = give((cast.bureau_leader, "lead"), (cast.bureau_leader, "participant"), (cast.town, "participant"))
    assert parts(main) == [("县应急管理局", "lead"), ("柳溪镇", "participant")]


def test_the_task_waits_for_its_unit_with_five_working_days_to_accept(cast, give, now):
    main = give((cast.bureau_leader, "lead"))
    assert main.accept_by == date(2026, 3, 17)
    seats = set(WorkItem.objects.filter(record_id=str(main.pk), step="accept").values_list("seat", flat=True))
    assert seats == {cast.bureau_leader.seats[0], cast.bureau_officer.seats[0]}
    assert [line.label for line in lines_of("tasks.task", str(main.pk))] == ["交办"]


def test_milestones_indicators_and_frequencies_come_with_it(cast, give):
    main = give(
        (cast.bureau_leader, "lead"),
        milestones=[NewMilestone(date(2026, 4, 30), "完成摸排"), NewMilestone(date(2025, 12, 31), "建立台账")],
        indicators=[NewIndicator("整改率", ">=", "%", {2026: Decimal(95)})],
        frequencies=[NewFrequency("每季度至少检查 1 次", "quarter", 1)],
    )
    assert main.next_milestone_on == date(2026, 4, 30), "a day that has passed calls for no reminder"
    assert main.indicators.get().targets.get().value == 95
    obligation = main.obligations.get()
    assert obligation.responsible_unit == cast.bureau_leader.unit
    assert obligation.occurrences.get().period_label == "2026年第1季度"


def test_every_doer_of_a_coordinated_task_has_the_frequency(cast, give):
    main = give(
        (cast.bureau_leader, "responsible"),
        (cast.housing_leader, "responsible"),
        frequencies=[NewFrequency("每月调度 1 次", "month")],
    )
    units = {str(child.obligations.get().responsible_unit) for child in main.children.all()}
    assert units == {"县应急管理局", "县住建局"}


def test_a_unit_s_own_leader_in_charge_may_not_dispatch(cast, now):
    order = Order(title="某项工作", assignments=[Assignment(cast.town.unit, Duty.LEAD)], due_on=date(2026, 6, 30))
    with pytest.raises(NotPermitted):
        dispatch_task(order=order, supervising_unit=cast.governor.unit, by=cast.governor, now=now)


def test_a_whole_plan_is_dispatched_with_few_queries(cast, now):
    def orders(count):
        shares = [Assignment(cast.bureau_leader.unit, Duty.LEAD), Assignment(cast.town.unit, Duty.PARTICIPANT)]
        return [
            Order(
                title=f"任务{n}",
                assignments=shares,
                due_on=date(2026, 6, 30),
                milestones=[NewMilestone(date(2026, 5, 1), "中期")],
            )
            for n in range(count)
        ]

    def queries(count):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            dispatch_tasks(orders=orders(count), supervising_unit=cast.office.unit, by=cast.office, now=now)
        return len(captured)

    few, many = queries(2), queries(40)
    assert many <= few + 8, "the number of queries must not grow with the number of tasks"
    assert Task.objects.count() == 2 * 42
    assert OutboxEvent.objects.filter(name="tasks.TaskDispatched").count() == 2 * 42
