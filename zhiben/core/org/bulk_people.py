"""Verbs on many people at once: the rules of the single verbs, with the same number of queries whatever their number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind

from .models import Person

if TYPE_CHECKING:
    from zhiben.core.access.acting import By


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    name: str
    mobile: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonChange:
    person: Person
    name: str
    mobile: str


@transaction.atomic
def register_people(*, people: Sequence[NewPerson], by: "By", now: datetime) -> list[Person]:
    """Enter many people, in their order."""
    made = Person.objects.bulk_create(Person(name=new.name, mobile=new.mobile) for new in people)
    audit.append_many([_line(person, "register_person", "登记人员", by, now, name=person.name) for person in made])
    return made


@transaction.atomic
def change_people(*, changes: Sequence[PersonChange], by: "By", now: datetime) -> list[Person]:
    """Correct name and mobile of many people; the trail says which of them, not what they were."""
    locked = Person.objects.select_for_update().order_by("pk").in_bulk([change.person.pk for change in changes])
    lines = []
    for change in changes:
        person = locked[change.person.pk]
        changed = changed_labels(person, change.name, change.mobile)
        if changed:
            person.name, person.mobile = change.name, change.mobile
            lines.append(_line(person, "change_person", "修改人员", by, now, changed=changed))
    Person.objects.bulk_update(locked.values(), ["name", "mobile"])
    audit.append_many(lines)
    return [locked[change.person.pk] for change in changes]


@transaction.atomic
def link_accounts(*, accounts: Sequence[tuple[Person, AbstractBaseUser]], by: "By", now: datetime) -> None:
    """Say of many people that they log in with accounts just opened for them, which nobody else can own yet."""
    for person, user in accounts:
        person.user = user  # type: ignore[assignment]
    Person.objects.bulk_update([person for person, _ in accounts], ["user"])
    audit.append_many(
        [_line(person, "link_account", "关联账号", by, now, username=user.get_username()) for person, user in accounts]
    )


def changed_labels(person: Person, name: str, mobile: str) -> list[str]:
    """What would be changed, as it is called."""
    told = (("姓名", person.name, name), ("手机", person.mobile, mobile))
    return [label for label, old, new in told if old != new]


def _line(person: Person, verb: str, label: str, by: "By", now: datetime, **data: Any) -> audit.NewLine:
    return audit.NewLine(
        record_type="org.person", record_id=str(person.pk), kind=Kind.EDIT, verb=verb, label=label,
        by=by, now=now, data=data,
    )  # fmt: skip
