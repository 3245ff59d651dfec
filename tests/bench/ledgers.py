"""A ledger from the file to the last row, the way a page or a command brings it in, and what is said of it."""

import gc
import resource
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db import connection

from zhiben.core import clock
from zhiben.core.access.acting import Acting
from zhiben.core.exchange import hands, services
from zhiben.core.exchange.models import ImportRun, Stage
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending

from .figures import say, stopwatch

BATCH = 1000
"""Rows a transaction, there and in the bare insert beside it."""


@dataclass(frozen=True)
class Imported:
    run: ImportRun
    rows: int
    checking: float
    """Seconds, from the upload until every row has been judged."""
    carrying: float
    """Seconds, from the confirmation to the last row."""
    before: float
    """Megabytes the process had held at most before."""

    @property
    def a_second(self) -> float:
        return self.rows / (self.checking + self.carrying)

    def say(self, what: str, *, bare: float, against: str) -> None:
        """Beside `bare` seconds for the plainest way."""
        name = f"import.{what}.{connection.vendor}"
        say(name, self.a_second, "rows/s", baseline=self.rows / bare, against=f"{against}, {BATCH} a transaction")
        say(f"{name}.check", self.checking, "s")
        say(f"{name}.carry_out", self.carrying, "s")
        say(f"{name}.memory", peak(), "MB", baseline=self.before, against="the same process before the import")
        for second in hands.ready():
            say(f"{name}.memory.second_hand", second.submit(peak).result(), "MB")


def bring_in(key: str, title: str, heads: Sequence[str], rows: Sequence[tuple[Any, ...]], *, by: Acting) -> Imported:
    """Every row must be in order and be carried out. As in a worker that has been running for a while."""
    hands.get_ready(wait=True)
    gc.collect()
    before = peak()
    with tempfile.TemporaryDirectory() as folder, _book(Path(folder), title, [heads, *rows]).open("rb") as file:
        with stopwatch() as checking:
            run = _checked(file, key, title, by)
        with stopwatch() as carrying:
            services.confirm(run=run, all_or_nothing=False, version=run.version, by=by, now=clock.now())
            _done(run, Stage.DONE)
    return Imported(run, len(rows), checking.seconds, carrying.seconds, before)


def _checked(file: Any, key: str, title: str, by: Acting) -> ImportRun:
    now = clock.now()
    upload = receive_upload(file, name=f"{title}.xlsx", by=by, now=now)
    run = services.begin_import(key=key, upload=upload, by=by, now=now)
    services.map_columns(run=run, mapping=run.columns, by=by, now=now)
    _done(run, Stage.CHECKED)
    return run


def _done(run: ImportRun, stage: Stage) -> None:
    run_pending()
    run.refresh_from_db()
    assert run.stage == stage, run.error
    bad = run.rows.filter(is_bad=True).first()
    assert bad is None, bad.sentences


def _book(folder: Path, title: str, rows: Iterable[Sequence[Any]]) -> Path:
    path = folder / "ledger.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet, day = book.add_worksheet(title), book.add_format({"num_format": "yyyy-mm-dd"})
    for number, row in enumerate(rows):
        for at, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(number, at, cell, day)
            else:
                sheet.write(number, at, cell)
    book.close()
    return path


def peak() -> float:
    """Megabytes this process has held at most."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / 1024 if sys.platform.startswith("linux") else size / 2**20
