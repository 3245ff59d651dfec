"""The life of an enterprise: at work, suspended, closed or merged into another."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.actors import AnyOf, Holder
from zhiben.core.clock import local_day
from zhiben.core.org import services as org
from zhiben.core.org.models import Unit
from zhiben.core.org.paths import contains
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import Sector
from zhiben.core.workflow.refusal import StepInvalid
from zhiben.core.workflow.table import Input, Step, Workflow

from .events import EnterpriseClosed, EnterpriseMerged, EnterpriseReopened, EnterpriseResumed, EnterpriseSuspended
from .models.enterprises import EXISTING, Enterprise, EnterpriseStatus

S = EnterpriseStatus
Fields = list[str]

OFFICERS = (Role.REGULATOR, Role.UNIT_OFFICER, Role.COMMITTEE_OFFICER)
LEADERS = (Role.REGULATOR_CHIEF, Role.UNIT_LEADER, Role.COMMITTEE_CHIEF)

SUPERVISOR = Holder(*OFFICERS, *LEADERS, unit="supervising_unit", label="监管单位")
TOWN = Holder(*OFFICERS, *LEADERS, unit="unit.superior", label="所在乡镇（园区）")
KEEPERS = AnyOf(SUPERVISOR, TOWN)
OWN = Holder(Role.ENTERPRISE_HEAD, Role.SAFETY_OFFICER, unit="unit", fallback=None, label="企业")


# ── what may be filled in ────────────────────────────────────────────────────────────────────────────────────────


def existing_heir(value: Unit, enterprise: Enterprise, now: datetime) -> str | None:
    """Into whom an enterprise may be merged: another one that is there."""
    heir = Enterprise.objects.filter(unit=value).first()
    if heir is None:
        return f"“{value}”没有企业档案，请先为并入的企业建档，再办理并入"
    if heir.pk == enterprise.pk:
        return "不能并入自己，请选择另一家企业"
    if not heir.exists:
        return f"“{heir}”{heir.get_status_display()}，请选择现存的企业"
    return None


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────


def note_day(enterprise: Enterprise, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    enterprise.status_since = local_day(now)
    return ["status_since"]


def end_unit(enterprise: Enterprise, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Its posts end, and what is open there climbs to the unit above."""
    org.close_unit(unit=enterprise.unit, last_day=local_day(now), by=by, now=now)
    return note_day(enterprise, data, by, now)


def hand_over(enterprise: Enterprise, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    heir = Enterprise.objects.select_for_update().get(unit=data["heir"])
    if not heir.exists:  # two officers merge two enterprises into each other at once
        raise StepInvalid({"heir": f"“{heir}”刚刚{heir.get_status_display()}，请刷新页面后重新选择"})
    if isinstance(by, Acting) and not contains(by.unit.region_path, heir.region_path):
        raise StepInvalid({"heir": f"“{heir}”不在您的辖区内，请由共同的上级单位办理"})
    enterprise.merged_into = heir
    org.close_unit(unit=enterprise.unit, last_day=local_day(now), successor=heir.unit, by=by, now=now)
    return ["merged_into", *note_day(enterprise, data, by, now)]


def reopen_unit(enterprise: Enterprise, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    org.reopen_unit(unit=enterprise.unit, by=by, now=now)
    return note_day(enterprise, data, by, now)


ENTERPRISE_LIFE = Workflow(
    model=Enterprise,
    label="企业",
    start=S.OPERATING,
    final=(S.MERGED,),
    at_rest=(S.OPERATING, S.SUSPENDED, S.CLOSED),
    with_related=("unit",),
    inputs=(
        Input("heir", "并入哪家企业", "unit", help="没有办结的隐患由这家企业继续整改", check=existing_heir),
        Input("files", "佐证材料", "files", help="停产通知、注销证明、复产验收意见等"),
        # not asked by a step, but named in the trail of what was changed in the file
        Input("region", "所在区域", "text"),
        Input("sector", "行业领域", "text", choices=tuple(Sector.choices)),
        Input("part", "内容", "text"),
    ),
    steps=(
        Step("suspend", "停产停业", S.OPERATING, S.SUSPENDED, AnyOf(SUPERVISOR, TOWN, OWN), needs=("reason",),
             takes=("files",), effect=note_day, announces=EnterpriseSuspended, waits=False, tone="quiet",
             tells=(SUPERVISOR,), help="停产停业期间未整改完的隐患仍在，复产前应当整改到位"),
        Step("resume", "恢复生产经营", S.SUSPENDED, S.OPERATING, KEEPERS, needs=("reason",), takes=("files",),
             effect=note_day, announces=EnterpriseResumed, waits=False, tells=(OWN,),
             help="复产复工验收合格后由监管单位办理"),
        Step("close", "关闭", EXISTING, S.CLOSED, KEEPERS, needs=("reason",), takes=("files",), effect=end_unit,
             announces=EnterpriseClosed, waits=False, tone="danger", tells=(SUPERVISOR,),
             help="企业注销、关闭或者搬离后办理；没有办结的隐患转由所在乡镇（园区）处理，不会丢失"),
        Step("merge", "并入其他企业", EXISTING, S.MERGED, KEEPERS, needs=("heir", "reason"), takes=("files",),
             effect=hand_over, announces=EnterpriseMerged, waits=False, tone="danger", tells=(SUPERVISOR,),
             help="没有办结的隐患转给并入的企业继续整改"),
        Step("reopen", "恢复建档", S.CLOSED, S.OPERATING, KEEPERS, needs=("reason",), effect=reopen_unit,
             announces=EnterpriseReopened, waits=False, tone="quiet", help="误办关闭或者重新开业时办理；人员岗位须重新任命"),
    ),
)  # fmt: skip
