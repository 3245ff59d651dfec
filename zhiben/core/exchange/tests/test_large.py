"""Very many rows, one of them bad; `make soak` takes as many as a file may have."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from io import BytesIO

import pytest

from zhiben.conftest import Cast
from zhiben.core.exchange.models import ImportRun, Stage
from zhiben.core.exchange.sheets import MOST_ROWS
from zhiben.core.exchange.summary import counts_of
from zhiben.core.jobs.running import run_pending

from .conftest import HEADS, book_of

pytestmark = pytest.mark.django_db
BAD_ROW = 12_345


def large_book(count: int) -> bytes:
    """Written by hand: a writer of workbooks would take longer than the test."""

    def row(number: int, *texts: str) -> str:
        cells = zip("ABC", texts, strict=True)
        written = (f'<c r="{at}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for at, text in cells)
        return f'<row r="{number}">{"".join(written)}</row>'

    rows = [row(1, *HEADS)]
    rows += [
        row(number, f"第{number}件", "2026-03-01", "无名局" if number == BAD_ROW else "柳溪镇")
        for number in range(2, count + 2)
    ]
    out, source = BytesIO(), BytesIO(book_of([HEADS]))
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for part in old.namelist():
            content = old.read(part).decode()
            if part.endswith("sheet1.xml"):
                before, after = content.split("<sheetData>")[0], content.split("</sheetData>")[1]
                content = f"{before}<sheetData>{''.join(rows)}</sheetData>{after}"
            new.writestr(part, content)
    return out.getvalue()


@pytest.mark.parametrize("count", [20_000, pytest.param(MOST_ROWS, marks=pytest.mark.soak)])
def test_of_very_many_rows_the_bad_one_is_named(
    cast: Cast, now: datetime, checked: Callable[..., ImportRun], count: int
) -> None:
    run = checked(large_book(count))
    assert run.stage == Stage.CHECKING
    run_pending()
    run.refresh_from_db()
    assert counts_of(run).will_happen == f"将新增 {count - 1} 件，更新 0 件；1 行有问题，不导入。"
    assert [(row.number, row.sentences) for row in run.rows.all()] == [
        (BAD_ROW, ["没有叫“无名局”的单位，请核对名称。"])
    ]
