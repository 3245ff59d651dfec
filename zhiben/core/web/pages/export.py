"""A list as a spreadsheet: exactly what is seen, with the same filters, columns and order, on all pages together."""

import tempfile
from collections.abc import Callable
from datetime import date, datetime
from typing import IO
from urllib.parse import quote

import xlsxwriter
from django.db import transaction
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.ids import new_id
from zhiben.core.jobs.services import enqueue

from .columns import plain
from .keyset import bounded_count
from .listing import Listing
from .record import RecordPages

MOST_ROWS = 200_000
AT_ONCE = 5000
"""A longer list is written in the background: nobody waits before a white page."""
CHUNK = 2000


def download(pages: RecordPages, request: HttpRequest) -> HttpResponseBase:
    require(request.acting, Permission.EXPORT_RECORDS)
    listing = Listing(pages, request)
    if bounded_count(listing.filtered, AT_ONCE) > AT_ONCE:
        job = enqueue(
            "web.export",
            args={"pages": pages.name, "query": request.GET.urlencode()},
            key=f"export:{new_id()}",
            by=request.acting,
            now=request.now,
            label=f"导出{pages.title}",
        )
        return redirect("web:job", pk=job.pk)
    book = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it when the last byte has gone)
    count = write_book(listing, book)
    trace_export(listing, count)
    book.seek(0)
    response = FileResponse(book, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name_of(listing))}"
    return response


def name_of(listing: Listing) -> str:
    return f"{listing.pages.title}-{listing.at.today:%Y%m%d}.xlsx"


def trace_export(listing: Listing, count: int) -> None:
    with transaction.atomic():
        audit.append(
            record_type="web.export",
            record_id=str(new_id()),
            kind="export",
            verb="export",
            label=f"导出{listing.pages.title}",
            by=listing.at.acting,
            now=listing.at.now,
            data={
                "pages": listing.pages.name,
                "query": listing.query,
                "columns": [column.label for column in listing.columns],
                "rows": count,
            },
        )


def write_book(listing: Listing, out: IO[bytes], progress: Callable[[int], None] | None = None) -> int:
    """Write the workbook, holding one row in memory at a time; returns the number of rows.

    Text is always written as text: a title that begins with = or @ never becomes a formula.
    """
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(listing.pages.title[:31])
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF0F3"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for at, column in enumerate(listing.columns):
        sheet.set_column(at, at, 40 if column.link else 16)
        sheet.write_string(0, at, column.label, head)
    sheet.freeze_panes(1, 0)
    rows = listing.order.apply(listing.filtered.select_related(*listing.pages.related_to(listing.columns)))
    number = 0
    for number, record in enumerate(rows[:MOST_ROWS].iterator(chunk_size=CHUNK), start=1):
        for at, column in enumerate(listing.columns):
            value = plain(column, record)
            if isinstance(value, datetime):
                sheet.write_datetime(number, at, value, moment)
            elif isinstance(value, date):
                sheet.write_datetime(number, at, value, day)
            elif isinstance(value, int | float):
                sheet.write_number(number, at, value)
            elif value is not None:
                sheet.write_string(number, at, str(value)[:32_767])
        if progress and number % CHUNK == 0:
            progress(number)
    if number == MOST_ROWS:
        sheet.write_string(number + 1, 0, f"只导出了前 {MOST_ROWS} 条，请缩小筛选范围后分次导出")
    book.close()
    return number
