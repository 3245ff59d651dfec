from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.errands.models import Errand
from zhiben.core.access.acting import Machine
from zhiben.core.audit.models import AuditLine
from zhiben.core.audit.services import lines_of
from zhiben.core.events.models import OutboxEvent
from zhiben.core.notify.models import Notification
from zhiben.core.workflow.engine import StepInvalid, StepRefused, fire, fire_many, refresh
from zhiben.core.workflow.models import OpenDeadline, WorkItem
from zhiben.core.workflow.worklist import worklist

pytestmark = pytest.mark.django_db


def waiting_for(acting, now):
    return [row.item.title for row in worklist(acting, now)]


def test_what_is_given_waits_for_the_unit_and_its_people_are_told(cast, give, now):
    errand = give()
    assert waiting_for(cast.bureau_officer, now) == ["清理消防通道"]
    assert waiting_for(cast.office, now) == waiting_for(cast.outsider, now) == []
    told = Notification.objects.get(person=cast.bureau_officer.person)
    assert "待接收" in told.title
    assert lines_of("errands.errand", errand.pk).get().label == "交办"


def test_a_whole_life(cast, give, now):
    errand = give()
    fire(errand, "accept", by=cast.bureau_officer, now=now)
    fire(errand, "report", by=cast.bureau_officer, now=now, words="已清一半", spent="1200.50")
    fire(errand, "finish", by=cast.bureau_officer, now=now, words="已清完")
    assert waiting_for(cast.bureau_officer, now) == []
    assert waiting_for(cast.office, now) == ["清理消防通道"]
    fire(errand, "back", by=cast.office, now=now, reason="东侧仍有杂物")
    fire(errand, "finish", by=cast.bureau_officer, now=now, words="东侧已清")
    closed = fire(errand, "close", by=cast.office, now=now)
    assert (closed.status, closed.spent, closed.done_by) == ("closed", Decimal("1200.50"), cast.bureau_officer.person)
    assert not WorkItem.objects.exists()
    trail = [(line.seq, line.verb, line.to_state) for line in lines_of("errands.errand", errand.pk)]
    assert trail == [
        (1, "begin", "given"),
        (2, "accept", "doing"),
        (3, "report", "doing"),
        (4, "finish", "done"),
        (5, "back", "doing"),
        (6, "finish", "done"),
        (7, "close", "closed"),
    ]
    assert OutboxEvent.objects.get().name.endswith("ErrandClosed")


def test_the_same_key_twice_changes_nothing(cast, give, now):
    errand = give()
    fire(errand, "accept", by=cast.bureau_officer, now=now, key="k1")
    again = fire(errand, "accept", by=cast.bureau_officer, now=now, key="k1")
    assert again.status == "doing"
    assert lines_of("errands.errand", errand.pk).count() == 2


@pytest.mark.parametrize(
    ("step", "who", "data", "sentence"),
    [
        ("finish", "bureau_officer", {"words": "好"}, "现在是「待接收」，不能「办完」"),
        ("accept", "outsider", {}, "您当前的岗位不能办理"),
        ("accept", "office", {}, "承办单位"),
        ("drop", "office", {}, "请填写「理由」"),
        ("drop", "office", {"reason": "误发", "status": "closed"}, "不需要“status”"),
    ],
)
def test_what_may_not_be_done_is_refused_with_a_sentence(cast, give, now, step, who, data, sentence):
    errand = give()
    with pytest.raises(StepRefused) as refused:
        fire(errand, step, by=getattr(cast, who), now=now, **data)
    assert sentence in refused.value.sentence
    errand.refresh_from_db()
    assert errand.status == "given"
    assert lines_of("errands.errand", errand.pk).count() == 1


def test_each_wrong_input_is_named(cast, give, now):
    errand = give()
    fire(errand, "accept", by=cast.bureau_officer, now=now)
    with pytest.raises(StepInvalid) as invalid:
        fire(errand, "report", by=cast.bureau_officer, now=now, words=" ", spent="很多")
    assert set(invalid.value.errors) == {"words", "spent"}


def test_nobody_verifies_their_own_work(cast, give, now):
    errand = give(cast.office)
    Errand.objects.filter(pk=errand.pk).update(status="done", done_by=cast.office.person)
    with pytest.raises(StepRefused, match="不能核验本人办理的事项"):
        fire(errand, "close", by=cast.office, now=now)
    assert fire(errand, "close", by=cast.chief, now=now).status == "closed"


def test_only_a_machine_takes_the_systems_step_and_no_other(cast, give, now):
    errand = give()
    rule = Machine("上级撤回")
    with pytest.raises(StepRefused):
        fire(errand, "accept", by=rule, now=now)
    assert fire(errand, "drop", by=rule, now=now, reason="上级任务已撤回").status == "dropped"
    assert lines_of("errands.errand", errand.pk).last().actor_name == "上级撤回"


def test_the_trail_and_the_change_stand_or_fall_together(cast, give, now):
    errand = give()

    def cut_short():
        with transaction.atomic():
            fire(errand, "accept", by=cast.bureau_officer, now=now)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        cut_short()
    errand.refresh_from_db()
    assert errand.status == "given"
    assert AuditLine.objects.filter(record_type="errands.errand").count() == 1
    assert waiting_for(cast.bureau_officer, now) == ["清理消防通道"]


def test_of_a_set_each_is_judged_by_itself(cast, give, now):
    errands = [give(title=f"第{n}件") for n in range(4)]
    fire(errands[1], "drop", by=cast.office, now=now, reason="重复")
    foreign = give(cast.outsider, title="外县的")
    results = fire_many([*errands, foreign], "accept", by=cast.bureau_officer, now=now)
    assert [result.refusal is None for result in results] == [True, False, True, True, False]
    assert "撤回" in results[1].refusal.sentence
    assert Errand.objects.filter(status="doing").count() == 3


def test_what_begins_waits_as_it_would_be_derived_again(cast, give, now):
    """Also what begins late, or without a day."""
    for due_on in (date(2026, 3, 31), date(2026, 3, 1), None):
        give(due_on=due_on)

    def derived():
        return [
            list(
                rows.order_by("record_id", "pk").values_list(
                    *(f.name for f in rows.model._meta.fields if f.name != "id")
                )
            )
            for rows in (WorkItem.objects, OpenDeadline.objects)
        ]

    begun = derived()
    WorkItem.objects.all().delete()
    OpenDeadline.objects.all().delete()
    refresh(Errand.objects.all(), now=now)
    assert derived() == begun
    assert [len(rows) for rows in begun] == [7, 2]  # two seats for each; the late one has climbed to a third


def test_a_set_costs_as_many_queries_as_one_record(cast, give, now):
    few, many = [give() for _ in range(2)], [give() for _ in range(40)]
    with CaptureQueriesContext(connection) as first:
        fire_many(few, "accept", by=cast.bureau_officer, now=now)
    with CaptureQueriesContext(connection) as second:
        fire_many(many, "accept", by=cast.bureau_officer, now=now)
    assert len(second) <= len(first)


def test_an_obsolete_call_to_act_is_withdrawn(cast, give, now):
    errand = give()
    fire(errand, "accept", by=cast.bureau_officer, now=now)
    assert not Notification.objects.filter(person=cast.bureau_leader.person, title__contains="待接收").unread().exists()
