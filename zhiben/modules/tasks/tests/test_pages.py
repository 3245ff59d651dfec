"""The pages as the cast sees them."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from zhiben.core import clock
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.workflow.engine import fire
from zhiben.modules.tasks.services import NewFrequency, NewIndicator, NewMilestone


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def task(cast, give, now):
    main = give(
        (cast.bureau_leader, "lead"),
        (cast.town, "participant"),
        milestones=[NewMilestone(date(2026, 4, 30), "完成摸排")],
        indicators=[
            NewIndicator("整改率", ">=", "%", {2026: Decimal(95)}),
            NewIndicator("检查企业", ">=", "家", {None: Decimal(30)}),
        ],
        frequencies=[NewFrequency("每季度至少检查 1 次", "quarter")],
    )
    return fire(main, "accept", by=cast.bureau_leader, now=now)


def test_the_record_page_shows_who_does_what_and_how_far(cast, task):
    page = cast.client("bureau_officer").get(task.get_absolute_url()).content.decode()
    for words in (
        "柳溪镇",
        "参与",
        "完成摸排",
        "整改率",
        "2026年目标不低于 95%，尚未填报数据",
        "2026年第1季度",
        "反馈进展",
    ):
        assert words in page


def test_a_participant_sees_the_tree_but_opens_only_its_own(cast, task):
    page = cast.client("town").get(task.children.get().get_absolute_url()).content.decode()
    assert "县应急管理局" in page
    assert task.get_absolute_url() not in page


def test_what_is_not_yours_is_not_there(cast, task):
    outsider = cast.client("outsider")
    assert outsider.get(task.get_absolute_url()).status_code == 404
    assert outsider.get(reverse("feed_back", args=[task.pk])).status_code == 404
    for name in ("wall_chart", "duty_calendar", "tasks:list"):
        page = outsider.get(reverse(name))
        assert page.status_code == 200
        assert task.title not in page.content.decode()


def test_feedback_asks_for_figures_and_milestones_and_keeps_them(cast, task):
    officer = cast.client("bureau_officer")
    address = reverse("feed_back", args=[task.pk])
    assert address == reverse("tasks:step", args=[task.pk, "feed_back"]), "the button of the record leads here"
    rate, count = task.indicators.order_by("pk")
    milestone = task.milestones.get()
    assert f"节点已完成：{full_day(milestone.due_on)} {milestone.text}" in officer.get(address).content.decode()
    sent = {
        "percent": "40", "text": "已检查 20 家", "key": "k1", f"part_{rate.pk}": "19", f"whole_{rate.pk}": "20",
        f"figure_{count.pk}": "20", f"reached_{milestone.pk}": "1",
    }  # fmt: skip
    for _ in range(2):
        assert officer.post(address, sent).status_code == 302
    feedback = task.feedbacks.get()
    assert [str(figure) for figure in feedback.figures.all()] == ["整改率 95%（19/20）", "检查企业 20家"]
    milestone.refresh_from_db()
    assert milestone.reached_on == date(2026, 3, 10)


def test_a_figure_that_is_no_number_is_told_beside_its_field(cast, task):
    rate = task.indicators.order_by("pk")[0]
    sent = {"percent": "40", "text": "……", "key": "k1", f"part_{rate.pk}": "十九", f"whole_{rate.pk}": "20"}
    answer = cast.client("bureau_officer").post(reverse("feed_back", args=[task.pk]), sent)
    assert answer.status_code == 422
    assert "不是可用的数字" in answer.content.decode()
    assert not task.feedbacks.exists()


@pytest.mark.parametrize("name", ["tasks:list", "wall_chart", "obligations:list", "duty_calendar", "occurrences:list"])
def test_every_list_and_board_answers_with_few_queries(cast, give, name, django_assert_max_num_queries):
    for number in range(12):
        give((cast.bureau_leader, "lead"), title=f"任务{number}", frequencies=[NewFrequency("每月一次", "month")])
    client = cast.client("office")
    with django_assert_max_num_queries(40):
        assert client.get(reverse(name)).status_code == 200


def test_the_record_page_answers_with_few_queries(cast, task, django_assert_max_num_queries):
    client = cast.client("office")
    with django_assert_max_num_queries(75):
        client.get(task.get_absolute_url())


def test_the_calendar_of_another_year(cast, task, now):
    page = cast.client("office").get(reverse("duty_calendar"), {"year": "2027"}).content.decode()
    assert "2027 年" in page
    assert local_day(now).year == 2026
