"""进展总览 in the browser: the pictures are drawn, no policy is broken, and a bar opens the list behind it."""

import re
from datetime import date

import pytest

from zhiben.core import clock
from zhiben.core.workflow.engine import fire
from zhiben.modules.tasks.models import Duty
from zhiben.modules.tasks.services import Assignment, Order, Origin, dispatch_task

pytestmark = [pytest.mark.needs_service("chromium"), pytest.mark.needs_service("frontend")]


@pytest.fixture
def work(cast, now, monkeypatch):
    """A few tasks of three units; then four months pass."""

    def give(acting, due_on):
        order = Order(
            title="开展燃气安全专项检查",
            assignments=[Assignment(acting.unit, Duty.LEAD)],
            due_on=due_on,
            limit_on=date(2026, 12, 31),
            origin=Origin(type="x", id="1", programme_id="p", programme_label="澄溪县治本攻坚实施方案"),
        )
        return dispatch_task(order=order, supervising_unit=cast.office.unit, by=cast.office, now=now)

    for acting in (cast.bureau_leader, cast.housing_leader, cast.town):
        for month in (4, 6, 9, 12):
            task = give(acting, date(2026, month, 30))
            if acting is not cast.town:
                fire(task, "accept", by=acting, now=now)
    monkeypatch.setattr(clock, "now", lambda: now.replace(month=7))


def test_the_pictures_are_drawn_and_a_bar_opens_its_list(work, desks):
    desk = desks("office")
    desk.go("/overview/")
    assert "12 项主任务，已办结 0 项（0.0%，0/12），逾期 6 项" in desk.page.locator(".says").inner_text()
    pictures = desk.page.locator(".chart-picture canvas")
    pictures.nth(1).wait_for()
    assert pictures.count() == 2
    desk.page.wait_for_timeout(1200)  # the bars have grown
    desk.picture("overview", full=True)
    desk.page.reload()
    pictures.nth(1).wait_for()
    desk.page.wait_for_timeout(1200)
    box = pictures.first.bounding_box()
    desk.page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + 48 + 15)  # the first unit's line
    desk.page.wait_for_url(re.compile(r"/tasks/\?.*unit=\d+"))


def test_on_a_phone_the_table_scrolls_inside_its_card(work, desks):
    desk = desks("office")
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.go("/overview/")
    table = desk.page.locator(".tallies").first
    assert table.evaluate("each => each.scrollWidth > each.clientWidth")
    assert desk.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")
