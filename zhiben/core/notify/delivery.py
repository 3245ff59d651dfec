"""Sending what waits: claimed, sent, marked. Never twice.

A letter is marked `sending`, and that is committed, before the first byte leaves. What then happens is one of five:
taken (`sent`), certainly not taken for now (waits again), certainly never (`parked`), broken off where nobody knows,
or our own death. The last two are `unsure`: shown to the administrator, and never sent again by itself. That one was
taken is committed together with the mark on the next, so whatever happens at most one letter of a batch is unsure.

Each lane claims for itself and is worked by a chore of its channel, so a server that hangs holds up its own letters
only; after a failure of the server as a whole the lane rests, longer each time, and then tries with a single letter.
"""

import logging
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from time import monotonic

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Prefetch, QuerySet

from zhiben.core.clock import local_day
from zhiben.core.jobs.loop import let_go_of_connections
from zhiben.core.org.models import Person
from zhiben.core.refusal import Refused
from zhiben.core.sealed import unseal

from .channels.channel import Channel, Letter, NotSent, OutcomeUnknown, Send, TryLater
from .channels.known import CHANNELS, channel_of, is_robot
from .kinds import Medium, Timing
from .letters import compose, no_longer_matter, restricted_by_now
from .models import Contact, Habits, Lane, Outgoing, Robot, Stage
from .timing import next_digest

ATTEMPTS = 8
BATCH = 100
LEASE = timedelta(minutes=10)
WAITS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2))
RESTS = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
GIVEN_UP_AFTER = timedelta(days=3)
"""A letter that a broken server has held up so long tells nobody anything new."""
IN_HAND = timedelta(seconds=15)
"""No letter is begun later than this after its claim; what is left of a batch goes back. So its lease never ends under
a worker that is well, and claims tell how much was sent."""
RATE_SPAN = timedelta(minutes=1) + IN_HAND
"""With no more claims in any such span than a minute allows, no minute of the receiver's holds more either."""

log = logging.getLogger(__name__)


def deliver(lane: str, now: datetime) -> int:
    """Claim what the lane may send now, and send it. Returns how many letters were claimed; 0: nothing to do now, and
    always on a machine that only rehearses a restore."""
    channel = channel_of(lane)
    if settings.ZHIBEN_DRILL or not channel.is_configured():
        return 0
    claimed = _claim(lane, channel, now)
    if claimed:
        _send_all(claimed, channel, now)
    return len(claimed)


def recover(now: datetime) -> None:
    """What a worker that died had in hand: not yet begun goes back, begun is unsure."""
    lost = Outgoing.objects.filter(stage__in=(Stage.CLAIMED, Stage.SENDING), claimed_at__lt=now - LEASE)
    lost.filter(stage=Stage.CLAIMED).update(stage=Stage.WAITING, claimed_at=None)
    note = "发送途中程序中断，不知道对方是否已收到"
    lost.filter(stage=Stage.SENDING).update(stage=Stage.UNSURE, finished_at=now, note=note)


def lanes_of(channel_name: str) -> list[str]:
    """The lanes of a channel: one for e-mail, one for SMS, one for each robot in use."""
    if not is_robot(CHANNELS[channel_name]):
        return [channel_name]
    return [robot.lane for robot in Robot.objects.filter(kind=channel_name, is_active=True).order_by("pk")]


def waiting(lane: str, now: datetime) -> QuerySet[Outgoing]:
    due = Outgoing.objects.filter(lane=lane, stage=Stage.WAITING, timing=Timing.AT_ONCE, next_at__lte=now)
    return due.order_by("rank", "next_at", "id")


def hold(lane: str) -> Lane | None:
    """The lane's row, locked until the transaction ends; None while another worker holds it."""
    Lane.objects.get_or_create(name=lane)
    rows = Lane.objects.filter(name=lane)
    if connection.features.has_select_for_update_skip_locked:  # SQLite lets one transaction write at a time anyway
        rows = rows.select_for_update(skip_locked=True)
    return rows.first()


def _claim(name: str, channel: Channel, now: datetime) -> list[Outgoing]:
    if not waiting(name, now).exists():  # spares an idle worker the write lock of SQLite
        return []
    with transaction.atomic():
        lane = hold(name)
        if lane is None or _rests(lane, now):
            return []
        lately = Outgoing.objects.filter(lane=name, claimed_at__gt=now - RATE_SPAN, claimed_at__lte=now).count()
        size = min(1 if lane.failures else BATCH, channel.per_minute - lately)
        if size <= 0:
            return []
        chosen = list(waiting(name, now).values_list("pk", flat=True)[:size])
        Outgoing.objects.filter(pk__in=chosen).update(stage=Stage.CLAIMED, claimed_at=now, claim=F("claim") + 1)
        rows = Outgoing.objects.filter(pk__in=chosen).select_related("notification", "person", "robot__unit")
        lines = Prefetch("lines", Outgoing.objects.select_related("notification").order_by("id"))
        return list(rows.prefetch_related(lines).order_by("rank", "next_at", "id"))


