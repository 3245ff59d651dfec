from datetime import date, timedelta

import pytest

from zhiben.core.workflow.claims import HELD_FOR, claim, release
from zhiben.core.workflow.engine import StepRefused, fire
from zhiben.core.workflow.worklist import count_waiting, sent_and_waiting, worklist

pytestmark = pytest.mark.django_db


def test_one_holder_and_the_others_see_who(cast, give, now):
    errand = give()
    claim(errand, by=cast.bureau_officer, now=now)
    assert worklist(cast.bureau_leader, now)[0].claim.person_name == cast.bureau_officer.person.name
    with pytest.raises(StepRefused, match="正在处理"):
        claim(errand, by=cast.bureau_leader, now=now)
    with pytest.raises(StepRefused, match="正在处理"):
        fire(errand, "accept", by=cast.bureau_leader, now=now)
    assert fire(errand, "accept", by=cast.bureau_officer, now=now).status == "doing"
    assert worklist(cast.bureau_leader, now)[0].claim is None


def test_a_forgotten_claim_ends_by_itself(cast, give, now):
    errand = give()
    claim(errand, by=cast.bureau_officer, now=now)
    later = now + HELD_FOR + timedelta(minutes=1)
    assert fire(errand, "accept", by=cast.bureau_leader, now=later).status == "doing"


def test_only_the_holder_puts_it_down(cast, give, now):
    errand = give()
    claim(errand, by=cast.bureau_officer, now=now)
    release(errand, by=cast.bureau_leader)
    with pytest.raises(StepRefused):
        fire(errand, "accept", by=cast.bureau_leader, now=now)
    release(errand, by=cast.bureau_officer)
    assert fire(errand, "accept", by=cast.bureau_leader, now=now)


def test_what_does_not_wait_for_me_is_not_mine_to_take(cast, give, now):
    with pytest.raises(StepRefused, match="不需要您办理"):
        claim(give(), by=cast.outsider, now=now)


def test_the_worklist_is_sorted_by_deadline_and_pages_on(cast, give, now):
    for n in (3, 1, 2):
        give(title=f"四月{n}日", due_on=date(2026, 4, n))
    give(title="无期限", due_on=None)
    first = worklist(cast.bureau_officer, now, limit=2)
    rest = worklist(cast.bureau_officer, now, limit=2, after=first[-1].item)
    assert [row.item.title for row in first + rest] == ["四月1日", "四月2日", "四月3日", "无期限"]
    assert rest[-1].item.due_on is None
    assert count_waiting(cast.bureau_officer) == 4
    assert sent_and_waiting(cast.office, now)[0].item.title == "四月1日"
