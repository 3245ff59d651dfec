"""Verbs on many units at once: the rules of the single verbs, with the same number of queries whatever their number.

Whoever brings a list asks for the refusals first, row by row, and then carries out what is sound.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet

from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.bulk import Maker, insert_rows, reserve_keys
from zhiben.core.refusal import Refused

from .credit_code import credit_code_refusal
from .models import Region, Unit, UnitAlias, UnitKind
from .superiors import SUPERIOR_KINDS, nearest_superior, possible_superiors

if TYPE_CHECKING:
    from zhiben.core.access.acting import By

CHANGEABLE = frozenset({"short_name", "kind", "region", "superior", "sectors", "credit_code"})


@dataclass(frozen=True, kw_only=True)
class NewUnit:
    """A unit to be entered. `superior` may be the full name of another one of the same set; none: it is derived."""

    name: str
    kind: UnitKind
    region: Region
    short_name: str = ""
    superior: Unit | str | None = None
    aliases: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    credit_code: str = ""


@dataclass(frozen=True, kw_only=True)
class UnitChange:
    """What becomes of a unit: fields of CHANGEABLE, and aliases that it gains."""

    unit: Unit
    fields: Mapping[str, Any] = field(default_factory=dict)
    new_aliases: tuple[str, ...] = ()


@transaction.atomic
def open_units(*, units: Sequence[NewUnit], by: "By", now: datetime) -> list[Unit]:
    """Enter many units: all of them, or none (Refused, with the field, for the first that may not be)."""
    for refusal in filter(None, unit_refusals(units)):
        raise refusal
    make = Maker(Unit)
    made = [
        make(
            {
                "id": key,
                "name": new.name,
                "short_name": new.short_name,
                "kind": new.kind,
                "region": new.region,
                "region_path": new.region.path,
                "superior": new.superior if isinstance(new.superior, Unit) else None,
                "sectors": list(new.sectors),
                "credit_code": new.credit_code,
            }
        )
        for new, key in zip(units, reserve_keys(Unit, len(units)), strict=True)
    ]
    if any(isinstance(new.superior, str) or new.kind in SUPERIOR_KINDS for new in units):
        insert_rows(Unit, made)
        _find_superiors(units, made)
        Unit.objects.bulk_update([unit for unit in made if unit.superior_id is not None], ["superior"])
    else:  # none of them answers to another one: a list of a hundred thousand enterprises is written once
        _find_superiors(units, made)
        insert_rows(Unit, made)
    UnitAlias.objects.bulk_create(
        UnitAlias(unit=unit, name=alias)
        for new, unit in zip(units, made, strict=True)
        for alias in dict.fromkeys(new.aliases)
    )
    audit.append_many(
        [
            _line(
                unit, "open_unit", "新设单位", by, now,
                name=unit.name, kind=str(unit.kind), region=unit.region.name, superior=str(unit.superior or ""),
            )
            for unit in made
        ]
    )  # fmt: skip
    return made


@transaction.atomic
def change_units(*, changes: Sequence[UnitChange], by: "By", now: datetime) -> list[Unit]:
    """Correct what is kept about many units: all of them, or none (Refused for the first that may not be)."""
    for change in changes:
        if unknown := change.fields.keys() - CHANGEABLE:
            raise TypeError(f"change_units does not change {sorted(unknown)}")
    for refusal in filter(None, change_refusals(changes)):
        raise refusal
    locked = (
        Unit.objects.select_for_update(of=("self",))
        .select_related("region", "superior")
        .order_by("pk")
        .in_bulk([change.unit.pk for change in changes])
    )
    lines, aliases = [], []
    for change in changes:
        unit = locked[change.unit.pk]
        before = {name: _plain(getattr(unit, name)) for name in change.fields}
        for name, value in change.fields.items():
            setattr(unit, name, value)
        unit.region_path = unit.region.path
        if change.fields:
            after = {name: _plain(value) for name, value in change.fields.items()}
            lines.append(_line(unit, "change_unit", "修改单位", by, now, before=before, after=after))
        for alias in change.new_aliases:
            aliases.append(UnitAlias(unit=unit, name=alias))
            lines.append(_line(unit, "add_alias", "增加别名", by, now, name=alias))
    if touched := {name for change in changes for name in change.fields}:
        Unit.objects.bulk_update(locked.values(), {*touched, "region_path"} if "region" in touched else touched)
    UnitAlias.objects.bulk_create(aliases, ignore_conflicts=True)
    audit.append_many(lines)
    return [locked[change.unit.pk] for change in changes]


def unit_refusals(units: Sequence[NewUnit]) -> list[Refused | None]:
    """Why each of these may not be entered; None for one that may."""
    taken = names_taken(new.name for new in units if new.kind != UnitKind.ENTERPRISE)
    superior_of = {new.name: new.superior for new in units if isinstance(new.superior, str)}
    refusals = []
    for new in units:
        refusals.append(
            name_refusal(new.name, new.kind, taken)
            or code_refusal(new.credit_code)
            or _circle_among_new(new.name, superior_of)
        )
        if new.kind != UnitKind.ENTERPRISE:
            taken.add(new.name)
    return refusals


def change_refusals(changes: Sequence[UnitChange]) -> list[Refused | None]:
    """Why each of these changes may not be made; None for one that may."""
    superiors = {change.unit.pk: change.fields.get("superior") for change in changes}
    higher = _climb({superior.pk for superior in superiors.values() if superior is not None})
    higher |= {pk: superior.pk for pk, superior in superiors.items() if superior is not None}
    return [
        code_refusal(change.fields.get("credit_code", "")) or _circle(change.unit, superiors[change.unit.pk], higher)
        for change in changes
    ]


def names_taken(names: Iterable[str], among: QuerySet[Unit] | None = None) -> set[str]:
    """Which of these full names are borne by a unit that is no enterprise: those stand once, enterprises may share."""
    units = Unit.objects.all() if among is None else among
    offices = units.filter(name__in=set(names), valid_to=None).exclude(kind=UnitKind.ENTERPRISE)
    return set(offices.values_list("name", flat=True))


def name_refusal(name: str, kind: UnitKind, taken: Iterable[str]) -> Refused | None:
    if not name.strip():
        return Refused("请填写单位全称。", "name")
    if kind != UnitKind.ENTERPRISE and name in taken:
        return Refused(f"已有名为“{name}”的单位，请核对；如是另一个单位，请在名称前加上所在地区。", "name")
    return None


def code_refusal(code: str) -> Refused | None:
    return Refused(sentence, "credit_code") if code and (sentence := credit_code_refusal(code)) else None


def circle_refusal(unit: Unit, superior: Unit | None) -> Refused | None:
    """A unit cannot answer to itself, nor to one that answers to it."""
    return _circle(unit, superior, _climb({superior.pk}) if superior else {})


def _circle(unit: Unit, superior: Unit | None, higher: Mapping[int, int | None]) -> Refused | None:
    seen: set[int] = set()
    above = superior.pk if superior else None
    while above is not None and above not in seen:
        if above == unit.pk:
            return Refused(f"“{superior}”本身隶属于“{unit}”，不能再作为它的上级。", "superior")
        seen.add(above)
        above = higher.get(above)
    return None


def _circle_among_new(name: str, superior_of: Mapping[str, str]) -> Refused | None:
    above, seen = superior_of.get(name), {name}
    while above is not None and above not in seen:
        seen.add(above)
        above = superior_of.get(above)
    if above is None:
        return None
    return Refused(f"“{name}”与“{superior_of[name]}”互为上下级，请核对上级单位。", "superior")


def _climb(units: set[int]) -> dict[int, int | None]:
    """The superior of each of these, and of those, up to the top: one query a level."""
    higher: dict[int, int | None] = {}
    while units:
        found = dict(Unit.objects.filter(pk__in=units).values_list("pk", "superior_id"))
        higher |= found
        units = {pk for pk in found.values() if pk is not None} - higher.keys()
    return higher


def _find_superiors(units: Sequence[NewUnit], made: Sequence[Unit]) -> None:
    """Those named are among the new ones; the rest follow from kind and region, the new ones counting as there once
    they are saved."""
    by_name = {unit.name: unit for unit in made}
    candidates = possible_superiors({unit.region_path for unit in made})
    nearest: dict[tuple[str, str], Unit | None] = {}
    for new, unit in zip(units, made, strict=True):
        if isinstance(new.superior, str):
            unit.superior = by_name[new.superior]
        elif new.superior is None:
            place = (unit.kind, unit.region_path)
            if place not in nearest:
                nearest[place] = nearest_superior(UnitKind(unit.kind), unit.region_path, candidates)
            unit.superior = nearest[place]


def _line(unit: Unit, verb: str, label: str, by: "By", now: datetime, **data: Any) -> audit.NewLine:
    return audit.NewLine(
        record_type="org.unit", record_id=str(unit.pk), kind=Kind.EDIT, verb=verb, label=label,
        by=by, now=now, data=data,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Unit | Region) else value
