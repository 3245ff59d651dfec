"""Duties that recur: opened ahead, done by records, missed, excused."""

from datetime import date

import pytest

from zhiben.core.workflow.engine import StepInvalid, fire
from zhiben.modules.tasks.models import Obligation, ObligationOccurrence
from zhiben.modules.tasks.services import (
    NewFrequency,
    NewObligation,
    close_missed_occurrences,
    establish_obligation,
    open_due_occurrences,
    withdraw_tasks,
)

from .conftest import days_later


@pytest.fixture
def oblige(cast, now):
    def oblige(**more) -> Obligation:
        given = {"title": "专题研究安全生产", "starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)} | more
        new = NewObligation(responsible_unit=cast.town.unit, supervising_unit=cast.office.unit, **given)
        return establish_obligation(obligation=new, by=cast.office, now=now)

    return oblige


def labels(obligation):
    return [occurrence.period_label for occurrence in obligation.occurrences.order_by("period_start")]


def record(cast, occurrence, now, on=date(2026, 3, 10)):
    return fire(occurrence, "record", by=cast.town, now=now, happened_on=on, text="召开专题会议")


def test_the_present_period_opens_at_once_and_the_next_a_week_ahead(oblige, now):
    obligation = oblige(cadence="quarter")
    assert labels(obligation) == ["2026年第1季度"]
    assert open_due_occurrences(now) == 0
    assert open_due_occurrences(days_later(now, 15)) == 1
    assert open_due_occurrences(days_later(now, 15)) == 0
    assert labels(obligation) == ["2026年第1季度", "2026年第2季度"]


def test_what_was_not_opened_while_the_system_was_down_is_opened_later(oblige, now):
    obligation = oblige(cadence="month")
    assert open_due_occurrences(days_later(now, 100)) == 3
    assert labels(obligation) == ["2026年3月", "2026年4月", "2026年5月", "2026年6月"]


def test_nothing_is_opened_after_its_end(oblige, now):
    obligation = oblige(cadence="quarter", ends_on=date(2026, 6, 30))
    open_due_occurrences(days_later(now, 400))
    assert labels(obligation) == ["2026年第1季度", "2026年第2季度"]
    assert Obligation.objects.get().next_opening is None


def test_every_year_by_the_first_of_december(oblige, now):
    obligation = oblige(cadence="year", due_on=date(2024, 12, 1), ends_on=date(2027, 12, 31))
    assert obligation.occurrences.get().due_on == date(2026, 12, 1)


def test_a_duty_of_one_day(oblige, now):
    obligation = oblige(due_on=date(2026, 11, 20), title="报送评估报告")
    assert (obligation.rhythm, labels(obligation)) == ("2026年11月20日前", ["2026年11月20日前"])


def test_what_was_due_before_the_plan_came_here_is_not_asked_for(oblige, now):
    obligation = oblige(due_on=date(2026, 2, 1))
    assert labels(obligation) == []
    close_missed_occurrences(now)
    assert Obligation.objects.get().status == "ended"


def test_done_when_the_last_of_several_times_is_recorded(cast, oblige, now):
    occurrence = oblige(cadence="quarter", min_count=2).occurrences.get()
    occurrence = record(cast, occurrence, now)
    assert (occurrence.status, occurrence.tally) == ("open", "1/2 次")
    occurrence = record(cast, occurrence, now)
    assert (occurrence.status, occurrence.tally, occurrence.done_on) == ("done", "2/2 次", date(2026, 3, 10))


def test_nothing_can_be_recorded_before_it_happened(cast, oblige, now):
    occurrence = oblige(cadence="quarter").occurrences.get()
    with pytest.raises(StepInvalid):
        record(cast, occurrence, now, on=date(2026, 3, 11))


def test_past_its_day_it_is_missed_and_can_still_be_made_up_for(cast, oblige, now):
    occurrence = oblige(cadence="quarter").occurrences.get()
    later = days_later(now, 22)
    assert close_missed_occurrences(later) == 1
    assert close_missed_occurrences(later) == 0
    occurrence = record(cast, occurrence, later, on=date(2026, 4, 1))
    assert occurrence.status == "done"
    assert occurrence.was_late


def test_a_pause_asks_for_nothing_afterwards(cast, oblige, now):
    obligation = oblige(cadence="month")
    fire(obligation, "suspend", by=cast.office, now=now, reason="机构改革")
    assert open_due_occurrences(days_later(now, 100)) == 0
    fire(obligation, "resume", by=cast.office, now=days_later(now, 100))
    open_due_occurrences(days_later(now, 100))
    assert labels(obligation) == ["2026年3月", "2026年6月"]


def test_a_frequency_ends_when_its_task_is_withdrawn(cast, give, now):
    task = give((cast.town, "lead"), frequencies=[NewFrequency("每月检查 1 次", "month")])
    withdraw_tasks(tasks=[task], reason="……", by=cast.office, now=now)
    assert Obligation.objects.get().status == "ended"
    assert ObligationOccurrence.objects.get().status == "excused"


def test_a_frequency_goes_on_to_the_end_of_the_plan_when_its_task_is_completed(cast, give, paper, now):
    task = give((cast.town, "lead"), due_on=date(2026, 4, 30), frequencies=[NewFrequency("每月检查 1 次", "month")])
    task = fire(task, "accept", by=cast.town, now=now)
    fire(task, "submit", by=cast.town, now=now, summary="网格已划分", files=[paper(cast.town)])
    fire(task, "complete", by=cast.office, now=now)
    obligation = Obligation.objects.get()
    assert (obligation.status, obligation.ends_on) == ("active", date(2026, 12, 31))
