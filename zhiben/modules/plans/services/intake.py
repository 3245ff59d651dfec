"""How a document comes in: stored, recognised when it came before, and given to the job that reads it; and how the
version in force is taken up again to be revised."""

from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.utils.timezone import localtime

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.calendar import full_day
from zhiben.core.files.models import Upload
from zhiben.core.jobs.services import enqueue
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine

from ..models import Plan, PlanDocument, PlanVersion, VersionStatus
from .copying import copy_rows
from .layout import READER
from .refusals import AlreadyUploaded


@transaction.atomic
def upload_plan(*, upload: Upload, by: Acting, now: datetime, plan: Plan | None = None) -> PlanVersion:
    """Take in a document: of a new plan, or as the revision of one. Reading it is a job; see `jobs`.

    Raises AlreadyUploaded when this unit has the same file in use, NotPermitted, Refused.
    """
    require(by, Permission.MANAGE_PLANS)
    if plan:
        _refuse_second_draft(plan, by)
    earlier = _in_use(by, upload.file.digest)
    if earlier:
        raise AlreadyUploaded(_already(earlier), earlier.versions.order_by("number").last())
    version = _new_version(plan or _new_plan(upload.name, by, now), by, now)
    try:
        with transaction.atomic():
            version.document = PlanDocument.objects.create(
                plan=version.plan, unit=by.unit, file=upload.file, name=upload.name, digest=upload.file.digest,
                uploaded_by=by.person, uploaded_at=now,
            )  # fmt: skip
    except IntegrityError:
        raise AlreadyUploaded("同一份文件刚刚由本单位另一位同事上传，请刷新方案列表查看", None) from None
    version.save(update_fields=["document"])
    engine.begin(version, by=by, now=now, label="上传", data={"file": upload.name, "digest": upload.file.digest})
    enqueue(
        "plans.read_document", args={"version_id": version.pk}, key=job_key(version), by=by, now=now,
        label=f"读取《{upload.name}》",
    )  # fmt: skip
    return version


def job_key(version: PlanVersion) -> str:
    return f"plans.read:{version.pk}"


def fail(*, version: PlanVersion, sentence: str, now: datetime) -> PlanVersion:
    """The document cannot be read: the sentence stays on the page, the file may be uploaded again."""
    return engine.fire(version, "fail", by=READER, now=now, unreadable_reason=sentence)


def release_document(version: PlanVersion) -> None:
    """A version given up no longer keeps its file from being uploaded again; a copy shares its original's file."""
    if version.document and not version.document.versions.exclude(pk=version.pk).exists():
        PlanDocument.objects.filter(pk=version.document.pk).update(put_aside=True)


@transaction.atomic
def further_version(*, version: PlanVersion, name: str, place: int, now: datetime, by: Acting) -> PlanVersion:
    """A zip held several documents: each further one becomes a plan of its own, from the same stored file."""
    document = version.document
    assert document is not None
    further = _new_version(_new_plan(name, by, now), by, now)
    further.document = PlanDocument.objects.create(
        plan=further.plan, unit=document.unit, file=document.file, name=name, digest=f"{document.digest}:{place}",
        uploaded_by=document.uploaded_by, uploaded_at=now,
    )  # fmt: skip
    further.save(update_fields=["document"])
    engine.begin(further, by=by, now=now, label="上传", data={"file": name, "digest": document.digest})
    return further


@transaction.atomic
def copy_for_revision(*, plan: Plan, by: Acting, now: datetime) -> PlanVersion:
    """A new draft that begins as the version in force, to be changed by hand."""
    require(by, Permission.MANAGE_PLANS)
    _refuse_second_draft(plan, by)
    current = plan.current_version
    if current is None:
        raise Refused("方案还没有发布过，请直接核对现有的草稿")
    version = _new_version(plan, by, now)
    version.document, version.metadata = current.document, current.metadata
    for name, value in current.facts().items():
        setattr(version, name, value)
    version.save()
    engine.begin(version, by=by, now=now, label="复制现行版本以修订")
    copy_rows(current, version)
    return engine.fire(version, "read", by=Machine("复制现行版本"), now=now)


@transaction.atomic
def _new_plan(name: str, by: Acting, now: datetime) -> Plan:
    unit = by.unit
    plan = Plan.objects.create(
        title=name.rsplit(".", 1)[0][:255], region=unit.region, level=unit.region.level, region_path=unit.region_path,
        responsible_unit=unit, supervising_unit=unit, created_at=now,
    )  # fmt: skip
    leave_line(plan, "create", "建立方案", by=by, now=now, file=name)
    return plan


def leave_line(plan: Plan, verb: str, label: str, *, by: By, now: datetime, **data: object) -> None:
    """In the trail of the plan itself; what happens to a draft is in the trail of its version."""
    audit.append(
        record_type=plan._meta.label_lower, record_id=str(plan.pk), kind="edit", verb=verb, label=label, by=by, now=now,
        data=data,
    )  # fmt: skip


def _new_version(plan: Plan, by: Acting, now: datetime) -> PlanVersion:
    last = plan.versions.aggregate(last=models.Max("number"))["last"] or 0
    return PlanVersion.objects.create(
        plan=plan, number=last + 1, title=plan.title, based_on=plan.current_version, region_path=plan.region_path,
        sector=plan.sector, confidentiality=plan.confidentiality, responsible_unit=plan.responsible_unit,
        supervising_unit=plan.supervising_unit, created_at=now,
    )  # fmt: skip


def _refuse_second_draft(plan: Plan, by: Acting) -> None:
    Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if plan.responsible_unit_id != by.post.unit_id:
        raise Refused("这份方案由其他单位编制，请由编制单位修订")
    open_version = plan.versions.filter(status__in=(VersionStatus.READING, VersionStatus.DRAFT)).first()
    if open_version:
        raise Refused(f"{open_version}还在{open_version.get_status_display()}，请先发布或弃用它，再开始新的修订")


def _in_use(by: Acting, digest: str) -> PlanDocument | None:
    documents = PlanDocument.objects.filter(unit=by.unit, digest=digest, put_aside=False)
    return documents.select_related("plan", "uploaded_by").first()


def _already(document: PlanDocument) -> str:
    at = localtime(document.uploaded_at)
    return f"这份文件已由{document.uploaded_by}在{full_day(at)}{at:%H:%M}上传过，就是{document.plan}，不必重复上传"
