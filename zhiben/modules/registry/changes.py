"""A change of an enterprise's file on its way: what it was before, who supervises it then, what is told and written of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from zhiben.core.access.acting import By
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.org import services as org
from zhiben.core.org.models import Unit, UnitKind
from zhiben.core.org.sectors import Sector

from .events import EnterpriseChanged, EnterpriseMoved, about
from .models.enterprises import Enterprise
from .naming import name_key
from .supervision import supervisors_of


@dataclass(frozen=True, kw_only=True)
class EnterpriseChange:
    """What becomes of an enterprise: fields of `services.CHANGEABLE`."""

    enterprise: Enterprise
    fields: Mapping[str, Any] = field(default_factory=dict)


def value_of(enterprise: Enterprise, name: str) -> Any:
    if name == "region":
        return enterprise.region
    value = getattr(enterprise, name)
    return tuple(value) if name == "trades" else value


def new_supervisors(changes: Sequence[EnterpriseChange], day: date) -> Mapping[tuple[str, str], Unit | None]:
    pairs = {
        (each.fields.get("sector", each.enterprise.sector), (each.fields.get("region") or each.enterprise.region).path)
        for each in changes
        if {"sector", "region"} & each.fields.keys()
    }
    return supervisors_of(pairs=pairs, day=day) if pairs else {}


@dataclass
class Made:
    """A change that has been put into the object, with what it was before."""

    enterprise: Enterprise
    before: dict[str, Any]
    changed: dict[str, Any]
    columns: set[str]
    place_before: tuple[str, str, int | None]

    @classmethod
    def of(
        cls,
        change: EnterpriseChange,
        supervisors: Mapping[tuple[str, str], Unit | None],
        places: Mapping[str, tuple[str, ...]],
    ) -> "Made":
        enterprise = change.enterprise
        place = (enterprise.region_path, enterprise.sector, enterprise.supervising_unit_id)
        given: dict[str, Any] = {
            name: tuple(value) if name == "trades" else value for name, value in change.fields.items()
        }
        changed = {name: value for name, value in given.items() if value != value_of(enterprise, name)}
        if {"sector", "region"} & changed.keys() and "supervising_unit" not in changed:
            region = changed.get("region") or enterprise.region
            follows = supervisors.get((changed.get("sector", enterprise.sector), region.path))
            if follows is not None and follows != enterprise.supervising_unit:
                changed["supervising_unit"] = follows
        before = {name: value_of(enterprise, name) for name in changed}
        for name, value in changed.items():
            if name != "region":
                setattr(enterprise, name, list(value) if name == "trades" else value)
        columns = changed.keys() - {"region"}
        if region := changed.get("region"):
            enterprise.region_path = region.path
            columns |= {"region_path"}
        if {"region", "name"} & changed.keys():
            enterprise.name_key = name_key(enterprise.name, places[(region or enterprise.region).path])
            columns |= {"name_key"}
        return cls(enterprise, before, changed, set(columns), place)

    @property
    def place(self) -> tuple[str, str, int | None]:
        return (self.enterprise.region_path, self.enterprise.sector, self.enterprise.supervising_unit_id)

    @property
    def has_moved(self) -> bool:
        return self.place != self.place_before

    def line(self, by: By, now: datetime) -> audit.NewLine:
        told = {
            name: {"from": _told(name, self.before[name]), "to": _told(name, value)}
            for name, value in self.changed.items()
        }
        return audit.NewLine(
            record_type="registry.enterprise", record_id=str(self.enterprise.pk), kind=Kind.EDIT,
            verb="change_enterprise", label="修改档案", by=by, now=now, data={"changed": told},
        )  # fmt: skip

    def events(self, by: By, now: datetime) -> list[EnterpriseChanged | EnterpriseMoved]:
        said = about(self.enterprise, by=by, now=now)
        events: list[EnterpriseChanged | EnterpriseMoved] = [EnterpriseChanged(**said, changed=tuple(self.changed))]
        if self.has_moved:
            path, sector, supervisor = self.place_before
            events.append(
                EnterpriseMoved(
                    **said, region_path_before=path, sector_before=sector, supervising_unit_before=supervisor
                )
            )
        return events


def carry_to_units(made: Sequence[Made], by: By, now: datetime) -> None:
    """The organisation bears the same name and code, and stands in the same place, as the enterprise."""
    changes = []
    for each in made:
        unit = each.enterprise.unit
        given: dict[str, Any] = {}
        if "name" in each.changed and unit.name != each.enterprise.name:
            org.rename_unit(unit=unit, name=each.enterprise.name, by=by, now=now)
        if "credit_code" in each.changed:
            given["credit_code"] = each.enterprise.credit_code
        if "region" in each.changed:
            given["region"] = each.changed["region"]
            given["superior"] = org.derive_superior(UnitKind.ENTERPRISE, each.changed["region"])
        if given:
            changes.append(org.UnitChange(unit=unit, fields=given))
    for change, unit in zip(changes, org.change_units(changes=changes, by=by, now=now) if changes else (), strict=True):
        for name in change.fields:
            setattr(change.unit, name, getattr(unit, name))


def _told(name: str, value: Any) -> Any:
    if name == "sector":
        return str(Sector(value).label) if value else ""
    if name == "trades":
        return "、".join(value)
    return value if value is None or isinstance(value, str | int | Decimal | date) else str(value)
