"""五步复盘: the five steps as five cards, each with what was written and the button of whoever is next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.filters import Choice, DateRange, Flag, RegionFilter, UnitFilter
from zhiben.core.web.pages.record import Panel, RecordPages, Total
from zhiben.modules.hazards.models import Review, ReviewStatus
from zhiben.modules.hazards.others import within_sight

from .photos import photos_of
from .places import linked
from .records import told_briefly

S = ReviewStatus
FIVE = (
    (S.FACTS, "述情", (("facts", ""),), "情况经过：原来怎样整改的，这次怎样发现的"),
    (
        S.CAUSES,
        "析因",
        (("cause_person", "人"), ("cause_machine", "机"), ("cause_environment", "环"), ("cause_management", "管")),
        "从人、机、环、管找原因",
    ),
    (S.ACCOUNTABILITY, "追责", (("accountability", ""),), "谁的责任，怎样追究"),
    (S.DUTIES, "明责", (("duties", ""),), "以后由谁负责、按什么制度"),
    (S.ROOT_FIX, "治源", (("root_fix", ""),), "怎样从源头不再发生"),
)


@dataclass(frozen=True)
class Card:
    title: str
    place: str
    """was, now or ahead."""
    said: list[tuple[str, str]]
    hint: str


def cards_of(review: Review) -> list[Card]:
    order = [str(state) for state, *_ in FIVE]
    now_at = order.index(review.status) if review.status in order else len(order)
    return [
        Card(
            title,
            "was" if number < now_at else "now" if number == now_at else "ahead",
            [(label, getattr(review, name)) for name, label in fields if getattr(review, name)],
            hint,
        )
        for number, (_, title, fields, hint) in enumerate(FIVE)
    ]


def five_steps(review: Review, at: At) -> Mapping[str, Any]:
    return {"cards": cards_of(review), "review": review}


def both_times(review: Review, at: At) -> Mapping[str, Any] | None:
    """The hazard then and now, photos side by side; of the one then nothing to whom it is out of sight."""
    now, before = review.hazard, review.hazard.recurs_from
    if before is None:
        return None
    opens = bool(within_sight([before.pk], at.acting))
    return {
        "now": now,
        "then": before if opens else None,
        "photos_now": photos_of(now)["before"],
        "photos_then": photos_of(before)["before"] if opens else [],
    }


class ReviewPages(RecordPages):
    model, name, title = Review, "hazard_reviews", "五步复盘"
    columns = (
        Column("hazard", "复发的隐患", link=True, value=lambda review: told_briefly(review.hazard), order=""),
        Column("responsible_unit", "企业（单位）"),
        Column("status", "进行到", kind="state"),
        Column("due_on", kind="due"),
        Column("supervising_unit", "监管单位", shown=False),
        Column("done_at", shown=False),
    )
    related = ("hazard__responsible_unit", "hazard__enterprise", "hazard__recurs_from")
    filters = (
        Choice("status"),
        UnitFilter("unit", "企业（单位）", "responsible_unit"),
        RegionFilter(),
        DateRange("due_on"),
        Flag("overdue", "已逾期", condition=lambda at: ~Q(status=S.DONE) & Q(due_on__lt=at.today)),
    )
    search = ("hazard__number", "hazard__place", "hazard__description")
    sort = "due_on"
    totals = (
        Total("进行中", lambda at: ~Q(status=S.DONE)),
        Total("已完成", lambda at: Q(status=S.DONE), opens="status=done"),
    )
    facts = (
        (
            "复盘",
            (
                Column("hazard", "复发的隐患", kind="text", value=lambda review: linked(review.hazard)),
                Column("due_on", kind="due"),
                "done_at",
                "reason",
            ),
        ),
    )
    panels = (
        Panel("五步", "hazards/panels/five_steps.html", five_steps),
        Panel("前后两次", "hazards/panels/both_times.html", both_times),
    )
    beside = dict.fromkeys(
        ("find_causes", "hold_to_account", "set_duties", "fix_root", "conclude", "send_back"),
        Panel("已经写的", "hazards/steps/review.html", five_steps),
    )
    tones = {S.SUBMITTED: "orange", S.DONE: "green"}
    list_template = "hazards/list_plain.html"
    detail_template = "hazards/follower.html"
    empty = "隐患被认定为复发后，会自动启动五步复盘并出现在这里。"
    help = "五步工作法：述情、析因、追责、明责、治源。企业写经过、原因、制度和治本措施，监管单位定责任并验收。"
