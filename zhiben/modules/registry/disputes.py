"""The life of a quarrel over who supervises: opened, argued by both, settled by the safety committee's office."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.actors import Above, Holder
from zhiben.core.clock import local_day
from zhiben.core.org.models import Region, Unit, UnitKind
from zhiben.core.org.paths import ancestors
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine
from zhiben.core.workflow.table import Deadline, Input, Step, Workflow, days

from .dividing import assign_supervision, claiming_refusal
from .models.supervision import DisputeStatus, SupervisionClaim, SupervisionDispute

S = DisputeStatus
TO_ANSWER, TO_SETTLE = timedelta(days=10), timedelta(days=20)
"""From the day on which a dispute is opened."""

OFFICERS = (Role.REGULATOR, Role.UNIT_OFFICER, Role.COMMITTEE_OFFICER)
LEADERS = (Role.UNIT_LEADER, Role.REGULATOR_CHIEF, Role.COMMITTEE_CHIEF)
CLAIMANT = Holder(*OFFICERS, *LEADERS, unit="claimant", label="提出单位")
RESPONDENT = Holder(*OFFICERS, *LEADERS, unit="responsible_unit", label="对方单位")
OFFICE = Holder(Role.COMMITTEE_OFFICER, Role.COMMITTEE_CHIEF, unit="supervising_unit", label="安委会办公室")
RESPONDING_LEADER = Holder(*LEADERS, unit="responsible_unit", label="对方单位负责人")
CHIEF = Holder(Role.COMMITTEE_CHIEF, unit="supervising_unit", label="安委办主任")
GOVERNOR = Holder(
    Role.GOVERNMENT_LEADER, unit="supervising_unit", fallback=Above(Role.GOVERNMENT_LEADER), label="分管领导"
)


@transaction.atomic
def open_dispute(
    *, sector: str, region: Region, respondent: Unit, matter: str, argument: str, by: Acting, now: datetime
) -> SupervisionDispute:
    """One's own unit asks the committee's office to settle who supervises a cell. Raises Refused."""
    if refusal := claiming_refusal(region, by):
        raise Refused(refusal)
    if sector not in Sector.values:
        raise Refused("请从列表中选择行业领域。", "sector")
    if respondent.pk == by.unit.pk or respondent.kind == UnitKind.ENTERPRISE:
        raise Refused("请选择与本单位有争议的另一个监管单位。", "respondent")
    for name, text in (("matter", matter), ("argument", argument)):
        if not text.strip():
            raise Refused("请写清争议事项和本单位的意见。", name)
    office = office_of(region.path, local_day(now))
    same = SupervisionDispute.objects.filter(sector=sector, region=region, status__in=(S.OPENED, S.ARGUED))
    list(Region.objects.select_for_update(no_key=True).filter(pk=region.pk).values_list("pk"))
    if running := same.first():
        raise Refused(f"“{running}”的争议正在办理，请打开它补充意见。")
    today = local_day(now)
    dispute = SupervisionDispute.objects.create(
        sector=sector, region=region, region_path=region.path, claimant=by.unit, responsible_unit=respondent,
        supervising_unit=office, matter=matter.strip(), claimant_argument=argument.strip(), opened_at=now,
        answer_by=today + TO_ANSWER, settle_by=today + TO_SETTLE,
    )  # fmt: skip
    engine.begin(dispute, by=by, now=now, label="提出争议")
    return dispute


def office_of(region_path: str, day: date) -> Unit:
    """The office of the nearest safety committee. Raises Refused where there is none."""
    offices = Unit.objects.valid_on(day).filter(kind=UnitKind.COMMITTEE_OFFICE, region_path__in=ancestors(region_path))
    nearest = max(offices.order_by("pk"), key=lambda unit: len(unit.region_path), default=None)
    if nearest is None:
        raise Refused("本地还没有安委会办公室，请先由系统管理员建立，再提出争议。")
    return nearest


# ── why not ──────────────────────────────────────────────────────────────────────────────────────────────────────


def party_to_it(dispute: SupervisionDispute, acting: Acting) -> str | None:
    if acting.unit.pk in (dispute.claimant_id, dispute.responsible_unit_id):
        return "本单位是争议的一方，请由上级安委会办公室裁定"
    return None


def _able_to_supervise(value: Unit, dispute: SupervisionDispute, now: datetime) -> str | None:
    return "请选择部门、乡镇或园区，企业不能承担监管职责" if value.kind == UnitKind.ENTERPRISE else None


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────


def _settle(dispute: SupervisionDispute, data: Mapping[str, Any], by: By, now: datetime) -> list[str]:
    """The settlement writes the matrix, and what the units said about the cell has had its answer."""
    assign_supervision(
        sector=dispute.sector, region=dispute.region, unit=data["decided_unit"], basis=data["document"],
        valid_from=data["effective_on"], by=by, now=now,
    )  # fmt: skip
    SupervisionClaim.objects.filter(sector=dispute.sector, region=dispute.region, ended_at=None).update(ended_at=now)
    dispute.settled_at = now
    return ["settled_at"]


DISPUTE_LIFE = Workflow(
    model=SupervisionDispute,
    label="监管职责争议",
    start=S.OPENED,
    final=(S.SETTLED, S.WITHDRAWN),
    with_related=("region",),
    inputs=(
        Input("respondent_argument", "本单位的意见", "long_text", help="写明依据，例如三定规定、法律条款"),
        Input("claimant_argument", "提出单位的意见", "long_text",
              initial=lambda dispute, acting, now: dispute.claimant_argument),
        Input("decided_unit", "裁定由哪个单位监管", "unit", check=_able_to_supervise),
        Input("files", "佐证材料", "files"),
    ),
    steps=(
        Step("argue", "说明意见", S.OPENED, S.ARGUED, RESPONDENT, needs=("respondent_argument",), takes=("files",),
             tells=(CLAIMANT,), help="说明后由安委会办公室裁定"),
        Step("add_argument", "补充意见", (S.OPENED, S.ARGUED), None, CLAIMANT, needs=("claimant_argument",),
             takes=("files",), waits=False, tone="quiet"),
        Step("settle", "裁定", S.ARGUED, S.SETTLED, OFFICE,
             needs=("decided_unit", "decision", "document", "effective_on"), takes=("files",), unless=party_to_it,
             effect=_settle, tells=(CLAIMANT, RESPONDENT), help="裁定写入监管分工表，相关企业的监管单位随之变更"),
        Step("settle_unheard", "未说明即裁定", S.OPENED, S.SETTLED, OFFICE,
             needs=("decided_unit", "decision", "document", "effective_on", "reason"), takes=("files",),
             unless=party_to_it, effect=_settle, waits=False,
             tone="danger", tells=(CLAIMANT, RESPONDENT), help="对方逾期不说明，或者情况紧急时使用，须写明理由"),
        Step("withdraw", "撤回", (S.OPENED, S.ARGUED), S.WITHDRAWN, CLAIMANT, needs=("reason",), waits=False,
             tone="quiet", tells=(RESPONDENT, OFFICE)),
    ),
    deadlines=(
        Deadline("answer", "说明期限", (S.OPENED,), due="answer_by", remind=(days(3), days(1)),
                 escalate=((days(0), RESPONDING_LEADER), (days(3), OFFICE))),
        Deadline("settle", "裁定期限", (S.OPENED, S.ARGUED), due="settle_by", remind=(days(3),),
                 escalate=((days(0), CHIEF), (days(7), GOVERNOR))),
    ),
)  # fmt: skip
