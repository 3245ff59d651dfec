"""Verbs on units and people. Each change leaves a line in the trail; refusals are sentences (`Refused`).

Regions have their own verbs in `regions`, posts and delegations in `posts`, bodies in `bodies`; all are offered here.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction

from zhiben.core.refusal import Refused

from .bodies import add_member, end_membership, form_body
from .bulk_people import NewPerson, PersonChange, change_people, changed_labels, link_accounts, register_people
from .bulk_regions import NewRegion, open_regions
from .bulk_units import (
    NewUnit,
    UnitChange,
    change_refusals,
    change_units,
    circle_refusal,
    code_refusal,
    name_refusal,
    names_taken,
    open_units,
    unit_refusals,
)
from .models import Person, Region, Unit, UnitAlias, UnitKind
from .posts import appoint, appoint_many, delegate, end_delegation, end_post
from .proposals import (
    Confirmed,
    NewProposal,
    confirm_proposals,
    drop_proposals,
    proposal_refusal,
    propose_posts,
)
from .regions import change_code, close_region, merge_regions, move_region, open_region, rename_region
from .superiors import derive_superior
from .trail import leave_line

if TYPE_CHECKING:
    from zhiben.core.access.acting import By

__all__ = [
    "Confirmed", "NewPerson", "NewProposal", "NewRegion", "NewUnit", "PersonChange", "UnitChange", "add_alias", "add_member",
    "appoint", "appoint_many", "change_code", "change_people", "change_person", "change_refusals", "change_unit",
    "change_units", "close_region", "close_unit", "confirm_proposals", "delegate", "derive_superior", "derive_superiors", "drop_alias",
    "drop_proposals", "end_delegation", "end_membership", "end_post", "form_body", "link_account", "link_accounts",
    "merge_regions", "move_region", "open_region", "open_regions", "open_unit", "open_units", "proposal_refusal", "propose_posts",
    "register_people", "register_person", "rename_region", "rename_unit", "reopen_unit", "unit_refusals",
]  # fmt: skip


@transaction.atomic
def open_unit(
    *,
    name: str,
    kind: UnitKind,
    region: Region,
    short_name: str = "",
    superior: Unit | None = None,
    aliases: Iterable[str] = (),
    sectors: Iterable[str] = (),
    credit_code: str = "",
    valid_from: date | None = None,
    by: "By",
    now: datetime,
) -> Unit:
    """Enter a unit. Without `superior`, the one it answers to is derived from its kind and region."""
    _refuse_taken_name(name, UnitKind(kind))
    _refuse(code_refusal(credit_code))
    unit = Unit.objects.create(
        name=name,
        short_name=short_name,
        kind=kind,
        region=region,
        region_path=region.path,
        superior=superior or derive_superior(UnitKind(kind), region),
        sectors=list(sectors),
        credit_code=credit_code,
        valid_from=valid_from,
    )
    UnitAlias.objects.bulk_create(UnitAlias(unit=unit, name=alias) for alias in dict.fromkeys(aliases))
    leave_line(
        unit, "open_unit", "新设单位", by=by, now=now,
        name=name, kind=str(kind), region=region.name, superior=str(unit.superior or ""),
    )  # fmt: skip
    return unit


@transaction.atomic
def change_unit(*, unit: Unit, by: "By", now: datetime, **changes: Any) -> Unit:
    """Correct what is kept about a unit: short_name, kind, region, superior, sectors, credit_code. For a new full
    name see `rename_unit`."""
    unknown = changes.keys() - {"short_name", "kind", "region", "superior", "sectors", "credit_code"}
    if unknown:
        raise TypeError(f"change_unit does not change {sorted(unknown)}")
    _refuse(code_refusal(changes.get("credit_code", "")))
    _refuse(circle_refusal(unit, changes.get("superior")))
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    before = {name: _plain(getattr(unit, name)) for name in changes}
    for name, value in changes.items():
        setattr(unit, name, value)
    unit.region_path = unit.region.path
    unit.save()
    after = {name: _plain(value) for name, value in changes.items()}
    leave_line(unit, "change_unit", "修改单位", by=by, now=now, before=before, after=after)
    return unit


@transaction.atomic
def rename_unit(*, unit: Unit, name: str, short_name: str = "", by: "By", now: datetime) -> Unit:
    """Give a unit another full name; the old names stay as aliases, because documents go on using them."""
    _refuse_taken_name(name, UnitKind(unit.kind), except_for=unit)
    old = [each for each in (unit.name, unit.short_name) if each]
    for each in old:
        UnitAlias.objects.get_or_create(unit=unit, name=each)
    unit.name, unit.short_name = name, short_name
    unit.save(update_fields=["name", "short_name"])
    leave_line(unit, "rename_unit", "单位更名", by=by, now=now, old=old, new=[name, short_name])
    return unit


@transaction.atomic
def close_unit(*, unit: Unit, last_day: date, successor: Unit | None = None, by: "By", now: datetime) -> Unit:
    """The unit exists no longer after `last_day`: its posts end, work climbs to its successor, whose aliases take
    in its names; without one, to its superior."""
    unit.valid_to = last_day
    if successor is not None:
        _refuse(circle_refusal(unit, successor))
        unit.superior = successor
        for name in filter(None, (unit.name, unit.short_name, *unit.aliases.values_list("name", flat=True))):
            UnitAlias.objects.get_or_create(unit=successor, name=name)
    unit.save(update_fields=["valid_to", "superior"])
    for post in unit.posts.valid_on(last_day).filter(valid_to=None):
        end_post(post=post, last_day=last_day, by=by, now=now)
    leave_line(unit, "close_unit", "撤销单位", by=by, now=now, last_day=str(last_day), successor=str(successor or ""))
    return unit


@transaction.atomic
def reopen_unit(*, unit: Unit, by: "By", now: datetime) -> Unit:
    """It exists again, answering to whom its kind and region say; posts have to be given anew."""
    _refuse_taken_name(unit.name, UnitKind(unit.kind), except_for=unit)
    unit.valid_to, unit.superior = None, derive_superior(UnitKind(unit.kind), unit.region)
    unit.save(update_fields=["valid_to", "superior"])
    leave_line(unit, "reopen_unit", "恢复单位", by=by, now=now, superior=str(unit.superior or ""))
    return unit


@transaction.atomic
def derive_superiors(*, units: Iterable[Unit], by: "By", now: datetime) -> list[Unit]:
    """Fill in, for the units that answer to nobody yet, the superior that follows from kind and region."""
    filled = []
    for unit in units:
        if unit.superior_id is None and (superior := derive_superior(UnitKind(unit.kind), unit.region)):
            filled.append(change_unit(unit=unit, superior=superior, by=by, now=now))
    return filled


@transaction.atomic
def add_alias(*, unit: Unit, name: str, by: "By", now: datetime) -> UnitAlias:
    """From now on documents may call the unit so."""
    alias, is_new = UnitAlias.objects.get_or_create(unit=unit, name=name)
    if is_new:
        leave_line(unit, "add_alias", "增加别名", by=by, now=now, name=name)
    return alias


@transaction.atomic
def drop_alias(*, alias: UnitAlias, by: "By", now: datetime) -> None:
    leave_line(alias.unit, "drop_alias", "删除别名", by=by, now=now, name=alias.name)
    alias.delete()


@transaction.atomic
def register_person(*, name: str, mobile: str = "", username: str | None = None, by: "By", now: datetime) -> Person:
    """Enter a person; with `username`, as the owner of that account."""
    person = Person.objects.create(name=name, mobile=mobile)
    leave_line(person, "register_person", "登记人员", by=by, now=now, name=name)
    if username is not None:
        link_account(person=person, username=username, by=by, now=now)
    return person


@transaction.atomic
def change_person(*, person: Person, name: str, mobile: str, by: "By", now: datetime) -> Person:
    changed = changed_labels(person, name, mobile)
    if changed:
        person.name, person.mobile = name, mobile
        person.save(update_fields=["name", "mobile"])
        leave_line(person, "change_person", "修改人员", by=by, now=now, changed=changed)
    return person


@transaction.atomic
def link_account(*, person: Person, username: str, by: "By", now: datetime) -> Person:
    """Say that this person logs in with that account. An account belongs to one person, a person has one account."""
    user = get_user_model().objects.filter(username=username).first()
    if user is None:
        raise Refused(f"没有登录名为“{username}”的账号，请先开设账号。", "username")
    if (owner := Person.objects.filter(user=user).exclude(pk=person.pk).first()) is not None:
        raise Refused(f"账号“{username}”已属于{owner.name}，请另选登录名。", "username")
    person.user = user
    person.save(update_fields=["user"])
    leave_line(person, "link_account", "关联账号", by=by, now=now, username=username)
    return person


def _refuse_taken_name(name: str, kind: UnitKind, except_for: Unit | None = None) -> None:
    others = Unit.objects.exclude(pk=except_for.pk) if except_for else Unit.objects.all()
    _refuse(name_refusal(name, kind, names_taken([name], others)))


def _refuse(refusal: Refused | None) -> None:
    if refusal is not None:
        raise refusal


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Unit | Region) else value
