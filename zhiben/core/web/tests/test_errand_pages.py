"""The pages of one kind of record, as the people of the cast meet them."""

import itertools
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.errands.models import Errand
from zhiben.core.audit.models import AuditLine
from zhiben.core.files.models import Attachment
from zhiben.core.jobs.running import run_pending
from zhiben.core.web.models import ChosenColumns, Comment, SavedView
from zhiben.core.web.testing import PagesTest, rows_of_book
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.models import ApprovalRequest, Claim

from .conftest import give
from .errand_pages import ErrandPages


class TestInherited(PagesTest):
    pages, insider = ErrandPages, "bureau_officer"

    def make(self, cast: Any, now: datetime, count: int) -> Sequence[Any]:
        return give(cast, now, *(f"第 {n} 件" for n in range(count)))


def text_of(answer: Any) -> str:
    return answer.content.decode()


def book_of(answer: Any) -> list[list[str]]:
    return rows_of_book(b"".join(answer.streaming_content))


class TestList:
    def test_opens_in_the_first_perspective_with_anything_in_it(self, cast, now):
        give(cast, now, "清查仓库")
        assert "清查仓库" in text_of(cast.client("office").get("/errands/"))  # the office is responsible for none

    def test_filters_narrow_and_say_so(self, cast, now):
        first, _ = give(cast, now, "清查仓库", "培训班组")
        fire(first, "accept", by=cast.bureau_officer, now=now)
        page = text_of(cast.client("bureau_officer").get("/errands/?status=doing"))
        assert "清查仓库" in page
        assert "培训班组" not in page
        assert "状态：办理中" in page

    def test_several_words_are_all_sought(self, cast, now):
        give(cast, now, "清查一号仓库", "清查二号仓库")
        page = text_of(cast.client("bureau_officer").get("/errands/?q=清查 二号"))
        assert "清查二号仓库" in page
        assert "清查一号仓库" not in page

    def test_what_is_not_in_this_tab_may_be_in_another(self, cast, now):
        give(cast, now, "清查仓库")
        page = text_of(cast.client("office").get("/errands/?as=responsible&status=pending"))
        assert "没有符合条件" in page
        assert "?as=supervising&amp;status=pending" in page

    def test_a_unit_may_be_named_without_scripts(self, cast, now):
        give(cast, now, "清查仓库")
        client = cast.client("office")
        assert "清查仓库" in text_of(client.get("/errands/?responsible_unit_text=县应急管理局"))
        assert "清查仓库" not in text_of(client.get("/errands/?responsible_unit_text=县住建局"))

    def test_overdue_is_before_today_and_not_finished(self, cast, now):
        late, done = give(cast, now, "还在拖", "早办了", due_on=date(2026, 3, 9))
        fire(done, "drop", by=cast.office, now=now, reason="不再需要")
        page = text_of(cast.client("bureau_officer").get("/errands/?overdue=1"))
        assert late.title in page
        assert done.title not in page
        assert "逾期 1 天" in page

    @pytest.mark.parametrize(
        "nonsense", ["?as=x", "?sort=password", "?after=zzz", "?due_on_from=昨天", "?status=x", "?region=-"]
    )
    def test_a_damaged_address_is_a_page_all_the_same(self, cast, now, nonsense):
        give(cast, now, "清查仓库")
        assert cast.client("bureau_officer").get(f"/errands/{nonsense}").status_code == 200

    @pytest.mark.parametrize("sort", ["due_on", "-due_on", "title", "-title"])
    def test_turning_pages_meets_every_row_once_and_back_again(self, cast, now, sort):
        give(cast, now, *(f"有期 {n:03}" for n in range(70)))
        give(cast, now, *(f"无期 {n:03}" for n in range(60)), due_on=None)
        client, address, met, seen = cast.client("bureau_officer"), f"/errands/?sort={sort}", [], []
        while address:
            listing = client.get(address).context["listing"]
            met.append([record.pk for record in listing.page.rows])
            seen.append(address)
            address = f"/errands/{listing.next_address}" if listing.next_address else ""
        assert sorted(itertools.chain(*met)) == sorted(Errand.objects.values_list("pk", flat=True))
        back = client.get(f"/errands/{client.get(seen[-1]).context['listing'].previous_address}").context["listing"]
        assert [record.pk for record in back.page.rows] == met[-2]

    def test_totals_are_of_what_is_filtered_and_open(self, cast, now):
        give(cast, now, "逾期的", due_on=date(2026, 3, 1))
        give(cast, now, "不急的")
        page = text_of(cast.client("bureau_officer").get("/errands/"))
        assert "overdue=1" in page
        assert "/ 2" in page

    def test_an_empty_list_says_what_to_do(self, cast, now):
        assert "这里还没有差事" in text_of(cast.client("bureau_officer").get("/errands/"))
        assert "清除全部条件" in text_of(cast.client("bureau_officer").get("/errands/?status=doing"))


