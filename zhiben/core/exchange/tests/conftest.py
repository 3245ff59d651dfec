from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from zhiben.conftest import Cast
from zhiben.core.exchange import services
from zhiben.core.exchange.declaration import IMPORTS
from zhiben.core.exchange.models import ImportRun
from zhiben.core.files.models import Upload
from zhiben.core.files.services import receive_upload

from .errand_import import ErrandImport

HEADS = ("事项", "期限", "承办单位")


@pytest.fixture(autouse=True)
def errand_import(monkeypatch: pytest.MonkeyPatch) -> type[ErrandImport]:
    monkeypatch.setitem(IMPORTS, ErrandImport.key, ErrandImport)
    return ErrandImport


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.ZHIBEN_FILES_ROOT = tmp_path / "files"


def book_of(rows: Sequence[Sequence[Any]], **sheets: Sequence[Sequence[Any]]) -> bytes:
    """An xlsx file: cells as given, the first sheet is called 甲."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, lines in {"甲": rows, **sheets}.items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(lines):
            for column, cell in enumerate(line):
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, column, cell, day)
                elif cell is not None:
                    sheet.write(number, column, cell)
    book.close()
    return out.getvalue()


@pytest.fixture
def bring(cast: Cast, now: datetime) -> Callable[..., Upload]:
    def bring(content: bytes, name: str = "差事.xlsx", who: str = "office") -> Upload:
        return receive_upload(content, name=name, by=getattr(cast, who), now=now)

    return bring


@pytest.fixture
def begun(cast: Cast, now: datetime, bring: Callable[..., Upload]) -> Callable[..., ImportRun]:
    """A run as far as its columns are guessed."""

    def begun(rows: Sequence[Sequence[Any]] | bytes, name: str = "差事.xlsx") -> ImportRun:
        content = rows if isinstance(rows, bytes) else book_of(rows)
        return services.begin_import(key="tests.errands", upload=bring(content, name), by=cast.office, now=now)

    return begun


@pytest.fixture
def checked(cast: Cast, now: datetime, begun: Callable[..., ImportRun]) -> Callable[..., ImportRun]:
    """A run whose rows were checked, with the columns as guessed."""

    def checked(rows: Sequence[Sequence[Any]] | bytes, name: str = "差事.xlsx") -> ImportRun:
        run = begun(rows, name)
        return services.map_columns(run=run, mapping=run.columns, by=cast.office, now=now)

    return checked
