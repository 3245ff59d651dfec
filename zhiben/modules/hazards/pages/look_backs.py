"""回头看: what is due, on a map and in a list; the result in two taps, with a photo."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, JsonResponse

from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.filters import Choice, DateRange, Flag, RegionFilter, UnitFilter
from zhiben.core.web.pages.listing import Listing
from zhiben.core.web.pages.record import Panel, RecordPages, Total
from zhiben.core.web.words import time_left
from zhiben.modules.hazards.models import Excuse, LookBack, LookBackStatus
from zhiben.modules.hazards.others import OUT_OF_SIGHT, within_sight

from .photos import photos_of
from .places import collection, linked, place_of, point
from .records import told_briefly

MOST_ON_MAP = 500
SOON = 7
"""Days."""
S = LookBackStatus


def then(look: LookBack, at: At) -> Mapping[str, Any]:
    """How it was when it was closed: description, plan and photos, to compare with."""
    return {
        "look": look,
        "hazard": look.hazard,
        "photos": photos_of(look.hazard),
        "plan": look.hazard.plans.filter(accepted_at__isnull=False).first(),
    }


def draw_of(look: LookBack, at: At) -> Mapping[str, Any] | None:
    return {"draw": look.draw} if look.draw else None


def came_back(look: LookBack, at: At) -> Mapping[str, Any] | None:
    if look.new_hazard is None:
        return None
    opens = bool(within_sight([look.new_hazard.pk], at.acting))
    return {"new": look.new_hazard if opens else None, "opens": opens, "unknown": OUT_OF_SIGHT}


def excused_as(excuse: Excuse) -> Callable[[At], Q]:
    return lambda at: Q(excuse=excuse)


class LookBackPages(RecordPages):
    model, name, title = LookBack, "look_backs", "回头看"
    columns = (
        Column("hazard", "原隐患", link=True, value=lambda look: told_briefly(look.hazard), order=""),
        Column("responsible_unit", "企业（单位）"),
        Column("level", "等级", value=lambda look: look.hazard.get_level_display()),
        Column("status", kind="state"),
        Column("due_on", kind="due"),
        Column("chosen", "来由", value=lambda look: "随机抽取" if look.draw_id else "重大隐患"),
        Column("excuse", kind="choice", shown=False),
        Column("looked_on", shown=False),
        Column("supervising_unit", "查看单位", shown=False),
    )
    related = ("hazard__responsible_unit", "hazard__enterprise")
    filters = (
        Choice("status"),
        Choice("excuse", rare=True),
        UnitFilter("unit", "企业（单位）", "responsible_unit"),
        RegionFilter(),
        DateRange("due_on"),
        Flag("overdue", "已逾期", condition=lambda at: Q(status=S.DUE, due_on__lt=at.today)),
    )
    search = ("hazard__number", "hazard__place", "hazard__description")
    sort = "due_on"
    leading = ("status", S.DUE)
    totals = (
        Total("待查看", lambda at: Q(status=S.DUE), opens="status=due"),
        Total("逾期", lambda at: Q(status=S.DUE, due_on__lt=at.today), opens="overdue=1"),
        Total("整改保持", lambda at: Q(status=S.HOLDS), opens="status=holds"),
        Total("复发", lambda at: Q(status=S.RECURRED), opens="status=recurred"),
        Total("免予", lambda at: Q(status=S.EXCUSED), opens="status=excused"),
        *(
            Total(f"其中{each.label}", excused_as(each), opens=f"excuse={each.value}", where_any=True)
            for each in Excuse
        ),
    )
    facts = (
        (
            "回头看",
            (
                Column("hazard", "原隐患", kind="text", value=lambda look: linked(look.hazard)),
                Column("due_on", kind="due"),
                "looked_on",
                "looked_by",
                "finding",
                Column("excuse", kind="choice"),
                "reason",
            ),
        ),
    )
    panels = (
        Panel("又出现了", "hazards/panels/came_back.html", came_back),
        Panel("销号时的样子", "hazards/panels/then.html", then),
        Panel("抽取", "hazards/panels/draw.html", draw_of, side=True),
    )
    beside = {
        "hold": Panel("销号时的样子", "hazards/steps/then.html", then),
        "recur": Panel("销号时的样子", "hazards/steps/then.html", then),
    }
    tones = {S.DUE: "yellow", S.HOLDS: "green", S.RECURRED: "red"}
    list_template = "hazards/look_backs.html"
    detail_template = "hazards/follower.html"
    empty = "重大隐患销号后到规定的天数、一般隐患被随机抽中后，会出现在这里。"
    help = "回头看由监管单位到现场看原隐患是否保持整改。复发的会自动登记一条新隐患，与原隐患关联，并启动五步复盘。"


def on_map(request: HttpRequest) -> JsonResponse:
    """The due ones of the list, as points: red overdue, orange within a week, blue later."""
    pages = LookBackPages()
    if not pages.may_read(request.acting):
        raise Http404
    listing = Listing(pages, request)
    rows = listing.filtered.filter(status=S.DUE).select_related("hazard__enterprise", "responsible_unit")
    points = []
    for look in rows.order_by("due_on")[:MOST_ON_MAP]:
        if (place := place_of(look.hazard)) is not None:
            left = (look.due_on - listing.at.today).days
            grade = 1 if left < 0 else 2 if left <= SOON else 4
            said = f"{time_left(look.due_on, listing.at.today)}，{look.responsible_unit}"
            points.append(point(told_briefly(look.hazard), *place, grade, label=said, link=look.get_absolute_url()))
    return collection(points)
