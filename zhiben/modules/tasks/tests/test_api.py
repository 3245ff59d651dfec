"""Tasks and duties as another system meets them: pulled, reported on, dispatched; nothing doubles, nothing leaks."""

from datetime import date, timedelta

import pytest

from zhiben.core import clock
from zhiben.core.api.testing import ApiTest, Caller, caller, give_token, is_problem
from zhiben.core.audit.services import lines_of
from zhiben.core.org.models import Post
from zhiben.core.workflow.engine import fire
from zhiben.modules.tasks.api import ObligationApi, OccurrenceApi, TaskApi
from zhiben.modules.tasks.models import Feedback, IndicatorValue, Milestone, Task
from zhiben.modules.tasks.services import NewIndicator, NewMilestone, NewObligation, establish_obligations

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_ten(monkeypatch, now):
    monkeypatch.setattr(clock, "machine_now", lambda: now)


def duties(cast, now, count):
    new = NewObligation(
        title="月调度", cadence="month", responsible_unit=cast.bureau_officer.unit,
        supervising_unit=cast.office.unit, starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31),
    )  # fmt: skip
    return establish_obligations(obligations=[new] * count, by=cast.office, now=now)


class TestTaskApi(ApiTest):
    api, insider = TaskApi, "bureau_officer"

    @pytest.fixture(autouse=True)
    def _give(self, give):
        self.give = give

    def make(self, cast, now, count):
        return [self.give((cast.bureau_officer, "lead"), (cast.town, "participant")) for _ in range(count)]


class TestObligationApi(ApiTest):
    api, insider = ObligationApi, "bureau_officer"

    def make(self, cast, now, count):
        return duties(cast, now, count)


class TestOccurrenceApi(ApiTest):
    api, insider = OccurrenceApi, "bureau_officer"

    def make(self, cast, now, count):
        return [each.occurrences.first() for each in duties(cast, now, count)]


@pytest.fixture
def running(cast, give, now):
    task = give(
        (cast.bureau_officer, "lead"),
        milestones=[NewMilestone(date(2026, 4, 30), "完成摸排")],
        indicators=[NewIndicator("整改率", ">=", "%", {2026: 95})],
    )
    return fire(task, "accept", by=cast.bureau_officer, now=now)


@pytest.fixture
def bureau(cast, now, at_ten):
    return caller(cast.bureau_officer, "tasks:read", "tasks:write", now=now)


