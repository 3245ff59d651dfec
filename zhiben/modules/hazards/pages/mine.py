"""一站服务: an enterprise's own page. What is due and by when, the next step as a button, how to fix it, whom to call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Q, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from rapidfuzz import fuzz, process

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.org.models import Post, Unit, UnitKind
from zhiben.core.org.roles import HANDLERS
from zhiben.core.web.home import dressed
from zhiben.core.web.pages.at import At
from zhiben.core.workflow.worklist import worklist
from zhiben.modules.hazards.credit import DEFINITIONS, credit_of
from zhiben.modules.hazards.judging import candidates_of
from zhiben.modules.hazards.likeness import plain_words
from zhiben.modules.hazards.models import OPEN_STATUSES, Hazard, HazardLevel, HazardStatus
from zhiben.modules.registry.models import Enterprise

from .records import HazardPages, overdue_on

SHOWN = 30
HISTORY = 20
SOON = 7
"""Days."""
YEAR = 365
MOST_CALLED = 3
MOST_COMPARED = 200
MUCH_ALIKE = 60
"""Per cent of the words: enough to show how it was done then, whoever reads it sees whether it fits."""
AROUND = ("criterion__standard", "supervising_unit", "responsible_unit", "enterprise")


@dataclass(frozen=True)
class Due:
    hazard: Hazard
    row: Mapping[str, Any]
    """As the worklist dresses it: the step and its address."""
    questions: tuple[str, ...]
    """What the criterion asks, to be put right."""
    last_time: Hazard | None
    """How the enterprise put the same right before."""


def is_enterprise(acting: Acting | None) -> bool:
    return acting is not None and acting.unit.kind == UnitKind.ENTERPRISE and may(acting, Permission.READ_RECORDS)


def show(request: HttpRequest) -> HttpResponse:
    if not is_enterprise(request.acting):
        raise Http404
    at = At(request.acting, request.now)
    unit = at.acting.unit
    enterprise = Enterprise.objects.select_related("supervising_unit").filter(unit=unit).first()
    own = Hazard.objects.filter(responsible_unit=unit)
    dues = _dues(request, at)
    waiting = own.open().exclude(pk__in=[due.hazard.pk for due in dues]).select_related(*AROUND)
    context = {
        "pages": HazardPages(),
        "enterprise": enterprise,
        "unit": unit,
        "tiles": _tiles(own, at),
        "dues": dues,
        "waiting": list(waiting.order_by("rectify_by", "pk")[:SHOWN]),
        "history": list(own.exclude(status__in=OPEN_STATUSES).select_related(*AROUND).order_by("-closed_at")[:HISTORY]),
        "calls": _calls([enterprise.supervising_unit if enterprise else None, *(due.hazard.supervising_unit for due in dues)], unit, at),
        "credit": _credit(enterprise, at) if enterprise else None,
    }  # fmt: skip
    return render(request, "hazards/mine.html", context)


def _dues(request: HttpRequest, at: At) -> list[Due]:
    rows = [dressed(row, request) for row in worklist(at.acting, at.now, record_type="hazards.hazard", limit=SHOWN)]
    hazards = {str(key): each for key, each in Hazard.objects.select_related(*AROUND).in_bulk([row["item"].record_id for row in rows]).items()}  # type: ignore[attr-defined]  # fmt: skip
    found = [(hazards[row["item"].record_id], row) for row in rows if row["item"].record_id in hazards]  # type: ignore[attr-defined]
    before = _last_times([hazard for hazard, _ in found])
    return [Due(hazard, row, _questions(hazard), before.get(hazard.pk)) for hazard, row in found]


def _questions(hazard: Hazard) -> tuple[str, ...]:
    if hazard.criterion is None:
        return ()
    found = candidates_of(hazard)
    return next((each.candidate.to_establish for each in found if each.criterion.pk == hazard.criterion_id), ())


def _last_times(hazards: list[Hazard]) -> dict[UUID, Hazard]:
    """For each, the last one that this enterprise put right after the same criterion, else the one that was described
    most alike. One query."""
    if not hazards:
        return {}
    rows = Hazard.objects.filter(responsible_unit=hazards[0].responsible_unit_id, status=HazardStatus.CLOSED)
    closed = list(rows.exclude(summary="").order_by("-closed_at")[:MOST_COMPARED])
    words = [plain_words(f"{each.place}{each.description}") for each in closed]
    found: dict[UUID, Hazard] = {}
    for hazard in hazards:
        same = [each for each in closed if hazard.criterion_id and each.criterion_id == hazard.criterion_id]
        near = process.extractOne(
            plain_words(f"{hazard.place}{hazard.description}"), words, scorer=fuzz.ratio, score_cutoff=MUCH_ALIKE
        )
        if same:
            found[hazard.pk] = same[0]
        elif near:
            found[hazard.pk] = closed[near[2]]
    return found


def _tiles(own: Any, at: At) -> list[tuple[str, int, str, bool]]:
    """(label, number, what the link adds to the list's address, whether it is bad). One query."""
    soon = at.today + timedelta(days=SOON)
    asked = {
        "open": Q(status__in=OPEN_STATUSES),
        "overdue": overdue_on(at.today),
        "soon": Q(status__in=OPEN_STATUSES, rectify_by__gte=at.today, rectify_by__lte=soon),
        "major": Q(status__in=OPEN_STATUSES, level=HazardLevel.MAJOR),
    }
    counts = own.aggregate(**{name: Count("pk", filter=rows) for name, rows in asked.items()})
    span = f"rectify_by_from={at.today.isoformat()}&rectify_by_to={soon.isoformat()}"
    return [
        ("逾期未改", counts["overdue"], "overdue=1", counts["overdue"] > 0),
        (f"{SOON} 天内到期", counts["soon"], f"open=1&{span}", False),
        ("未销号", counts["open"], "open=1", False),
        ("其中重大", counts["major"], "open=1&level=major", counts["major"] > 0),
    ]


def _calls(units: list[Unit | None], own: Unit, at: At) -> list[tuple[Unit, list[Post]]]:
    """Who supervises, with the people there, those who may be called first. One query."""
    wanted = {unit.pk: unit for unit in units if unit and unit.pk != own.pk}
    found: dict[int, list[Post]] = {key: [] for key in wanted}
    posts = Post.objects.valid_on(at.today).filter(unit__in=wanted, role__in=HANDLERS)
    for post in posts.select_related("person", "unit").order_by(Case(When(person__mobile="", then=1), default=0), "pk"):
        if len(found[post.unit_id]) < MOST_CALLED and post.person_id not in {
            each.person_id for each in found[post.unit_id]
        }:
            found[post.unit_id].append(post)
    return [(unit, found[key]) for key, unit in wanted.items()]


def _credit(enterprise: Enterprise, at: At) -> dict[str, Any]:
    """Its credit file over the last year, each figure with its definition."""
    since = at.today - timedelta(days=YEAR)
    credit = credit_of([enterprise.pk], since=since, until=at.today, today=at.today)[enterprise.pk]
    return {
        "since": since,
        "share": credit.in_time_share,
        "in_time": credit.figures["in_time"],
        "asked": credit.asked,
        "figures": [(label, credit.figures[name], means) for name, (label, means) in DEFINITIONS.items()],
    }


def of_enterprise(enterprise: Enterprise, at: At) -> Mapping[str, Any] | None:
    """For the enterprise's page: what is open, overdue, was found in a year, came back. Two queries."""
    rows = Hazard.objects.visible_to(at.acting).filter(enterprise=enterprise)
    last_year = Q(found_on__gte=at.today - timedelta(days=YEAR))
    asked = {
        "open": Q(status__in=OPEN_STATUSES),
        "overdue": overdue_on(at.today),
        "major": Q(status__in=OPEN_STATUSES, level=HazardLevel.MAJOR),
        "year": last_year,
        "recurring": last_year & Q(recurs_from__isnull=False),
    }
    counts = rows.aggregate(**{name: Count("pk", filter=condition) for name, condition in asked.items()})
    begins = (at.today - timedelta(days=YEAR)).isoformat()
    return {
        "enterprise": enterprise,
        "figures": (
            ("未销号", counts["open"], "open=1"),
            ("其中重大", counts["major"], "open=1&level=major"),
            ("逾期未改", counts["overdue"], "overdue=1"),
            ("一年内发现", counts["year"], f"found_on_from={begins}"),
            ("一年内复发", counts["recurring"], f"recurring=1&found_on_from={begins}"),
        ),
        "rows": list(rows.filter(status__in=OPEN_STATUSES).select_related(*AROUND).order_by("rectify_by", "pk")[:5]),
        "may_report": enterprise.exists and may(at.acting, Permission.REPORT_HAZARDS),
    }