class TestExport:
    def test_has_the_filters_and_columns_that_are_seen(self, cast, now):
        first, _ = give(cast, now, "清查仓库", "培训班组")
        fire(first, "accept", by=cast.bureau_officer, now=now)
        client = cast.client("bureau_officer")
        client.post("/errands/columns/", {"column": ["status"]})
        assert book_of(client.get("/errands/export/?status=doing")) == [["事项", "状态"], ["清查仓库", "办理中"]]

    def test_text_never_becomes_a_formula(self, cast, now):
        give(cast, now, "=1+1", "@SUM(A1)", "http://example.com")
        titles = [row[0] for row in book_of(cast.client("bureau_officer").get("/errands/export/"))[1:]]
        assert sorted(titles) == ["=1+1", "@SUM(A1)", "http://example.com"]

    def test_a_long_list_is_written_in_the_background_and_fetched(self, cast, now, monkeypatch):
        give(cast, now, *(f"第 {n} 件" for n in range(9)))
        monkeypatch.setattr("zhiben.core.web.pages.export.AT_ONCE", 5)
        client = cast.client("bureau_officer")
        waiting = client.get("/errands/export/?q=件", follow=True)
        assert "导出差事" in text_of(waiting)
        run_pending()
        done = client.get(waiting.redirect_chain[-1][0])
        assert "共 9 条" in text_of(done)
        book = client.get(done.context["next"][0]["address"])
        assert len(book_of(book)) == 10
        assert AuditLine.objects.get(kind="export").data["rows"] == 9
        assert cast.client("bureau_leader").get(done.context["next"][0]["address"]).status_code == 404

    def test_is_in_the_trail(self, cast, now):
        give(cast, now, "清查仓库")
        book_of(cast.client("bureau_officer").get("/errands/export/?status=given"))
        line = AuditLine.objects.get(kind="export")
        assert line.actor_id == cast.bureau_officer.person.pk
        assert (line.data["rows"], line.data["query"]) == (1, "status=given")


class TestPreferences:
    def test_a_view_is_kept_and_shared_with_ones_own_unit(self, cast, now):
        client = cast.client("bureau_officer")
        client.post("/errands/views/", {"name": "本季逾期", "query": "overdue=1", "shared": "1"})
        assert "本季逾期" in text_of(client.get("/errands/"))
        assert "本季逾期" in text_of(cast.client("bureau_leader").get("/errands/"))
        assert "本季逾期" not in text_of(cast.client("housing_officer").get("/errands/"))

    def test_only_its_owner_forgets_a_view(self, cast, now):
        cast.client("bureau_officer").post("/errands/views/", {"name": "本季逾期", "query": "overdue=1", "shared": "1"})
        view = SavedView.objects.get()
        cast.client("bureau_leader").post(f"/errands/views/{view.pk}/forget/")
        assert SavedView.objects.exists()
        cast.client("bureau_officer").post(f"/errands/views/{view.pk}/forget/")
        assert not SavedView.objects.exists()

    def test_columns_are_chosen_and_put_back(self, cast, now):
        give(cast, now, "清查仓库")
        client = cast.client("bureau_officer")
        client.post("/errands/columns/", {"column": ["status", "no_such"]})
        assert ChosenColumns.objects.get().names == ["status"]
        client.post("/errands/columns/", {"reset": "1"})
        assert not ChosenColumns.objects.exists()


