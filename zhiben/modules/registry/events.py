"""What happens to enterprises, for whoever keeps something about them (hazards, risks, inspections)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from zhiben.core.access.acting import By, Machine
from zhiben.core.events.event import Event


@dataclass(frozen=True, kw_only=True)
class EnterpriseEvent(Event):
    """What every event of an enterprise carries, so that a listener need not read the enterprise. `record_id` is its
    id; `unit_id` the same enterprise as an organisation."""

    title: str
    unit_id: int
    sector: str
    region_path: str
    supervising_unit_id: int | None
    reason: str = ""

    @classmethod
    def of_step(cls, enterprise: Any, *, by: By, now: datetime, data: Mapping[str, Any]) -> Self:
        return cls(**about(enterprise, by=by, now=now), reason=str(data.get("reason", "")))


def about(enterprise: Any, *, by: By, now: datetime) -> dict[str, Any]:
    """The fields of `EnterpriseEvent` but the reason."""
    return {
        "record_type": enterprise._meta.label_lower,
        "record_id": str(enterprise.pk),
        "at": now,
        "actor_id": None if isinstance(by, Machine) else by.person.pk,
        "title": enterprise.name,
        "unit_id": enterprise.unit_id,
        "sector": enterprise.sector,
        "region_path": enterprise.region_path,
        "supervising_unit_id": enterprise.supervising_unit_id,
    }


class EnterpriseRegistered(EnterpriseEvent):
    label = "企业已建档"


@dataclass(frozen=True, kw_only=True)
class EnterpriseChanged(EnterpriseEvent):
    label = "企业档案已变更"

    changed: tuple[str, ...] = ()
    """Names of the fields."""


@dataclass(frozen=True, kw_only=True)
class EnterpriseMoved(EnterpriseEvent):
    """The region, the sector or the supervising unit is another one: what is open goes with it. The fields of
    `EnterpriseEvent` tell where it is now."""

    label = "企业已转到其他区域或监管单位"

    region_path_before: str
    sector_before: str
    supervising_unit_before: int | None


class EnterpriseSuspended(EnterpriseEvent):
    label = "企业已停产停业"


class EnterpriseResumed(EnterpriseEvent):
    label = "企业已恢复"


class EnterpriseClosed(EnterpriseEvent):
    label = "企业已关闭"


@dataclass(frozen=True, kw_only=True)
class EnterpriseMerged(EnterpriseEvent):
    label = "企业已并入其他企业"

    merged_into: UUID
    """The enterprise that takes over what is open."""

    @classmethod
    def of_step(cls, enterprise: Any, *, by: By, now: datetime, data: Mapping[str, Any]) -> Self:
        return cls(
            **about(enterprise, by=by, now=now),
            reason=str(data.get("reason", "")),
            merged_into=enterprise.merged_into_id,
        )


class EnterpriseReopened(EnterpriseEvent):
    label = "企业已恢复建档"


@dataclass(frozen=True, kw_only=True)
class SupervisionChanged(Event):
    """A cell of the matrix has been given to a unit, or taken from it. Enterprises follow in the background; for each
    that does, `EnterpriseMoved` is announced."""

    label = "监管分工已变更"

    sector: str
    region_path: str
    unit_id: int
    valid_from: date | None = None
    valid_to: date | None = None

    @classmethod
    def of_line(cls, line: Any, *, by: By, now: datetime) -> Self:
        return cls(
            record_type=line._meta.label_lower,
            record_id=str(line.pk),
            at=now,
            actor_id=None if isinstance(by, Machine) else by.person.pk,
            sector=line.sector,
            region_path=line.region_path,
            unit_id=line.unit_id,
            valid_from=line.valid_from,
            valid_to=line.valid_to,
        )
