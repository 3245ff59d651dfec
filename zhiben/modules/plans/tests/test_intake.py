"""A document comes in: stored once, read by a job, laid out with every reading in its place, or refused in words."""

from io import BytesIO

import pytest

from zhiben.core.access.permissions import NotPermitted
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.models import Job
from zhiben.core.jobs.running import run_pending
from zhiben.modules.plans.models import PlanVersion, Resolution, VersionStatus
from zhiben.modules.plans.services import intake, layout
from zhiben.modules.plans.services.refusals import AlreadyUploaded

from .conftest import TEXT


def bring(content: bytes, by, now, name="实施方案.txt", plan=None) -> PlanVersion:
    upload = receive_upload(BytesIO(content), name=name, by=by, now=now)
    return intake.upload_plan(upload=upload, plan=plan, by=by, now=now)


def read(version: PlanVersion) -> PlanVersion:
    run_pending()
    version.refresh_from_db()
    return version


def test_a_plan_is_read_into_a_draft(cast, now):
    version = bring(TEXT.encode(), cast.office, now)
    assert version.status == VersionStatus.READING
    version = read(version)
    assert version.status == VersionStatus.DRAFT, version.unreadable_reason
    assert version.title == version.plan.title == "澄溪县安全生产治本攻坚三年行动实施方案(2024—2026年)"
    assert [item.number for item in version.items.all()] == ["1", "2", "3", "4"]
    lead = version.items.get(number="1").departments.get(role="lead")
    assert (lead.name, lead.resolution, lead.units.get().short_name) == (
        "县应急管理局",
        Resolution.RESOLVED,
        "县应急管理局",
    )
    text = version.document.text
    for item in version.items.prefetch_related("departments"):
        assert text[slice(*item.span)].startswith(item.number)
        for department in item.departments.all():
            assert text[slice(*department.span)] == department.name


def test_the_same_file_is_recognised(cast, now):
    first = bring(TEXT.encode(), cast.office, now)
    with pytest.raises(AlreadyUploaded, match="安宁在2026年3月10日10:00上传过") as refused:
        bring(TEXT.encode(), cast.chief, now, name="另一个名字.txt")
    assert refused.value.version == first
    assert PlanVersion.objects.count() == 1


def test_another_unit_may_have_the_same_file(cast, now):
    bring(TEXT.encode(), cast.office, now)
    assert bring(TEXT.encode(), cast.town, now).responsible_unit == cast.town.unit


def test_what_cannot_be_read_says_why_and_may_be_brought_again(cast, now):
    broken = b"%PDF-1.7\n" + b"\0" * 400
    version = read(bring(broken, cast.office, now, name="方案.pdf"))
    assert version.status == VersionStatus.UNREADABLE
    assert version.unreadable_reason.endswith("。")
    assert bring(broken, cast.office, now, name="方案.pdf").pk != version.pk


def test_a_notice_without_tasks_gives_an_empty_ledger_that_says_so(cast, now):
    notice = "关于召开安全生产会议的通知\n各单位:\n定于3月12日召开会议,请准时参加。\n县安委办\n2026年3月9日\n"
    version = read(bring(notice.encode(), cast.office, now))
    assert version.status == VersionStatus.DRAFT
    assert not version.items.exists()
    assert any("没有读到任务" in doubt for doubt in version.doubts)
    assert "没有读到任务" in cast.client("office").get(f"/drafts/{version.pk}/").content.decode()


def test_a_job_whose_worker_was_killed_reads_once(cast, now, monkeypatch):
    version = bring(TEXT.encode(), cast.office, now)
    fire = layout.engine.fire

    def killed(*args, **kwargs):
        raise RuntimeError("killed")

    monkeypatch.setattr(layout.engine, "fire", killed)
    run_pending()
    version.refresh_from_db()
    assert version.status == VersionStatus.READING
    assert not version.items.exists()
    monkeypatch.setattr(layout.engine, "fire", fire)
    Job.objects.update(not_before=None)
    assert read(version).items.count() == 4


def test_only_who_manages_plans_uploads(cast, now):
    with pytest.raises(NotPermitted):
        bring(TEXT.encode(), cast.governor, now)


def test_a_revision_remembers_what_was_confirmed(cast, now):
    from zhiben.core.org.models import Unit
    from zhiben.modules.plans.services import publishing, readings

    version = read(bring(TEXT.encode(), cast.office, now))
    bureau = Unit.objects.get(short_name="县应急管理局")
    for item in version.items.all():
        for row in item.departments.filter(resolution=Resolution.OPEN):
            readings.resolve_department(department=row, seen=99, units=[bureau], by=cast.office, now=now)
    publishing.publish_version(version=version, by=cast.office, now=now)
    changed = TEXT.replace("规范培训考核", "规范线上培训考核")
    second = read(bring(changed.encode(), cast.office, now, plan=version.plan))
    assert second.number == 2
    fire = second.items.get(number="4").departments.get(name="县消防大队")
    assert (fire.resolution, fire.units.get(), fire.reason) == (Resolution.RESOLVED, bureau, "沿用上一版的确认")
    two = second.items.get(number="2")
    assert two.predecessor == version.items.get(number="2")
