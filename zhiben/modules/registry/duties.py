"""The duties themselves: those shipped, those an office adds for its region, and for whom one does not apply."""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.access.permissions import Permission, require
from zhiben.core.access.scope import can_see
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused

from .evidence import expire_evidence, file_evidence
from .models.duties import Duty, DutyWaiver
from .models.enterprises import Enterprise

__all__ = ["expire_evidence", "file_evidence", "keep_shipped", "set_duty", "waive_duty", "withdraw_waiver"]

SHIPPED = Path(__file__).parent / "data/duties.toml"
SETTABLE = (
    "name", "requirement", "reading", "basis", "evidence", "months", "sectors", "trades", "scales", "staff_from",
    "is_retired",
)  # fmt: skip


UNCHECKED = "未核对原文，引用前请对照"
RETOLD = "仅据转述核对，引用前请对照原文"
CHECKED = "文号已对照公布页"


def basis_of(citations: Iterable[Sequence[str]]) -> str:
    """What a duty rests on, each with how far it was checked: nothing looks verified that is not."""
    marks = {"": UNCHECKED, "retold": RETOLD}
    return "；".join(f"{cited}（{marks.get(source, CHECKED)}）" for cited, source in citations)


def keep_shipped() -> int:
    """Write the shipped duties to the table; returns how many are new or changed. Whether one is retired is the
    office's choice and stays."""
    changed = 0
    known = {duty.key: duty for duty in Duty.objects.filter(region_path="", unit=None)}
    for position, (key, given) in enumerate(tomllib.loads(SHIPPED.read_text("utf-8")).items()):
        values = {"reading": "", "sectors": [], "trades": [], "scales": [], "staff_from": None} | given
        duty = known.get(key) or Duty(key=key)
        values["basis"] = basis_of(values.pop("citations"))
        values["position"] = position
        if duty.pk is None or any(getattr(duty, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(duty, name, value)
            duty.save()
            changed += 1
    return changed


@transaction.atomic
def set_duty(*, duty: Duty | None = None, by: By, now: datetime, **given: Any) -> Duty:
    """Make a duty of one's own region, or change one; `given` are fields of SETTABLE."""
    require(by, Permission.MANAGE_SUPERVISION)
    if unknown := given.keys() - set(SETTABLE):
        raise TypeError(f"set_duty does not set {sorted(unknown)}")
    if not isinstance(by, Acting) or isinstance(by, Machine):
        raise Refused("责任事项由具体的岗位设定。")
    if set(given.get("sectors") or ()) - set(Sector.values):
        raise Refused("请从列表中选择适用行业。", "sectors")
    if duty is not None:
        duty = Duty.objects.select_for_update().get(pk=duty.pk)
        if refusal := changing_refusal(duty, by):
            raise Refused(refusal)
    else:
        duty = Duty(unit=by.unit, region_path=by.unit.region_path, position=Duty.objects.count())
        duty.key = f"own-{by.unit.pk}-{int(now.timestamp() * 1000)}"
    said = {}
    for name, value in given.items():
        if (before := getattr(duty, name)) != value:
            said[name] = {"from": before if duty.pk else None, "to": value}
            setattr(duty, name, value)
    duty.save()
    if said:
        audit.append(
            record_type="registry.duty", record_id=str(duty.pk), kind=Kind.EDIT, verb="set_duty", label="设定责任事项",
            by=by, now=now, data={"changed": said},
        )  # fmt: skip
    return duty


def changing_refusal(duty: Duty, by: Acting) -> str | None:
    if not duty.region_path:
        return "随系统提供的责任事项不能修改；本地口径不同的，请新建一项。"
    return None if duty.unit_id == by.unit.pk else f"这项责任由{duty.unit}设定，请联系该单位修改。"


@transaction.atomic
def waive_duty(*, enterprise: Enterprise, duty: Duty, reason: str, by: Acting, now: datetime) -> DutyWaiver:
    """Find that a duty does not apply to one enterprise: said by who looks after enterprises, never by itself."""
    require(by, Permission.MANAGE_ENTERPRISES)
    if not can_see(enterprise, by):
        raise Refused("这家企业不归本单位监管，也不在本辖区。")
    if not reason.strip():
        raise Refused("请写明为什么不适用，统计时会列出。", "reason")
    waiver, is_new = DutyWaiver.objects.get_or_create(
        enterprise=enterprise, duty=duty,
        defaults={"reason": reason.strip()[:300], "made_by": by.person, "made_at": now},
    )  # fmt: skip
    if is_new:
        _leave_line(enterprise, duty, "waive_duty", "认定不适用", by, now, waiver.reason)
    return waiver


@transaction.atomic
def withdraw_waiver(*, waiver: DutyWaiver, by: Acting, now: datetime) -> None:
    require(by, Permission.MANAGE_ENTERPRISES)
    if not can_see(waiver.enterprise, by):
        raise Refused("这家企业不归本单位监管，也不在本辖区。")
    _leave_line(waiver.enterprise, waiver.duty, "withdraw_waiver", "取消不适用", by, now, "")
    waiver.delete()


def _leave_line(enterprise: Enterprise, duty: Duty, verb: str, label: str, by: By, now: datetime, reason: str) -> None:
    Enterprise.objects.select_for_update(of=("self",)).get(pk=enterprise.pk)
    audit.append(
        record_type="registry.enterprise", record_id=str(enterprise.pk), kind=Kind.EDIT, verb=verb, label=label, by=by,
        now=now, data={"duty": str(duty)}, reason=reason,
    )  # fmt: skip
