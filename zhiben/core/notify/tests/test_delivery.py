"""Letters get out: with the telling or not at all, never twice, whatever breaks, and not when they no longer matter."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from zhiben.core.notify import delivery, stuck
from zhiben.core.notify.channels import mail as mail_module
from zhiben.core.notify.channels.mail import Mail
from zhiben.core.notify.delivery import GIVEN_UP_AFTER, LEASE, recover
from zhiben.core.notify.kinds import Kind, Medium, RobotKind, Timing
from zhiben.core.notify.models import Lane, Notification, Outgoing, Preference, Stage
from zhiben.core.notify.robots import add_robot, change_robot
from zhiben.core.notify.services import Message, mark_all_read, tell, tell_many, withdraw
from zhiben.core.notify.upkeep import prune, work
from zhiben.core.org.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty")]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def escalate(people, now, key="late:2026-03-09:0:tasks.task:1:due", **more) -> None:
    said = {"title": "完成期限逾期 1 天：清查危化品仓库", "body": "请督促。", "reason": "您是承办单位负责人"}
    tell(people=people, **{"record_type": "tasks.task", "record_id": "1", **said, **more}, now=now, key=key)


def stages() -> list[str]:
    return list(Outgoing.objects.order_by("pk").values_list("stage", flat=True))


def test_an_escalation_reaches_the_mailbox_with_title_link_and_reason(cast, now, post_office, has_mail):
    has_mail(cast.chief, "chief@example.gov.cn")
    escalate([cast.chief.person.pk, cast.office.person.pk], now)
    assert work("mail", now) == 1, "whoever has proved no address gets it in the application only"
    (got,) = post_office.taken
    text = got.get_body(("plain",)).get_content()
    notice = Notification.objects.get(person=cast.chief.person)
    assert got["To"] == "chief@example.gov.cn"
    assert f"https://zhiben.example.gov.cn/inbox/{notice.pk}/" in text
    assert "收到原因：您是承办单位负责人" in text
    assert work("mail", now + HOUR) == 0
    escalate([cast.chief.person.pk], now + HOUR)
    assert work("mail", now + HOUR) == 0, "the same cause is told once"


def test_nothing_is_sent_for_what_was_rolled_back(cast, now, post_office, has_mail):
    has_mail(cast.chief)

    with transaction.atomic():
        escalate([cast.chief.person.pk], now)
        assert Outgoing.objects.exists()
        transaction.set_rollback(True)
    assert not Outgoing.objects.exists()


def test_what_no_longer_matters_is_not_sent(cast, now, post_office, has_mail):
    for acting in (cast.chief, cast.office, cast.governor):
        has_mail(acting)
        escalate([acting.person.pk], now, record_id=str(acting.person.pk), key=f"late:{acting.person.pk}")
    withdraw(record_type="tasks.task", record_id=str(cast.chief.person.pk), now=now)
    mark_all_read(person=cast.office.person, now=now)
    Preference.objects.create(person=cast.governor.person, kind=Kind.OVERDUE, medium=Medium.MAIL, timing=Timing.NEVER)
    work("mail", now)
    assert post_office.taken == []
    assert set(Outgoing.objects.values_list("note", flat=True)) == {"事由已消失", "已在系统中看过", "本人已选择不收"}


def test_killed_between_sending_and_marking_it_is_unsure_and_never_sent_again(
    cast, now, post_office, has_mail, monkeypatch
):
    has_mail(cast.chief)
    escalate([cast.chief.person.pk], now)
    really_send = mail_module._Conversation.send

    def sends_and_dies(self, address, letter):
        really_send(self, address, letter)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(mail_module._Conversation, "send", sends_and_dies)
        with pytest.raises(KeyboardInterrupt):
            work("mail", now)
    assert stages() == [Stage.SENDING]
    recover(now + LEASE + MINUTE)
    assert work("mail", now + LEASE + MINUTE) == 0
    assert (stages(), len(post_office.taken)) == ([Stage.UNSURE], 1)
    stuck.send_again(letters=Outgoing.objects.all(), by=cast.system_administrator, now=now + HOUR)
    work("mail", now + HOUR)
    first, second = post_office.taken
    assert first["Message-ID"] == second["Message-ID"], "only a person sends it again, under the same name"


def test_killed_before_sending_it_goes_back(cast, now, post_office, has_mail, monkeypatch):
    has_mail(cast.chief)
    escalate([cast.chief.person.pk], now)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "_send_all", lambda *of: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            work("mail", now)
    (held,) = Outgoing.objects.select_related("notification", "person")
    recover(now + LEASE + MINUTE)
    work("mail", now + LEASE + MINUTE)
    assert (stages(), len(post_office.taken)) == ([Stage.SENT], 1)
    delivery._send_all([held], Mail(), now)  # the worker taken for dead comes back with its old claim
    assert (stages(), len(post_office.taken)) == ([Stage.SENT], 1)


def test_broken_off_after_the_text_is_parked_as_unsure(cast, now, post_office, has_mail):
    post_office.mood = "drops after the text"
    has_mail(cast.chief)
    escalate([cast.chief.person.pk], now)
    work("mail", now)
    work("mail", now + HOUR)
    assert (stages(), len(post_office.taken)) == ([Stage.UNSURE], 1)


def test_a_refusal_for_now_is_tried_again_and_parked_in_the_end(cast, now, post_office, has_mail):
    post_office.mood = "greylisting"
    has_mail(cast.chief)
    escalate([cast.chief.person.pk], now)
    work("mail", now)
    assert (stages(), work("mail", now)) == ([Stage.WAITING], 0)
    for n in range(1, delivery.ATTEMPTS):
        work("mail", now + n * 3 * HOUR)
    letter = Outgoing.objects.get()
    assert (letter.stage, letter.attempts) == (Stage.PARKED, delivery.ATTEMPTS)
    assert "451" in letter.note
    post_office.mood = "kind"
    assert stuck.send_again(letters=Outgoing.objects.all(), by=cast.system_administrator, now=now + 40 * HOUR) == 1
    work("mail", now + 40 * HOUR)
    assert stages() == [Stage.SENT]


def test_a_full_box_holds_up_no_other(cast, now, post_office, has_mail):
    post_office.mood = "full box"
    has_mail(cast.chief, "full@example.gov.cn")
    has_mail(cast.office, "well@example.gov.cn")
    escalate([cast.chief.person.pk, cast.office.person.pk], now)
    work("mail", now)
    assert post_office.receivers == ["well@example.gov.cn"]
    assert sorted(stages()) == [Stage.SENT, Stage.WAITING]


def test_a_server_that_hangs_rests_its_lane_and_holds_up_no_other(
    cast, now, chat, settings, has_mail, monkeypatch
):  # fmt: skip
    import socket

    monkeypatch.setattr(mail_module, "CONNECT_SECONDS", 0.1)
    has_mail(cast.chief)
    has_mail(cast.office)
    settings.ZHIBEN_MAIL_FROM = "zhiben@example.gov.cn"
    with socket.create_server(("127.0.0.1", 0)) as dumb:
        settings.ZHIBEN_SMTP_URL = f"smtp://127.0.0.1:{dumb.getsockname()[1]}"
        make_robot(cast, chat, now)
        escalate([cast.chief.person.pk, cast.office.person.pk], now)
        assert work("mail", now) == 2, "one was tried; the other of the batch was given back untried"
        assert work("mail", now) == 0
        work("wecom", now)
    lane = Lane.objects.get(name="mail")
    assert (lane.failures, lane.closed_until > now) == (1, True)
    assert list(Outgoing.objects.filter(lane="mail").values_list("stage", "attempts")) == [(Stage.WAITING, 0)] * 2
    assert len(chat.taken) == 1
    work("mail", now + GIVEN_UP_AFTER + HOUR)
    assert Outgoing.objects.filter(lane="mail", stage=Stage.PARKED).count() == 1


def test_more_than_a_day_holds_waits_for_the_digest(cast, now, post_office, has_mail, settings):
    settings.ZHIBEN_MESSAGES_A_DAY = 2
    has_mail(cast.chief)
    for n in range(3):
        escalate([cast.chief.person.pk], now, key=f"late:{n}", record_id=str(n))
    work("mail", now)
    assert len(post_office.taken) == 2
    assert Outgoing.objects.get(timing=Timing.DIGEST).stage == Stage.WAITING
    work("mail", now + 22 * HOUR)
    assert "今日待看 1 条" in post_office.taken[-1]["Subject"]


def test_a_group_is_told_once_and_only_title_and_link(cast, now, chat):
    robot = make_robot(cast, chat, now, mentions=True)
    Person.objects.filter(pk=cast.chief.person.pk).update(mobile="13800000000")
    people = [cast.office.person.pk, cast.chief.person.pk, cast.governor.person.pk]
    escalate(people, now, body="内部意见")
    escalate(people, now, key="late:2", is_discreet=True, title="逾期：不宜外传的事", record_id="2")
    escalate(people, now, key="step:1", kind=Kind.NEWS)
    work("wecom", now)
    texts = [body["text"] for body in chat.taken]
    assert texts[0]["content"] == (
        "【治本】完成期限逾期 1 天：清查危化品仓库\nhttps://zhiben.example.gov.cn/notices/tasks.task/1/"
    )
    assert texts[0]["mentioned_mobile_list"] == ["13800000000"]
    assert "不宜外传" not in str(texts)
    assert "一件限知悉事项（逾期升级）" in texts[1]["content"]
    assert len(texts) == 2, "the kinds that were chosen for the group, each once"
    assert "abc" not in robot.sealed_address


def test_a_robot_takes_no_more_than_its_minute_allows(cast, now, chat):
    make_robot(cast, chat, now)
    for n in range(3):  # so few that they make no swarm
        escalate([cast.office.person.pk], now, key=f"late:{n}", record_id=str(n))
    Outgoing.objects.update(claimed_at=None)
    chat.per_minute = 2
    work("wecom", now)
    lane = Lane.objects.get()
    assert (len(chat.taken), chat.asked, "45009" in lane.last_failure) == (2, 3, True)
    assert work("wecom", now + MINUTE / 2) == 0
    chat.per_minute = 20
    work("wecom", now + 2 * MINUTE)
    assert len(chat.taken) == 3


def test_a_lane_keeps_its_own_rate(cast, now, post_office, has_mail, settings):
    settings.ZHIBEN_MAIL_PER_MINUTE = 3
    people = [cast.chief, cast.office, cast.governor, cast.town, cast.plant_head]
    for acting in people:
        has_mail(acting)
    escalate([acting.person.pk for acting in people], now)
    work("mail", now)
    assert len(post_office.taken) == 3
    work("mail", now + MINUTE / 2)
    assert len(post_office.taken) == 3
    work("mail", now + 2 * MINUTE)
    assert len(post_office.taken) == 5


def test_a_robot_switched_off_or_unreadable_says_nothing(cast, now, chat, settings):
    robot = make_robot(cast, chat, now)
    escalate([cast.office.person.pk], now)
    change_robot(
        robot=robot, name="群", message_kinds=[Kind.OVERDUE], timing=Timing.AT_ONCE, mentions=False, is_active=False,
        by=cast.system_administrator, now=now,
    )  # fmt: skip
    assert stages() == [Stage.DROPPED]
    robot.is_active = True
    robot.save()
    escalate([cast.office.person.pk], now, key="late:2")
    settings.SECRET_KEY = "another installation's"
    work("wecom", now)
    assert chat.taken == []
    assert Outgoing.objects.last().note == "没有可用的地址"


def test_fan_out_asks_as_often_for_a_thousand_as_for_a_hundred(cast, now, post_office, django_assert_max_num_queries):
    from zhiben.core.notify.models import Contact

    people = Person.objects.bulk_create([Person(name=f"人{n}") for n in range(1000)])
    Contact.objects.bulk_create(
        Contact(person=person, medium=Medium.MAIL, address=f"p{person.pk}@e.cn", verified_at=now) for person in people
    )
    with django_assert_max_num_queries(60):  # SQLite takes 999 values in a statement; PostgreSQL needs a dozen
        escalate([person.pk for person in people], now)
    assert Outgoing.objects.count() == 1000


def test_people_without_a_way_out_cost_nothing_more(cast, now, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        tell_many([Message(people=[cast.office.person.pk], title="到期", key="k")], now=now)


def test_what_is_over_is_forgotten(cast, now, post_office, has_mail):
    has_mail(cast.chief)
    escalate([cast.chief.person.pk], now)
    work("mail", now)
    assert (prune(now - HOUR), prune(now + HOUR)) == (0, 1)


@pytest.mark.needs_service("postgresql")
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_letter_once(cast, now, post_office, settings):
    from zhiben.core.notify.models import Contact

    settings.ZHIBEN_MAIL_PER_MINUTE = 1000
    people = Person.objects.bulk_create([Person(name=f"人{n}") for n in range(60)])
    Contact.objects.bulk_create(
        Contact(person=person, medium=Medium.MAIL, address=f"p{person.pk}@e.cn", verified_at=now) for person in people
    )
    escalate([person.pk for person in people], now)
    for n in range(40):
        tell(people=[people[0].pk], title=f"待接收：{n}", key=f"arrival:{n}", now=now - timedelta(days=1))

    def carry():
        try:
            while Outgoing.objects.filter(stage__in=(Stage.WAITING, Stage.CLAIMED, Stage.SENDING)).exists():
                work("mail", now)
        finally:
            connection.close()

    workers = [threading.Thread(target=carry) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(post_office.receivers) == sorted([f"p{p.pk}@e.cn" for p in people] + [f"p{people[0].pk}@e.cn"])
    assert {Stage.SENT, Stage.GATHERED} == set(stages())


def make_robot(cast, chat, now, **more):
    return add_robot(
        unit=cast.office.unit, kind=RobotKind.WECOM, name="安委办工作群", address=chat.address("wecom"),
        message_kinds=[Kind.OVERDUE], timing=Timing.AT_ONCE, by=cast.system_administrator, now=now, **more,
    )  # fmt: skip
