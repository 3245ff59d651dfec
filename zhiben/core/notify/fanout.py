"""Which letters leave the house because of what was told: set by set, in the transaction of the telling."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from zhiben.core.clock import local_day
from zhiben.core.org.models import Person, Post

from .channels.known import CHANNELS
from .kinds import URGENT, Kind, Medium, Timing, usual_timing
from .models import Contact, Habits, Outgoing, Preference, Robot
from .timing import leaves_at, next_digest

RANK_DIRECT, RANK_URGENT, RANK_ORDINARY, RANK_DIGEST = range(4)
"""Who goes first when a lane has more than it may take: whoever waits before the screen, then what is urgent."""


@dataclass(frozen=True)
class Told:
    """A notification just written, and what of its message it does not keep."""

    notification_id: int
    person_id: int
    key: str
    kind: Kind
    due_on: date | None
    lasting_title: str
    is_discreet: bool


@dataclass
class Reach:
    """How some people can be reached outside the application, looked up together."""

    mail: set[int] = field(default_factory=set)
    mobile: set[int] = field(default_factory=set)
    robots: dict[int, list[Robot]] = field(default_factory=dict)
    """By person: the robots of the units in which they hold a post today."""
    chosen: dict[tuple[int, str, str], str] = field(default_factory=dict)
    habits: dict[int, Habits] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.mail or self.mobile or self.robots)

    def media(self, person_id: int) -> Iterable[Medium]:
        if person_id in self.mail:
            yield Medium.MAIL
        if person_id in self.mobile:
            yield Medium.SMS

    def timing(self, person_id: int, medium: Medium, kind: Kind) -> Timing:
        return timing_of(self.chosen, person_id, medium, kind)


def timing_of(chosen: Mapping[tuple[int, str, str], str], person_id: int, medium: Medium, kind: Kind) -> Timing:
    """What the reader chose, else what is usual."""
    return Timing(chosen.get((person_id, medium, kind)) or usual_timing(medium, kind))


def choices_of(people: Iterable[int]) -> dict[tuple[int, str, str], str]:
    rows = Preference.objects.filter(person__in=people).values_list("person_id", "medium", "kind", "timing")
    return {(person, medium, kind): timing for person, medium, kind, timing in rows}


def reach_of(people: set[int], now: datetime) -> Reach:
    """At most six queries, however many people."""
    reach = Reach()
    mail, sms = CHANNELS[Medium.MAIL].is_configured(), CHANNELS[Medium.SMS].is_configured()
    if mail:
        proved = Contact.objects.filter(person__in=people, medium=Medium.MAIL, verified_at__isnull=False)
        reach.mail = set(proved.values_list("person_id", flat=True))
    if mail or sms:
        reach.chosen = choices_of(people)
    if sms:
        wanted = {person for (person, medium, _), timing in reach.chosen.items() if medium == Medium.SMS}
        with_number = Person.objects.filter(pk__in=wanted).exclude(mobile="")
        reach.mobile = set(with_number.values_list("pk", flat=True))
    if reach.mail or reach.mobile:
        reach.habits = Habits.objects.in_bulk(list(reach.mail | reach.mobile), field_name="person_id")
    reach.robots = _robots_near(people, now)
    return reach


def send_out(told: Sequence[Told], reach: Reach, *, now: datetime) -> None:
    """Write the letters. What goes to several people of one unit is said in its group once."""
    usual = Habits()
    letters: list[Outgoing] = []
    said: set[tuple[int, str]] = set()
    for each in told:
        for medium in reach.media(each.person_id):
            timing = reach.timing(each.person_id, medium, each.kind)
            if timing != Timing.NEVER:
                habits = reach.habits.get(each.person_id, usual)
                letters.append(_letter(each, medium.value, timing, habits, now, person_id=each.person_id))
        for robot in reach.robots.get(each.person_id, ()):
            if each.kind in robot.message_kinds and (robot.pk, each.key) not in said:
                said.add((robot.pk, each.key))
                letters.append(_letter(each, robot.lane, Timing(robot.timing), usual, now, robot_id=robot.pk))
    Outgoing.objects.bulk_create(letters, ignore_conflicts=True)


def _letter(each: Told, lane: str, timing: Timing, habits: Habits, now: datetime, **receiver: int) -> Outgoing:
    if timing == Timing.DIGEST and _would_come_too_late(each, habits, now):
        timing = Timing.AT_ONCE
    return Outgoing(
        lane=lane,
        notification_id=each.notification_id,
        cause=each.key,
        kind=each.kind,
        is_discreet=each.is_discreet,
        due_on=each.due_on,
        title=each.lasting_title[:200],
        timing=timing,
        rank=RANK_URGENT if each.kind in URGENT else RANK_ORDINARY,
        created_at=now,
        next_at=leaves_at(timing, each.kind, habits, now),
        **receiver,
    )


def _would_come_too_late(each: Told, habits: Habits, now: datetime) -> bool:
    """A reminder of what is due on the morning of the digest, or before, does not wait for it."""
    is_near = each.kind == Kind.REMINDER and each.due_on is not None
    return is_near and each.due_on <= local_day(next_digest(habits, now))  # type: ignore[operator]


def _robots_near(people: set[int], now: datetime) -> dict[int, list[Robot]]:
    by_unit: dict[int, list[Robot]] = {}
    for robot in Robot.objects.filter(is_active=True):
        by_unit.setdefault(robot.unit_id, []).append(robot)
    if not by_unit:
        return {}
    near: dict[int, list[Robot]] = {}
    posts = Post.objects.valid_on(local_day(now)).filter(person__in=people, unit__in=by_unit)
    for person_id, unit_id in posts.values_list("person_id", "unit_id").distinct():
        near.setdefault(person_id, []).extend(by_unit[unit_id])
    return near
