"""Checking and carrying out in the background."""

import tempfile
from typing import Any

from django.db import transaction
from django.urls import reverse

from zhiben.core import clock
from zhiben.core.access.acting import Acting, By
from zhiben.core.access.permissions import require
from zhiben.core.bulk import seldom_collecting
from zhiben.core.jobs.loop import chore
from zhiben.core.jobs.services import Running, job
from zhiben.core.refusal import Refused

from . import services
from .carrying import NotAll, Overtaken, carry_out, carry_out_all, hold, waiting_count
from .checking import examine, made_by
from .declaration import Context
from .hands import Hand, get_ready, second_hand
from .models import ImportRun, Stage
from .rows import Rows, rows_of
from .summary import counts_of
from .workbooks import result_name, write_result


@job("exchange.check", attempts=5)
def check(running: Running, *, run: str, version: int, only_kept: bool) -> Any:
    """Look at every row. It writes only at its end, so a second attempt begins anew."""
    record = services.run_by_id(run)
    if not _is_asked_for(record, Stage.CHECKING, version):
        return None
    only = set(record.rows.filter(is_done=False).values_list("number", flat=True)) if only_kept else None
    try:
        with seldom_collecting():
            findings = examine(record, by=running.by, now=running.now, progress=running.progress, only=only)
    except Refused as refused:
        with transaction.atomic():
            services.back_to_mapping(_locked(record), refused.sentence, now=running.now)
        return _result(record, refused.sentence)
    with transaction.atomic():
        locked = _locked(record)
        if _is_asked_for(locked, Stage.CHECKING, version):
            services.keep_findings(locked, findings, now=running.now, only_kept=only_kept)
    return _result(record, "检查完了，请回到导入页面看结果。")


@job("exchange.carry_out", attempts=5)
def carry(running: Running, *, run: str, version: int) -> Any:
    """Carry out what was confirmed. Each chunk is marked in its own transaction: whoever takes this job up again goes
    on behind the last mark; whoever comes too late finds the run at another stage and writes nothing."""
    record = services.run_by_id(run)
    if not _is_asked_for(record, Stage.RUNNING, version):
        return _result(record, counts_of(record).has_happened)
    try:
        by = _still_entitled(running, record)
        with (
            seldom_collecting(),
            rows_of(record) as rows,
            second_hand(record, rows, by=by, count=waiting_count(record)) as helping,
        ):
            if record.all_or_nothing:
                _all_at_once(running, record, rows, by, helping)
            else:
                progress = running.progress
                carry_out(record, rows, by=by, clock=lambda: running.now, progress=progress, helping=helping)
                with transaction.atomic():
                    _finish(running, hold(record), rows, by)
    except Refused as refused:
        with transaction.atomic():
            services.fail(_locked(record), refused.sentence, now=running.now)
        raise
    except Overtaken:
        pass
    record = services.run_by_id(run)
    return _result(record, record.error or counts_of(record).has_happened)


@job("exchange.result")
def write_out(running: Running, *, run: str) -> None:
    """The outcome of every row of a large import as a spreadsheet, kept as an upload of whoever asked."""
    record = services.run_by_id(run)
    by = _still_entitled(running, record)
    with tempfile.TemporaryFile() as book:
        write_result(record, book, lambda done: running.progress(done, record.total, "正在写入"))
        with running.finishing() as outcome:
            book.seek(0)
            upload = services.keep_file(book, name=result_name(record), by=by, now=running.now)
            outcome.result = {
                "summary": f"每一行的结果已写入《{upload.name}》。",
                "next": [{"label": "下载", "address": reverse("files:download_upload", args=[upload.pk])}],
            }


def _all_at_once(running: Running, record: ImportRun, rows: Rows, by: By, helping: Hand | None) -> None:
    running.progress(0, record.total, "正在一次写入全部行，写完之前什么都不改变")
    try:
        with transaction.atomic():
            carry_out_all(record, rows, by=by, now=running.now, helping=helping)
            _finish(running, hold(record), rows, by)
    except NotAll as not_all:
        with transaction.atomic():
            locked = hold(record)
            services.nothing_done(locked, not_all.outcome, rows, now=running.now)


def _finish(running: Running, locked: ImportRun, rows: Rows, by: By) -> None:
    services.fill_in_cells(locked, rows)
    made = made_by(locked)
    if made:
        locked.target().conclude(made, str(locked.pk), Context(by, running.now, rows.whole()))
    services.finish(locked, by=by, now=running.now)


def _still_entitled(running: Running, record: ImportRun) -> By:
    by = running.by
    if isinstance(by, Acting) and not by.post.holds_on(clock.local_day(running.now)):
        raise Refused("您已不在提交时的岗位上，其余的行没有导入。请由现在的岗位重新上传。")
    require(by, record.target.permission)
    return by


def _is_asked_for(record: ImportRun, stage: Stage, version: int) -> bool:
    return record.stage == stage and record.version == version


def _locked(record: ImportRun) -> ImportRun:
    return ImportRun.objects.select_for_update(of=("self",)).select_related("upload__file").get(pk=record.pk)


def _result(record: ImportRun, summary: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "next": [{"label": "回到这次导入", "page": ["exchange:run", str(record.pk)]}],
    }


@chore("prune imports", seconds=24 * 3600)
def prune_imports() -> None:
    services.prune(clock.now())


@chore("second hand", seconds=3600, for_a_while=True)
def keep_a_second_hand() -> None:
    get_ready()
