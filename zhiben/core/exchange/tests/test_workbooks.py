"""The workbooks given out, and the one brought back."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest

from tests.errands.models import Errand
from zhiben.conftest import Cast
from zhiben.core.exchange import services
from zhiben.core.exchange.models import ImportRun
from zhiben.core.exchange.returned import mend_from_file
from zhiben.core.exchange.sheets import opened
from zhiben.core.exchange.summary import counts_of
from zhiben.core.exchange.workbooks import problem_rows, template_of, write_result
from zhiben.core.jobs.running import run_pending
from zhiben.core.refusal import Refused

from .conftest import HEADS, book_of
from .errand_import import ErrandImport

pytestmark = pytest.mark.django_db

ROWS = [(*HEADS, "谁说的"), ["检查仓库", "2026.3.1", "柳溪镇", "会上"], ["整改车间", "下个月", "无名局", "=1+1"]]


def cells_of(content: bytes, tmp_path: Path, sheet: int = 0) -> list[list]:
    place = tmp_path / "read.xlsx"
    place.write_bytes(content)
    with opened(place, name="read.xlsx") as book:
        return [cells for _, cells in book.table(book.sheets[sheet].name).rows()]


def test_the_template_explains_every_column_and_can_be_brought_back_filled(
    tmp_path: Path, begun: Callable, cast: Cast, now: datetime
) -> None:
    content = template_of(ErrandImport)
    heads, *_ = cells_of(content, tmp_path)
    assert heads == ["事项", "期限", "承办单位", "费用", "编号", "前置事项", "是否加急"]
    explained = cells_of(content, tmp_path, sheet=1)
    assert explained[6][:2] == ["承办单位", "必填"]
    assert begun(content).plan.sheet == "填写"


def corrected(run: ImportRun, tmp_path: Path, change: Callable[[list[list]], None]) -> bytes:
    lines = cells_of(problem_rows(run), tmp_path)
    change(lines)
    return book_of(lines)


def test_the_rows_with_problems_come_back_corrected(
    checked: Callable, bring: Callable, cast: Cast, now: datetime, tmp_path: Path
) -> None:
    run = checked(book_of(ROWS))
    lines = cells_of(problem_rows(run), tmp_path)
    assert lines[2] == ["行号", "问题", *ROWS[0]]
    assert lines[3][0] == 3.0
    assert lines[3][2:] == ["整改车间", "下个月", "无名局", "=1+1"], "columns that are not imported stand there, too"

    def change(lines: list[list]) -> None:
        lines[3][3:5] = [datetime(2026, 5, 1), "柳溪镇"]

    run = mend_from_file(run=run, upload=bring(corrected(run, tmp_path, change)), by=cast.office, now=now)
    assert counts_of(run).will_happen == "将新增 2 件，更新 0 件。"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: lines[3].__setitem__(0, 2), "行号 2 不是本次导入的问题行"),
        (lambda lines: lines[3].__setitem__(0, "三"), "没有行号"),
        (lambda lines: lines[2].reverse(), "不是从本次导入"),
        (lambda lines: lines[2].__setitem__(3, "什么"), "列的顺序或名称被改动"),
        (lambda lines: lines.append(list(lines[3])), "出现了两次"),
        (lambda lines: lines.pop(1), "不是从本次导入"),
        (lambda lines: lines[1].__setitem__(0, "导入编号：00000000-0000-7000-8000-000000000000"), "不是从本次导入"),
        (lambda lines: lines.pop(), "没有任何行"),
    ],
)
def test_a_file_that_was_meddled_with_changes_nothing(
    checked: Callable, bring: Callable, cast: Cast, now: datetime, tmp_path: Path, change: Callable, sentence: str
) -> None:
    run = checked(book_of(ROWS))
    upload = bring(corrected(run, tmp_path, change))
    with pytest.raises(Refused, match=sentence):
        mend_from_file(run=run, upload=upload, by=cast.office, now=now)
    assert run.rows.get().mended == {}


def test_what_became_of_each_row(checked: Callable, cast: Cast, now: datetime, tmp_path: Path) -> None:
    run = checked(book_of(ROWS))
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    run_pending()
    out = BytesIO()
    write_result(services.run_by_id(run.pk), out)
    _, first, second = cells_of(out.getvalue(), tmp_path)
    assert first[:4] == [2.0, "新增", "", "检查仓库"]
    assert second[1] == "有问题"
    assert "无名局" in second[2] or "看不出是哪一天" in second[2]
    assert Errand.objects.count() == 1
