"""The story of the doors: a list of four hundred people comes in, another system reads and reports, a department head is
told once, the monthly review goes out on paper, a receiver is called, and all of it is found again on a second machine.
Told through the services; `tests/browser/test_doors.py` tells it again through the pages."""

import base64
import hmac
import json
import re
import shutil
import time
from collections import Counter
from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO

import pytest
from docx import Document

from tests.workbooks import office_book
from zhiben.config.backup.tests.machines import machines
from zhiben.core import clock
from zhiben.core.api.testing import caller, is_problem
from zhiben.core.audit.sealing import seal_pending
from zhiben.core.audit.services import lines_of
from zhiben.core.clock import CHINA
from zhiben.core.events.services import deliver_pending
from zhiben.core.exchange import services as exchange
from zhiben.core.exchange.models import Stage
from zhiben.core.exchange.summary import counts_of
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.notify.kinds import Medium
from zhiben.core.notify.models import Contact, Notification
from zhiben.core.notify.tests.servers import PostOffice, standing
from zhiben.core.notify.upkeep import work as send_letters
from zhiben.core.org import services as org
from zhiben.core.org.models import Person, Post, ProposedPost, Region, Unit
from zhiben.core.refusal import Refused
from zhiben.core.webhooks import sending
from zhiben.core.webhooks import services as webhooks
from zhiben.core.webhooks.tests.test_sending import Receiver
from zhiben.core.workflow.engine import fire
from zhiben.modules.tasks.models import Feedback, Task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_clock(story, monkeypatch):
    """Logins, tokens and their limits, too, live in the time of the story."""
    monkeypatch.setattr(clock, "machine_now", lambda: story.now)


def test_four_hundred_people_come_in_from_the_offices_own_excel(cast, story):
    book = office_book(county="澄溪县", county_code="990121")
    keeper = {"by": cast.system_administrator, "now": story.now}

    def checked(key, sheet):
        upload = receive_upload(book.content, name="名录.xlsx", **keeper)
        run = exchange.begin_import(key=key, upload=upload, sheet=sheet, **keeper)
        return exchange.map_columns(run=run, mapping=run.columns, **keeper)

    def carried_out(run):
        exchange.confirm(run=run, all_or_nothing=True, version=run.version, **keeper)
        run_pending()
        run.refresh_from_db()
        assert run.stage == Stage.DONE, run.error
        return counts_of(run)

    regions, units = Region.objects.count(), Unit.objects.count()
    carried_out(checked("org.regions", "区域"))
    carried_out(checked("org.units", "单位"))
    assert Region.objects.count() == regions + book.regions
    assert Unit.objects.count() > units

    run = checked("org.people", "人员")
    assert (counts_of(run).waiting, counts_of(run).bad) == (book.people, 3)
    assert sorted(run.rows.filter(is_bad=True).values_list("number", flat=True)) == sorted(book.bad)
    assert all(sentence for row in run.rows.filter(is_bad=True) for sentence in row.sentences)
    here_before = Person.objects.count()
    with pytest.raises(Refused):
        exchange.confirm(run=run, all_or_nothing=True, version=run.version, **keeper)
    run_pending()
    assert Person.objects.count() == here_before, "with three rows bad, nothing is half-imported"

    short, unknown, nameless = book.bad
    mended = {short: {"mobile": "13900000007"}, unknown: {"unit": "县教育局"}, nameless: {"name": "林溪"}}
    run.refresh_from_db()
    run = exchange.mend_rows(run=run, changes=mended, **keeper)
    assert carried_out(run).done["new"] == 400
    assert Person.objects.count() == here_before + 400

    # A list gives nobody a right; the security administrator does, and one of them finds work.
    newcomer = Person.objects.get(name="林溪", user__username__startswith="user")
    assert not newcomer.posts.exists()
    proposed = list(ProposedPost.objects.order_by("pk"))
    results = org.confirm_proposals(proposals=proposed, by=cast.security_administrator, now=story.now)
    assert [each.refusal for each in results if each.refusal] == []
    assert Post.objects.filter(person__user__username__startswith="user").count() == len(proposed) == 400
    assert lines_of("org.person", newcomer.pk)[0].actor_name == cast.system_administrator.person.name


