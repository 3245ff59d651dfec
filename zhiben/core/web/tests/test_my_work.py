"""待办, what was sent, notices, jobs, search, the profile: the pages every post has."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from zhiben.core.access.middleware import SESSION_KEY
from zhiben.core.accounts import services as accounts
from zhiben.core.jobs.models import Job, JobStatus
from zhiben.core.notify.models import Notification
from zhiben.core.notify.services import tell
from zhiben.core.org import services as org
from zhiben.core.web.job_pages import time_left
from zhiben.core.web.testing import counted
from zhiben.core.workflow.claims import claim
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.models import ApprovalRequest

from .conftest import give


def text_of(answer) -> str:
    return answer.content.decode()


class TestWorklist:
    def test_nearest_deadline_first_with_its_one_next_step(self, cast, now):
        give(cast, now, "不急的", due_on=date(2026, 6, 1))
        give(cast, now, "拖了的", due_on=date(2026, 3, 8))
        give(cast, now, "没限的", due_on=None)
        page = text_of(cast.client("bureau_officer").get("/"))
        assert page.index("已经逾期") < page.index("拖了的") < page.index("不急的") < page.index("没限的")
        assert "逾期 2 天" in page
        assert page.count(">接收</a>") == 3

    def test_what_a_colleague_has_in_hand_is_shown_so(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        claim(errand, by=cast.bureau_officer, now=now)
        page = text_of(cast.client("bureau_leader").get("/"))
        assert "应勤处理中" in page
        assert "/steps/accept/" not in page

    def test_goes_away_when_it_is_done(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        fire(errand, "accept", by=cast.bureau_officer, now=now)
        fire(errand, "finish", by=cast.bureau_officer, now=now, words="完了")
        assert "没有等您办理的事" in text_of(cast.client("bureau_officer").get("/"))
        assert "清查仓库" in text_of(cast.client("office").get("/"))

    def test_goes_on_behind_the_last_row(self, cast, now):
        give(cast, now, *(f"第 {n:02} 件" for n in range(35)))
        client = cast.client("bureau_officer")
        first = client.get("/")
        second = client.get(f"/?after={first.context['next']}")
        titles = [row["item"].title for page in (first, second) for row in page.context["rows"]]
        assert sorted(titles) == [f"第 {n:02} 件" for n in range(35)]

    def test_nobody_reads_on_in_another_seats_list(self, cast, now):
        give(cast, now, "清查仓库")
        item = cast.client("bureau_officer").get("/").context["rows"][0]["item"]
        assert cast.client("outsider").get(f"/?after={item.pk}").context["rows"] == []

    def test_a_request_for_approval_leads_to_the_record(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        fire(errand, "extend", by=cast.bureau_officer, now=now, due_on=date(2026, 5, 1), reason="汛期")
        assert ApprovalRequest.objects.count() == 1
        assert f"/errands/{errand.pk}/" in text_of(cast.client("chief").get("/"))

    def test_fifty_rows_ask_as_many_queries_as_five(self, cast, now):
        client = cast.client("bureau_officer")
        give(cast, now, *(f"甲 {n}" for n in range(5)))
        client.get("/")
        _, few = counted(client, "/")
        give(cast, now, *(f"乙 {n}" for n in range(45)))
        _, many = counted(client, "/")
        assert many <= few

    def test_what_we_sent_is_with_others(self, cast, now):
        give(cast, now, "清查仓库")
        assert "清查仓库" in text_of(cast.client("office").get("/sent/"))
        assert "清查仓库" not in text_of(cast.client("bureau_officer").get("/sent/"))

    def test_an_account_without_a_post_is_told_so(self, cast, now):
        opened = accounts.open_account(username="newcomer", password="walks-in-2026!", by=cast.office, now=now)
        org.register_person(name="新来", username="newcomer", by=cast.office, now=now)
        client = Client()
        client.force_login(opened.user, backend="django.contrib.auth.backends.ModelBackend")
        assert "您现在没有岗位" in text_of(client.get("/"))
        assert client.get("/errands/").status_code == 404


class TestNotices:
    def test_opening_one_marks_it_read_and_goes_to_the_record(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        notice = Notification.objects.filter(person=cast.bureau_officer.person).get()
        client = cast.client("bureau_officer")
        assert notice.title in text_of(client.get("/inbox/"))
        assert client.get(f"/inbox/{notice.pk}/")["Location"] == f"/errands/{errand.pk}/"
        notice.refresh_from_db()
        assert notice.read_at == now
        assert notice.title not in text_of(client.get("/inbox/?unread=1"))

    def test_nobody_opens_anothers(self, cast, now):
        give(cast, now, "清查仓库")
        notice = Notification.objects.filter(person=cast.bureau_officer.person).get()
        assert cast.client("outsider").get(f"/inbox/{notice.pk}/").status_code == 404

    def test_all_at_once(self, cast, now):
        tell(people=[cast.office.person.pk], title="会议通知", now=now, key="meeting")
        client = cast.client("office")
        client.post("/inbox/read/")
        assert not Notification.objects.filter(person=cast.office.person, read_at=None).exists()


class TestJobs:
    @pytest.fixture
    def job(self, cast, now):
        return Job.objects.create(
            id=uuid4(), name="x", label="读入方案", key="k", owner=cast.office.person, created_at=now,
            status=JobStatus.RUNNING, started_at=now - timedelta(minutes=2), done=40, total=100,
        )  # fmt: skip

    def test_says_how_far_and_how_long_still(self, cast, now, job):
        assert time_left(job, now) == timedelta(minutes=3)
        page = text_of(cast.client("office").get(f"/jobs/{job.pk}/"))
        assert "40 / 100" in page
        assert "大约还要 3 分钟" in page
        assert 'hx-trigger="load delay:2s"' in page

    def test_stops_asking_when_it_is_over_and_tells_row_by_row(self, cast, now, job):
        job.status, job.result = JobStatus.DONE, {"summary": "读完", "rows": [{"name": "=1+1", "problem": "编码不对"}]}
        job.save()
        client = cast.client("office")
        page = text_of(client.get(f"/jobs/{job.pk}/"))
        assert "编码不对" in page
        assert "hx-trigger" not in page
        assert "'=1+1" in text_of(client.get(f"/jobs/{job.pk}/?download=rows"))

    def test_a_failure_says_why_and_can_be_done_again(self, cast, now, job):
        job.status, job.error = JobStatus.FAILED, "文件已加密，请先解除密码"
        job.save()
        client = cast.client("office")
        assert "请先解除密码" in text_of(client.get(f"/jobs/{job.pk}/"))
        client.post(f"/jobs/{job.pk}/again/")
        job.refresh_from_db()
        assert job.status == JobStatus.QUEUED

    def test_only_for_who_asked(self, cast, now, job):
        assert cast.client("chief").get(f"/jobs/{job.pk}/").status_code == 404
        assert str(job.pk) in text_of(cast.client("office").get("/jobs/"))
        assert str(job.pk) not in text_of(cast.client("chief").get("/jobs/"))


class TestSearch:
    def test_finds_only_what_the_post_may_see(self, cast, now):
        give(cast, now, "清查一号仓库")
        assert "清查一号仓库" in text_of(cast.client("bureau_officer").get("/search/?q=仓库 一号"))
        assert "没有找到" in text_of(cast.client("outsider").get("/search/?q=仓库"))
        assert "至少两个字" in text_of(cast.client("bureau_officer").get("/search/?q=仓"))


class TestLookups:
    def test_units_by_part_of_a_name(self, cast, now):
        found = cast.client("office").get("/lookup/units/?q=应急").json()["found"]
        assert [each["label"] for each in found] == ["县应急管理局"]

    def test_people_with_their_posts(self, cast, now):
        found = cast.client("office").get("/lookup/people/?q=应勤").json()["found"]
        assert len(found) == 1
        assert "县应急管理局" in found[0]["detail"]


class TestProfile:
    def test_shows_posts_and_switches(self, cast, now):
        client = cast.client("bureau_officer")
        page = text_of(client.get("/me/"))
        assert page.count("换到这个岗位") == 1
        client.post("/posts/switch/", {"post": cast.regulator.post.pk, "next": "/me/"})
        assert client.session[SESSION_KEY] == cast.regulator.post.pk


class TestFace:
    def test_theme_and_density_are_painted_by_the_server(self, cast):
        client = cast.client("office")
        client.cookies["theme"], client.cookies["density"] = "dark", "compact"
        page = text_of(client.get("/"))
        assert 'data-bs-theme="dark"' in page
        assert 'data-density="compact"' in page

    def test_nothing_inline_and_nothing_from_elsewhere(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        client = cast.client("bureau_officer")
        for address in (
            "/",
            "/errands/",
            f"/errands/{errand.pk}/",
            f"/errands/{errand.pk}/steps/accept/",
            "/me/",
            "/inbox/",
        ):
            answer = client.get(address)
            page = text_of(answer)
            assert " style=" not in page
            assert "<style" not in page
            assert "http://" not in page.replace("http://www.w3.org", "")
            assert "unsafe-inline" not in answer["Content-Security-Policy"]

    def test_an_ended_login_does_not_swallow_the_page(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        answer = Client().get(f"/errands/{errand.pk}/steps/accept/", headers={"HX-Request": "true"})
        assert answer.status_code == 401

    def test_the_menu_has_only_what_the_post_may_use(self, cast):
        assert "我交办的" in text_of(cast.client("office").get("/"))
        assert "我交办的" not in text_of(cast.client("plant_officer").get("/"))

    def test_a_missing_page_says_what_to_do(self, cast):
        answer = cast.client("office").get("/nowhere/")
        assert answer.status_code == 404
        assert "切换岗位" in text_of(answer)
