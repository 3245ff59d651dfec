"""外包外租: a contractor or lessee is put forward with its papers, by the enterprise's own people."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from zhiben.core.access.acting import Acting, By
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.files.models import Upload
from zhiben.core.files.services import attach_file
from zhiben.core.org.roles import Role
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine

from .checks import code_refusal
from .models.engagements import (
    RUNNING,
    Engagement,
    EngagementKind,
    EngagementStatus,
    PaperKind,
    Qualification,
)
from .models.enterprises import Enterprise
from .models.parts import Site
from .reminding import forget

K, S, PAPER = EngagementKind, EngagementStatus, PaperKind
RECORD = "registry.engagement"
PROPOSABLE = (
    "kind", "name", "credit_code", "under", "work", "place", "special_work", "unlicensed_reason", "head_name",
    "head_mobile", "workers", "begins_on", "ends_on",
)  # fmt: skip
CONTACTS = ("head_name", "head_mobile", "workers")
"""What may still be corrected after admission; the rest was what was admitted."""
PAPER_FIELDS = ("kind", "holder", "number", "valid_to")
ENDLESS = (PAPER.BUSINESS, PAPER.OTHER)
"""Papers that may be without an end."""


def own_refusal(enterprise: Enterprise, by: By) -> str | None:
    """Why the contractors of this enterprise are not `by`'s to keep: they are its own people's, and nobody else's."""
    own = (Role.SAFETY_OFFICER, Role.ENTERPRISE_HEAD)
    if isinstance(by, Acting) and (by.unit.pk != enterprise.unit_id or by.role not in own):
        return "外包外租单位由企业自己的主要负责人或安全管理员登记和管理，监管单位可以查看。"
    return None if enterprise.exists else f"企业{enterprise.get_status_display()}，不能再登记外包外租单位。"


# ── putting forward ──────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def propose_engagement(
    *, enterprise: Enterprise, sites: Sequence[Site] = (), by: By, now: datetime, **given: Any
) -> Engagement:
    """Put a contractor, subcontractor or lessee forward for admission; `given` are fields of PROPOSABLE. Its papers
    are added before it is admitted. Raises Refused."""
    if unknown := given.keys() - set(PROPOSABLE):
        raise TypeError(f"propose_engagement does not take {sorted(unknown)}")
    enterprise = Enterprise.objects.select_for_update(of=("self",)).select_related("unit").get(pk=enterprise.pk)
    if sentence := own_refusal(enterprise, by):
        raise Refused(sentence)
    engagement = Engagement(
        enterprise=enterprise, proposed_by=_person(by), proposed_at=now, region_path=enterprise.region_path,
        sector=enterprise.sector, responsible_unit=enterprise.unit,
        supervising_unit_id=enterprise.supervising_unit_id or enterprise.unit.superior_id, **given,
    )  # fmt: skip
    _refuse_flaws(engagement, sites, local_day(now))
    engagement.save()
    engagement.sites.set(sites)
    engine.begin(engagement, by=by, now=now, label="申请准入", data={"work": engagement.work})
    return engagement


@transaction.atomic
def change_engagement(
    *, engagement: Engagement, sites: Sequence[Site] | None = None, by: By, now: datetime, **given: Any
) -> Engagement:
    """Correct what was put forward; once admitted, only CONTACTS. Raises Refused."""
    locked = _locked(engagement, by)
    free = PROPOSABLE if locked.status in (S.PROPOSED, S.REFUSED) else CONTACTS
    if unknown := given.keys() - set(PROPOSABLE):
        raise TypeError(f"change_engagement does not change {sorted(unknown)}")
    changed = {}
    for name, value in given.items():
        if (before := getattr(locked, name)) != value:
            changed[name] = {"from": _said(before), "to": _said(value)}
            setattr(locked, name, value)
    if sites is not None and set(sites) != set(here := list(locked.sites.all())):
        changed["sites"] = {"from": _names(here), "to": _names(sites)}
    if late := changed.keys() - set(free):
        field = sorted(late)[0]
        label = Engagement._meta.get_field(field).verbose_name  # type: ignore[union-attr]
        raise Refused(f"准入以后不能再改“{label}”。内容有变化的，请结束这一份，重新申请准入。", field)
    if not changed:
        return locked
    if free is PROPOSABLE:
        locked.proposed_by = _person(by)
        _refuse_flaws(locked, sites if sites is not None else list(locked.sites.all()), local_day(now))
    else:
        _clean(locked, set(changed))
    locked.save(update_fields=[*(set(changed) - {"sites"}), "proposed_by"])
    if "sites" in changed:
        locked.sites.set(sites or ())
    _line(locked, "change_engagement", "修改外包外租", by, now, {"changed": changed})
    engine.refresh([locked], now=now)
    return locked


