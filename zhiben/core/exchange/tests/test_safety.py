"""What a file brings stays text, what is lost on the way is said, and nobody does by an import what they may not do."""

import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from tests.errands.models import Errand
from zhiben.conftest import Cast
from zhiben.core.exchange import services, workbooks
from zhiben.core.exchange.models import ImportRun, Stage
from zhiben.core.files.services import path_of
from zhiben.core.jobs.models import Job
from zhiben.core.jobs.running import run_pending
from zhiben.core.org.models import Person, Post, Unit

from .conftest import HEADS, book_of

pytestmark = pytest.mark.django_db

EVIL = ['=HYPERLINK("http://x","y")', "<script>alert(1)</script>", "@SUM(1)", "+cmd|' /C calc'!A0"]
ROWS = [HEADS, *[[text, "2026.3.1", "柳溪镇"] for text in EVIL], [EVIL[0], EVIL[1], EVIL[2]]]


def fetched(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_formulas_and_scripts_stay_text_in_pages_and_returned_files(
    cast: Cast, checked: Callable[..., ImportRun], now: datetime
) -> None:
    run = checked(ROWS)
    client = cast.client("office")
    pages = fetched(client, f"/imports/{run.pk}/?columns=1") + fetched(client, f"/imports/{run.pk}/")
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    run_pending()
    assert set(Errand.objects.values_list("title", flat=True)) == set(EVIL)
    pages += fetched(client, f"/imports/{run.pk}/") + fetched(client, "/imports/")
    assert b"<script>alert" not in pages
    for returned in ("problems", "result"):
        book = zipfile.ZipFile(BytesIO(fetched(client, f"/imports/{run.pk}/{returned}/")))
        sheets = b"".join(book.read(name) for name in book.namelist() if "worksheets/" in name)
        assert b"<f" not in sheets.replace(b"<formatPr", b"")
        assert b"<hyperlink" not in sheets


def test_whoever_loses_the_post_after_confirming_imports_nothing(
    cast: Cast, checked: Callable[..., ImportRun], now: datetime
) -> None:
    run = checked(ROWS)
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    Post.objects.filter(pk=cast.office.post.pk).update(valid_to=(now - timedelta(days=1)).date())
    run_pending()
    run.refresh_from_db()
    assert not Errand.objects.exists()
    assert cast.client("office").post(f"/imports/{run.pk}/confirm/", {"how": "good"}).status_code in (302, 404)


def test_a_content_lost_from_the_disk_is_said_and_nothing_is_half_done(
    cast: Cast, checked: Callable[..., ImportRun], now: datetime
) -> None:
    run = checked(ROWS)
    path_of(run.upload.file).unlink()
    client = cast.client("office")
    for part in ("", "?columns=1"):
        assert client.get(f"/imports/{run.pk}/{part}").status_code == 200
    for part in ("problems", "result"):
        answer = client.get(f"/imports/{run.pk}/{part}/")
        assert answer.status_code in (409, 422), part
        assert "请重新上传" in answer.content.decode()
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    run_pending()
    run.refresh_from_db()
    assert (run.stage, "请重新上传" in run.error) == (Stage.FAILED, True)
    assert not Errand.objects.exists()


def test_the_result_of_a_large_run_is_written_in_the_background_once(
    cast: Cast, checked: Callable[..., ImportRun], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = checked(ROWS)
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    run_pending()
    monkeypatch.setattr(workbooks, "AT_ONCE", 2)
    client = cast.client("office")
    for _ in range(2):
        assert client.get(f"/imports/{run.pk}/result/")["Location"].startswith("/jobs/")
    run_pending()
    job = Job.objects.get(name="exchange.result")
    assert "每一行的结果已写入" in job.result["summary"]
    assert fetched(client, job.result["next"][0]["address"])[:2] == b"PK"


def test_units_and_people_of_another_region_are_not_brought_in(
    cast: Cast, now: datetime, bring: Callable[..., Any]
) -> None:
    by = {"by": cast.system_administrator, "now": now}
    before = Unit.objects.count(), Person.objects.count()
    for key, rows in (
        ("org.units", [["单位全称", "所在区域"], ["远山县教育局", "远山县"]]),
        ("org.people", [["姓名", "单位"], ["王五", cast.outsider.unit.name]]),
        ("org.people", [["姓名", "登录名"], [cast.outsider.person.name, cast.outsider.person.user.username]]),
    ):
        upload = bring(book_of(rows), "表.xlsx", who="system_administrator")
        run = services.begin_import(key=key, upload=upload, **by)
        run = services.map_columns(run=run, mapping=run.columns, **by)
        [row] = run.rows.all()
        assert "范围" in row.sentences[0]
    assert before == (Unit.objects.count(), Person.objects.count())
