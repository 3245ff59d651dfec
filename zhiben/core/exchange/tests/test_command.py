"""`zhiben import`, as an operator types it."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.errands.models import Errand
from zhiben.conftest import Cast
from zhiben.core.exchange.models import ImportRun

from .conftest import HEADS, book_of

pytestmark = pytest.mark.django_db

GOOD = [HEADS, ["检查仓库", "2026.3.1", "柳溪镇"]]
BAD = ["整改车间", "下个月", "柳溪镇"]


@pytest.fixture
def table(tmp_path: Path):
    def table(rows: list) -> Path:
        place = tmp_path / "差事.xlsx"
        place.write_bytes(book_of(rows))
        return place

    return table


def run(*words: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("import", "tests.errands", *map(str, words), stdout=out, stderr=err)
    except CommandError as problem:
        err.write(str(problem))
    return out.getvalue(), err.getvalue()


def test_it_checks_and_imports_in_the_name_of_a_person(cast: Cast, table) -> None:
    out, err = run(table(GOOD), "--check")
    assert "A 列“事项”：事项" in out
    assert "将新增 1 件" in out
    assert (err, Errand.objects.count()) == ("", 0)
    out, err = run(table(GOOD), "--by", "office")
    assert (out.splitlines()[-1], err) == ("已新增 1 件，更新 0 件。", "")
    assert ImportRun.objects.order_by("pk").last().owner == cast.office.person


def test_a_bad_row_is_named_and_nothing_is_written_unless_asked_for(cast: Cast, table) -> None:
    _, err = run(table([*GOOD, BAD]))
    assert "第 3 行：期限“下个月”看不出是哪一天" in err
    assert "什么都没有写入" in err
    assert not Errand.objects.exists()
    _, err = run(table([*GOOD, BAD]), "--good-rows")
    assert "有 1 行没有导入" in err
    assert Errand.objects.count() == 1


def test_who_may_not_imports_nothing(cast: Cast, table, tmp_path: Path) -> None:
    assert "不能交办任务" in run(table(GOOD), "--by", "plant_officer")[1]
    assert "没有登录名" in run(table(GOOD), "--by", "nobody")[1]
    assert "找不到文件" in run(tmp_path / "no.xlsx")[1]