def _refuse_flaws(engagement: Engagement, sites: Sequence[Site], today: date) -> None:
    """What is asked of a contractor and of a lessee is not the same."""
    is_lessee = engagement.kind == K.LESSEE
    asked = {
        "name": "请填写承包（承租）单位的名称，与营业执照一致。",
        "work": "请写明承租做什么用。" if is_lessee else "请写明承包什么作业。",
        "head_name": "请填写现场负责人。",
    }
    if not is_lessee:
        asked |= {
            "credit_code": "请填写承包单位的统一社会信用代码；不得发包给不具备条件的个人。",
            "workers": "请填写进厂作业的人数。",
            "head_mobile": "请填写现场负责人的电话，作业时要随时联系得上。",
        }
    for name, sentence in asked.items():
        if not str(getattr(engagement, name) or "").strip():
            raise Refused(sentence, name)
    if is_lessee and not sites and not engagement.place.strip():
        raise Refused("请选择承租的场所，或者写明具体位置。", "sites")
    if any(site.enterprise_id != engagement.enterprise_id for site in sites):
        raise Refused("请选择本企业的场所。", "sites")
    if refusal := code_refusal(engagement.credit_code):
        raise refusal
    if engagement.credit_code and engagement.credit_code == engagement.enterprise.credit_code:
        raise Refused("这是本企业自己的代码，请填写承包（承租）单位的统一社会信用代码。", "credit_code")
    if (tied := tied_enterprise(engagement)) and not tied.exists:
        raise Refused(f"按代码查到“{tied}”{tied.get_status_display()}，不能发包或出租给它，请核对。", "credit_code")
    if engagement.begins_on is None or engagement.ends_on is None:
        raise Refused("请填写开始和结束的日期。", "begins_on" if engagement.begins_on is None else "ends_on")
    if engagement.ends_on < engagement.begins_on:
        raise Refused("结束日期不能早于开始日期，请核对。", "ends_on")
    if engagement.ends_on < today:
        raise Refused("结束日期已经过去，不必再申请准入，请核对。", "ends_on")
    _refuse_principal(engagement)
    _clean(engagement, {*PROPOSABLE} - {"under"})


def _refuse_principal(engagement: Engagement) -> None:
    """A subcontractor works under a contractor who is admitted to the same enterprise; nobody else under anybody."""
    principal = engagement.under
    if engagement.kind != K.SUBCONTRACTOR:
        if principal is not None:
            raise Refused("只有分包单位才填写总包单位，请改类别，或不选总包单位。", "under")
    elif principal is None:
        raise Refused("请选择它的总包单位；总包单位应当先准入。", "under")
    elif principal.enterprise_id != engagement.enterprise_id or principal.kind != K.CONTRACTOR:
        raise Refused("请从本企业的承包单位中选择总包单位。", "under")
    elif principal.status not in RUNNING:
        raise Refused(f"总包单位“{principal.name}”{principal.get_status_display()}，请先办理它的准入。", "under")


def tied_enterprise(engagement: Engagement) -> Enterprise | None:
    """The enterprise of this system that the contractor or lessee is: the one of the same code."""
    if not engagement.credit_code:
        return None
    return Enterprise.objects.filter(credit_code=engagement.credit_code).first()


# ── papers ───────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def add_qualification(
    *, engagement: Engagement, proof: Upload | None, by: By, now: datetime, **given: Any
) -> Qualification:
    """Enter a licence or certificate with the picture that proves it; `given` are fields of PAPER_FIELDS.
    Raises Refused."""
    locked = _locked(engagement, by)
    given["holder"] = str(given.get("holder") or "").strip() or locked.name
    paper = Qualification(enterprise_id=locked.enterprise_id, engagement=locked, **given)
    paper.entered_by = _person(by)
    _refuse_paper(paper)
    _refuse_expired(paper, local_day(now))
    if proof is None:
        raise Refused("请上传证照的照片或扫描件。", "proof")
    paper.proof = _attach(locked, paper, proof, by, now)
    paper.save()
    _line(locked, "add_qualification", f"登记{paper.get_kind_display()}", by, now, _told(paper))
    return paper


@transaction.atomic
def change_qualification(
    *, qualification: Qualification, proof: Upload | None = None, by: By, now: datetime, **given: Any
) -> Qualification:
    """Correct or renew it, or say by `is_void` that it no longer counts. It has to be checked again. Raises Refused."""
    engagement = _locked(qualification.engagement, by)
    paper = Qualification.objects.select_for_update(of=("self",)).get(pk=qualification.pk)
    before = _told(paper)
    was = {name: getattr(paper, name) for name in (*PAPER_FIELDS, "is_void")}
    for name, value in given.items():
        if name not in was:
            raise TypeError(f"change_qualification does not change {name}")
        setattr(paper, name, value)
    paper.holder = paper.holder.strip() or engagement.name
    _refuse_paper(paper)
    if not paper.is_void:
        _refuse_expired(paper, local_day(now))
    if proof is None and all(getattr(paper, name) == value for name, value in was.items()):
        return paper
    if proof is not None:
        paper.proof = _attach(engagement, paper, proof, by, now)
    paper.entered_by, paper.checked_by, paper.checked_at = _person(by), None, None
    paper.save()
    forget(paper, now=now)
    label = f"{'作废' if paper.is_void and not was['is_void'] else '更新'}{paper.get_kind_display()}"
    _line(engagement, "change_qualification", label, by, now, {"before": before, **_told(paper)})
    return paper


