"""Verbs on bodies across units: 安委会, 专委会, 领导小组, 工作专班."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from zhiben.core.refusal import Refused

from .models import Body, BodyKind, BodyMembership, Person, Region, Unit
from .trail import leave_line

if TYPE_CHECKING:
    from zhiben.core.access.acting import By

Position = BodyMembership.Position


@transaction.atomic
def form_body(
    *,
    name: str,
    kind: BodyKind,
    region: Region,
    office: Unit | None = None,
    valid_from: date | None = None,
    by: "By",
    now: datetime,
) -> Body:
    """Form a body; `office` is the unit that does its daily work."""
    body = Body.objects.create(name=name, kind=kind, region=region, office=office, valid_from=valid_from)
    leave_line(body, "form_body", "成立机构", by=by, now=now, name=name, kind=str(kind), office=str(office or ""))
    return body


@transaction.atomic
def add_member(
    *,
    body: Body,
    unit: Unit | None = None,
    person: Person | None = None,
    position: BodyMembership.Position = Position.MEMBER,
    valid_from: date | None = None,
    by: "By",
    now: datetime,
) -> BodyMembership:
    """Take a unit, or one person by name, into a body."""
    if unit is None and person is None:
        raise Refused("请选择成员单位或成员本人。", "unit")
    if body.memberships.filter(unit=unit, person=person, valid_to=None).exists():
        raise Refused(f"“{person or unit}”已是“{body}”的成员。", "unit")
    member = BodyMembership.objects.create(
        body=body, unit=unit, person=person, position=position, valid_from=valid_from
    )
    leave_line(body, "add_member", "增加成员", by=by, now=now, member=str(person or unit), position=str(position))
    return member


@transaction.atomic
def end_membership(*, member: BodyMembership, last_day: date, by: "By", now: datetime) -> BodyMembership:
    member.valid_to = last_day
    member.save(update_fields=["valid_to"])
    who = str(member.person or member.unit)
    leave_line(member.body, "end_membership", "成员退出", by=by, now=now, member=who, last_day=str(last_day))
    return member
