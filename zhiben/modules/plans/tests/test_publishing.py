"""From a checked draft to tasks on their way: once, whole, and only when somebody answers for each."""

import threading
from datetime import date

import pytest
from django.db import connection

from zhiben.core.api.changes import change_of, seen
from zhiben.core.audit.models import AuditLine
from zhiben.core.events.models import OutboxEvent
from zhiben.core.org.models import Unit
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine
from zhiben.core.workflow.engine import StepRefused
from zhiben.core.workflow.models import WorkItem
from zhiben.modules.plans.models import PlanObligation, PlanVersion, VersionStatus
from zhiben.modules.plans.services import editing, publishing, readings
from zhiben.modules.plans.services.publication import prepare, what_is_missing
from zhiben.modules.tasks.models import Indicator, Obligation, Task


@pytest.fixture
def confirmed(draft, cast, now) -> PlanVersion:
    """The one open name that leads work is given its unit."""
    fire = draft.items.get(number="4").departments.get(name="县消防大队")
    bureau = Unit.objects.get(short_name="县应急管理局")
    readings.resolve_department(department=fire, seen=0, units=[bureau], by=cast.office, now=now)
    return draft


def test_a_draft_waits_in_the_office_that_uploaded_it(draft, cast):
    assert draft.status == VersionStatus.DRAFT
    waiting = WorkItem.objects.filter(record_type="plans.planversion", record_id=str(draft.pk), step="publish")
    assert {each.seat for each in waiting} <= set(cast.office.seats) | set(cast.chief.seats)
    assert waiting.exists()


def test_what_will_happen_is_said_before_it_happens(confirmed):
    publication = prepare(confirmed)
    assert len(publication.dispatches) == 4
    holders = {each.item.number: each.holder.unit.short_name for each in publication.dispatches}
    assert holders == {"1": "县应急管理局", "2": "县住建局", "3": "柳溪镇", "4": "县安委办"}
    assert publication.unresolved_names == [("各有关部门", 1)]
    assert publication.by_day == [(date(2026, 6, 30), 1), (date(2026, 12, 31), 3)]
    assert [duty.who for duty in publication.owed_duties] == ["县安委办", "各乡镇"]
    assert not Task.objects.exists()


def test_a_lead_that_nobody_was_found_for_holds_the_plan_back(draft, cast, now):
    for department in draft.items.get(number="4").departments.filter(resolution="resolved"):
        readings.remove_department(department=department, seen=0, by=cast.office, now=now)
    assert "第 4 " in what_is_missing(draft)
    with pytest.raises(StepRefused, match="还没有对应到单位"):
        publishing.publish_version(version=draft, by=cast.office, now=now)
    fire = draft.items.get(number="4").departments.get()
    readings.resolve_department(department=fire, seen=9, by=cast.office, now=now)  # explicitly none
    publishing.publish_version(version=draft, by=cast.office, now=now)
    assert draft.items.get(number="4").task.responsible_unit == cast.office.unit


def test_publishing_sends_every_task_to_its_lead(confirmed, cast, now):
    published = publishing.publish_version(version=confirmed, by=cast.office, now=now)
    assert published.status == VersionStatus.PUBLISHED
    assert published.published_by == cast.office.person
    assert published.plan.current_version == published
    one = published.items.get(number="1").task
    assert (one.responsible_unit, one.due_on) == (cast.bureau_officer.unit, date(2026, 12, 31))
    assert (one.origin_type, one.number, one.programme_id) == ("plans.planitem", "(一)1", str(published.plan_id))
    assert one.milestones.get().due_on == date(2026, 12, 31)
    indicator = Indicator.objects.get(task=one)
    assert (indicator.metric, indicator.targets.get().value, indicator.targets.get().year) == ("参训率", 100, 2026)
    assert one.obligations.get().cadence == "quarter"
    two = published.items.get(number="2").task
    assert two.children.get().responsible_unit == cast.bureau_officer.unit
    assert AuditLine.objects.filter(record_type="tasks.task", record_id=str(one.pk), verb="begin").exists()


def test_duties_outside_the_tasks_become_obligations(confirmed, cast, now):
    publishing.publish_version(version=confirmed, by=cast.office, now=now)
    report = Obligation.objects.get(title__startswith="各乡镇每年")
    assert (report.responsible_unit, report.cadence, report.due_on) == (cast.town.unit, "year", date(2026, 12, 1))
    hearing = Obligation.objects.get(title__startswith="县安委办每半年")
    assert (hearing.responsible_unit, hearing.cadence) == (cast.office.unit, "half-year")


