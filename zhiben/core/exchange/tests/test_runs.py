"""A file on its way in: checked, mended, confirmed, carried out."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from tests.errands.models import Errand
from zhiben.conftest import Cast
from zhiben.core.access.permissions import NotPermitted
from zhiben.core.audit.services import lines_of
from zhiben.core.exchange import services
from zhiben.core.exchange.carrying import waiting_count
from zhiben.core.exchange.declaration import Problem
from zhiben.core.exchange.models import ImportRun, Stage
from zhiben.core.exchange.summary import counts_of
from zhiben.core.jobs.models import Job, JobStatus
from zhiben.core.jobs.running import run_pending
from zhiben.core.refusal import Refused

from .conftest import HEADS
from .errand_import import ErrandImport

pytestmark = pytest.mark.django_db

GOOD = [["检查仓库", "2026.3.1", "柳溪镇"], ["清理通道", "2026年4月底前", "县住建局"]]
BAD = ["整改车间", "下个月", "无名局"]

Checked = Callable[..., ImportRun]


def test_what_will_happen_is_said_before_it_does(checked: Checked) -> None:
    run = checked([HEADS, *GOOD, BAD])
    assert run.stage == Stage.CHECKED
    assert counts_of(run).will_happen == "将新增 2 件，更新 0 件；1 行有问题，不导入。"
    assert not Errand.objects.exists()
    (row,) = run.rows.all()
    assert row.number == 4
    assert row.cells == {"title": "整改车间", "due_on": "下个月", "unit": "无名局"}
    assert row.sentences == ["期限“下个月”看不出是哪一天，请写成 2026-03-01 这样的日期。"]


def test_a_bad_row_is_mended_in_place_and_goes_in_with_the_others(checked: Checked, cast: Cast, now: datetime) -> None:
    run = checked([HEADS, *GOOD, BAD])
    by = {"by": cast.office, "now": now}
    run = services.mend_rows(run=run, changes={4: {"due_on": "2026-5-1"}}, **by)
    assert run.rows.get().sentences == ["没有叫“无名局”的单位，请核对名称。"]
    run = services.mend_rows(run=run, changes={4: {"unit": "柳溪镇"}}, **by)
    assert counts_of(run).will_happen == "将新增 3 件，更新 0 件。"
    services.confirm(run=run, all_or_nothing=True, version=run.version, **by)
    run_pending()
    run.refresh_from_db()
    assert run.stage == Stage.DONE
    assert counts_of(run).has_happened == "已新增 3 件，更新 0 件。"
    assert Errand.objects.get(title="整改车间").due_on == date(2026, 5, 1)
    (line,) = lines_of("exchange.importrun", str(run.pk))
    assert line.data["new"] == 3
    assert line.data["digest"] == run.upload.file.digest


def test_good_rows_first_and_the_mended_ones_later(checked: Checked, cast: Cast, now: datetime) -> None:
    run = checked([HEADS, *GOOD, BAD])
    by = {"by": cast.office, "now": now}
    with pytest.raises(Refused, match="还有 1 行有问题"):
        services.confirm(run=run, all_or_nothing=True, **by)
    services.confirm(run=run, all_or_nothing=False, **by)
    run_pending()
    run.refresh_from_db()
    assert counts_of(run).has_happened == "已新增 2 件，更新 0 件；1 行有问题，没有导入。"
    run = services.mend_rows(run=run, changes={4: {"due_on": "2026-5-1", "unit": "柳溪镇"}}, **by)
    assert run.stage == Stage.CHECKED
    assert counts_of(run).will_happen == "将新增 1 件，更新 0 件。"
    assert waiting_count(run) == 1
    services.confirm(run=run, all_or_nothing=True, **by)
    run_pending()
    run.refresh_from_db()
    assert run.stage == Stage.DONE
    assert Errand.objects.count() == 3
    assert [line.data["new"] for line in lines_of("exchange.importrun", str(run.pk))] == [2, 3]


def test_confirmed_twice_it_is_done_once(checked: Checked, cast: Cast, now: datetime) -> None:
    run = checked([HEADS, *GOOD])
    for _ in range(2):
        services.confirm(run=run, all_or_nothing=False, version=run.version, by=cast.office, now=now)
    assert Job.objects.filter(name="exchange.carry_out").count() == 1
    run_pending()
    services.confirm(run=run, all_or_nothing=False, version=run.version, by=cast.office, now=now)
    assert run_pending() == 0
    assert Errand.objects.count() == 2


def test_who_confirms_confirms_what_was_seen(checked: Checked, cast: Cast, now: datetime) -> None:
    run = checked([HEADS, *GOOD, BAD])
    seen = run.version
    services.mend_rows(run=run, changes={4: {"due_on": "2026-5-1", "unit": "柳溪镇"}}, by=cast.office, now=now)
    with pytest.raises(Refused, match="刚有变动"):
        services.confirm(run=run, all_or_nothing=False, version=seen, by=cast.office, now=now)


def test_all_or_nothing_leaves_nothing_when_a_row_fails_at_the_last_moment(
    checked: Checked, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = checked([HEADS, *GOOD, ["第三件", "", "柳溪镇"]])
    services.confirm(run=run, all_or_nothing=True, by=cast.office, now=now)
    _turns_bad("第三件", monkeypatch)
    run_pending()
    run.refresh_from_db()
    assert run.stage == Stage.CHECKED
    assert run.error == "有 1 行在写入时发现了新的问题，所以一行也没有导入。请改好后再确认。"
    assert not Errand.objects.exists()
    assert run.rows.get().cells == {"title": "第三件", "unit": "柳溪镇"}
    assert counts_of(run).will_happen == "将新增 2 件，更新 0 件；1 行有问题，不导入。"


def test_otherwise_the_row_that_fails_stays_behind(
    checked: Checked, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = checked([HEADS, *GOOD, ["第三件", "", "柳溪镇"]])
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    _turns_bad("第三件", monkeypatch)
    run_pending()
    run.refresh_from_db()
    assert run.stage == Stage.DONE
    assert set(Errand.objects.values_list("title", flat=True)) == {"检查仓库", "清理通道"}
    assert run.rows.get().sentences == ["刚被别人占用。"]


def test_a_chunk_that_is_refused_is_halved_down_to_the_row_to_blame(
    checked: Checked, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = checked([HEADS, *[[f"第{n}件", "", "柳溪镇"] for n in range(20)]])
    real = ErrandImport.carry_out

    def stumbles(self, rows, at):
        done = real(self, rows, at)
        if any(row["title"] == "第13件" for row in rows):
            raise Refused("这件办不了。", "title")
        return done

    monkeypatch.setattr(ErrandImport, "carry_out", stumbles)
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    run_pending()
    assert Errand.objects.count() == 19
    assert [(row.number, row.problems) for row in run.rows.all()] == [(15, [["title", "这件办不了。"]])]


def test_twice_the_same_and_what_depends_on_another_row(checked: Checked, cast: Cast, now: datetime) -> None:
    heads = ("事项", "承办单位", "前置事项")
    run = checked([heads, ["乙", "柳溪镇", "甲"], ["甲", "柳溪镇"], ["甲", "柳溪镇"], ["丙", "柳溪镇", "没有"]])
    assert {row.number: row.sentences for row in run.rows.all()} == {
        4: ["与第 3 行重复（事项相同），请改正，或在表格中删去一行。"],
        5: ["表里没有“没有”。"],
    }
    run = services.mend_rows(run=run, changes={4: {"title": "没有"}}, by=cast.office, now=now)
    assert counts_of(run).bad == 0, "the row that depended on the mended one is in order, too"


def test_a_thousand_rows_are_checked_in_the_background(
    checked: Checked, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zhiben.core.exchange.carrying.CHUNK", 1000)
    run = checked([HEADS, *[[f"第{n}件", "", "柳溪镇"] for n in range(1200)], BAD])
    assert run.stage == Stage.CHECKING
    run_pending()
    run.refresh_from_db()
    assert (run.stage, run.total, counts_of(run).bad) == (Stage.CHECKED, 1201, 1)
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    run_pending()
    assert list(run.chunks.values_list("new", flat=True)) == [1000, 200]


def test_a_run_belongs_to_its_person_and_their_post(checked: Checked, cast: Cast, now: datetime) -> None:
    run = checked([HEADS, *GOOD])
    with pytest.raises(Refused, match="不是您"):
        services.confirm(run=run, all_or_nothing=False, by=cast.chief, now=now)
    assert not services.runs_of(cast.chief).exists()
    assert services.runs_of(cast.office).get() == run


def test_a_post_without_the_right_begins_nothing(cast: Cast, now: datetime, bring: Callable) -> None:
    from .conftest import book_of

    upload = bring(book_of([HEADS, *GOOD]), who="plant_officer")
    with pytest.raises(NotPermitted):
        services.begin_import(key="tests.errands", upload=upload, by=cast.plant_officer, now=now)


def test_columns_are_matched_once_and_remembered(begun: Callable, cast: Cast, now: datetime) -> None:
    odd = [("什么事", "哪家办", "期限"), ["检查仓库", "柳溪镇", "2026-3-1"]]
    run = begun(odd)
    assert run.columns == {2: "due_on"}
    with pytest.raises(Refused, match="还没有找到事项、承办单位所在的列"):
        services.map_columns(run=run, mapping=run.columns, by=cast.office, now=now)
    with pytest.raises(Refused, match="请只留一列"):
        services.map_columns(run=run, mapping={0: "title", 1: "title"}, by=cast.office, now=now)
    services.map_columns(run=run, mapping={0: "title", 1: "unit", 2: "due_on"}, by=cast.office, now=now)
    assert begun(odd).columns == {0: "title", 1: "unit", 2: "due_on"}


def test_given_up_nothing_happens(checked: Checked, cast: Cast, now: datetime) -> None:
    run = checked([HEADS, *GOOD])
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    services.cancel(run=run, by=cast.office, now=now)
    run_pending()
    assert not Errand.objects.exists()
    run.refresh_from_db()
    assert run.stage == Stage.CANCELLED


def test_a_program_error_is_said_and_the_run_goes_on_where_it_stopped(
    checked: Checked, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zhiben.core.exchange.carrying.CHUNK", 1000)
    run = checked([HEADS, *[[f"第{n}件", "", "柳溪镇"] for n in range(1500)]])
    run_pending()
    run.refresh_from_db()
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    real = ErrandImport.carry_out

    def breaks(self, rows, at):
        if any(row["title"] == "第1400件" for row in rows):
            raise ZeroDivisionError
        return real(self, rows, at)

    monkeypatch.setattr(ErrandImport, "carry_out", breaks)
    run_pending()
    Job.objects.filter(name="exchange.carry_out").update(status=JobStatus.FAILED, error="处理时出现意外错误。")
    run = services.settle(services.run_by_id(run.pk), now=now)
    assert (run.stage, run.error) == (Stage.FAILED, "处理时出现意外错误。")
    assert Errand.objects.count() == 1000
    assert waiting_count(run) == 500, "the progress of the second attempt is that of what is left"
    monkeypatch.setattr(ErrandImport, "carry_out", real)
    services.try_again(run=run, by=cast.office, now=now)
    run_pending()
    run.refresh_from_db()
    assert run.stage == Stage.DONE
    assert Errand.objects.count() == 1500
    assert [chunk.new for chunk in run.chunks.all()] == [1000, 500]


def test_a_month_later_the_run_is_gone_and_its_trail_stays(checked: Checked, cast: Cast, now: datetime) -> None:
    run = checked([HEADS, *GOOD, BAD])
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    run_pending()
    ImportRun.objects.update(changed_at=now - services.KEPT)
    assert services.prune(now) == 0
    assert services.prune(now.replace(year=now.year + 1)) == 1
    assert lines_of("exchange.importrun", str(run.pk)).count() == 1


def _turns_bad(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the check and the carrying out, the row becomes impossible."""
    real = ErrandImport.check

    def check(self, rows, at):
        return [
            type(each)(each.number, each.action, (Problem("title", "刚被别人占用。"),))
            if row["title"] == title
            else each
            for row, each in zip(rows, real(self, rows, at), strict=True)
        ]

    monkeypatch.setattr(ErrandImport, "check", check)
