"""The pages, from the upload to the result; what is not one's own is not there."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.errands.models import Errand
from zhiben.conftest import Cast
from zhiben.core.exchange import services
from zhiben.core.exchange.models import ImportRun, Stage
from zhiben.core.jobs.running import run_pending
from zhiben.core.web.testing import check_page, counted

from .conftest import HEADS, book_of

pytestmark = pytest.mark.django_db

BEGIN = "/import/tests.errands/"
ROWS = [HEADS, ["检查仓库", "2026.3.1", "柳溪镇"], ["<script>alert(1)</script>", "=1+1", "无名局"]]


def upload(client: Client, rows: list | bytes, name: str = "差事.xlsx") -> str:
    content = rows if isinstance(rows, bytes) else book_of(rows)
    answer = client.post(BEGIN, {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def chosen(client: Client, address: str) -> dict[str, str]:
    """The choices of columns as the page offers them."""
    text = client.get(address).content.decode()
    return {
        name: (re.search(r'value="(\w+)" selected', options) or [None, ""])[1]
        for name, options in re.findall(r'<select[^>]*name="(c\d+)">(.*?)</select>', text, re.S)
    }


def test_from_the_upload_to_the_result(cast: Cast) -> None:
    client = cast.client("office")
    address = upload(client, ROWS)
    assert chosen(client, address) == {"c0": "title", "c1": "due_on", "c2": "unit"}
    assert client.post(f"{address}columns/", chosen(client, address)).status_code == 302
    text = client.get(address).content.decode()
    assert "将新增 1 件，更新 0 件；1 行有问题，不导入。" in text
    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text
    assert 'name="r3.due_on" value="=1+1"' in text
    client.post(f"{address}mend/", {"r3.due_on": "2026-5-1", "r3.unit": "柳溪镇", "r3.title": "整改车间"})
    text = client.get(address).content.decode()
    assert "将新增 2 件，更新 0 件。" in text
    version = re.search(r'name="version" value="(\d+)"', text)[1]
    for _ in range(2):  # a double click
        assert client.post(f"{address}confirm/", {"how": "all", "version": version}).status_code == 302
    assert "正在排队" in client.get(address).content.decode()
    run_pending()
    assert client.get(address, headers={"HX-Request": "true"})["HX-Redirect"] == address
    assert "已新增 2 件，更新 0 件。" in client.get(address).content.decode()
    assert b"".join(client.get(f"{address}result/").streaming_content)[:2] == b"PK"
    assert set(Errand.objects.values_list("title", flat=True)) == {"检查仓库", "整改车间"}
    assert "差事.xlsx" in client.get("/imports/").content.decode()


def test_what_is_not_ones_own_is_not_there(cast: Cast, checked: Callable[..., ImportRun]) -> None:
    run = checked(ROWS)
    check_page(cast, f"/imports/{run.pk}/", insider="office")
    for verb in ("layout", "columns", "mend", "returned", "confirm", "cancel", "again"):
        assert cast.client("chief").post(f"/imports/{run.pk}/{verb}/").status_code == 404
        assert cast.client("office").get(f"/imports/{run.pk}/{verb}/").status_code == 405
    for verb in ("problems", "result"):
        assert cast.client("outsider").get(f"/imports/{run.pk}/{verb}/").status_code == 404
        answer = cast.client("office").get(f"/imports/{run.pk}/{verb}/")
        assert answer.status_code == 200
        b"".join(answer)  # read to its end: closing it early would close the connection of the test, too
    run.refresh_from_db()
    assert run.stage == Stage.CHECKED


def test_a_post_without_the_right_finds_no_import(cast: Cast) -> None:
    for address in (BEGIN, f"{BEGIN}template/"):
        check_page(cast, address, insider="office", outsider="plant_officer")
    check_page(cast, "/imports/", insider="office", outsider="governor")
    assert cast.client("office").get("/import/no.such/").status_code == 404


def test_a_file_that_is_refused_is_answered_with_a_sentence(cast: Cast) -> None:
    client = cast.client("office")
    answer = client.post(BEGIN, {"file": SimpleUploadedFile("名单.docx", b"%PDF-1.7 x" * 50)})
    assert answer.status_code == 422
    assert "不是表格" in answer.content.decode()
    assert "请选择要导入的文件" in client.post(BEGIN).content.decode()
    assert not ImportRun.objects.exists()


def test_a_missing_column_is_named_and_the_choices_are_kept(cast: Cast) -> None:
    client = cast.client("office")
    address = upload(client, [("什么事", "哪家办", "期限"), ["检查仓库", "柳溪镇", ""]])
    assert "还没有找到必填的：事项、承办单位" in client.get(address).content.decode()
    answer = client.post(f"{address}columns/", {"c0": "title", "c1": "title", "c2": ""})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "请只留一列" in text
    assert text.count('value="title" selected') == 2


def test_another_sheet_and_another_head(cast: Cast) -> None:
    client = cast.client("office")
    content = book_of([["随便写写", "没有表头"], ["a", "b"]], 乙=[["标题"], HEADS, ["检查仓库", "", "柳溪镇"]])
    address = upload(client, content)
    assert "工作表“乙”，表头在第 2 行" in client.get(address).content.decode()
    client.post(f"{address}layout/", {"sheet": "甲", "head_row": "1", "head_lines": "1"})
    text = client.get(address).content.decode()
    assert "工作表“甲”" in text
    assert "随便写写" in text
    assert client.post(f"{address}layout/", {"sheet": "丙", "head_row": "1"}).status_code == 422
    assert client.post(f"{address}layout/", {"sheet": "甲", "head_row": "99"}).status_code == 422


def test_a_refused_mending_keeps_what_was_typed(cast: Cast, checked: Callable[..., ImportRun]) -> None:
    run = checked(ROWS)
    answer = cast.client("office").post(f"/imports/{run.pk}/mend/", {"r3.due_on": "2026-5-1", "r77.due_on": "x"})
    assert answer.status_code == 422
    assert 'value="2026-5-1"' in answer.content.decode()


def test_the_same_mistake_in_many_rows_is_put_right_once(cast: Cast, checked: Callable[..., ImportRun]) -> None:
    run = checked([HEADS, *[[f"第{n}件", "", "柳溪"] for n in range(30)]])
    client = cast.client("office")
    assert "承办单位“柳溪”，30 行" in client.get(f"/imports/{run.pk}/").content.decode()
    client.post(f"/imports/{run.pk}/mend/", {"field0": "unit", "old0": "柳溪", "new0": "柳溪镇"})
    assert "将新增 30 件" in client.get(f"/imports/{run.pk}/").content.decode()
    assert client.post(f"/imports/{run.pk}/mend/").status_code == 422


def test_many_bad_rows_ask_no_more_queries(cast: Cast, checked: Callable[..., ImportRun]) -> None:
    few = checked([HEADS, *[[f"第{n}件", "不知", "柳溪镇"] for n in range(3)]])
    many = checked([HEADS, *[[f"第{n}件", "不知", "柳溪镇"] for n in range(60)]])
    client = cast.client("office")
    client.get(f"/imports/{few.pk}/")
    assert counted(client, f"/imports/{many.pk}/")[1] <= counted(client, f"/imports/{few.pk}/")[1]
    assert "第 1 / 3 页" in client.get(f"/imports/{many.pk}/").content.decode()


def test_a_run_that_failed_can_be_taken_up_again(cast: Cast, checked: Callable[..., ImportRun], now: datetime) -> None:
    run = checked(ROWS)
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    run.refresh_from_db()
    services.fail(run, "处理时出现意外错误。", now=now)
    client = cast.client("office")
    text = client.get(f"/imports/{run.pk}/").content.decode()
    assert "处理时出现意外错误。" in text
    assert "接着做" in text
    client.post(f"/imports/{run.pk}/again/")
    run_pending()
    assert Errand.objects.count() == 1


def test_empty_cells_may_mean_what_stands_above(cast: Cast) -> None:
    client = cast.client("office")
    address = upload(client, [HEADS, ["检查仓库", "", "柳溪镇"], ["清理通道", "", ""]])
    assert "空着的格与上一行相同" in client.get(address).content.decode()
    client.post(f"{address}columns/", {**chosen(client, address), "f2": "1"})
    assert "将新增 2 件，更新 0 件。" in client.get(address).content.decode()
    assert 'name="f2" value="1" checked' in client.get(f"{address}?columns=1").content.decode()
