from datetime import date

import pytest

from zhiben.core.access.acting import Acting
from zhiben.core.audit.services import lines_of
from zhiben.core.notify.models import Notification
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.engine import StepRefused, fire
from zhiben.core.workflow.models import ApprovalRequest
from zhiben.core.workflow.offers import offer, offers, requests_before
from zhiben.core.workflow.worklist import worklist

pytestmark = pytest.mark.django_db
LATER = date(2026, 4, 15)


@pytest.fixture
def asked(cast, give, now):
    """An errand whose unit has asked for two weeks more; both of the office must agree."""
    errand = give()
    fire(errand, "accept", by=cast.bureau_officer, now=now)
    fire(errand, "extend", by=cast.bureau_officer, now=now, due_on=LATER, reason="设备未到")
    return errand


def test_nothing_changes_until_all_agree(cast, asked, now):
    asked.refresh_from_db()
    assert asked.due_on == date(2026, 3, 31)
    request = ApprovalRequest.objects.get()
    decide(request, agrees=True, by=cast.office, now=now)
    asked.refresh_from_db()
    assert asked.due_on == date(2026, 3, 31)
    decide(request, agrees=True, opinion="同意，抓紧", by=cast.chief, now=now)
    asked.refresh_from_db()
    assert asked.due_on == LATER
    verbs = [line.verb for line in lines_of("errands.errand", asked.pk)]
    assert verbs == ["begin", "accept", "extend:ask", "extend:decide", "extend:decide", "extend"]
    assert Notification.objects.filter(person=cast.bureau_officer.person, title__contains="已获同意").exists()


def test_it_waits_for_those_who_decide(cast, asked, now):
    row = worklist(cast.office, now)[0]
    assert (row.item.step, row.step_label) == ("extend:decide", "审批延期")
    assert requests_before(asked, cast.office) == [ApprovalRequest.objects.get()]
    assert requests_before(asked, cast.outsider) == []


def test_one_no_ends_it(cast, asked, now):
    request = ApprovalRequest.objects.get()
    decide(request, agrees=False, opinion="期限已够", by=cast.office, now=now)
    request.refresh_from_db()
    asked.refresh_from_db()
    assert (request.status, asked.due_on) == ("rejected", date(2026, 3, 31))
    assert worklist(cast.office, now) == []
    fire(asked, "extend", by=cast.bureau_officer, now=now, due_on=LATER, reason="补充材料")


@pytest.mark.parametrize(
    ("who", "agrees", "opinion", "sentence"),
    [
        ("bureau_officer", True, "", "不由您审批"),
        ("outsider", True, "", "不由您审批"),
        ("office", False, " ", "请写明意见"),
    ],
)
def test_votes_that_do_not_count(cast, asked, now, who, agrees, opinion, sentence):
    with pytest.raises(StepRefused, match=sentence):
        decide(ApprovalRequest.objects.get(), agrees=agrees, opinion=opinion, by=getattr(cast, who), now=now)


def test_nobody_votes_twice_nor_their_deputy_for_them(cast, asked, now):
    request = ApprovalRequest.objects.get()
    decide(request, agrees=True, by=cast.office, now=now)
    with pytest.raises(StepRefused, match="已经表过态"):
        decide(request, agrees=True, by=cast.office, now=now)
    deputy = Acting(cast.governor.person, cast.office.post, on_behalf_of=cast.office.person)
    with pytest.raises(StepRefused, match="已经表过态"):
        decide(request, agrees=True, by=deputy, now=now)


def test_a_second_request_waits_for_the_first(cast, asked, now):
    with pytest.raises(StepRefused, match="正在审批"):
        fire(asked, "extend", by=cast.bureau_officer, now=now, due_on=LATER, reason="再申请")


def test_a_request_is_void_when_the_record_has_moved_on(cast, asked, now):
    fire(asked, "finish", by=cast.bureau_officer, now=now, words="提前完成")
    request = ApprovalRequest.objects.get()
    assert request.status == "void"
    with pytest.raises(StepRefused, match="已失效"):
        decide(request, agrees=True, by=cast.office, now=now)


def test_the_dialog_says_what_will_happen(cast, give, now):
    errand = give()
    accept = offer(errand, "accept", cast.bureau_officer, now)
    assert accept.target_label == "办理中"
    assert accept.due == (("办结期限", date(2026, 3, 31)),)
    extend = offer(errand, "extend", cast.bureau_officer, now)
    assert set(extend.told) == {cast.office.person.name, cast.chief.person.name}
    assert [o.step.name for o in offers(errand, cast.outsider, now)] == []


def test_a_post_that_has_ended_takes_no_step(cast, asked, now):
    cast.office.post.valid_to = date(2026, 3, 9)
    cast.office.post.save()
    with pytest.raises(StepRefused):
        fire(asked, "drop", by=cast.office, now=now, reason="试试")
