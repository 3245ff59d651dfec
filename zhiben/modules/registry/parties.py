"""Experts, institutions and insurers of a region's pool, and the liability policies of enterprises (安责险)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Sum

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.permissions import Permission, may, require
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.org.models import Region
from zhiben.core.org.paths import contains
from zhiben.core.refusal import Refused

from .checks import code_refusal, keeping_refusal, trades_refusal
from .models.enterprises import Enterprise
from .models.parties import LICENSED, Party, PartyKind, Policy, PreventionVisit
from .reminding import forget

P = TypeVar("P", bound=Party)

KEPT = (
    "kind", "name", "credit_code", "field", "trades", "employer", "qualification", "qualification_number", "valid_to",
    "contact", "mobile", "is_available", "is_retired",
)  # fmt: skip
COVERED = (
    "insurer", "number", "begins_on", "ends_on", "amount", "insured_people", "promised_hours", "service_note",
    "is_cancelled",
)  # fmt: skip


# ── the pool of a region ─────────────────────────────────────────────────────────────────────────────────────────


def pool_refusal(party: Party, by: By) -> str | None:
    """Why this expert or institution is not `by`'s to keep: the pool of a region is kept by those in it or above."""
    if not may(by, Permission.MANAGE_ENTERPRISES):
        return "您当前的岗位不能维护专家和机构，请联系本级安委办或监管单位。"
    if isinstance(by, Acting) and not contains(by.unit.region_path, party.region_path):
        return f"服务区域“{party.region}”不在本单位的辖区内，请联系当地维护。"
    return None


@transaction.atomic
def add_party(*, of: type[P], region: Region, by: By, now: datetime, **given: Any) -> P:
    """Enter an Expert, an Institution or an Insurer into the pool of a region; `given` are fields of KEPT.
    Raises Refused."""
    require(by, Permission.MANAGE_ENTERPRISES)
    party = of(region=region, region_path=region.path)
    party.kind = given.pop("kind", of.kinds[0])
    _set(party, KEPT, given)
    _refuse_party(party, by, local_day(now), is_new=True)
    party.save()
    _line(party, "add_party", f"登记{party._meta.verbose_name}", by, now, {})
    return party


@transaction.atomic
def change_party(*, party: P, by: By, now: datetime, region: Region | None = None, **given: Any) -> P:
    """Correct an entry; `is_retired` takes it out of use. Raises Refused."""
    locked: Any = type(party)._default_manager.select_for_update(of=("self",)).select_related("region").get(pk=party.pk)
    if sentence := pool_refusal(locked, by):
        raise Refused(sentence)
    changed = _set(locked, KEPT, given)
    if region is not None and region.pk != locked.region_id:
        changed["region"] = {"from": str(locked.region), "to": str(region)}
        locked.region, locked.region_path = region, region.path
    if changed:
        _refuse_party(locked, by, local_day(now), is_new=False)
        locked.save()
        _line(locked, "change_party", f"修改{locked._meta.verbose_name}", by, now, {"changed": changed})
    kept: P = locked
    return kept


def _refuse_party(party: Party, by: By, today: date, *, is_new: bool) -> None:
    if not party.name.strip():
        raise Refused("请填写专家的姓名或者机构的名称。", "name")
    if not party.field.strip():
        raise Refused("请填写专业或业务范围，派用时按它查找。", "field")
    if party.kind not in party.kinds:
        raise Refused("请从列表中选择类别。", "kind")
    if sentence := pool_refusal(party, by):
        raise Refused(sentence, "region")
    if refusal := code_refusal(party.credit_code) or trades_refusal(party.trades):
        raise refusal
    if party.kind in LICENSED and not party.is_retired:
        if not party.qualification_number.strip():
            raise Refused(f"{party.get_kind_display()}必须有资质，请填写资质证书的编号。", "qualification_number")
        if party.valid_to is None:
            raise Refused(f"请填写{party.get_kind_display()}的资质有效期。", "valid_to")
    if is_new and party.valid_to is not None and party.valid_to < today:
        raise Refused(f"资质已于{full_day(party.valid_to)}到期，请填写有效的资质。", "valid_to")
    _clean(party)
    same = Party.objects.filter(kind=party.kind, name=party.name, region=party.region).exclude(pk=party.pk)
    if same.exists():
        raise Refused(
            f"“{party.region}”已经登记了“{party.name}”，请打开原有的一条修改；同名的请在后面注明单位。", "name"
        )


# ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def add_policy(*, enterprise: Enterprise, by: By, now: datetime, **given: Any) -> Policy:
    """Enter a liability policy; `given` are fields of COVERED. Raises Refused."""
    _hold(enterprise, by)
    policy = Policy(enterprise=enterprise)
    _set(policy, COVERED, given)
    _refuse_policy(policy)
    policy.save()
    _line(policy, "add_policy", "登记安责险保单", by, now, {"number": policy.number, "enterprise": str(enterprise)})
    return policy