def test_progress_pushed_twice_counts_once_and_the_trail_names_the_token(bureau, running):
    milestone, indicator = running.milestones.get(), running.indicators.get()
    report = {
        "percent": 40, "text": "已检查 12 家。", "milestones": [milestone.pk],
        "figures": [{"indicator": indicator.pk, "numerator": "45", "denominator": "50"}],
    }  # fmt: skip
    first = bureau.post(f"/tasks/{running.pk}/feedback", report, key="2026-03-10-1")
    again = bureau.post(f"/tasks/{running.pk}/feedback", report, key="2026-03-10-1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert again["Idempotent-Replayed"] == "true"
    assert (Feedback.objects.count(), IndicatorValue.objects.count()) == (1, 1)
    assert Milestone.objects.get(pk=milestone.pk).reached_on == date(2026, 3, 10)
    line = lines_of("tasks.task", str(running.pk)).get(verb="feed_back")
    assert line.actor_name == "应勤"
    assert line.actor_post.endswith("（经接口令牌“市数据平台”）")
    shown = bureau.get(f"/tasks/{running.pk}").json()
    assert (shown["progress"], shown["indicators"][0]["value"]) == (40, "90.0000")
    other = bureau.post(f"/tasks/{running.pk}/feedback", {**report, "percent": 50}, key="2026-03-10-1")
    assert "另一个请求" in is_problem(other, 422)["detail"]


def test_a_refusal_leaves_nothing_and_its_key_may_be_used_again(bureau, running):
    wrong = bureau.post(f"/tasks/{running.pk}/feedback", {"percent": 140, "text": "x"}, key="k")
    assert is_problem(wrong, 422)["errors"] == {"percent": "percent：不大于 100"}
    assert bureau.post(f"/tasks/{running.pk}/feedback", {"percent": 14, "text": "好"}, key="k").status_code == 200
    fall = bureau.post(f"/tasks/{running.pk}/feedback", {"percent": 3, "text": "重新核实"}, key="k2")
    assert "下降的理由" in is_problem(fall, 422)["errors"]["fall_reason"]
    assert Feedback.objects.count() == 1


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ({"value": "1", "as_of": "9999-12-31"}, "不能晚于今天"),
        ({"value": "1", "as_of": "1999-12-31"}, "2000 年"),
        ({"numerator": "99999999999999", "denominator": "0.0001"}, "相差过大"),
        ({"value": "1_000"}, "应为数"),
        ({"value": True}, "应为数"),
        ({"value": "1", "indicator": True}, "应为整数"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_and_leaves_nothing(bureau, running, figure, said):
    wrong = {"percent": 10, "text": "进展", "figures": [{"indicator": running.indicators.get().pk, **figure}]}
    items = [{"id": str(running.pk), "step": "feed_back", "inputs": {"percent": 9, "text": "进展"}}]
    assert said in is_problem(bureau.post(f"/tasks/{running.pk}/feedback", wrong), 422)["detail"]
    items += [{"id": str(running.pk), "step": "accept"}]
    answer = bureau.post("/tasks/bulk", {"items": items}).json()
    assert [row["done"] for row in answer["rows"]] == [True, False]
    assert (Feedback.objects.count(), IndicatorValue.objects.count()) == (1, 0)


def test_one_indicator_has_one_value_in_a_report(bureau, running):
    figure = {"indicator": running.indicators.get().pk, "value": "90"}
    report = {"percent": 10, "text": "进展", "figures": [figure, figure | {"value": "91"}]}
    assert "只能填一个数值" in is_problem(bureau.post(f"/tasks/{running.pk}/feedback", report), 422)["detail"]


def test_a_record_says_which_steps_may_be_taken_and_they_are_the_same_life(bureau, cast, give, now):
    task = give((cast.bureau_officer, "lead"))
    steps = {step["name"]: step for step in bureau.get(f"/tasks/{task.pk}").json()["steps"]}
    assert "accept" in steps
    taken = bureau.post(f"/tasks/{task.pk}/steps/accept")
    assert taken.json() == {
        "id": str(task.pk), "status": "running", "status_label": "办理中", "awaits_approval": False,
    }  # fmt: skip
    assert "不能「接收」" in is_problem(bureau.post(f"/tasks/{task.pk}/steps/accept"), 409)["detail"]
    assert is_problem(bureau.post(f"/tasks/{task.pk}/steps/submit"), 422)["errors"].keys() == {"summary", "files"}
    is_problem(bureau.post(f"/tasks/{task.pk}/steps/fly"), 404)
    is_problem(bureau.post(f"/tasks/{task.pk}/steps/lapse"), 409)
    asked = {"inputs": {"extended_to": "2026-08-31", "reason": "汛期推迟"}}
    assert bureau.post(f"/tasks/{task.pk}/steps/extend", asked).json()["awaits_approval"] is True
    for inputs in ({"units": ["x"]}, {"units": [1, 2**62]}, {"units": ["\u0000"]}, {"by": 1}, {"units": "￥"}):
        assert bureau.post(f"/tasks/{task.pk}/steps/split", {"inputs": inputs}).status_code in (400, 422)


def test_many_steps_are_told_row_by_row(bureau, cast, give, now):
    tasks = [give((cast.bureau_officer, "lead")) for _ in range(3)]
    foreign = give((cast.housing_officer, "lead"))
    items = [{"id": str(task.pk), "step": "accept"} for task in tasks]
    items += [{"id": str(tasks[0].pk), "step": "feed_back", "inputs": {"percent": 10, "text": "开始"}}]
    items += [{"id": str(tasks[1].pk), "step": "feed_back", "inputs": {"percent": 1000, "text": "开始"}}]
    items += [{"id": str(foreign.pk), "step": "accept"}, {"id": str(tasks[0].pk), "step": "fly"}]
    items += [{"id": str(tasks[2].pk), "step": "urge", "inputs": {"by": 1}}]
    answer = bureau.post("/tasks/bulk", {"items": items}, key="once").json()
    assert [row["done"] for row in answer["rows"]] == [True, True, True, True, False, False, False, False]
    assert (answer["done"], answer["refused"]) == (4, 4)
    assert [row["problem"]["status"] for row in answer["rows"][4:]] == [422, 404, 422, 422]
    assert bureau.post("/tasks/bulk", {"items": items}, key="once").json() == answer
    assert Feedback.objects.count() == 1
    too_many = {"items": [items[0]] * 501}
    assert "最多 500 项" in is_problem(bureau.post("/tasks/bulk", too_many), 422)["detail"]


def test_work_is_dispatched_in_the_name_of_the_tokens_unit(cast, now, at_ten):
    office = caller(cast.office, "tasks:write", "tasks:read", now=now)
    order = {
        "title": "开展燃气安全专项检查", "due_on": "2026-09-30", "sector": "gas", "reference": "P-118",
        "assignments": [{"unit": cast.housing_officer.unit.pk, "duty": "lead"}, {"unit": cast.town.unit.pk}],
        "milestones": [{"due_on": "2026-06-30", "text": "第一轮检查"}],
        "indicators": [{"metric": "检查家数", "operator": "=", "targets": [{"value": "12"}]}],
    }  # fmt: skip
    made = office.post("/tasks", order, key="P-118")
    assert made.status_code == 201
    assert office.post("/tasks", order, key="P-118").json() == made.json()
    assert Task.objects.filter(parent=None).count() == 1
    assert office.get("/tasks", reference="P-118").json()["items"][0] == made.json()
    wrong = {
        **order, "due_on": "2020-01-01", "assignments": [{"unit": cast.outsider.unit.pk}], "confidentiality": 1,
    }  # fmt: skip
    assert is_problem(office.post("/tasks", wrong), 422)["errors"].keys() >= {
        "due_on", "assignments", "confidentiality",
    }  # fmt: skip
    plant = caller(cast.plant_officer, now=now)
    is_problem(plant.post("/tasks", {**order, "assignments": [{"unit": cast.plant_officer.unit.pk}]}), 403)


def test_lists_are_narrowed_by_what_is_asked(bureau, cast, give, now):
    near, far = give((cast.bureau_officer, "lead"), due_on=date(2026, 3, 31)), give((cast.bureau_officer, "lead"))
    fire(far, "accept", by=cast.bureau_officer, now=now + timedelta(hours=2))

    def found(**query):
        return [each["id"] for each in bureau.get("/tasks", **query).json()["items"]]

    assert found() == [str(near.pk), str(far.pk)]
    assert found(status="running") == [str(far.pk)]
    assert found(status=["running", "pending"]) == found()
    assert found(due_to="2026-04-01", unit=cast.bureau_officer.unit.pk) == [str(near.pk)]
    assert found(updated_since="2026-03-10T11:00:00+08:00") == [str(far.pk)]
    assert found(overdue="true") == []
    assert "没有这个筛选条件" in is_problem(bureau.get("/tasks", stauts="running"), 422)["errors"]["stauts"]
    for wrong in (
        {"status": "flying"}, {"due_from": "昨天"}, {"limit": 201}, {"limit": 0}, {"cursor": "abc"}, {"unit": "1e3"},
        {"unit": 2**70}, {"updated_since": "2026-03-10"}, {"updated_since": "0001-01-01T00:00:00+14:00"},
        {"programme": "\x00"}, {"due_from": "10000-01-01"},
    ):  # fmt: skip
        is_problem(bureau.get("/tasks", **wrong), 422)


def test_a_duty_is_recorded_as_done(cast, now, at_ten):
    occurrence = duties(cast, now, 1)[0].occurrences.first()
    bureau = caller(cast.bureau_officer, now=now)
    done = {"inputs": {"happened_on": "2026-03-09", "text": "召开调度会"}}
    assert bureau.post(f"/occurrences/{occurrence.pk}/steps/record", done).json()["status"] == "done"


def test_a_post_that_has_ended_takes_its_token_with_it(cast, give, now, at_ten):
    secret = give_token(cast.bureau_officer, "tasks:read", now=now).secret
    Post.objects.filter(pk=cast.bureau_officer.post.pk).update(valid_to=date(2026, 3, 9))
    assert "已不在任" in is_problem(Caller(secret).get("/tasks"), 401)["detail"]
