"""The wall chart and the calendar of duties: what they say and where they draw it."""

from datetime import date

import pytest

from zhiben.core.workflow.engine import fire
from zhiben.modules.tasks import wallchart
from zhiben.modules.tasks.calendar_board import board_of
from zhiben.modules.tasks.models import Task, TaskStatus
from zhiben.modules.tasks.services import NewMilestone, NewObligation, close_missed_occurrences, establish_obligation

from .conftest import days_later


@pytest.mark.parametrize(
    ("status", "due_on", "condition"),
    [
        (TaskStatus.COMPLETED, date(2025, 1, 1), wallchart.DONE),
        (TaskStatus.SUBMITTED, date(2025, 1, 1), wallchart.SUBMITTED),
        (TaskStatus.RUNNING, date(2026, 3, 9), wallchart.OVERDUE),
        (TaskStatus.RUNNING, date(2026, 3, 10), wallchart.NEAR),
        (TaskStatus.RUNNING, date(2026, 4, 9), wallchart.RUNNING),
        (TaskStatus.PENDING, date(2026, 3, 9), wallchart.OVERDUE),
        (TaskStatus.RETURNED, date(2026, 3, 20), wallchart.PENDING),
    ],
)
def test_every_task_has_one_condition(status, due_on, condition):
    assert wallchart.condition_on(Task(status=status, due_on=due_on), date(2026, 3, 10)) is condition


def test_conditions_differ_in_word_and_shape_not_only_in_colour():
    assert len({each.word for each in wallchart.LEGEND}) == len({each.shape for each in wallchart.LEGEND}) == 6


def test_bars_lie_on_one_time_line(cast, give):
    short = give(
        (cast.bureau_leader, "lead"), due_on=date(2026, 4, 30), milestones=[NewMilestone(date(2026, 3, 31), "摸排")]
    )
    long = give((cast.bureau_leader, "lead"), due_on=date(2026, 12, 31))
    chart = wallchart.draw([short, long], date(2026, 3, 10))
    assert (chart.first, chart.last) == (date(2026, 3, 1), date(2026, 12, 31))
    first, second = chart.bars
    assert first.x == second.x == chart.today_x
    assert second.x + second.width == pytest.approx(wallchart.WIDTH, abs=1)
    assert first.x < first.marks[0].x < first.x + first.width
    assert chart.sentence == "2 项任务中，办结 0 项（0/2），待接收 2 项。"


def test_an_empty_chart_says_so():
    assert wallchart.draw([], date(2026, 3, 10)).sentence == "没有符合条件的任务"


def test_the_calendar_counts_what_was_due(cast, now):
    new = NewObligation(
        title="月调度", cadence="month", responsible_unit=cast.town.unit, supervising_unit=cast.office.unit,
        starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31),
    )  # fmt: skip
    obligation = establish_obligation(obligation=new, by=cast.office, now=now)
    before = board_of([obligation], year=2026, today=date(2026, 3, 10))
    assert [cell.word for cell in before.rows[0].cells[:4]] == ["", "", "待完成", ""]
    close_missed_occurrences(days_later(now, 30))
    board = board_of([obligation], year=2026, today=date(2026, 4, 9))
    assert board.rows[0].cells[2].word == "逾期"
    assert board.sentence == "2026 年到目前应完成 1 期，已完成 0 期（0/1）。"
    fire(
        obligation.occurrences.get(),
        "record",
        by=cast.town,
        now=days_later(now, 30),
        happened_on=date(2026, 4, 2),
        text="补开",
    )
    assert board_of([obligation], year=2026, today=date(2026, 4, 9)).rows[0].cells[2].word == "补做"
