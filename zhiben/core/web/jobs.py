"""Long work of the pages themselves."""

import tempfile

from django.http import QueryDict
from django.urls import get_resolver, reverse

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, require
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.services import Running, job
from zhiben.core.refusal import Refused

from .pages.export import MOST_ROWS, name_of, trace_export, write_book
from .pages.keyset import bounded_count
from .pages.listing import Asked, Listing
from .pages.record import RecordPages


@job("web.export")
def export_list(running: Running, *, pages: str, query: str) -> None:
    """A long list as a spreadsheet, as the person who asked sees it now; kept as an upload of theirs."""
    _ = get_resolver().url_patterns  # the declarations are made when the addresses are read; a worker serves none
    by = running.by
    if not isinstance(by, Acting) or pages not in RecordPages.by_name:
        raise Refused("这份清单已不能导出，请回到列表重新操作")
    require(by, Permission.EXPORT_RECORDS)
    listing = Listing(RecordPages.by_name[pages](), Asked(QueryDict(query), by, running.now))
    total = min(bounded_count(listing.filtered, MOST_ROWS), MOST_ROWS)
    with tempfile.TemporaryFile() as book:
        count = write_book(listing, book, lambda done: running.progress(done, total, "正在写入"))
        with running.finishing() as outcome:
            upload = receive_upload(book, name=name_of(listing), by=by, now=running.now)
            trace_export(listing, count)
            outcome.result = {
                "summary": f"共 {count} 条，已写入《{upload.name}》。",
                "next": [{"label": "下载", "address": reverse("files:download_upload", args=[upload.pk])}],
            }
