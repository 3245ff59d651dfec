"""The verbs of what stands, works and happens in an enterprise. Every change is a line in the enterprise's trail."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction

from zhiben.core.access.acting import By
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.refusal import Refused

from .checks import keeping_refusal, position_refusal
from .models.enterprises import Enterprise, Part
from .models.parts import Equipment, EquipmentState, Licence, Process, Site, Staff
from .reminding import forget

P = TypeVar("P", bound=Part)
S = EquipmentState

PARTS: dict[str, type[Part]] = {
    "sites": Site,
    "equipment": Equipment,
    "staff": Staff,
    "processes": Process,
    "licences": Licence,
}
"""By the word in the address."""
FROZEN = frozenset({"id", "enterprise", "state"})
"""What no edit changes; the state of equipment has verbs of its own."""

TURNS: dict[str, tuple[str, tuple[EquipmentState, ...], EquipmentState]] = {
    "use": ("投用", (S.OUT_OF_USE, S.UNDER_REPAIR), S.IN_USE),
    "repair": ("检修", (S.IN_USE, S.OUT_OF_USE), S.UNDER_REPAIR),
    "stop": ("停用", (S.IN_USE, S.UNDER_REPAIR), S.OUT_OF_USE),
    "scrap": ("报废", (S.IN_USE, S.UNDER_REPAIR, S.OUT_OF_USE), S.SCRAPPED),
}
"""The life of equipment. Verb: its label, from which states, to which. Scrapped is the end."""


def add_site(*, enterprise: Enterprise, by: By, now: datetime, **fields: Any) -> Site:
    """Enter a workshop, a warehouse, a shop: `name`, and what else is known of it."""
    return add_part(enterprise=enterprise, of=Site, by=by, now=now, **fields)


def add_part(*, enterprise: Enterprise, of: type[P], by: By, now: datetime, **fields: Any) -> P:
    """Enter a site, a piece of equipment, a person, a process or a licence. Raises Refused."""
    (part,) = add_parts(enterprise=enterprise, parts=[(of, fields)], by=by, now=now)
    return part


@transaction.atomic
def add_parts(
    *, enterprise: Enterprise, parts: Sequence[tuple[type[P], Mapping[str, Any]]], by: By, now: datetime
) -> list[P]:
    """Enter several, all or none, each with what is known of it. Raises Refused with the first flaw."""
    _hold(enterprise, by)
    made: list[P] = []
    for of, fields in parts:
        part = of(enterprise=enterprise, **fields)
        _refuse_flaws(part, set(fields) | {"name"})
        part.save(force_insert=True)
        made.append(part)
    audit.append_many(
        [
            _line(part, "add_part", f"增加{_kind_of(part)}", by, now, str(part), after=_told(part, fields))
            for part, (_, fields) in zip(made, parts, strict=True)
        ]
    )
    return made


@transaction.atomic
def change_part(*, part: P, by: By, now: datetime, **fields: Any) -> P:
    """Correct what is kept of it. What stands there already is no change. Raises Refused."""
    if unknown := FROZEN & fields.keys():
        raise TypeError(f"change_part does not change {sorted(unknown)}")
    _hold(part.enterprise, by)
    locked = type(part)._default_manager.select_for_update(of=("self",)).get(pk=part.pk)
    changed = {name: value for name, value in fields.items() if getattr(locked, name) != value}
    before = {name: getattr(locked, name) for name in changed}
    for name, value in changed.items():
        setattr(locked, name, value)
    _refuse_flaws(locked, set(changed))
    if changed:
        locked.save(update_fields=list(changed))
        was, became = _told(locked, before), _told(locked, changed)
        _write(locked, "change_part", f"修改{_kind_of(locked)}", by, now, str(locked), before=was, after=became)
        forget(locked, now=now)
    return locked


@transaction.atomic
def turn_equipment(*, equipment: Equipment, verb: str, reason: str = "", by: By, now: datetime) -> Equipment:
    """Put it into use, repair, stop or scrap it (a key of TURNS). Raises Refused where its state does not allow it."""
    _hold(equipment.enterprise, by)
    label, sources, target = TURNS[verb]
    locked = Equipment.objects.select_for_update(of=("self",)).get(pk=equipment.pk)
    if locked.state not in sources:
        raise Refused(f"“{locked}”现在是「{locked.get_state_display()}」，不能{label}。请刷新页面看看最新情况。")
    if verb == "scrap" and not reason.strip():
        raise Refused("报废后不能再投用，请写明报废的原因。", "reason")
    if verb == "use" and locked.inspect_by is not None and locked.inspect_by < local_day(now):
        raise Refused(f"检验已于{full_day(locked.inspect_by)}到期，请先登记检验，再投用。", "inspect_by")
    left = locked.get_state_display()
    locked.state = target
    if verb == "use" and locked.in_use_on is None:
        locked.in_use_on = local_day(now)
    locked.save(update_fields=["state", "in_use_on"])
    if locked.state != S.IN_USE:
        forget(locked, now=now)
    _write(
        locked, f"{verb}_equipment", f"设备{label}", by, now, str(locked), reason=reason,
        before={"状态": left}, after={"状态": locked.get_state_display()},
    )  # fmt: skip
    return locked


@transaction.atomic
def record_inspection(
    *, equipment: Equipment, inspected_on: date, inspect_by: date | None, by: By, now: datetime
) -> Equipment:
    """检验: it was inspected on a day and has to be again by another. Raises Refused for days that cannot be."""
    _hold(equipment.enterprise, by)
    if inspected_on > local_day(now):
        raise Refused("检验日期不能晚于今天，请核对。", "inspected_on")
    if inspect_by is not None and inspect_by <= inspected_on:
        raise Refused("下次检验日期应晚于本次检验日期，请核对。", "inspect_by")
    locked = Equipment.objects.select_for_update(of=("self",)).get(pk=equipment.pk)
    if locked.state == S.SCRAPPED:
        raise Refused(f"“{locked}”已经报废，不再检验。")
    fields = {"inspected_on": inspected_on, "inspect_by": inspect_by}
    before = _told(locked, {name: getattr(locked, name) for name in fields})
    locked.inspected_on, locked.inspect_by = inspected_on, inspect_by
    locked.save(update_fields=list(fields))
    forget(locked, now=now)
    _write(locked, "inspect_equipment", "设备检验", by, now, str(locked), before=before, after=_told(locked, fields))
    return locked


# ── within ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _hold(enterprise: Enterprise, by: By) -> None:
    """The enterprise locked, since the line goes into its trail; refused where it is not `by`'s to keep."""
    locked = Enterprise.objects.select_for_update(of=("self",)).get(pk=enterprise.pk)
    if sentence := keeping_refusal(locked, by):
        raise Refused(sentence)


