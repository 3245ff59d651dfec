"""What a person chose: which kinds of message over which medium, and when. Only what differs from the usual is kept."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from django.db import transaction

from zhiben.core.ids import secret_id
from zhiben.core.org.models import Person
from zhiben.core.refusal import Refused

from .channels.known import CHANNELS
from .fanout import RANK_DIRECT, choices_of, timing_of
from .kinds import Kind, Medium, Timing, usual_timing
from .models import Contact, Habits, Outgoing, Preference, Stage
from .timing import next_digest

Choices = Mapping[tuple[Medium, Kind], Timing]
TESTS_AN_HOUR = 5
_HOUR = timedelta(hours=1)


def choices(person: Person) -> dict[tuple[Medium, Kind], Timing]:
    """Every medium and kind with what holds for this person."""
    chosen = choices_of([person.pk])
    return {(medium, kind): timing_of(chosen, person.pk, medium, kind) for medium in Medium for kind in Kind}


def habits_of(person: Person) -> Habits:
    return Habits.objects.filter(person=person).first() or Habits(person=person)


@transaction.atomic
def choose(
    *,
    person: Person,
    choices: Choices,
    quiet_from: time,
    quiet_to: time,
    digest_at: time,
    only_working_days: bool,
    overdue_breaks_quiet: bool,
    now: datetime,
) -> None:
    """What already waits for a digest goes with the first one of the new hour, so that no day has two."""
    if _is_quiet(digest_at, quiet_from, quiet_to):
        raise Refused("汇总时间在免打扰时段里，请把汇总时间调到免打扰结束之后。", "digest_at")
    Preference.objects.filter(person=person).delete()
    Preference.objects.bulk_create(
        Preference(person=person, medium=medium, kind=kind, timing=timing)
        for (medium, kind), timing in choices.items()
        if timing != usual_timing(medium, kind)
    )
    habits, _ = Habits.objects.update_or_create(
        person=person,
        defaults={
            "quiet_from": quiet_from,
            "quiet_to": quiet_to,
            "digest_at": digest_at,
            "only_working_days": only_working_days,
            "overdue_breaks_quiet": overdue_breaks_quiet,
        },
    )
    for_digest = Outgoing.objects.filter(person=person, stage=Stage.WAITING, timing=Timing.DIGEST)
    for_digest.update(next_at=next_digest(habits, now))


def send_trial(*, person: Person, medium: Medium, now: datetime) -> Outgoing:
    """A message to oneself, at once, to see that it arrives."""
    channel = CHANNELS[medium]
    if not channel.is_configured():
        raise Refused(f"本系统还没有开通{channel.label}，请联系系统管理员。")
    if medium == Medium.MAIL and not Contact.objects.filter(person=person, verified_at__isnull=False).exists():
        raise Refused("请先填写并验证邮箱。")
    if medium == Medium.SMS and not person.mobile:
        raise Refused("还没有登记您的手机号，请联系系统管理员。")
    lately = Outgoing.objects.filter(person=person, lane=medium, cause__startswith="test:")
    if lately.filter(created_at__gt=now - _HOUR, created_at__lte=now).count() >= TESTS_AN_HOUR:
        raise Refused("刚才已经试过几次了，请过一小时再试。")
    return Outgoing.objects.create(
        lane=medium,
        person=person,
        cause=f"test:{secret_id()}",
        kind=Kind.SYSTEM,
        rank=RANK_DIRECT,
        title="治本：这是一条试发的消息",
        body="收到它，说明您的消息设置没有问题。",
        created_at=now,
        next_at=now,
        stage=Stage.WAITING,
    )


def _is_quiet(clock: time, begins: time, ends: time) -> bool:
    if begins <= ends:
        return begins <= clock < ends
    return clock >= begins or clock < ends
