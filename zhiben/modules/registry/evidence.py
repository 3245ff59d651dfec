"""The life of evidence: filed by the enterprise, accepted or returned by who supervises it, expired after its time."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.access.actors import AnyOf, Holder, TheSystem
from zhiben.core.audit import services as audit
from zhiben.core.clock import local_day
from zhiben.core.files.models import Upload
from zhiben.core.files.services import attach_file
from zhiben.core.org.roles import Role
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine
from zhiben.core.workflow.table import Deadline, Input, Step, Workflow, days

from .applying import owes
from .checks import keeping_refusal
from .models.duties import UNDECIDED, Duty, DutyEvidence, EvidenceStatus
from .models.enterprises import Enterprise

S = EvidenceStatus
Fields = list[str]
TO_CHECK = timedelta(days=15)
MONTH = 30.4375
"""Days, on the average of four years."""
CALENDAR = Machine("佐证到期")
FOLLOWING = Machine("佐证随企业变更")
ENDING = Machine("企业已关闭或并入")

OFFICERS = (Role.REGULATOR, Role.UNIT_OFFICER, Role.COMMITTEE_OFFICER)
LEADERS = (Role.REGULATOR_CHIEF, Role.UNIT_LEADER, Role.COMMITTEE_CHIEF)
OWN = Holder(Role.SAFETY_OFFICER, Role.ENTERPRISE_HEAD, unit="responsible_unit", label="企业")
CHECKER = Holder(*OFFICERS, *LEADERS, unit="supervising_unit", apart_from="filed_by", label="监管单位（报送人以外）")
CHECKING_LEADER = Holder(*LEADERS, unit="supervising_unit", label="监管单位负责人")


@transaction.atomic
def file_evidence(
    *, enterprise: Enterprise, duty: Duty, description: str, files: Sequence[Upload], by: Acting, now: datetime
) -> DutyEvidence:
    """Evidence that an enterprise has done a duty, by its own people or by who looks after its file. Raises Refused."""
    if refusal := keeping_refusal(enterprise, by):
        raise Refused(refusal)
    enterprise = Enterprise.objects.select_for_update(of=("self",)).select_related("unit").get(pk=enterprise.pk)
    if not owes(enterprise, duty) or enterprise.waivers.filter(duty=duty).exists():
        raise Refused(f"“{enterprise}”不适用“{duty}”，无须报送。")
    if not description.strip():
        raise Refused("请写明做了什么、何时做的。", "description")
    if not files:
        raise Refused(f"请上传佐证材料：{duty.evidence}。", "files")
    if before := DutyEvidence.objects.filter(enterprise=enterprise, duty=duty, status__in=UNDECIDED).first():
        raise Refused(f"这项责任已有一份佐证{before.get_status_display()}，请打开它办理。")
    evidence = DutyEvidence.objects.create(
        enterprise=enterprise, duty=duty, description=description.strip(), filed_by=by.person, filed_at=now,
        check_by=local_day(now) + TO_CHECK, responsible_unit=enterprise.unit,
        supervising_unit=enterprise.supervising_unit or enterprise.unit.superior, region_path=enterprise.region_path,
        sector=enterprise.sector,
    )  # fmt: skip
    for upload in files:
        attach_file(
            record_type="registry.dutyevidence", record_id=str(evidence.pk), file=upload.file, name=upload.name,
            label="佐证材料", by=by, now=now,
        )  # fmt: skip
    engine.begin(evidence, by=by, now=now, label="报送", data={"files": [upload.name for upload in files]})
    return evidence


def expire_evidence(now: datetime) -> int:
    """Accepted evidence whose time is over; returns how many. Run as often as you like."""
    over = DutyEvidence.objects.filter(status=S.ACCEPTED, valid_until__lt=local_day(now)).order_by("valid_until", "pk")
    results = engine.fire_many(over, "expire", by=CALENDAR, now=now)
    return sum(result.refusal is None for result in results)


@transaction.atomic
def follow_enterprise(enterprise_id: UUID, *, now: datetime) -> None:
    """Its region, sector or supervisor is another: whoever supervises it now checks what is filed and reads its past."""
    enterprise = Enterprise.objects.select_related("unit__superior", "supervising_unit").get(pk=enterprise_id)
    to = enterprise.supervising_unit or enterprise.unit.superior
    rows = list(DutyEvidence.objects.select_for_update(of=("self",)).filter(enterprise=enterprise).order_by("pk"))
    given_over = []
    for row in rows:
        row.region_path, row.sector = enterprise.region_path, enterprise.sector
        if to is not None and row.supervising_unit_id != to.pk:
            row.supervising_unit = to
            given_over.append(row)
    DutyEvidence.objects.bulk_update(rows, ["region_path", "sector", "supervising_unit"])
    audit.append_many(
        [
            audit.NewLine(
                record_type="registry.dutyevidence", record_id=str(row.pk), kind="edit", verb="follow_enterprise",
                label="随企业监管变更", by=FOLLOWING, now=now, data={"supervising_unit": str(to)},
            )
            for row in given_over
        ]
    )  # fmt: skip
    engine.refresh([row for row in rows if row.status in UNDECIDED], now=now)


def end_with_enterprise(enterprise_id: UUID, *, now: datetime) -> None:
    """Merged or closed: nothing is left to be checked; what was accepted stays as it was."""
    undecided = DutyEvidence.objects.filter(enterprise=enterprise_id, status__in=UNDECIDED).order_by("pk")
    engine.fire_many(undecided, "withdraw", by=ENDING, now=now)


# ── why not ──────────────────────────────────────────────────────────────────────────────────────────────────────


def own_work(evidence: DutyEvidence, acting: Acting) -> str | None:
    """Nobody checks what they filed themselves, whichever post they hold."""
    if evidence.filed_by_id in (acting.person.pk, acting.on_behalf_of and acting.on_behalf_of.pk):
        return "这份佐证是您本人报送的，请由监管单位的其他人员核查"
    return None


def another_undecided(evidence: DutyEvidence, acting: Acting) -> str | None:
    same = DutyEvidence.objects.filter(enterprise=evidence.enterprise_id, duty=evidence.duty_id, status__in=UNDECIDED)
    return "企业已重新报送了一份，请核查新的那份" if same.exclude(pk=evidence.pk).exists() else None


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────


def accept(evidence: DutyEvidence, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    assert isinstance(by, Acting)
    evidence.checked_by, evidence.checked_at = by.person, now
    evidence.valid_until = valid_until(evidence.duty, local_day(evidence.filed_at))
    return ["checked_by", "checked_at", "valid_until"]


def valid_until(duty: Duty, filed_on: date) -> date | None:
    """From the day of filing: how long the checking took is not the enterprise's doing."""
    return filed_on + timedelta(days=round(duty.months * MONTH)) if duty.months else None