@transaction.atomic
def check_qualification(*, qualification: Qualification, by: Acting, now: datetime) -> Qualification:
    """Another of the enterprise's people has looked at the proof. Raises Refused for one's own entry."""
    engagement = _locked(qualification.engagement, by)
    paper = Qualification.objects.select_for_update(of=("self",)).get(pk=qualification.pk)
    if paper.entered_by_id in _same_person(by):
        raise Refused(f"“{paper}”是您本人登记的，请由本企业其他人核对。")
    if paper.is_void:
        raise Refused(f"“{paper}”已作废，不必核对。")
    if paper.checked_at is None:
        paper.checked_by, paper.checked_at = by.person, now
        paper.save(update_fields=["checked_by", "checked_at"])
        _line(engagement, "check_qualification", f"核对{paper.get_kind_display()}", by, now, _told(paper))
    return paper


def papers_asked(engagement: Engagement) -> list[tuple[str, frozenset[PaperKind]]]:
    """Which papers it has to have: what people call it, and the kinds any of which will do."""
    asked = [("营业执照", frozenset({PAPER.BUSINESS}))]
    if engagement.kind != K.LESSEE and not engagement.unlicensed_reason.strip():
        asked.append(("资质证书或者安全生产许可证", frozenset({PAPER.CAPABILITY, PAPER.PERMIT})))
    if engagement.special_work:
        asked.append(("特种作业证", frozenset({PAPER.SPECIAL})))
    return asked


def paper_flaws(engagement: Engagement, papers: Iterable[Qualification], day: date) -> list[str]:
    """What is missing or no longer holds on a day, as sentences; empty when the papers are in order."""
    live = [paper for paper in papers if not paper.is_void]
    flaws = [
        f"还没有登记{label}，请补充后再办理。"
        for label, kinds in papers_asked(engagement)
        if not any(paper.kind in kinds for paper in live)
    ]
    return flaws + [
        f"“{paper}”已于{full_day(paper.valid_to)}到期，请换成有效的；不再使用的，请作废。"
        for paper in live
        if paper.valid_to is not None and paper.valid_to < day
    ]


# ── within ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _locked(engagement: Engagement, by: By) -> Engagement:
    locked = Engagement.objects.select_for_update(of=("self",)).select_related("enterprise").get(pk=engagement.pk)
    if sentence := own_refusal(locked.enterprise, by):
        raise Refused(sentence)
    if locked.status == S.ENDED:
        raise Refused(f"“{locked}”已结束，不能再修改。")
    return locked


def _refuse_paper(paper: Qualification) -> None:
    if not paper.number.strip():
        raise Refused("请填写证照上的编号。", "number")
    if paper.valid_to is None and paper.kind not in ENDLESS:
        raise Refused(f"请填写{paper.get_kind_display()}的有效期。", "valid_to")
    _clean(paper, set(PAPER_FIELDS))


def _refuse_expired(paper: Qualification, today: date) -> None:
    if paper.valid_to is not None and paper.valid_to < today:
        raise Refused(f"有效期至{full_day(paper.valid_to)}，已经过期，请登记有效的证照。", "valid_to")


def _clean(record: Any, touched: set[str]) -> None:
    try:
        record.clean_fields(exclude={each.name for each in record._meta.concrete_fields} - touched)
    except ValidationError as flaw:
        name, sentences = next(iter(flaw.message_dict.items()))
        raise Refused("".join(sentences), name) from flaw


def _attach(engagement: Engagement, paper: Qualification, proof: Upload, by: By, now: datetime) -> Any:
    if isinstance(by, Acting) and proof.uploaded_by_id != by.person.pk:
        raise Refused("所选的文件已不存在，请重新上传。", "proof")
    return attach_file(
        record_type=RECORD, record_id=str(engagement.pk), file=proof.file, name=proof.name,
        label=str(paper.get_kind_display()), by=by, now=now,
    )  # fmt: skip


def _person(by: By) -> Any:
    return by.person if isinstance(by, Acting) else None


def _same_person(acting: Acting) -> tuple[int | None, ...]:
    return (acting.person.pk, acting.on_behalf_of.pk if acting.on_behalf_of else acting.person.pk)


def _told(paper: Qualification) -> dict[str, Any]:
    return {
        "paper": f"{paper}{f'，有效期至{full_day(paper.valid_to)}' if paper.valid_to else ''}",
        "file": paper.proof.name,
    }


def _names(sites: Iterable[Site]) -> str:
    return "、".join(sorted(site.name for site in sites))


def _said(value: Any) -> Any:
    return value if isinstance(value, bool | int | None) else str(value)


def _line(engagement: Engagement, verb: str, label: str, by: By, now: datetime, data: Mapping[str, Any]) -> None:
    audit.append(
        record_type=RECORD, record_id=str(engagement.pk), kind=Kind.EDIT, verb=verb, label=label, by=by, now=now,
        data=dict(data),
    )  # fmt: skip