@transaction.atomic
def change_policy(*, policy: Policy, by: By, now: datetime, **given: Any) -> Policy:
    """Correct a policy; `is_cancelled` says that it no longer covers. Raises Refused."""
    _hold(policy.enterprise, by)
    locked = Policy.objects.select_for_update(of=("self",)).select_related("enterprise", "insurer").get(pk=policy.pk)
    if changed := _set(locked, COVERED, given):
        _refuse_policy(locked)
        locked.save()
        if {"ends_on", "is_cancelled"} & changed.keys():
            forget(locked, now=now)
        _line(locked, "change_policy", "修改安责险保单", by, now, {"changed": changed})
    return locked


@transaction.atomic
def record_visit(
    *, policy: Policy, given_on: date, hours: Decimal, content: str, by: By, now: datetime
) -> PreventionVisit:
    """The insurer gave accident prevention: so many hours on a day. Raises Refused."""
    _hold(policy.enterprise, by)
    locked = Policy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
    if not locked.begins_on <= given_on <= locked.ends_on:
        raise Refused(
            f"服务日期应在保险期间内（{full_day(locked.begins_on)}至{full_day(locked.ends_on)}），请核对。", "given_on"
        )
    if given_on > local_day(now):
        raise Refused("服务日期不能晚于今天，请在服务以后登记。", "given_on")
    if not 0 < hours <= 24 * 5:
        raise Refused("一次服务的时长应大于 0，不超过 120 小时；时间更长的请分次登记。", "hours")
    if not content.strip():
        raise Refused("请写明提供了什么服务，例如隐患排查、培训、应急演练。", "content")
    visit = PreventionVisit(policy=locked, given_on=given_on, hours=hours, content=content.strip(), entered_at=now)
    visit.entered_by = by.person if isinstance(by, Acting) else None
    _clean(visit)
    visit.save()
    locked.service_hours = locked.visits.aggregate(sum=Sum("hours"))["sum"]
    locked.save(update_fields=["service_hours"])
    said = {"given_on": given_on.isoformat(), "hours": f"{hours}", "content": visit.content}
    _line(locked, "record_visit", "登记事故预防服务", by, now, {f"visits__{name}": each for name, each in said.items()})
    return visit


def _hold(enterprise: Enterprise, by: By) -> None:
    locked = Enterprise.objects.select_for_update(of=("self",)).get(pk=enterprise.pk)
    if sentence := keeping_refusal(locked, by):
        raise Refused(sentence)


def _refuse_policy(policy: Policy) -> None:
    if policy.insurer_id is None or policy.insurer.kind != PartyKind.INSURER:
        raise Refused("请选择保险机构；名单里没有的，请联系监管单位先登记。", "insurer")
    if not policy.number.strip():
        raise Refused("请填写保单号。", "number")
    if policy.begins_on is None or policy.ends_on is None:
        raise Refused("请填写保险期间。", "begins_on" if policy.begins_on is None else "ends_on")
    if policy.ends_on < policy.begins_on:
        raise Refused("到期日期不能早于起保日期，请核对。", "ends_on")
    if policy.amount is None or policy.amount <= 0:
        raise Refused("请填写保险金额，单位是万元。", "amount")
    _clean(policy)
    if Policy.objects.filter(insurer=policy.insurer, number=policy.number).exclude(pk=policy.pk).exists():
        raise Refused(f"“{policy.insurer}”的保单号“{policy.number}”已经登记过，请核对。", "number")


# ── within ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _set(record: models.Model, known: tuple[str, ...], given: dict[str, Any]) -> dict[str, Any]:
    """Put the values in; returns what became another, as the trail writes it."""
    if unknown := given.keys() - set(known):
        raise TypeError(f"{record._meta.label} is not kept with {sorted(unknown)}")
    changed = {}
    for name, value in given.items():
        value = value.strip() if isinstance(value, str) else list(value) if isinstance(value, tuple) else value
        before = getattr(record, name, None)
        if before != value:
            changed[name] = {"from": _said(before), "to": _said(value)}
            setattr(record, name, value)
    return changed


def _said(value: Any) -> Any:
    return value if isinstance(value, bool | int | list | None) else str(value)


def _clean(record: models.Model) -> None:
    try:
        record.clean_fields()
    except ValidationError as flaw:
        name, sentences = next(iter(flaw.message_dict.items()))
        raise Refused("".join(sentences), name) from flaw


def _line(record: models.Model, verb: str, label: str, by: By, now: datetime, data: dict[str, Any]) -> None:
    audit.append(
        record_type=record._meta.label_lower, record_id=str(record.pk), kind=Kind.EDIT, verb=verb, label=label, by=by,
        now=now, data=data,
    )  # fmt: skip