def note_checker(evidence: DutyEvidence, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    assert isinstance(by, Acting)
    evidence.checked_by, evidence.checked_at, evidence.valid_until = by.person, now, None
    return ["checked_by", "checked_at", "valid_until"]


def file_again(evidence: DutyEvidence, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    assert isinstance(by, Acting)
    evidence.filed_by, evidence.filed_at, evidence.check_by = by.person, now, local_day(now) + TO_CHECK
    return ["filed_by", "filed_at", "check_by"]


EVIDENCE_LIFE = Workflow(
    model=DutyEvidence,
    label="责任落实佐证",
    start=S.FILED,
    final=(S.EXPIRED, S.WITHDRAWN),
    with_related=("duty", "enterprise"),
    inputs=(
        Input("description", "落实情况", "long_text", initial=lambda record, acting, now: record.description),
        Input("files", "佐证材料", "files"),
    ),
    steps=(
        Step("accept", "通过", S.FILED, S.ACCEPTED, CHECKER, takes=("finding",), unless=own_work, effect=accept,
             tells=(OWN,), bulk=True, awaited_as="核查", help="通过后计入覆盖率，到有效期为止"),
        Step("return", "退回", S.FILED, S.RETURNED, CHECKER, needs=("reason",), unless=own_work, effect=note_checker,
             tone="danger", bulk=True),
        Step("file_again", "重新报送", S.RETURNED, S.FILED, OWN, needs=("description",), takes=("files",),
             effect=file_again),
        Step("revoke", "撤销通过", S.ACCEPTED, S.RETURNED, CHECKER, needs=("reason",), unless=another_undecided,
             effect=note_checker, waits=False, tone="danger", tells=(OWN,), help="抽查发现不实的，退回企业重新落实"),
        Step("withdraw", "撤回", (S.FILED, S.RETURNED), S.WITHDRAWN, AnyOf(OWN, TheSystem()), waits=False, tone="quiet"),
        Step("expire", "到期", S.ACCEPTED, S.EXPIRED, TheSystem(), tells=(OWN,), waits=False),
    ),
    deadlines=(
        Deadline("check", "核查期限", (S.FILED,), due="check_by", remind=(days(3),),
                 escalate=((days(0), CHECKING_LEADER),)),
    ),
)  # fmt: skip
