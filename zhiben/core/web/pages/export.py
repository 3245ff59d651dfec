"""A list as a spreadsheet: exactly what is seen, with the same filters, columns and order, on all pages together."""

import tempfile
from datetime import date, datetime
from typing import IO
from urllib.parse import quote

import xlsxwriter
from django.db import transaction
from django.http import FileResponse, HttpRequest

from zhiben.core import clock
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.ids import new_id

from .columns import plain
from .listing import Listing
from .record import RecordPages

MOST_ROWS = 100_000
CHUNK = 2000


def download(pages: RecordPages, request: HttpRequest) -> FileResponse:
    require(request.acting, Permission.EXPORT_RECORDS)
    listing = Listing(pages, request)
    book = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it when the last byte has gone)
    count = write_book(listing, book)
    with transaction.atomic():
        audit.append(
            record_type="web.export",
            record_id=str(new_id()),
            kind="export",
            verb="export",
            label=f"导出{pages.title}",
            by=request.acting,
            now=request.now,
            data={
                "pages": pages.name,
                "query": listing.query,
                "columns": [column.label for column in listing.columns],
                "rows": count,
            },
        )
    book.seek(0)
    name = f"{pages.title}-{clock.local_day(request.now):%Y%m%d}.xlsx"
    response = FileResponse(book, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def write_book(listing: Listing, out: IO[bytes]) -> int:
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
    if number == MOST_ROWS:
        sheet.write_string(number + 1, 0, f"只导出了前 {MOST_ROWS} 条，请缩小筛选范围后分次导出")
    book.close()
    return number
