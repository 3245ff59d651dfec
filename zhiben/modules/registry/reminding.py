"""到期提醒: what ends soon in an enterprise is told once to its own safety people, and once to who supervises it.

An inspection, a certificate, a licence, a policy and a contractor's check have no life of their own on which a deadline
could hang: each only names a day. A message is keyed by the thing and its day, so a new day is a new reminder, and a
round that was killed tells nobody twice when it is done again.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models

from zhiben.core.access.acting import Machine
from zhiben.core.access.directory import Directory
from zhiben.core.access.seats import unit_seat
from zhiben.core.batches import in_batches
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.jobs.services import enqueue
from zhiben.core.notify.kinds import Kind
from zhiben.core.notify.services import Message, tell_many, withdraw
from zhiben.core.org.roles import Role
from zhiben.core.workflow.sweep import register_periodic

from .models.engagements import RUNNING, Engagement, EngagementStatus, Qualification
from .models.enterprises import EXISTING
from .models.parties import Policy
from .models.parts import SOON, Equipment, EquipmentState, Licence, Staff

OWN = (Role.SAFETY_OFFICER, Role.ENTERPRISE_HEAD)
"""Told is the first of these that somebody holds: the head where there is no safety officer."""
SUPERVISING = (Role.REGULATOR, Role.UNIT_OFFICER, Role.COMMITTEE_OFFICER)
MISSED = 7
"""Days for which it is made up when the machine stood still, or a day was entered late."""
AT_ONCE = 500
NAMED = 3
"""Things that a supervisor's message names; the rest stands on the page."""
CALENDAR = Machine("到期提醒")
RECORD = "registry.enterprise"
Ending = dict[tuple[date, int], list[str]]
"""What came within SOON days of its end in the last MISSED days: by its day and the unit that supervises."""


@dataclass(frozen=True)
class Term:
    """A kind of day by which something has to be done. `still` leaves out what waits for nothing any more."""

    key: str
    label: str
    model: type[models.Model]
    field: str
    still: dict[str, Any]

    def rows(self, first: date | None, last: date) -> Any:
        """Those that end from `first` to `last` in enterprises that are there, by day."""
        span = {f"{self.field}__lte": last} | ({f"{self.field}__gte": first} if first else {})
        rows = self.model._default_manager.filter(**span, **self.still).filter(enterprise__status__in=EXISTING)
        return rows.select_related("enterprise").order_by(self.field, "pk")


TERMS = (
    Term("equipment", "设备检验", Equipment, "inspect_by", {"state": EquipmentState.IN_USE}),
    Term("retire", "设备使用年限", Equipment, "retire_by", {"state": EquipmentState.IN_USE}),
    Term("staff", "人员证书", Staff, "certificate_until", {"is_gone": False}),
    Term("licences", "证照", Licence, "valid_to", {"is_void": False}),
    Term("policies", "安责险保单", Policy, "ends_on", {"is_cancelled": False}),
    Term("contractors", "外包外租检查", Engagement, "check_by", {"status": EngagementStatus.PRESENT}),
    Term("contracts", "外包外租期限", Engagement, "ends_on", {"status__in": RUNNING}),
    Term("papers", "外来单位证照", Qualification, "valid_to", {"is_void": False, "engagement__status__in": RUNNING}),
)


def remind_today(now: datetime) -> None:
    """Ask for today's round; on every sweep, and done once a day."""
    day = local_day(now)
    enqueue("registry.remind", args={}, key=f"registry.remind:{day}", by=CALENDAR, now=now, label="企业到期提醒")


def remind(now: datetime) -> int:
    """Tell of what ends within SOON days; returns how many things. Whoever was told is not told again."""
    day, count, directory = local_day(now), 0, Directory(now)
    came_near = day + timedelta(SOON - MISSED)
    ending: Ending = defaultdict(list)
    for term in TERMS:
        for batch in in_batches(term.rows(day - timedelta(MISSED), day + timedelta(SOON)).iterator(), AT_ONCE):
            count += len(batch)
            tell_many(_to_their_own(term, batch, directory), now=now)
            for row in batch:
                ends_on, unit = getattr(row, term.field), row.enterprise.supervising_unit_id
                if ends_on >= came_near and unit is not None:
                    ending[ends_on, unit].append(f"{row.enterprise}（{term.label}：{row}）")
    tell_many(_to_supervisors(ending, directory), now=now)
    return count


def forget(part: Any, *, field: str = "", now: datetime) -> None:
    """It has another day now, or none: what was said of the old one asks for nothing any more. `field`: the one day
    that changed, where a thing has several."""
    enterprise = str(part.enterprise_id)
    for key in [term.key for term in TERMS if isinstance(part, term.model) and field in ("", term.field)]:
        withdraw(record_type=RECORD, record_id=enterprise, key_prefix=f"remind:{key}:{part.pk}:", now=now)


def _to_their_own(term: Term, rows: list[Any], directory: Directory) -> Iterable[Message]:
    directory.prefetch(row.enterprise.unit_id for row in rows)
    for row in rows:
        people = _sitting(directory, row.enterprise.unit_id, OWN)[:1]
        ends_on: date = getattr(row, term.field)
        if people:
            yield Message(
                people=people[0],
                title=f"{term.label}将于{full_day(ends_on)}到期：{row}",
                lasting_title=f"{term.label}，{full_day(ends_on)}到期：{row}",
                body="请在到期前办好，并在企业档案里登记新的日期；已不再使用的，请在档案里注明。",
                record_type=RECORD,
                record_id=str(row.enterprise_id),
                reason="您负责本企业的安全管理",
                kind=Kind.REMINDER,
                due_on=ends_on,
                key=f"remind:{term.key}:{row.pk}:{ends_on}",
            )


def _to_supervisors(ending: Ending, directory: Directory) -> list[Message]:
    """One message a unit for all that came within SOON days of its end on one day."""
    directory.prefetch({unit for _, unit in ending})
    return [
        Message(
            people=[person for people in _sitting(directory, unit, SUPERVISING) for person in people],
            title=f"监管的企业有 {len(things)} 项将于{full_day(ends_on)}到期",
            body=f"{'；'.join(things[:NAMED])}{'等' if len(things) > NAMED else ''}。"
            "请提醒企业按期办理，全部内容见“到期提醒”。",
            reason="您的单位监管这些企业",
            kind=Kind.REMINDER,
            due_on=ends_on,
            key=f"remind:ending:{unit}:{ends_on}",
        )
        for (ends_on, unit), things in sorted(ending.items())
    ]


def _sitting(directory: Directory, unit: int, roles: Iterable[Role]) -> list[list[int]]:
    """Who holds each of these roles there, without the roles that nobody holds."""
    seats = ([person.pk for person in directory.people(unit_seat(unit, role))] for role in roles)
    return [people for people in seats if people]


register_periodic("registry.remind_today", remind_today)
