"""The page as the cast sees it: every figure against the list that it opens."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from zhiben.core import clock
from zhiben.core.clock import local_day
from zhiben.core.files.models import StoredFile, Upload
from zhiben.core.web.testing import check_page, counted
from zhiben.core.workflow.engine import fire
from zhiben.insight.counting import COUNTED_IN_SQL, PARTS, count
from zhiben.modules.tasks.models import Duty, Task
from zhiben.modules.tasks.services import Assignment, Order, Origin, dispatch_task, feed_back

from .links import Links, opened

PAGE = "/overview/"


@dataclass
class County:
    """A county at work: gives tasks and brings them to where a story wants them."""

    cast: object
    now: datetime

    def give(self, acting, due_on=date(2026, 6, 30), *, programme="", by="office", shares=()) -> Task:
        origin = Origin(
            type="x", id="1", programme_id=programme, programme_label=f"方案{programme}" if programme else ""
        )
        assignments = [
            Assignment(acting.unit, Duty.LEAD),
            *(Assignment(each.unit, Duty.PARTICIPANT) for each in shares),
        ]
        order = Order(
            title="开展危险化学品企业全覆盖体检", assignments=assignments, due_on=due_on, limit_on=date(2026, 12, 31),
            origin=origin,
        )  # fmt: skip
        issuer = getattr(self.cast, by)
        return dispatch_task(order=order, supervising_unit=issuer.unit, by=issuer, now=self.now)

    def accept(self, task, acting, at=None) -> Task:
        return fire(task, "accept", by=acting, now=at or self.now)

    def submit(self, task, acting, at=None) -> Task:
        stored, _ = StoredFile.objects.get_or_create(
            digest="0" * 64, defaults={"size": 3, "media_type": "application/pdf", "created_at": self.now}
        )
        paper = Upload.objects.create(
            file=stored, name="记录.pdf", uploaded_by_id=acting.person.pk, uploaded_at=self.now
        )
        return fire(task, "submit", by=acting, now=at or self.now, summary="已全部完成", files=[paper])

    def complete(self, task, acting, at=None) -> Task:
        done = self.submit(self.accept(task, acting, at), acting, at)
        return fire(done, "complete", by=self.cast.chief, now=(at or self.now) + timedelta(days=2))


@pytest.fixture
def county(cast, now, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: now)
    return County(cast, now)


@pytest.fixture
def later(county, now, monkeypatch) -> date:
    """One of every kind, then eighty days pass: some deadlines with them."""
    cast = county.cast
    bureau, housing, town = cast.bureau_leader, cast.housing_leader, cast.town
    soon, far = date(2026, 4, 30), date(2026, 9, 30)
    county.complete(county.give(bureau, soon), bureau)
    county.complete(county.give(bureau, soon), bureau, now + timedelta(days=60))  # 5月9日报送，迟于4月30日
    county.complete(county.give(bureau, far), bureau)
    running = county.accept(county.give(bureau, far, shares=[town]), bureau)
    feed_back(task=running, percent=30, text="已检查 20 家", by=bureau, now=now, key="k")
    county.accept(county.give(bureau, soon), bureau)
    county.submit(county.accept(county.give(bureau, soon), bureau), bureau)
    fire(county.give(housing, far), "return", by=housing, now=now, reason="不属于本单位职责")
    county.give(housing, soon)
    county.give(housing, far)
    county.accept(county.give(town, far), town)
    fire(county.give(town, far), "withdraw", by=cast.office, now=now, reason="重复交办")
    then = now + timedelta(days=80)
    monkeypatch.setattr(clock, "now", lambda: then)
    return local_day(then)


def shown(client, query="") -> Links:
    return opened(client, f"{PAGE}{query}")


def test_it_says_how_the_plan_stands(cast, later):
    text = shown(cast.client("office")).text
    assert "10 项主任务，已办结 3 项（30.0%，3/10），逾期 2 项。" in text
    assert "已到期 5 项，其中按期办结 1 项（20.0%，1/5）。" in text
    assert "一项也没有接收的单位 1 个：县住建局（3 项）" in text
    assert "从未反馈进展的单位（零反馈） 1 个：柳溪镇（1 项）" in text


@pytest.mark.parametrize("query", ["", "?shares=1", "?as=supervising", "?as=responsible"])
def test_every_number_opens_the_list_that_it_counts(cast, later, query):
    client = cast.client("office")
    numbers = {
        (address, int(words))
        for address, words in shown(client, query).found
        if address.startswith("/tasks/?") and words.strip().isdigit()
    }
    assert len(numbers) > 20 or query == "?as=responsible"
    for address, number in numbers:
        listing = client.get(address).context["listing"]
        assert listing.count == number, address


def test_the_parts_of_the_database_are_the_whole(cast, later):
    tasks = Task.objects.filter(parent=None)
    for by in ("responsible_unit", "due_on", "supervising_unit"):
        tallies = count(tasks, by, later).values()
        assert sum(tally.total for tally in tallies) == tasks.exclude(status="withdrawn").count() == 10
    for part in PARTS:
        others = [each.condition(later) for each in PARTS if each is not part]
        assert tasks.filter(part.condition(later)).count() == 1 or part.name in ("completed", "overdue", "running")
        assert not any(tasks.filter(part.condition(later)).filter(other).exists() for other in others)


def test_a_task_due_today_is_not_overdue(cast, county, now):
    today = local_day(now)
    county.give(cast.bureau_leader, today)
    county.give(cast.bureau_leader, today + timedelta(days=1))
    (on_the_day,) = count(Task.objects.all(), "responsible_unit", today).values()
    (a_day_after,) = count(Task.objects.all(), "responsible_unit", today + timedelta(days=1)).values()
    assert (on_the_day.overdue, on_the_day.pending, on_the_day.fallen_due) == (0, 2, 0)
    assert (a_day_after.overdue, a_day_after.pending, a_day_after.fallen_due) == (1, 1, 1)


def test_the_plan_in_the_address_narrows_figures_and_links(cast, county):
    county.give(cast.bureau_leader, programme="p1")
    county.give(cast.housing_leader, programme="p2")
    client = cast.client("office")
    assert "2 项主任务" in shown(client).text
    page = shown(client, "?programme=p1")
    assert "1 项主任务" in page.text
    assert "县住建局" not in page.text
    assert all("programme=p1" in address for address, _ in page.found if address.startswith("/tasks/?as="))


def test_shares_of_those_who_take_part_are_counted_when_asked(cast, county):
    county.give(cast.bureau_leader, shares=[cast.town])
    client = cast.client("office")
    assert "1 项主任务，" in shown(client).text
    page = shown(client, "?shares=1")
    assert "2 项任务，" in page.text
    assert "柳溪镇" in page.text


def test_units_in_administrative_order_or_by_rate(cast, later):
    client = cast.client("office")

    def units(query):
        return [row.label for row in client.get(f"{PAGE}{query}").context["reading"].units]

    assert units("") == ["县应急管理局", "县住建局", "柳溪镇"]
    assert units("?sort=completion") == ["县住建局", "柳溪镇", "县应急管理局"]
    assert units("?sort=-completion") == ["县应急管理局", "县住建局", "柳溪镇"]
    assert units("?sort=rubbish") == units("")


def test_the_chart_says_what_the_table_says(cast, later):
    client = cast.client("office")
    reading = client.get(PAGE).context["reading"]
    for which, rows in (("units", reading.units), ("months", reading.months)):
        chart = client.get(reverse("overview_chart", args=[which])).json()
        assert chart["categories"] == [row.label for row in rows]
        assert [series["name"] for series in chart["series"]] == [part.word for part in PARTS]
        for series, part in zip(chart["series"], PARTS, strict=True):
            assert series["values"] == [getattr(row.tally, part.name) for row in rows]
            assert series["links"] == [row.figure(part.name).address for row in rows]
    assert client.get(reverse("overview_chart", args=["weather"])).status_code == 404


def test_the_rules_stand_on_the_page(cast, later):
    text = shown(cast.client("office")).text
    for part in PARTS:
        assert part.rule in text
    assert "办结 ÷ 全部" in text


def test_nothing_to_count_says_what_to_do(cast, county):
    text = shown(cast.client("office")).text
    assert "没有可以统计的任务" in text
    assert "%" not in text


@pytest.mark.parametrize("address", [PAGE, "/overview/chart/units/", "/overview/chart/months/"])
def test_only_posts_that_oversee_open_it(cast, later, address):
    for outsider in ("plant_officer", "system_administrator"):
        check_page(cast, address, insider="office", outsider=outsider)


def test_the_neighbour_county_sees_none_of_it(cast, later):
    page = shown(cast.client("outsider"))
    assert "没有可以统计的任务" in page.text
    assert "柳溪镇" not in page.text
    assert "县应急管理局" not in cast.client("outsider").get("/overview/chart/units/").content.decode()


def test_the_menu_offers_it_to_those_posts_only(cast, county):
    assert "进展总览" in cast.client("chief").get("/").content.decode()
    assert "进展总览" not in cast.client("plant_officer").get("/", follow=True).content.decode()


def test_more_tasks_ask_no_more_queries(cast, county):
    client = cast.client("office")
    county.give(cast.bureau_leader)
    client.get(PAGE)
    _, few = counted(client, PAGE)
    for acting in (cast.bureau_leader, cast.housing_leader, cast.town) * 4:
        county.give(acting, shares=[cast.bureau_leader] if acting is cast.town else ())
    _, many = counted(client, PAGE)
    assert many <= few


def test_every_part_has_its_own_word_and_rule():
    assert len({part.word for part in COUNTED_IN_SQL}) == len({part.rule for part in COUNTED_IN_SQL}) == 8
