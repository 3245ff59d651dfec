"""Search across everything this post may see."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhiben.core.search.matching import matching

from .pages.record import RecordPages

SHOWN_EACH = 8
SHORTEST = 2


def show(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    found = []
    if request.acting is not None and len(text) >= SHORTEST:
        for declared in RecordPages.by_name.values():
            pages = declared()
            if not pages.search or not pages.may_read(request.acting):
                continue
            rows = matching(pages.rows(request.acting), pages.search, text)
            records = list(rows.order_by("-pk")[: SHOWN_EACH + 1])
            if records:
                found.append(
                    {
                        "pages": pages,
                        "records": [(record, pages.address("detail", record.pk)) for record in records[:SHOWN_EACH]],
                        "more": len(records) > SHOWN_EACH,
                        "all": pages.address("list"),
                    }
                )
    return render(request, "web/search.html", {"search_text": text, "found": found, "too_short": len(text) < SHORTEST})
