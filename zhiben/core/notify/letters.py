"""What a letter says: composed when it is sent, so that it leaves out what was done or read meanwhile.

A letter names the record (title and link) and why this person gets it. To a group, which is wider than the receivers,
it says title and link only. About a record of restricted knowledge it does not even say the title.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse

from zhiben.core.access.scope import Confidentiality, Scoped
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.org.models import Person

from .channels.channel import Group, Letter, Line
from .fanout import choices_of, timing_of
from .kinds import Kind, Medium, Timing
from .models import Notification, Outgoing

FOOTER = "本消息由治本系统自动发出，请勿回复。"
SOON = 3
MOST_LINES = 200


def no_longer_matter(rows: Sequence[Outgoing]) -> dict[int, str]:
    """For each of these rows about a notification that need no longer be sent, why not: {pk: Chinese reason}.
    A group's message matters while any of its receivers has not read it."""
    reasons: dict[int, str] = {}
    open_causes = _open_causes([row for row in rows if row.robot_id])
    chosen = choices_of({row.person_id for row in rows if row.person_id})
    for row in rows:
        notice = row.notification
        if notice is None:
            continue
        if row.robot_id and notice.record_id and notice.obsolete_at is None:
            if (notice.record_type, notice.record_id, notice.key) not in open_causes:
                reasons[row.pk] = "收件人都已看过或已办理"
        elif notice.obsolete_at is not None:
            reasons[row.pk] = "事由已消失"
        elif notice.read_at is not None:
            reasons[row.pk] = "已在系统中看过"
        elif row.person_id and timing_of(chosen, row.person_id, Medium(row.lane), Kind(row.kind)) == Timing.NEVER:
            reasons[row.pk] = "本人已选择不收"
    return reasons


def restricted_by_now(rows: Iterable[Outgoing]) -> set[int]:
    """Those of these rows whose record is of restricted knowledge today, whatever it was when they were told."""
    about: dict[str, dict[Any, list[int]]] = {}
    for row in rows:
        if row.notification is not None and row.notification.record_id:
            records = about.setdefault(row.notification.record_type, {})
            records.setdefault(row.notification.record_id, []).append(row.pk)
    found: set[int] = set()
    for record_type, rows_of in about.items():
        for key in _restricted(record_type, rows_of.keys()):
            found.update(rows_of[key])
    return found


def _restricted(record_type: str, ids: Collection[str]) -> set[str]:
    try:
        model = apps.get_model(record_type)
    except (LookupError, ValueError):  # no record of a module that is installed
        return set()
    if not issubclass(model, Scoped):
        return set()
    keys = []
    for text in ids:
        with suppress(ValidationError):
            keys.append(model._meta.pk.to_python(text))
    restricted = model._default_manager.filter(pk__in=keys).exclude(confidentiality=Confidentiality.ORDINARY)
    return {str(key) for key in restricted.values_list("pk", flat=True)}


def compose(row: Outgoing, gone: Collection[int], now: datetime) -> Letter | None:
    """The letter, or None where a digest has nothing left to say. Expects what `delivery` loads with a row; `gone`
    are the lines of digests that need no longer be said."""
    if row.cause.startswith("digest:"):
        return _digest(row, gone, local_day(now))
    if row.notification is None:
        return Letter(
            key=str(row.key),
            title=row.title,
            groups=(Group(heading="", lines=(Line(title=row.title, body=row.body),)),),
            footer=FOOTER,
        )
    line = _line(row, full=row.robot_id is None)
    return Letter(
        key=str(row.key),
        title=line.title,
        groups=(Group(heading="", lines=(line,)),),
        footer=_footer(row),
        settings_link=_settings_link(row),
        mobiles=_mobiles(row),
    )


