"""The main story: a plan comes in, is read, corrected, published; the work is done, slips, climbs, is verified; and
every line of it can be proved. Told through the services; `tests/browser` tells it again through the pages."""

from datetime import date
from pathlib import Path

import pytest

from zhiben.core.audit.proof import prove
from zhiben.core.audit.sealing import seal_pending
from zhiben.core.audit.services import lines_of
from zhiben.core.audit.verification import verify
from zhiben.core.events.services import deliver_pending
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.notify.models import Notification
from zhiben.core.workflow.engine import StepRefused, fire
from zhiben.core.workflow.sweep import sweep
from zhiben.core.workflow.worklist import worklist
from zhiben.modules.plans.models import ItemDepartment, PlanVersion, Resolution, VersionStatus
from zhiben.modules.plans.services.editing import merge_items
from zhiben.modules.plans.services.intake import upload_plan
from zhiben.modules.plans.services.publishing import publish_version
from zhiben.modules.plans.services.readings import resolve_department
from zhiben.modules.tasks.models import Obligation, Task

pytestmark = pytest.mark.django_db
PLAN = Path(__file__).parent / "plan.txt"


@pytest.fixture
def draft(cast, story) -> PlanVersion:
    """The office has put in the plan it was sent, and the reader has read it."""
    brought = receive_upload(PLAN.read_bytes(), name="方案.txt", by=cast.office, now=story.now)
    version = upload_plan(upload=brought, by=cast.office, now=story.now)
    run_pending()
    version.refresh_from_db()
    assert version.status == VersionStatus.DRAFT, version.unreadable_reason
    return version


@pytest.fixture
def published(cast, story, draft) -> PlanVersion:
    """What the reader could not address by itself is addressed by the office; the plan goes out."""
    open_names = ItemDepartment.objects.filter(item__version=draft, resolution=Resolution.OPEN)
    for row in open_names.select_related("item").order_by("pk"):
        resolve_department(department=row, seen=row.item.revision, by=cast.office, now=story.now)
    return publish_version(version=draft, by=cast.office, now=story.now)


def task(number: str, **where) -> Task:
    return Task.objects.get(origin_label__contains=number, **where)


def titles_waiting(acting, now):
    return [row.item.title for row in worklist(acting, now)]


def test_what_the_document_says_is_read(draft):
    assert draft.document_number == "澄安〔2024〕9号"
    items = {item.number: item for item in draft.items.prefetch_related("milestones", "indicators", "frequencies")}
    assert list(items) == ["1", "2", "3", "4", "5", "6", "7", "8"]
    assert items["4"].milestones.get().due_on == date(2026, 9, 30)
    assert (items["4"].indicators.get().operator, items["4"].indicators.get().value) == (">=", 95)
    assert items["2"].frequencies.get().per == "quarter"
    roles = [(d.name, d.role) for d in items["1"].departments.order_by("position")]
    assert roles == [("县应急管理局", "lead"), ("县住建局", "participant")]
    for item in items.values():
        assert draft.document.text[item.span_start : item.span_end].replace("\n", "").startswith(item.number)


def test_names_are_resolved_to_the_units_meant(cast, draft):
    def unit_of(name):
        row = ItemDepartment.objects.filter(item__version=draft, name=name).first()
        return list(row.units.all())

    assert unit_of("县应急管理局") == [cast.bureau_officer.unit]
    assert unit_of("县住建局") == [cast.housing_officer.unit]
    assert unit_of("柳溪镇") == [cast.town.unit]
    assert unit_of("县安委办") == [cast.office.unit]


def test_two_tasks_made_one_and_undone_by_nobody_else(cast, story, draft):
    first, second = draft.items.get(number="1"), draft.items.get(number="2")
    merge_items(item=second, into=first, seen=second.revision, seen_into=first.revision, by=cast.office, now=story.now)
    first.refresh_from_db()
    assert first.frequencies.count() == 1
    assert draft.items.filter(dropped=False).count() == 7


def test_every_task_comes_to_its_lead(cast, story, published):
    assert Task.objects.filter(parent=None).count() == 8
    leads = Task.objects.filter(parent=None, responsible_unit=cast.bureau_officer.unit)
    assert leads.count() == 4
    assert len(titles_waiting(cast.bureau_leader, story.now)) >= 4
    assert titles_waiting(cast.outsider, story.now) == []
    assert Obligation.objects.exists()


def test_a_year_of_one_task(cast, story, published):
    work = Task.objects.get(parent=None, title__startswith="整治消防通道堵塞")
    assert (work.responsible_unit, work.due_on) == (cast.housing_officer.unit, date(2026, 9, 30))
    fire(work, "accept", by=cast.housing_leader, now=story.now)

    evidence = receive_upload(b"%PDF-1.4 evidence", name="台账.pdf", by=cast.housing_officer, now=story.now)
    progress = {"percent": 40, "text": "已清理 12 处", "files": [evidence]}
    fire(work, "feed_back", by=cast.housing_officer, now=story.on("2026-05-20"), **progress)
    sweep(story.on("2026-09-23"))
    assert Notification.objects.filter(person=cast.housing_officer.person, title__contains="还剩 7 天").exists()
    sweep(story.on("2026-10-01"))
    assert Notification.objects.filter(person=cast.housing_leader.person, title__contains="逾期").exists()
    sweep(story.on("2026-10-09"))
    assert any("整治消防通道" in title for title in titles_waiting(cast.chief, story.now))

    for child in work.children.all():
        fire(child, "withdraw", by=cast.office, now=story.now, reason="由住建局一并完成")
    proof_of_work = receive_upload(b"%PDF-1.4 final", name="验收.pdf", by=cast.housing_officer, now=story.now)
    handed_in = {"summary": "全部清理完毕，整改率 98%", "files": [proof_of_work]}
    fire(work, "submit", by=cast.housing_officer, now=story.now, **handed_in)
    with pytest.raises(StepRefused):
        fire(work, "complete", by=cast.housing_leader, now=story.now)
    fire(work, "send_back", by=cast.office, now=story.now, reason="缺西区照片")
    more = receive_upload(b"%PDF-1.4 west", name="西区.pdf", by=cast.housing_officer, now=story.now)
    fire(work, "submit", by=cast.housing_officer, now=story.on("2026-10-12"), summary="已补西区照片", files=[more])
    done = fire(work, "complete", by=cast.office, now=story.now)
    assert (done.status, done.progress) == ("completed", 100)

    deliver_pending(story.now)
    seal_pending(story.on("2026-10-14"))
    checked = verify()
    assert not checked.findings
    assert prove("tasks.task", str(work.pk)).ok
    told = [line.label for line in lines_of("tasks.task", work.pk)]
    assert "办结期限逾期，提级至承办单位负责人" in told
    assert told[-1] == "核验办结"


def test_what_is_not_ours_is_returned_with_a_reason(cast, story, published):
    work = Task.objects.get(parent=None, title__startswith="淘汰落后工艺设备")
    with pytest.raises(StepRefused):
        fire(work, "return", by=cast.bureau_leader, now=story.now)
    fire(work, "return", by=cast.bureau_leader, now=story.now, reason="属工业主管部门职责")
    assert any("淘汰落后" in title for title in titles_waiting(cast.office, story.now))
    fire(work, "redispatch", by=cast.office, now=story.now, responsible_unit=cast.housing_officer.unit, reason="改派")
    assert any("淘汰落后" in title for title in titles_waiting(cast.housing_officer, story.now))