def _rests(lane: Lane, now: datetime) -> bool:
    """A rest further off than any we ever set was set by a clock that has been put back since."""
    return lane.closed_until is not None and now < lane.closed_until <= now + timedelta(hours=1)


def _send_all(rows: Sequence[Outgoing], channel: Channel, now: datetime) -> None:
    batch = _Batch(rows, channel, now)
    try:
        with channel.conversation() as send:
            batch.carry(send)
    finally:  # whatever broke: what was taken stays taken, and what was not begun is free again
        let_go_of_connections()
        batch.mark_taken()
        _give_back(batch.left)


class _Outcome(Enum):
    SENT = "taken"
    NOT_SENT = "not taken, and the next may be"
    LANE_FAILED = "not taken, and the rest of the batch has no better prospects"


class _Batch:
    """The claimed letters of one lane on their way, one after another."""

    def __init__(self, rows: Sequence[Outgoing], channel: Channel, now: datetime) -> None:
        self._now = now
        self._ends = monotonic() + IN_HAND.total_seconds()
        self._taken: Outgoing | None = None
        """Sent, and not yet marked so."""
        self._lane_is_well = False
        self.left = list(rows)
        """Not yet begun."""
        told = [*rows, *(line for row in rows for line in row.lines.all())]
        restricted = restricted_by_now(told)
        for row in told:
            row.is_discreet = row.is_discreet or row.pk in restricted
        self._gone = no_longer_matter(told)
        self._addresses = _addresses(rows, channel)
        self._today = _sent_today(rows, now)

    def carry(self, send: Send) -> None:
        while self.left and monotonic() < self._ends:
            row = self.left.pop(0)
            letter = self._letter(row)
            if letter is None or not self._begin(row):
                continue
            outcome = _send(row, send, self._addresses[row.pk], letter, self._now)
            if outcome is _Outcome.LANE_FAILED:
                return
            if outcome is _Outcome.SENT:
                self._taken = row
                self._today[row.person_id or 0] += 1

    def mark_taken(self) -> None:
        if self._taken is None:
            return
        _finish(_ours(self._taken), Stage.SENT, self._now)
        if not self._lane_is_well:  # once a batch: it says the same `now` each time
            Lane.objects.filter(name=self._taken.lane).update(failures=0, closed_until=None, last_sent_at=self._now)
            self._lane_is_well = True
        self._taken = None

    def _begin(self, row: Outgoing) -> bool:
        """False: we were taken for dead, and another has it."""
        with transaction.atomic():
            self.mark_taken()
            ours = _ours(row).filter(stage=Stage.CLAIMED)
            row.attempts += 1
            return bool(ours.update(stage=Stage.SENDING, attempts=row.attempts))

    def _letter(self, row: Outgoing) -> Letter | None:
        """What is to be sent, if anything is."""
        if reason := self._gone.get(row.pk):
            _drop(row, reason, self._now)
        elif self._has_enough(row):
            _leave_to_digest(row, self._now)
        elif not self._addresses.get(row.pk):
            _drop(row, "没有可用的地址", self._now)
        else:
            try:
                letter = compose(row, self._gone.keys(), self._now)
            except Exception as error:  # one that cannot be written holds up none of the others
                log.exception("letter %s cannot be written", row.pk)
                _park_unwritten(row, error, self._now)
                return None
            if letter is None:
                _drop(row, "要汇总的都已看过或已办理", self._now)
            return letter
        return None

    def _has_enough(self, row: Outgoing) -> bool:
        is_single = row.notification_id is not None and row.person_id is not None
        return is_single and self._today[row.person_id or 0] >= settings.ZHIBEN_MESSAGES_A_DAY


def _ours(row: Outgoing) -> QuerySet[Outgoing]:
    """The row while our claim on it holds."""
    return Outgoing.objects.filter(pk=row.pk, claim=row.claim)


def _send(row: Outgoing, send: Send, address: str, letter: Letter, now: datetime) -> _Outcome:
    mine = _ours(row)
    try:
        send(address, letter)
    except TryLater as later:
        _put_off(mine, row, later, now)
        if later.whole_lane:
            _rest(row.lane, later.reason, now, later.after)
        return _Outcome.LANE_FAILED if later.whole_lane else _Outcome.NOT_SENT
    except OutcomeUnknown as unknown:
        _finish(mine, Stage.UNSURE, now, unknown.reason)
        _rest(row.lane, unknown.reason, now)
        return _Outcome.LANE_FAILED
    except NotSent as never:
        _finish(mine, Stage.PARKED, now, never.reason)
        Lane.objects.filter(name=row.lane).update(last_failed_at=now, last_failure=never.reason)
        return _Outcome.NOT_SENT
    except Exception as error:
        log.exception("letter %s over %s", row.pk, row.lane)
        reason = f"程序出错（{type(error).__name__}），请把日志交给维护人员"
        _finish(mine, Stage.UNSURE, now, reason)
        _rest(row.lane, reason, now)
        return _Outcome.LANE_FAILED
    return _Outcome.SENT