def _refuse_flaws(part: Part, touched: set[str]) -> None:
    if not str(getattr(part, "name", "")).strip():
        raise Refused(f"请填写{_kind_of(part)}的名称。", "name")
    if (site := getattr(part, "site", None)) and site.enterprise_id != part.enterprise_id:
        raise Refused("请选择本企业的场所。", "site")
    if {"latitude", "longitude"} & touched and (refusal := position_refusal(part.latitude, part.longitude)):  # type: ignore[attr-defined]
        raise refusal
    if isinstance(part, Licence) and part.valid_from and part.valid_to and part.valid_to < part.valid_from:
        raise Refused("有效期的止日不能早于起日，请核对。", "valid_to")
    try:
        part.clean_fields(exclude={each.name for each in part._meta.concrete_fields} - touched)
    except ValidationError as flaw:
        name, sentences = next(iter(flaw.message_dict.items()))
        raise Refused("".join(sentences), name) from flaw


def _kind_of(part: Part) -> str:
    return str(part._meta.verbose_name)


def _told(part: Part, fields: Mapping[str, Any]) -> dict[str, str]:
    """Label → what stands there, in words."""
    told = {}
    for name, value in fields.items():
        model_field: Any = part._meta.get_field(name)
        if model_field.choices:
            value = dict(model_field.choices).get(value, value)
        if isinstance(value, bool):
            value = "是" if value else "否"
        if isinstance(value, date):
            value = full_day(value)
        told[str(model_field.verbose_name)] = "" if value is None else str(value)
    return told


def _line(
    part: Part,
    verb: str,
    label: str,
    by: By,
    now: datetime,
    name: str,
    *,
    after: Mapping[str, str],
    before: Mapping[str, str] | None = None,
    reason: str = "",
) -> audit.NewLine:
    """合成车间：位置由“厂区东侧”改为“厂区西侧”."""
    if before is None:
        said = "；".join(f"{each}：{text}" for each, text in after.items() if text and text != name)
    else:
        said = "；".join(f"{each}由“{before[each] or '空'}”改为“{text or '空'}”" for each, text in after.items())
    return audit.NewLine(
        record_type="registry.enterprise",
        record_id=str(part.enterprise_id),
        kind=Kind.EDIT,
        verb=verb,
        label=label,
        by=by,
        now=now,
        data={"part": f"{name}（{said}）" if said else name, "of": f"{part._meta.label_lower}:{part.pk}"},
        reason=reason,
    )


def _write(part: Part, verb: str, label: str, by: By, now: datetime, name: str, **more: Any) -> None:
    audit.append_many([_line(part, verb, label, by, now, name, **more)])