def _digest(row: Outgoing, gone: Collection[int], today: date) -> Letter | None:
    lines = [line for line in row.lines.all() if line.pk not in gone]
    if not lines:
        return None
    counts = [(kind, sum(line.kind == kind for line in lines)) for kind in Kind]
    title = f"今日待看 {len(lines)} 条：" + "、".join(f"{kind.label} {count}" for kind, count in counts if count)
    return Letter(
        key=str(row.key),
        title=title,
        groups=tuple(_groups(lines, today)),
        footer=_footer(row),
        settings_link=_settings_link(row),
    )


def _groups(rows: Sequence[Outgoing], today: date) -> Iterable[Group]:
    """By kind, then by deadline; nearest first, those without one last."""
    order = list(Kind)
    rows = sorted(rows, key=lambda row: (order.index(Kind(row.kind)), row.due_on or date.max, row.pk))[:MOST_LINES]
    headed: dict[str, list[Outgoing]] = {}
    for row in rows:
        headed.setdefault(f"{Kind(row.kind).label}{_when(row.due_on, today)}", []).append(row)
    for heading, group in headed.items():
        yield Group(heading=f"{heading}（{len(group)}）", lines=tuple(_line(row, full=False) for row in group))


def _when(due_on: date | None, today: date) -> str:
    if due_on is None:
        return ""
    left = (due_on - today).days
    if left < 0:
        return "·已经逾期"
    return "·今天到期" if left == 0 else "·三天内到期" if left <= SOON else "·以后到期"


def _line(row: Outgoing, *, full: bool) -> Line:
    notice = row.notification
    assert notice is not None
    title = f"一件限知悉事项（{Kind(row.kind).label}）" if row.is_discreet else (not full and row.title) or notice.title
    due = f"（{full_day(row.due_on)}到期）" if row.due_on and not full else ""
    to_person = row.robot_id is None
    return Line(
        title=title + due,
        link=_link(row, notice),
        body=notice.body if full and not row.is_discreet else "",
        reason=notice.reason if to_person else "",
    )


def _link(row: Outgoing, notice: Notification) -> str:
    """A person's own notice, which is read by opening it; for a group the record, which each sees or does not."""
    if row.robot_id is None:
        return _absolute(reverse("web:notice", args=[notice.pk]))
    if notice.record_id:
        return _absolute(reverse("notices:record", args=[notice.record_type, notice.record_id]))
    return _absolute(reverse("web:inbox"))


def _absolute(path: str) -> str:
    return settings.ZHIBEN_PUBLIC_URL + path if settings.ZHIBEN_PUBLIC_URL else ""


def _settings_link(row: Outgoing) -> str:
    return _absolute(reverse("notices:mine")) if row.person_id else ""


def _footer(row: Outgoing) -> str:
    if row.robot_id:
        return "" if settings.ZHIBEN_PUBLIC_URL else "请登录治本查看。"
    return FOOTER if settings.ZHIBEN_PUBLIC_URL else f"请登录治本，在“通知”中查看。{FOOTER}"


def _mobiles(row: Outgoing) -> tuple[str, ...]:
    """The receivers in the robot's unit, where the unit wants them called."""
    if row.robot is None or not row.robot.mentions or row.notification is None:
        return ()
    told = Notification.objects.filter(
        record_type=row.notification.record_type, record_id=row.notification.record_id, key=row.cause
    ).unread()
    people = Person.objects.filter(pk__in=told.values("person_id"), posts__unit=row.robot.unit_id).exclude(mobile="")
    return tuple(people.distinct().order_by("pk").values_list("mobile", flat=True))


def _open_causes(rows: Sequence[Outgoing]) -> set[tuple[str, str, str]]:
    notices = [row.notification for row in rows if row.notification is not None and row.notification.record_id]
    if not notices:
        return set()
    found = Notification.objects.unread().filter(
        record_type__in={notice.record_type for notice in notices},
        record_id__in={notice.record_id for notice in notices},
        key__in={notice.key for notice in notices},
    )
    return set(found.values_list("record_type", "record_id", "key").distinct())