def _put_off(mine: QuerySet[Outgoing], row: Outgoing, later: TryLater, now: datetime) -> None:
    """A failure of the whole lane is not the letter's, and costs it no attempt and no place in the queue."""
    if now - row.next_at > GIVEN_UP_AFTER:
        _finish(mine, Stage.PARKED, now, f"三天都没能发出：{later.reason}")
    elif later.whole_lane:
        mine.update(stage=Stage.WAITING, attempts=F("attempts") - 1, note=later.reason)
    elif row.attempts >= ATTEMPTS:
        _finish(mine, Stage.PARKED, now, f"试了 {ATTEMPTS} 次都没能发出：{later.reason}")
    else:
        wait = timedelta(seconds=later.after) if later.after else _jittered(WAITS, row.attempts)
        mine.update(stage=Stage.WAITING, next_at=now + wait, note=later.reason)


def _rest(name: str, reason: str, now: datetime, after: float | None = None) -> None:
    with transaction.atomic():
        lane, _ = Lane.objects.select_for_update().get_or_create(name=name)
        lane.failures += 1
        rest = timedelta(seconds=min(after, 3600)) if after else _jittered(RESTS, lane.failures)
        lane.closed_until = now + rest
        lane.last_failed_at, lane.last_failure = now, reason
        lane.save()


def _finish(mine: QuerySet[Outgoing], stage: Stage, now: datetime, note: str = "") -> None:
    """What we know holds even when another has meanwhile declared the letter unsure."""
    forget = {"body": ""} if stage == Stage.SENT else {}
    still = mine.filter(stage__in=(Stage.SENDING, Stage.UNSURE))
    still.update(stage=stage, finished_at=now, note=note, **forget)


def _drop(row: Outgoing, reason: str, now: datetime) -> None:
    mine = _ours(row).filter(stage=Stage.CLAIMED)
    mine.update(stage=Stage.DROPPED, finished_at=now, note=reason, claimed_at=None)


def _park_unwritten(row: Outgoing, error: Exception, now: datetime) -> None:
    note = f"写不出来（{type(error).__name__}），请把日志交给维护人员"
    mine = _ours(row).filter(stage=Stage.CLAIMED)
    mine.update(stage=Stage.PARKED, finished_at=now, note=note, claimed_at=None)


def _leave_to_digest(row: Outgoing, now: datetime) -> None:
    habits = Habits.objects.filter(person=row.person_id).first() or Habits()
    _ours(row).filter(stage=Stage.CLAIMED).update(
        stage=Stage.WAITING,
        timing=Timing.DIGEST,
        next_at=next_digest(habits, now),
        claimed_at=None,
        note=f"今天已发 {settings.ZHIBEN_MESSAGES_A_DAY} 条，留到汇总",
    )


def _give_back(rows: Sequence[Outgoing]) -> None:
    claims: dict[int, list[int]] = {}
    for row in rows:
        claims.setdefault(row.claim, []).append(row.pk)
    for claim, keys in claims.items():
        mine = Outgoing.objects.filter(pk__in=keys, claim=claim, stage=Stage.CLAIMED)
        mine.update(stage=Stage.WAITING, claimed_at=None)


def _addresses(rows: Sequence[Outgoing], channel: Channel) -> dict[int, str]:
    if is_robot(channel):
        return {row.pk: _robot_address(row) for row in rows}
    people = {row.person.pk: row.person for row in rows if row.person is not None}
    if channel.name == Medium.SMS:
        known = {pk: person.mobile for pk, person in people.items()}
    else:
        proved = Contact.objects.filter(person__in=list(people), medium=channel.name, verified_at__isnull=False)
        known = dict(proved.values_list("person_id", "address"))
    for pk in Person.objects.filter(pk__in=list(people), user__is_active=False).values_list("pk", flat=True):
        known[pk] = ""  # whoever can no longer log in is no longer written to
    return {row.pk: row.address or known.get(row.person_id or 0, "") for row in rows}


def _robot_address(row: Outgoing) -> str:
    """Empty when the robot is off or its address can no longer be read."""
    if row.robot is None or not row.robot.is_active:
        return ""
    try:
        return f"{unseal(row.robot.sealed_address)} {unseal(row.robot.sealed_secret)}".strip()
    except Refused:
        return ""


def _sent_today(rows: Sequence[Outgoing], now: datetime) -> Counter[int]:
    """Single messages each of these people got today over this lane; digests are not counted."""
    people = {row.person_id for row in rows if row.person_id}
    if not people:
        return Counter()
    sent = Outgoing.objects.filter(
        person__in=people, lane=rows[0].lane, stage=Stage.SENT, notification__isnull=False
    ).filter(finished_at__gt=now - timedelta(days=1), finished_at__lte=now)
    today = local_day(now)
    pairs = sent.values_list("person_id", "finished_at")
    return Counter(person for person, at in pairs if person and at and local_day(at) == today)


def _jittered(steps: Sequence[timedelta], count: int) -> timedelta:
    """The count-th step, a fifth shorter or longer, so that not all come back in the same second."""
    return steps[min(count, len(steps)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
