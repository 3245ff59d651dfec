from datetime import date, datetime

import pytest

from zhiben.core.clock import CHINA
from zhiben.core.notify.models import Notification
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.sweep import sweep
from zhiben.modules.tasks.milestones import turn_to_next_milestones
from zhiben.modules.tasks.services import NewMilestone

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(cast, give, now):
    spring, summer = NewMilestone(date(2026, 4, 30), "完成摸排"), NewMilestone(date(2026, 5, 29), "完成整改")
    last = NewMilestone(date(2026, 6, 30), "全面验收")
    given = give((cast.bureau_leader, "lead"), milestones=[spring, summer, last])
    return fire(given, "accept", by=cast.bureau_leader, now=now)


def on(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=9, tzinfo=CHINA)


def test_a_missed_milestone_is_told_and_gives_way_to_the_next(cast, task):
    assert turn_to_next_milestones(on("2026-05-01")) == 0, "its leader has not been told yet"
    sweep(on("2026-05-01"))
    told = Notification.objects.filter(person=cast.bureau_leader.person)
    assert told.filter(title__contains="逾期 1 天").exists()
    assert turn_to_next_milestones(on("2026-05-02")) == 1
    task.refresh_from_db()
    assert task.next_milestone_on == date(2026, 5, 29)
    sweep(on("2026-05-28"))
    assert told.filter(title__contains="还剩 1 天").count() == 1
    assert turn_to_next_milestones(on("2026-06-05")) == 0, "the last day of the task has reminders of its own"


def test_a_task_verified_as_a_whole_has_no_open_milestone(cast, task, paper):
    handed_in = on("2026-04-20")
    evidence = [paper(cast.bureau_officer)]
    fire(task, "submit", by=cast.bureau_officer, now=handed_in, summary="提前全部完成", files=evidence)
    fire(task, "complete", by=cast.office, now=on("2026-05-20"))
    assert {each.state_on(date(2026, 7, 1)) for each in task.milestones.all()} == {"reached"}
