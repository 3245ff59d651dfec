"""Published plans and their items as another system pulls them."""

import pytest

from zhiben.core.api.testing import ApiTest, caller, is_problem
from zhiben.modules.plans.api import ItemApi, PlanApi
from zhiben.modules.plans.models import Plan, PlanItem, PlanVersion, VersionStatus
from zhiben.modules.plans.services import intake, publishing, readings

pytestmark = pytest.mark.django_db


def published(cast, now, count):
    """Plans as they stand once published, with one item each, without the work of reading and dispatching them."""
    plans = []
    for number in range(count):
        plan = intake._new_plan(f"方案{number}.txt", cast.office, now)
        version = intake._new_version(plan, cast.office, now)
        PlanVersion.objects.filter(pk=version.pk).update(status=VersionStatus.PUBLISHED, published_at=now)
        PlanItem.objects.create(version=version, number="1", title="开展排查", position=1)
        Plan.objects.filter(pk=plan.pk).update(current_version=version)
        plans.append(plan)
    return plans


class TestPlanApi(ApiTest):
    api, insider = PlanApi, "office"

    def make(self, cast, now, count):
        return published(cast, now, count)


class TestItemApi(ApiTest):
    api, insider = ItemApi, "office"

    def make(self, cast, now, count):
        return list(PlanItem.objects.filter(version__plan__in=published(cast, now, count)))


def test_the_tasks_of_a_plan_are_pulled(draft, cast, now, monkeypatch):
    monkeypatch.setattr("zhiben.core.clock.machine_now", lambda: now)
    office = caller(cast.office, now=now)
    assert office.get("/plans").json()["items"] == [], "没有发布的不对外"
    is_problem(office.get(f"/plans/{draft.plan_id}"), 404)
    is_problem(office.get(f"/plan-items/{draft.items.first().pk}"), 404)
    fire = draft.items.get(number="4").departments.get(name="县消防大队")
    readings.resolve_department(department=fire, seen=0, units=[cast.bureau_officer.unit], by=cast.office, now=now)
    publishing.publish_version(version=draft, by=cast.office, now=now)
    (plan,) = office.get("/plans").json()["items"]
    assert (plan["id"], plan["version"], plan["items"]) == (draft.plan_id, 1, 4)
    assert plan["published_at"] == "2026-03-10T10:00:00+08:00"
    assert plan["unit"]["id"] == cast.office.unit.pk
    items = office.get("/plan-items", plan=plan["id"]).json()["items"]
    assert [each["number"] for each in items] == ["1", "2", "3", "4"]
    tasks = office.get("/tasks", programme=plan["id"]).json()["items"]
    assert {each["task"] for each in items} < {each["id"] for each in tasks}, "参与单位另有下级任务"
    one = office.get(f"/plan-items/{items[0]['id']}").json()
    assert one["indicators"][0]["metric"] == "参训率"
    assert one["departments"][0]["units"]
    assert office.get("/plan-items", plan=plan["id"] + 1).json()["items"] == []
