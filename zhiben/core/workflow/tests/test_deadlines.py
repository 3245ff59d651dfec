from datetime import date, datetime, timedelta

import pytest

from tests.errands.models import Errand
from zhiben.core.audit.services import lines_of
from zhiben.core.clock import CHINA
from zhiben.core.events.models import OutboxEvent
from zhiben.core.notify.models import Notification
from zhiben.core.workflow.engine import fire, refresh
from zhiben.core.workflow.models import OpenDeadline, WorkItem
from zhiben.core.workflow.sweep import sweep
from zhiben.core.workflow.worklist import worklist

pytestmark = pytest.mark.django_db


def at(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=CHINA)


def told(acting, words):
    return Notification.objects.filter(person=acting.person, title__contains=words).count()


def test_nothing_is_sent_before_its_moment(cast, give, now):
    give()
    assert sweep(now).deadlines == 0


def test_reminders_then_the_leader_then_the_office(cast, give, now):
    errand = give(due_on=date(2026, 3, 31))
    fire(errand, "accept", by=cast.bureau_officer, now=now)
    sweep(at("2026-03-27"))  # three days before is a Saturday: told on Friday
    assert told(cast.bureau_officer, "还剩 4 天") == 1
    sweep(at("2026-03-30"))
    assert told(cast.bureau_officer, "还剩 1 天") == 1
    assert sweep(at("2026-03-31", 23)).deadlines == 0
    sweep(at("2026-04-01"))
    assert told(cast.bureau_leader, "逾期 1 天") == 1
    assert told(cast.chief, "逾期") == 0
    sweep(at("2026-04-08"))
    assert told(cast.chief, "逾期 8 天") == 1
    verbs = [line.label for line in lines_of("errands.errand", errand.pk) if line.verb == "overdue"]
    assert verbs == ["办结期限逾期，提级至承办单位单位负责人", "办结期限逾期，提级至交办单位安委办主任"]
    assert OutboxEvent.objects.filter(name__endswith="ErrandOverdue").count() == 1
    assert OpenDeadline.objects.get().next_at is None


def test_an_overdue_record_climbs_into_the_leaders_worklist(cast, give, now):
    give(due_on=date(2026, 3, 31))
    sweep(at("2026-04-08"))
    row = next(row for row in worklist(cast.chief, at("2026-04-08")) if row.item.step == "")
    assert row.item.is_overdue(at("2026-04-08"))
    assert row.step_label == "查看督办"


def test_a_second_round_sends_nothing_again(cast, give, now):
    give(due_on=date(2026, 3, 31))
    moment = at("2026-04-08")
    sweep(moment)
    before = Notification.objects.count()
    assert sweep(moment).deadlines == 0
    assert Notification.objects.count() == before


def test_a_late_round_sends_every_escalation_but_no_stale_reminder(cast, give, now):
    give(due_on=date(2026, 3, 31))
    swept = sweep(at("2026-06-01"))
    assert swept.escalations == 2
    assert told(cast.bureau_officer, "还剩") == 0


def test_what_is_done_in_time_is_never_called_late(cast, give, now):
    errand = give(due_on=date(2026, 3, 31))
    fire(errand, "accept", by=cast.bureau_officer, now=now)
    fire(errand, "finish", by=cast.bureau_officer, now=now, words="完成")
    assert not OpenDeadline.objects.exists()
    assert sweep(at("2026-06-01")).deadlines == 0


def test_sent_back_it_does_not_tell_the_same_people_the_same_thing_again(cast, give, now):
    errand = give(due_on=date(2026, 3, 31))
    fire(errand, "accept", by=cast.bureau_officer, now=now)
    sweep(at("2026-04-01"))
    fire(errand, "finish", by=cast.bureau_officer, now=at("2026-04-02"), words="完成")
    fire(errand, "back", by=cast.office, now=at("2026-04-03"), reason="不全")
    sweep(at("2026-04-04"))
    assert told(cast.bureau_leader, "逾期") == 1
    assert OutboxEvent.objects.filter(name__endswith="ErrandOverdue").count() == 1


def test_a_later_day_begins_a_new_schedule(cast, give, now):
    errand = give(due_on=date(2026, 3, 31))
    sweep(at("2026-04-01"))
    errand.due_on = date(2026, 4, 30)
    errand.save()
    refresh([errand], now=at("2026-04-02"))
    assert OpenDeadline.objects.get().due_on == date(2026, 4, 30)
    assert WorkItem.objects.filter(step="").count() == 0
    sweep(at("2026-05-01"))
    assert told(cast.bureau_leader, "逾期 1 天") == 2


def test_a_town_with_one_officer_never_deadlocks(cast, give, now):
    errand = give(cast.town)
    fire(errand, "accept", by=cast.town, now=now)
    swept = sweep(at("2026-04-01"))
    assert swept.escalations == 1
    assert Errand.objects.get().status == "doing"
    people = Notification.objects.filter(title__contains="逾期").values_list("person__name", flat=True)
    assert list(people), "an escalation must reach somebody"


def test_clock_set_back_sends_nothing_and_breaks_nothing(cast, give, now):
    errand = give(due_on=date(2026, 3, 31))
    sweep(at("2026-04-01"))
    yesterday = at("2026-03-20")
    assert sweep(yesterday).deadlines == 0
    assert fire(errand, "accept", by=cast.bureau_officer, now=yesterday).status == "doing"


def test_many_at_once(cast, give, now, django_assert_max_num_queries):
    for n in range(30):
        give(title=f"第{n}件", due_on=date(2026, 3, 31))
    with django_assert_max_num_queries(40):
        assert sweep(at("2026-04-01")).escalations == 30
    assert told(cast.bureau_leader, "逾期") == 30


def test_rounds_of_any_rhythm_send_each_escalation_once(cast, give, now):
    give(due_on=date(2026, 3, 31))
    moment = at("2026-03-25")
    while moment < at("2026-04-20"):
        sweep(moment)
        moment += timedelta(hours=7)
    assert told(cast.bureau_leader, "逾期") == told(cast.chief, "逾期") == 1
