"""Who may read the criteria: whoever reads records or reports hazards. They are the same for all of them."""

from collections.abc import Sequence
from datetime import date

from django.http import Http404, HttpRequest
from django.utils.dateparse import parse_date

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.clock import local_day

from ..judging.trades import field_of
from ..sectors import TRADES, trades_by_field

LONGEST = 2000
"""Characters of a description."""


def may_read(acting: Acting | None) -> bool:
    return may(acting, Permission.READ_RECORDS) or may(acting, Permission.REPORT_HAZARDS)


def require_reader(acting: Acting | None) -> None:
    if not may_read(acting):
        raise Http404


def day_asked(request: HttpRequest, name: str = "found_on") -> date:
    """The day in the address, today when there is none or it is no day."""
    try:
        return parse_date(request.GET.get(name, "")) or local_day(request.now)
    except ValueError:
        return local_day(request.now)


def text_asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:LONGEST]


def trades_asked(request: HttpRequest) -> list[str]:
    """Sectors of the catalogue in the address; a field stands for all of its sectors."""
    asked = [text for name in ("trades", "trade") for text in request.GET.getlist(name)]
    return [trade for trade in TRADES if trade in asked or field_of(trade) in asked]


def fields_with(chosen: Sequence[str]) -> list[tuple[str, list[tuple[str, bool]]]]:
    """Fields with their sectors, and whether each is chosen."""
    return [(field, [(trade, trade in chosen) for trade in trades]) for field, trades in trades_by_field().items()]
