"""The verbs of enterprises' files. Steps of an enterprise's life (停产停业, 恢复, 关闭, 并入) are taken with
`workflow.engine.fire`; what stands and works in an enterprise has its verbs in `parts`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.permissions import Permission, may, require
from zhiben.core.audit import services as audit
from zhiben.core.bulk import Maker, insert_rows
from zhiben.core.clock import local_day
from zhiben.core.events.services import announce_many
from zhiben.core.org import services as org
from zhiben.core.org.models import Region, Unit, UnitKind
from zhiben.core.org.paths import ancestors, contains
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine

from .changes import EnterpriseChange, Made, carry_to_units, new_supervisors, value_of
from .checks import (
    code_refusal,
    company_code_refusal,
    industry_refusal,
    keeping_refusal,
    position_refusal,
    scale_refusal,
    sector_refusal,
    trades_refusal,
)
from .events import EnterpriseRegistered
from .models.enterprises import Enterprise
from .naming import name_key
from .parts import add_part, add_site, change_part, record_inspection, turn_equipment
from .searching import ENTERPRISE_WORDS, keep_words
from .supervision import supervisors_of

__all__ = [
    "RESERVED", "EnterpriseChange", "NewEnterprise", "add_part", "add_site", "change_enterprise", "change_enterprises",
    "change_part", "change_refusals", "keeping_refusal", "places_of", "record_inspection", "register_enterprise",
    "register_enterprises", "registration_refusals", "turn_equipment",
]  # fmt: skip

RESERVED = frozenset({"name", "credit_code", "region", "sector", "trades", "supervising_unit"})
"""What an enterprise does not say of itself: by this it is found, and by this it is decided who supervises it."""
CODES_A_QUERY = 10_000
LONGEST: dict[str, int] = {
    each.name: each.max_length or 0
    for each in Enterprise._meta.concrete_fields
    if getattr(each, "max_length", None) and not each.is_relation
}


@dataclass(frozen=True, kw_only=True)
class NewEnterprise:
    """An enterprise to be registered. Without `unit` (the organisation it already is) one is made for it; without
    `supervising_unit` the supervision matrix says who supervises it."""

    name: str
    region: Region
    credit_code: str = ""
    company_code: str = ""
    sector: str = ""
    trades: tuple[str, ...] = ()
    industry: str = ""
    scale: str = ""
    staff_count: int | None = None
    products: str = ""
    established_on: date | None = None
    address: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    head_name: str = ""
    head_mobile: str = ""
    officer_name: str = ""
    officer_mobile: str = ""
    supervising_unit: Unit | None = None
    unit: Unit | None = None


CHANGEABLE = frozenset(each.name for each in fields(NewEnterprise)) - {"unit"}


def register_enterprise(*, enterprise: NewEnterprise, by: By, now: datetime) -> Enterprise:
    """Open the file of one enterprise."""
    return register_enterprises(enterprises=[enterprise], by=by, now=now)[0]


@transaction.atomic
def register_enterprises(*, enterprises: Sequence[NewEnterprise], by: By, now: datetime) -> list[Enterprise]:
    """Open the files of many: all of them, or none (Refused, with the field, for the first that may not be), with the
    same number of queries whatever their number."""
    require(by, Permission.MANAGE_ENTERPRISES)
    for refusal in filter(None, registration_refusals(enterprises, by=by)):
        raise refusal
    units = _units_of(enterprises, by, now)
    supervisors = supervisors_of(pairs={(new.sector, new.region.path) for new in enterprises}, day=local_day(now))
    places = places_of(new.region for new in enterprises)
    own = by.unit if isinstance(by, Acting) else None
    until_known = own if own is not None and own.kind == UnitKind.DEPARTMENT else None
    make, said, today = Maker(Enterprise), CHANGEABLE - {"region", "supervising_unit"}, local_day(now)
    made = [
        make(
            {name: getattr(new, name) for name in said}
            | {
                "unit": unit,
                "responsible_unit": unit,
                "name_key": name_key(new.name, places[new.region.path]),
                "region_path": new.region.path,
                "status_since": today,
                "registered_at": now,
                "trades": list(new.trades),
                "supervising_unit": (
                    new.supervising_unit
                    or (None if new.sector else until_known)  # whoever brings it keeps it until its sector is known
                    or supervisors[new.sector, new.region.path]
                    or unit.superior
                    or own
                ),
            }
        )
        for new, unit in zip(enterprises, units, strict=True)
    ]
    _saved_once(lambda: insert_rows(Enterprise, made))
    keep_words(made)
    engine.begin_many(
        made, by=by, now=now, label="建档", announces=EnterpriseRegistered,
        says=("name", "credit_code", "sector", "address", "supervising_unit"),
    )  # fmt: skip
    return made


def change_enterprise(*, enterprise: Enterprise, by: By, now: datetime, **changes: Any) -> Enterprise:
    """Correct or complete one file; `changes` are fields of CHANGEABLE. What stands there already is no change."""
    return change_enterprises(changes=[EnterpriseChange(enterprise=enterprise, fields=changes)], by=by, now=now)[0]


@transaction.atomic
def change_enterprises(*, changes: Sequence[EnterpriseChange], by: By, now: datetime) -> list[Enterprise]:
    """Correct or complete many files: all of them, or none (Refused for the first that may not be). With the region
    or the sector the supervising unit follows the matrix, unless it is named, too."""
    for change in changes:
        if unknown := change.fields.keys() - CHANGEABLE:
            raise TypeError(f"change_enterprises does not change {sorted(unknown)}")
    locked = (
        Enterprise.objects.select_for_update(of=("self",))
        .select_related("unit__region", "supervising_unit")
        .order_by("pk")
        .in_bulk([change.enterprise.pk for change in changes])
    )
    fresh = [EnterpriseChange(enterprise=locked[each.enterprise.pk], fields=each.fields) for each in changes]
    for refusal in filter(None, change_refusals(fresh, by=by)):
        raise refusal
    supervisors = new_supervisors(fresh, local_day(now))
    places = places_of(each.fields.get("region") or each.enterprise.region for each in fresh)
    made = [Made.of(each, supervisors, places) for each in fresh]
    carry_to_units([each for each in made if each.changed], by, now)
    touched = {name for each in made for name in each.columns}
    if touched:
        _saved_once(lambda: Enterprise.objects.bulk_update([each.enterprise for each in made], touched))
    if touched.intersection(ENTERPRISE_WORDS):
        keep_words(each.enterprise for each in made)
    audit.append_many([each.line(by, now) for each in made if each.changed])
    announce_many([event for each in made if each.changed for event in each.events(by, now)])
    moved = [each.enterprise for each in made if each.has_moved]
    engine.refresh(moved, now=now)
    return [each.enterprise for each in made]


# ── why not ──────────────────────────────────────────────────────────────────────────────────────────────────────


def registration_refusals(enterprises: Sequence[NewEnterprise], *, by: By) -> list[Refused | None]:
    """Why each of these may not be registered; None for one that may. The earlier ones of the set count as there."""
    taken = _bearers({new.credit_code for new in enterprises})
    has_file = set(
        Enterprise.objects.filter(unit__in=[new.unit for new in enterprises if new.unit]).values_list("unit")
    )
    refusals: list[Refused | None] = []
    for new in enterprises:
        refusal = _form_refusal(vars(new)) or _reach_refusal(new.region, by) or _taken_refusal(new.credit_code, taken)
        if new.unit and not refusal:
            if (new.unit.pk,) in has_file:
                refusal = Refused(f"“{new.unit}”已经建档，请直接打开它的档案。", "name")
            elif new.unit.kind != UnitKind.ENTERPRISE:
                refusal = Refused(f"“{new.unit}”不是企业，不能建企业档案。", "name")
        refusals.append(refusal)
        if new.credit_code and not refusal:
            taken[new.credit_code] = new.name
    return refusals


def change_refusals(changes: Sequence[EnterpriseChange], *, by: By) -> list[Refused | None]:
    """Why each of these changes may not be made; None for one that may."""
    taken = _bearers({each.fields["credit_code"] for each in changes if each.fields.get("credit_code")})
    refusals = []
    for change in changes:
        enterprise, given = change.enterprise, change.fields
        different = {name: value for name, value in given.items() if value != value_of(enterprise, name)}
        sentence = keeping_refusal(enterprise, by)
        refusal = Refused(sentence) if sentence else None
        if refusal is None and not may(by, Permission.MANAGE_ENTERPRISES) and (kept := RESERVED & different.keys()):
            refusal = Refused("名称、代码、区域、行业和监管单位由监管单位核对后修改，请与监管单位联系。", min(kept))
        if refusal is None:
            refusal = _form_refusal(different, before=enterprise)
        if refusal is None and "region" in different:
            refusal = _reach_refusal(different["region"], by)
        if refusal is None and (code := different.get("credit_code")):
            refusal = _taken_refusal(code, taken)
        refusals.append(refusal)
    return refusals


def _form_refusal(given: Mapping[str, Any], before: Enterprise | None = None) -> Refused | None:
    if "name" in given and not given["name"].strip():
        return Refused("请填写企业名称。", "name")
    for name, value in given.items():
        if isinstance(value, str) and len(value) > LONGEST.get(name, len(value)):
            label = Enterprise._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            return Refused(f"{label}过长，请控制在 {LONGEST[name]} 个字以内。", name)
    if (staff := given.get("staff_count")) is not None and not 0 <= staff <= 10_000_000:
        return Refused("从业人数应为不小于 0 的整数，请核对。", "staff_count")
    latitude = given.get("latitude", getattr(before, "latitude", None))
    longitude = given.get("longitude", getattr(before, "longitude", None))
    return (
        code_refusal(given.get("credit_code", ""))
        or company_code_refusal(given.get("company_code", ""))
        or sector_refusal(given.get("sector", ""))
        or industry_refusal(given.get("industry", ""))
        or scale_refusal(given.get("scale", ""))
        or trades_refusal(given.get("trades", ()))
        or (position_refusal(latitude, longitude) if {"latitude", "longitude"} & given.keys() else None)
    )


def _reach_refusal(region: Region, by: By) -> Refused | None:
    if isinstance(by, Acting) and not contains(by.unit.region_path, region.path):
        return Refused(f"“{region}”不在{by.unit.region}范围内，请选择本辖区的区域。", "region")
    return None


def _bearers(codes: set[str]) -> dict[str, str]:
    """Code → the name of the enterprise that bears it already."""
    known: dict[str, str] = {}
    wanted = sorted(codes - {""})
    for start in range(0, len(wanted), CODES_A_QUERY):
        rows = Enterprise.objects.filter(credit_code__in=wanted[start : start + CODES_A_QUERY])
        known |= dict(rows.values_list("credit_code", "name"))
    return known


def _taken_refusal(code: str, taken: Mapping[str, str]) -> Refused | None:
    if code and code in taken:
        return Refused(f"统一社会信用代码 {code} 已登记在“{taken[code]}”名下，请核对营业执照。", "credit_code")
    return None


# ── within ───────────────────────────────────────────────────────────────────────────────────────────────────────


def places_of(regions: Iterable[Region]) -> dict[str, tuple[str, ...]]:
    """Path of a region → the names of all that contains it, the widest first, and its own: what stands in front of
    names and addresses there."""
    paths = {region.path for region in regions}
    around = {above for path in paths for above in ancestors(path)}
    names = dict(Region.objects.filter(path__in=around).values_list("path", "name"))
    return {path: tuple(names[above] for above in ancestors(path) if above in names) for path in paths}


def _units_of(enterprises: Sequence[NewEnterprise], by: By, now: datetime) -> list[Unit]:
    """Every enterprise as an organisation: the one it already is, or a new one."""
    new_units = [
        org.NewUnit(
            name=new.name, kind=UnitKind.ENTERPRISE, region=new.region, credit_code=new.credit_code
        )
        for new in enterprises
        if new.unit is None
    ]  # fmt: skip
    made = iter(org.open_units(units=new_units, by=by, now=now) if new_units else ())
    return [new.unit or next(made) for new in enterprises]


def _saved_once(save: Any) -> None:
    """Two officers enter the same code at once: the second is told so."""
    try:
        with transaction.atomic(), connection.wrap_database_errors:
            save()
    except IntegrityError as taken:
        raise Refused("统一社会信用代码刚由别人登记，请刷新页面后核对。", "credit_code") from taken