class TestStep:
    def test_the_dialog_says_what_will_happen(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        page = text_of(cast.client("bureau_officer").get(f"/errands/{errand.pk}/steps/accept/"))
        assert "办理中" in page
        assert "还剩" in page or "逾期" in page  # the deadline it sets, seen from the real day

    def test_taken_once_however_often_it_is_sent(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        client = cast.client("bureau_officer")
        for _ in range(2):
            answer = client.post(f"/errands/{errand.pk}/steps/accept/", {"key": "same"}, follow=True)
            assert answer.status_code == 200
        assert "已接收" in text_of(answer)
        errand.refresh_from_db()
        assert errand.status == "doing"
        assert (
            AuditLine.objects.filter(record_type="errands.errand", record_id=str(errand.pk), verb="accept").count() == 1
        )

    def test_afterwards_says_what_happened_and_what_is_next(self, cast, now):
        errand, _ = give(cast, now, "清查仓库", "培训班组")
        fire(errand, "accept", by=cast.bureau_officer, now=now)
        address = f"/errands/{errand.pk}/steps/finish/"
        page = text_of(cast.client("bureau_officer").post(address, {"words": "办了"}, follow=True))
        assert "现在是「待核验」，已通知安宁、主策。" in page
        assert '<a href="/">还有 1 件待办</a>' in page

    def test_errors_keep_everything_that_was_typed(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        fire(errand, "accept", by=cast.bureau_officer, now=now)
        address = f"/errands/{errand.pk}/steps/report/"
        answer = cast.client("bureau_officer").post(address, {"words": "查了三家", "spent": "三百"})
        assert answer.status_code == 422
        assert "查了三家" in text_of(answer)
        assert "三百" in text_of(answer)
        assert "不是数字" in text_of(answer)

    def test_files_of_a_refused_form_are_not_asked_for_again(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        fire(errand, "accept", by=cast.bureau_officer, now=now)
        client, address = cast.client("bureau_officer"), f"/errands/{errand.pk}/steps/report/"
        evidence = SimpleUploadedFile("台账.txt", "仓库一切正常。".encode())
        page = text_of(client.post(address, {"words": "", "photos": evidence}))
        assert "台账.txt" in page
        kept = page.split('name="kept_photos" value="')[1].split('"')[0]
        client.post(address, {"words": "查了三家", "kept_photos": kept})
        assert Attachment.objects.get().name == "台账.txt"

    def test_a_refusal_is_a_sentence_and_changes_nothing(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        answer = cast.client("bureau_officer").post(f"/errands/{errand.pk}/steps/close/", {"key": "k"})
        assert answer.status_code == 409
        assert "不能「办结」" in text_of(answer)
        errand.refresh_from_db()
        assert errand.status == "given"

    def test_a_person_of_the_same_region_who_does_not_hold_it_is_refused(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        answer = cast.client("governor").post(f"/errands/{errand.pk}/steps/accept/")
        assert answer.status_code == 409

    def test_htmx_is_sent_on_to_the_record(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        answer = cast.client("bureau_officer").post(
            f"/errands/{errand.pk}/steps/accept/", headers={"HX-Request": "true"}
        )
        assert (answer.status_code, answer["HX-Redirect"].split("?")[0]) == (204, f"/errands/{errand.pk}/")

    @pytest.mark.parametrize(
        ("asked", "gone_to"), [("/", "/"), ("/sent/?x=1", "/sent/"), ("//elsewhere.cn/", None), ("x", None)]
    )
    def test_one_comes_back_to_the_page_the_step_was_taken_from(self, cast, now, asked, gone_to):
        errand = give(cast, now, "清查仓库")[0]
        address = f"/errands/{errand.pk}/steps/accept/"
        dialog = text_of(cast.client("bureau_officer").get(address, {"next": asked}))
        assert (f'name="next" value="{gone_to or asked}"' in dialog) == bool(gone_to)
        answer = cast.client("bureau_officer").post(address, {"next": asked})
        assert (
            answer["Location"]
            == f"{gone_to or f'/errands/{errand.pk}/'}?done={errand._meta.label_lower}:{errand.pk}:accept"
        )

    def test_a_request_is_voted_on_from_the_record_page(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        fire(errand, "extend", by=cast.bureau_officer, now=now, due_on=date(2026, 5, 1), reason="汛期")
        asked = ApprovalRequest.objects.get()
        page = text_of(cast.client("office").get(f"/errands/{errand.pk}/"))
        assert "期限：2026年5月1日" in page
        for voter in ("office", "chief"):
            cast.client(voter).post(f"/errands/{errand.pk}/requests/{asked.pk}/", {"verdict": "agree"})
        errand.refresh_from_db()
        assert errand.due_on == date(2026, 5, 1)


class TestBulk:
    def test_first_asks_then_tells_what_became_of_each(self, cast, now):
        first, second = give(cast, now, "清查仓库", "培训班组")
        fire(first, "accept", by=cast.bureau_officer, now=now)
        client = cast.client("bureau_officer")
        chosen = {"record": [first.pk, second.pk]}
        assert "2 条" in text_of(client.post("/errands/bulk/accept/", chosen))
        second.refresh_from_db()
        assert second.status == "given"
        page = text_of(client.post("/errands/bulk/accept/", {**chosen, "confirmed": "1", "key": "k"}))
        assert "已接收 1 条" in page
        assert "不能「接收」" in page

    def test_only_bulk_steps_and_only_rows_within_sight(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        assert cast.client("office").post("/errands/bulk/drop/", {"record": errand.pk}).status_code == 404
        answer = cast.client("outsider").post("/errands/bulk/accept/", {"record": errand.pk, "confirmed": "1"})
        assert "还没有选中记录" in text_of(answer)


class TestRecord:
    def test_shows_where_it_stands_and_how_long(self, cast, now):
        errand = give(cast, now - timedelta(days=3), "清查仓库")[0]
        states = cast.client("bureau_officer").get(f"/errands/{errand.pk}/").context["states"]
        assert [(state.label, state.place) for state in states] == [
            ("待接收", "now"), ("办理中", "ahead"), ("待核验", "ahead"), ("办结", "ahead"),
        ]  # fmt: skip
        assert states[0].since == now - timedelta(days=3)

    def test_what_was_sent_back_is_ahead_again(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        fire(errand, "accept", by=cast.bureau_officer, now=now)
        fire(errand, "finish", by=cast.bureau_officer, now=now, words="办了")
        fire(errand, "back", by=cast.office, now=now + timedelta(days=1), reason="缺照片")
        states = cast.client("bureau_officer").get(f"/errands/{errand.pk}/").context["states"]
        assert [state.place for state in states] == ["was", "now", "ahead", "ahead"]
        assert states[1].since == now + timedelta(days=1)

    def test_the_timeline_says_who_what_why(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        fire(errand, "drop", by=cast.office, now=now, reason="任务合并")
        page = text_of(cast.client("bureau_officer").get(f"/errands/{errand.pk}/"))
        assert "理由：任务合并" in page
        assert "待接收 → 撤回" in page
        assert cast.office.person.name in page

    def test_the_trail_can_be_proved(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        assert "已验证未被改动" in text_of(cast.client("bureau_officer").get(f"/errands/{errand.pk}/proof/"))

    def test_comments_are_kept_and_traced(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        client = cast.client("bureau_officer")
        client.post(f"/errands/{errand.pk}/comments/", {"text": "<b>周五前落实</b>"})
        assert "&lt;b&gt;周五前落实" in text_of(client.get(f"/errands/{errand.pk}/"))
        assert Comment.objects.get().author == cast.bureau_officer.person
        assert AuditLine.objects.filter(verb="comment").count() == 1
        page = text_of(client.post(f"/errands/{errand.pk}/comments/", {"text": "  "}, follow=True))
        assert "请先写下要说的话" in page

    def test_files_are_uploaded_and_a_program_is_refused(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        client = cast.client("bureau_officer")
        client.post(f"/errands/{errand.pk}/files/", {"files": SimpleUploadedFile("情况.txt", "正常。".encode())})
        assert "情况.txt" in text_of(client.get(f"/errands/{errand.pk}/"))
        virus = SimpleUploadedFile("照片.jpg", b"MZ" + b"\0" * 200)
        client.post(f"/errands/{errand.pk}/files/", {"files": virus})
        assert Attachment.objects.count() == 1

    def test_taken_in_hand_and_put_down(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        client = cast.client("bureau_officer")
        client.post(f"/errands/{errand.pk}/claim/")
        assert Claim.objects.get().person_id == cast.bureau_officer.person.pk
        client.post(f"/errands/{errand.pk}/release/")
        assert not Claim.objects.exists()


class TestForm:
    def test_a_record_is_made_and_changed(self, cast, now):
        client = cast.client("office")
        assert client.get("/errands/new/").status_code == 200
        client.post("/errands/new/", {"title": "新的", "due_on": "2026-05-01"})
        errand = Errand.objects.get()
        client.post(f"/errands/{errand.pk}/edit/", {"title": "改了", "due_on": "2026-05-01", "version": ""})
        errand.refresh_from_db()
        assert errand.title == "改了"

    def test_two_at_once_do_not_overwrite_each_other(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        client = cast.client("office")
        version = client.get(f"/errands/{errand.pk}/edit/").context["version"]
        fire(errand, "accept", by=cast.bureau_officer, now=now)
        answer = client.post(
            f"/errands/{errand.pk}/edit/", {"title": "我的改动", "due_on": "2026-05-01", "version": version}
        )
        assert answer.status_code == 422
        assert "应勤刚刚办理了“接收”" in text_of(answer)
        assert "我的改动" in text_of(answer)

    def test_who_may_not_edit_is_told_why(self, cast, now):
        errand = give(cast, now, "清查仓库")[0]
        answer = cast.client("bureau_officer").get(f"/errands/{errand.pk}/edit/", follow=True)
        assert "只有交办单位可以修改" in text_of(answer)
        assert cast.client("governor").get("/errands/new/").status_code == 403