def test_a_data_platform_pulls_what_changed_since_yesterday_and_reports_twice_by_mistake(cast, story, give):
    story.on("2026-03-05")
    old, worked_on = give(cast.bureau_officer), give(cast.bureau_officer)
    give(cast.housing_officer, "检查工地塔吊")
    story.on("2026-03-10", 9)
    fire(worked_on, "accept", by=cast.bureau_officer, now=story.now)
    story.on("2026-03-10", 15)

    platform = caller(cast.bureau_officer, "tasks:read", "tasks:write", now=story.now)
    yesterday = (story.now - timedelta(days=1)).astimezone(CHINA).isoformat()
    found = [each["id"] for each in platform.get("/tasks", updated_since=yesterday).json()["items"]]
    assert found == [str(worked_on.pk)]
    assert len(platform.get("/tasks").json()["items"]) == 2, "of its own unit, and of no other"
    assert platform.get(f"/tasks/{old.pk}").status_code == 200
    is_problem(platform.get("/changes"), 403)

    report = {"percent": 60, "text": "已完成 12 家企业的检查。"}
    answers = [platform.post(f"/tasks/{worked_on.pk}/feedback", report, key="2026-03-10-118") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert Feedback.objects.filter(task=worked_on).count() == 1
    verbs = Counter(line.verb for line in lines_of("tasks.task", worked_on.pk))
    assert verbs["feed_back"] == 1


def test_a_department_head_gets_one_digest_at_eight_and_not_forty_messages(cast, story, give, settings):
    head = cast.bureau_leader
    Contact.objects.create(
        person=head.person, medium=Medium.MAIL, address="leader@example.gov.cn", verified_at=story.now
    )
    settings.ZHIBEN_MAIL_FROM = "治本 <zhiben@example.gov.cn>"
    settings.ZHIBEN_PUBLIC_URL = "https://zhiben.example.gov.cn"
    with standing(PostOffice()) as post_office:
        settings.ZHIBEN_SMTP_URL = f"smtp://127.0.0.1:{post_office.port}"
        story.on("2026-03-10", 14)
        tasks = [give(cast.bureau_officer, f"第 {number} 项检查") for number in range(40)]
        deliver_pending(story.now)
        assert Notification.objects.filter(person=head.person).count() == 40
        assert send_letters("mail", story.now) == 0
        fire(tasks[0], "accept", by=head, now=story.now)
        send_letters("mail", story.on("2026-03-11", 8))
        send_letters("mail", story.on("2026-03-11", 9))
        (digest,) = [letter for letter in post_office.taken if letter["To"] == "leader@example.gov.cn"]
    assert digest["Subject"] == "今日待看 39 条：待办到达 39"
    text = digest.get_body(("plain",)).get_content()
    assert "第 39 项检查" in text
    assert "第 0 项检查" not in text, "what has been taken in hand meanwhile is left out"


@pytest.fixture
def spring(cast, story, give):
    """Work of two departments and a town: done in time, done late, overdue, in hand."""
    story.on("2026-03-02")
    done, late = (
        give(cast.bureau_officer, due_on=date(2026, 3, 27)),
        give(cast.bureau_officer, due_on=date(2026, 3, 10)),
    )
    give(cast.housing_officer, "检查燃气管网", due_on=date(2026, 3, 20))
    give(cast.town, "培训网格员")
    for task in (done, late):
        fire(task, "accept", by=cast.bureau_officer, now=story.on("2026-03-03"))
        paper = receive_upload(b"%PDF-1.4 proof", name="记录.pdf", by=cast.bureau_officer, now=story.now)
        handed_in = {"summary": "已全部完成", "files": [paper]}
        fire(task, "submit", by=cast.bureau_officer, now=story.on("2026-03-25"), **handed_in)
        fire(task, "complete", by=cast.office, now=story.on("2026-03-26"))
    return [done, late]


def test_the_monthly_review_goes_out_in_official_format_and_each_figure_opens_its_records(cast, story, spring):
    story.on("2026-04-02")
    client = cast.client("office")
    page = client.get("/review/?month=2026-03&as=region")
    assert page.status_code == 200
    links = set(re.findall(r'<a href="(/review/records/[^"]+)"[^>]*>\s*(\d+)\s*</a>', page.content.decode()))
    assert len(links) > 10
    for address, figure in links:
        records = client.get(address.replace("&amp;", "&"))
        assert len(records.context["rows"]) == int(figure), address

    answer = client.get("/review/download/docx/?month=2026-03&as=region")
    document = Document(BytesIO(answer.content))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "共有任务4件" in text
    assert "按期办结率33.3%（1/3）" in text
    by_unit = next(table for table in document.tables if table.rows[0].cells[0].text == "单位")
    rows = [[cell.text for cell in row.cells] for row in by_unit.rows]
    *units, total = [[int(cell) for cell in row[1:8]] for row in rows if row[1].isdecimal()]
    assert len(units) == 3
    assert [sum(column) for column in zip(*units, strict=True)] == total
    assert all(row[0] == sum(row[1:]) for row in [*units, total]), "the parts add up"
    assert round(document.sections[0].page_width.mm) == 210


@pytest.mark.django_db(transaction=True)
def test_a_receiver_is_told_of_the_change_and_can_prove_who_told_it(cast, story, give, settings):
    settings.ZHIBEN_OUTBOUND_HOSTS = ["127.0.0.1"]
    receiver = Receiver()
    try:
        kept = webhooks.subscribe(
            name="市数据平台", address=receiver.address, post=cast.office.post, by=cast.security_administrator,
            now=story.now,
        )  # fmt: skip
        task = give(cast.bureau_officer)
        give_up = time.monotonic() + 60
        while not receiver.heard and time.monotonic() < give_up:  # on PostgreSQL: until older transactions have ended
            sending.follow(kept.subscription.pk, story.now)
            time.sleep(0.05)
    finally:
        receiver.close()
    ((headers, body),) = receiver.heard
    said = {name.lower(): value for name, value in headers.items()}
    key = base64.b64decode(kept.secret.removeprefix("whsec_"))
    signed = f"{said['webhook-id']}.{said['webhook-timestamp']}.".encode() + body
    assert said["webhook-signature"] == f"v1,{base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()}"
    assert json.loads(body)["data"]["record_id"] == str(task.pk)


@pytest.mark.django_db(transaction=True)
def test_all_of_it_is_found_again_on_a_second_machine(cast, story, spring, tmp_path, settings):
    """What the story has left behind — people, work, evidence, trail — copied, restored, proved."""
    seal_pending(story.on("2026-04-02"))
    backups = tmp_path / "backups"
    with machines(tmp_path, 2) as (first, second):
        shutil.copytree(settings.ZHIBEN_DATA, first.folder, dirs_exist_ok=True)
        code, said = first.run("backup", "make", "--to", str(backups))
        assert code == 0, said
        (copy,) = [path for path in backups.iterdir() if (path / "manifest.json").exists()]
        for words in (("restore", str(copy), "--drill"), ("audit", "verify")):
            code, said = second.run(*words)
            assert code == 0, said
        titles = {title for (title,) in second.query("SELECT title FROM tasks_task")}
        assert titles == set(Task.objects.values_list("title", flat=True))
        assert second.files() == first.files() != set()
