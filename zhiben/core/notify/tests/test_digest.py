"""A department head gets one digest at eight, not forty messages."""

from datetime import date, datetime, timedelta

import pytest

from zhiben.core.clock import CHINA
from zhiben.core.notify.kinds import Kind, Medium, RobotKind, Timing
from zhiben.core.notify.models import Habits, Notification, Outgoing, Preference, Stage
from zhiben.core.notify.robots import add_robot
from zhiben.core.notify.services import Message, mark_read, tell_many, withdraw
from zhiben.core.notify.upkeep import work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty")]

FRIDAY = datetime(2026, 3, 13, 14, tzinfo=CHINA)
MONDAY_EIGHT = datetime(2026, 3, 16, 8, tzinfo=CHINA)
MINUTE = timedelta(minutes=1)


def arrivals(person, count: int, start: int = 0, due_on: date | None = None) -> list[Message]:
    return [
        Message(
            people=[person.pk], title=f"待接收：第 {n} 项任务", record_type="tasks.task", record_id=str(n),
            reason="该事项在您的待办中", key=f"arrival:tasks.task:{n}", due_on=due_on,
        )
        for n in range(start, start + count)
    ]  # fmt: skip


def text_of(letter) -> str:
    return letter.get_body(("plain",)).get_content()


def test_forty_notices_are_one_digest_at_eight(cast, post_office, has_mail):
    has_mail(cast.bureau_leader)
    person = cast.bureau_leader.person
    tell_many(arrivals(person, 40), now=FRIDAY)
    for moment in (FRIDAY, FRIDAY + timedelta(days=1), MONDAY_EIGHT - MINUTE):
        assert work("mail", moment) == 0, "not on the spot, not on Saturday, not before eight"
    work("mail", MONDAY_EIGHT)
    (digest,) = post_office.taken
    assert digest["Subject"] == "今日待看 40 条：待办到达 40"
    assert text_of(digest).count("https://zhiben.example.gov.cn/inbox/") == 40
    work("mail", MONDAY_EIGHT + timedelta(days=1))
    assert len(post_office.taken) == 1


def test_it_is_ordered_by_kind_and_deadline_and_leaves_out_what_is_done_or_read(cast, post_office, has_mail):
    has_mail(cast.bureau_leader)
    person = cast.bureau_leader.person
    tell_many(
        [
            *arrivals(person, 1, 1, date(2026, 5, 1)),
            *arrivals(person, 1, 2, date(2026, 3, 17)),
            *arrivals(person, 2, 3),
            Message(people=[person.pk], title="完成期限还剩 7 天：清查", key="remind:1", due_on=date(2026, 3, 20), lasting_title="完成期限：清查"),
            Message(people=[person.pk], title="已退回：甲", key="step:1", record_type="tasks.task", record_id="9"),
        ],
        now=FRIDAY,
    )  # fmt: skip
    withdraw(record_type="tasks.task", record_id="3", now=FRIDAY)
    mark_read(person=person, ids=[Notification.objects.get(key="arrival:tasks.task:4").pk], now=FRIDAY)
    work("mail", MONDAY_EIGHT)
    text = text_of(post_office.taken[0])
    order = [
        "今日待看 4 条：到期提醒 1、待办到达 2、办理知会 1",
        "【到期提醒·以后到期（1）】",
        "完成期限：清查（2026年3月20日到期）",
        "【待办到达·三天内到期（1）】",
        "第 2 项任务（2026年3月17日到期）",
        "【待办到达·以后到期（1）】",
        "第 1 项任务",
        "【办理知会（1）】",
    ]
    places = [text.find(part) for part in order]
    assert -1 not in places
    assert places == sorted(places)
    assert "第 3 项" not in text
    assert "第 4 项" not in text
    assert "还剩 7 天" not in text, "on Monday that is no longer so"


def test_there_is_no_empty_digest(cast, post_office, has_mail):
    has_mail(cast.bureau_leader)
    tell_many(arrivals(cast.bureau_leader.person, 3), now=FRIDAY)
    Notification.objects.update(obsolete_at=FRIDAY)
    work("mail", MONDAY_EIGHT)
    assert post_office.taken == []
    assert Outgoing.objects.get(cause__startswith="digest:").stage == Stage.DROPPED


def test_a_reminder_that_would_come_too_late_does_not_wait(cast, post_office, has_mail):
    has_mail(cast.bureau_leader)
    person = cast.bureau_leader.person
    soon = Message(people=[person.pk], title="完成期限是今天：清查", key="remind:1", due_on=date(2026, 3, 13))
    tell_many([soon], now=FRIDAY)
    work("mail", FRIDAY)
    assert [letter["Subject"] for letter in post_office.taken] == ["完成期限是今天：清查"]


def test_a_swarm_becomes_one_letter(cast, post_office, has_mail):
    has_mail(cast.chief)
    person = cast.chief.person
    tell_many(
        [Message(people=[person.pk], title=f"逾期 1 天：{n}", key=f"late:{n}", due_on=date(2026, 3, 12)) for n in range(40)],
        now=FRIDAY,
    )  # fmt: skip
    work("mail", FRIDAY)
    assert [letter["Subject"] for letter in post_office.taken] == ["今日待看 40 条：逾期升级 40"]


def test_a_group_has_its_digest_too(cast, chat):
    add_robot(
        unit=cast.bureau_leader.unit, kind=RobotKind.FEISHU, name="局工作群", address=chat.address("feishu"),
        message_kinds=[Kind.ARRIVAL], by=cast.system_administrator, now=FRIDAY,
    )  # fmt: skip
    for acting in (cast.bureau_leader, cast.bureau_officer):
        tell_many(arrivals(acting.person, 5), now=FRIDAY)
    mark_read(person=cast.bureau_leader.person, ids=Notification.objects.values_list("pk", flat=True), now=FRIDAY)
    assert work("feishu", FRIDAY) == 0
    work("feishu", MONDAY_EIGHT)
    (said,) = chat.taken
    assert said["content"]["text"].startswith("【治本】今日待看 5 条：待办到达 5")


def test_ones_own_hour_and_choices_hold(cast, post_office, has_mail):
    has_mail(cast.bureau_leader)
    person = cast.bureau_leader.person
    Habits.objects.create(person=person, digest_at="17:00", only_working_days=False)
    Preference.objects.create(person=person, kind=Kind.NEWS, medium=Medium.MAIL, timing=Timing.NEVER)
    news = Message(people=[person.pk], title="已退回：甲", key="step:1")
    tell_many([*arrivals(person, 2), news], now=FRIDAY)
    work("mail", FRIDAY.replace(hour=17))
    assert post_office.taken[0]["Subject"] == "今日待看 2 条：待办到达 2"


def test_what_comes_after_midnight_is_in_the_same_mornings_digest(cast, post_office, has_mail):
    has_mail(cast.bureau_leader)
    person = cast.bureau_leader.person
    new_years_eve = datetime(2025, 12, 31, 23, 50, tzinfo=CHINA)
    tell_many(arrivals(person, 1), now=new_years_eve)
    tell_many(arrivals(person, 1, 1), now=new_years_eve + timedelta(minutes=20))
    for day in (1, 2, 3):
        work("mail", datetime(2026, 1, day, 8, tzinfo=CHINA))
    assert post_office.taken == []
    work("mail", datetime(2026, 1, 4, 8, tzinfo=CHINA))
    assert [letter["Subject"] for letter in post_office.taken] == ["今日待看 2 条：待办到达 2"]