def test_what_was_dropped_or_left_is_not_sent(confirmed, cast, now):
    editing.drop_item(item=confirmed.items.get(number="3"), seen=0, by=cast.office, now=now)
    editing.edit_item(item=confirmed.items.get(number="2"), seen=0, left_undispatched=True, by=cast.office, now=now)
    publishing.publish_version(version=confirmed, by=cast.office, now=now)
    assert set(Task.objects.filter(parent=None).values_list("number", flat=True)) == {"(一)1", "(二)4"}


def test_an_empty_ledger_is_not_published(draft, cast, now):
    draft.items.all().delete()
    draft.obligations.all().delete()
    with pytest.raises(StepRefused, match="还没有任务"):
        publishing.publish_version(version=draft, by=cast.office, now=now)


def test_nobody_else_publishes_it(confirmed, cast, now):
    with pytest.raises(StepRefused, match="方案编制单位"):
        publishing.publish_version(version=confirmed, by=cast.bureau_leader, now=now)


def test_once_published_it_is_closed_to_edits(confirmed, cast, now):
    publishing.publish_version(version=confirmed, by=cast.office, now=now)
    with pytest.raises(Refused, match="修订"):
        editing.drop_item(item=confirmed.items.first(), seen=0, by=cast.office, now=now)


def test_killed_in_the_middle_the_draft_is_as_it_was(confirmed, cast, now, monkeypatch):
    def killed(*args, **kwargs):
        raise RuntimeError("killed")

    monkeypatch.setattr(publishing, "_settle_duties", killed)
    with pytest.raises(RuntimeError):
        publishing.publish_version(version=confirmed, by=cast.office, now=now)
    confirmed.refresh_from_db()
    assert confirmed.status == VersionStatus.DRAFT
    assert not Task.objects.exists()
    assert not confirmed.items.exclude(task=None).exists()


def test_the_second_to_publish_is_told_so(confirmed, cast, now):
    publishing.publish_version(version=confirmed, by=cast.office, now=now)
    with pytest.raises(StepRefused, match="已发布"):
        publishing.publish_version(version=confirmed, by=cast.chief, now=now)
    assert Task.objects.filter(parent=None).count() == 4
    again = publishing.publish_version  # the same press of the button, sent twice
    key = "press-1"
    with pytest.raises(StepRefused):
        again(version=confirmed, by=cast.office, now=now, key=key)


@pytest.mark.needs_service("postgresql")
@pytest.mark.django_db(transaction=True)
def test_two_people_publish_at_once_and_exactly_one_wins(cast, now, by_directory):
    from .conftest import new_draft

    draft = new_draft(cast.office, now, by_directory)
    fire = draft.items.get(number="4").departments.get(name="县消防大队")
    readings.resolve_department(department=fire, seen=0, by=cast.office, now=now)
    barrier, outcomes = threading.Barrier(2), []

    def publish(by):
        try:
            version = PlanVersion.objects.get(pk=draft.pk)
            barrier.wait()
            publishing.publish_version(version=version, by=by, now=now)
            outcomes.append("published")
        except StepRefused as refused:
            outcomes.append(refused.sentence)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=(by,)) for by in (cast.office, cast.chief)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("published") == 1
    assert any("已发布" in each for each in outcomes)
    assert Task.objects.filter(parent=None).count() == 4
    assert Obligation.objects.filter(origin_type="plans.planobligation").count() == 2


def test_a_discarded_draft_lets_its_file_be_uploaded_again(draft, cast, now):
    engine.fire(draft, "discard", by=cast.office, now=now, reason="传错了文件")
    draft.document.refresh_from_db()
    assert draft.document.put_aside
    assert PlanObligation.objects.filter(version=draft).exists()


def test_other_systems_are_told_what_their_post_may_see_of_it(confirmed, cast, now):
    """Through the interface's `changes` and webhooks alike."""
    engine.fire(confirmed, "publish", by=cast.chief, now=now)
    told = OutboxEvent.objects.filter(record_type="plans.planversion", record_id=str(confirmed.pk))
    published = told.filter(name="plans.PlanPublished")
    assert [change_of(row)["data"]["plan_id"] for row in seen(published, cast.office)] == [confirmed.plan_id]
    assert seen(published, cast.outsider) == []
    assert seen(published, cast.security_administrator) == []
