"""四张清单 on the page, on paper and as a workbook: the same rows, the same words."""

from urllib.parse import quote

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from zhiben.core.access.permissions import Permission, may, require
from zhiben.core.audit import services as audit
from zhiben.core.ids import new_id
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.listing import Asked, Listing
from zhiben.core.web.words import moment
from zhiben.modules.hazards.four_lists import FOUR, MOST_ROWS, Row, rows_of, workbook
from zhiben.modules.hazards.models import OPEN_STATUSES, HazardStatus

from .clearing import WIDEST_FIRST
from .records import HazardPages

SHOWN = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(request: HttpRequest) -> HttpResponse:
    """The list's address says which; without a state, those not yet closed."""
    pages = HazardPages()
    if not pages.may_read(request.acting):
        raise Http404
    listing = Listing(pages, widest(request, pages))
    wanted = request.GET.get("of", "open")
    statuses = (*OPEN_STATUSES, HazardStatus.CLOSED) if wanted == "all" else OPEN_STATUSES
    hazards = listing.filtered.filter(status__in=statuses)
    if request.GET.get("as_file") == "xlsx":
        require(request.acting, Permission.EXPORT_RECORDS)
        return _file(listing, rows_of(hazards))
    rows = rows_of(hazards, most=SHOWN + 1)
    context = {
        "listing": listing,
        "lists": [
            (part, list(zip((row.hazard for row in rows), part.lines(rows[:SHOWN]), strict=False))) for part in FOUR
        ],
        "rows": rows[:SHOWN],
        "too_many": len(rows) > SHOWN,
        "shown": SHOWN,
        "most": MOST_ROWS,
        "of": "all" if wanted == "all" else "open",
        "may_export": may(request.acting, Permission.EXPORT_RECORDS),
        "today": listing.at.today,
    }
    return render(request, "hazards/four_lists.html", context)


def widest(request: HttpRequest, pages: HazardPages) -> Asked:
    """Like 动态清零 beside it: as far as one sees, where the address does not say how."""
    asked = request.GET.copy()
    if "as" not in asked:
        names = {each.name for each, _ in pages.perspectives(request.acting)}
        asked["as"] = next((name for name in WIDEST_FIRST if name in names), "")
    return Asked(asked, request.acting, request.now)


def _file(listing: Listing, rows: list[Row]) -> HttpResponse:
    at: At = listing.at
    about = "；".join(filter(None, (listing.said, f"{len(rows)} 条", f"{moment(at.now)}，{at.acting}导出")))
    content = workbook(rows, title="重大事故隐患", about=about)
    with transaction.atomic():
        audit.append(
            record_type="web.export", record_id=str(new_id()), kind="export", verb="export", label="导出隐患四张清单",
            by=at.acting, now=at.now, data={"pages": "hazards.four_lists", "query": listing.query, "rows": len(rows)},
        )  # fmt: skip
    response = HttpResponse(content, content_type=XLSX)
    name = f"重大事故隐患四张清单-{at.today:%Y%m%d}.xlsx"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
