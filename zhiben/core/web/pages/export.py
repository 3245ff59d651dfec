"""A list as a spreadsheet: exactly what is seen, with the same filters, columns and order, on all pages together."""

import tempfile
from collections.abc import Callable
from datetime import date, datetime
from typing import IO, Any
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
from zhiben.core.web.words import moment

from .columns import Column, plain
from .keyset import bounded_count
from .listing import Listing
from .record import RecordPages

MOST_ROWS = 200_000
AT_ONCE = 5000
"""A longer list is written in the background: nobody waits before a white page."""
CHUNK = 2000
HEAD_ROW = 2
"""Where the heads stand, counted from 0: below the title and what is filtered."""
_A4 = 9
_PORTRAIT_WIDTH = 95
_WIDTHS = {"long_text": 50, "date": 12, "due": 12, "moment": 17, "number": 11, "percent": 9, "progress": 9,
           "yes_no": 7, "state": 10, "choice": 12, "related": 20}  # fmt: skip
"""Of columns, in characters; anything else has 18."""


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
    looks = _Looks(book)
    _write_head(sheet, looks, listing)
    formats = [looks.of(column) for column in listing.columns]
    rows = listing.order.apply(listing.filtered.select_related(*listing.pages.related_to(listing.columns)))
    number = 0
    for number, record in enumerate(rows[:MOST_ROWS].iterator(chunk_size=CHUNK), start=1):
        line = HEAD_ROW + number
        for at, column in enumerate(listing.columns):
            value = plain(column, record)
            if isinstance(value, datetime):
                sheet.write_datetime(line, at, value, looks.moment)
            elif isinstance(value, date):
                sheet.write_datetime(line, at, value, looks.day)
            elif isinstance(value, int | float):
                sheet.write_number(line, at, value, formats[at])
            elif value is not None:
                sheet.write_string(line, at, str(value)[:32_767], formats[at])
        if progress and number % CHUNK == 0:
            progress(number)
    if listing.columns:
        sheet.autofilter(HEAD_ROW, 0, HEAD_ROW + max(number, 1), len(listing.columns) - 1)
    if number == MOST_ROWS:
        sentence = f"只导出了前 {MOST_ROWS} 条，请缩小筛选范围后分次导出"
        sheet.write_string(HEAD_ROW + number + 1, 0, sentence, looks.small)
    book.close()
    return number


class _Looks:
    """The formats of a list: made once for a workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        top = {"valign": "top"}
        self.title = book.add_format({"bold": True, "font_size": 16, "valign": "vcenter"})
        self.small = book.add_format({"font_size": 10, "font_color": "#55606E", "valign": "vcenter"})
        self.head = book.add_format(
            {
                "bold": True,
                "border": 1,
                "bg_color": "#E6ECF4",
                "align": "center",
                "valign": "vcenter",
                "text_wrap": True,
            }
        )
        self.text = book.add_format(top | {"text_wrap": True})
        self.word = book.add_format(top | {"align": "center"})
        self.number = book.add_format(top | {"align": "right"})
        self.day = book.add_format(top | {"num_format": "yyyy-mm-dd", "align": "center"})
        self.moment = book.add_format(top | {"num_format": "yyyy-mm-dd hh:mm", "align": "center"})

    def of(self, column: Column) -> Any:
        if column.kind in ("state", "choice", "yes_no"):
            return self.word
        return self.number if column.is_number else self.text


def _write_head(sheet: Any, looks: _Looks, listing: Listing) -> None:
    """Title, what is filtered, who exported it when, and the heads; how it prints: A4, as wide as one page, the heads
    on each page, page n of m at the foot."""
    title, by = listing.pages.title, f"{moment(listing.at.now)}，{listing.at.acting}导出"
    for at, column in enumerate(listing.columns):
        sheet.set_column(at, at, _WIDTHS.get(column.kind or "text", 18) if not column.link else 38)
    sheet.set_row(0, 28)
    sheet.write_string(0, 0, title, looks.title)
    sheet.write_string(1, 0, "；".join(filter(None, (listing.said, by))), looks.small)
    sheet.set_row(HEAD_ROW, 22)
    for at, column in enumerate(listing.columns):
        sheet.write_string(HEAD_ROW, at, column.label, looks.head)
    sheet.freeze_panes(HEAD_ROW + 1, 1)
    sheet.set_paper(_A4)
    if sum(_WIDTHS.get(column.kind or "text", 18) for column in listing.columns) > _PORTRAIT_WIDTH:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROW)
    sheet.hide_gridlines(0)  # printed, too
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.set_footer(f"&L&9{title.replace('&', '&&')}&C&9第 &P 页，共 &N 页&R&9{listing.at.today:%Y-%m-%d}")
