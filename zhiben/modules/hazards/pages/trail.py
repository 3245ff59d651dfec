"""一键追溯: everything that happened to a hazard, and to its look-backs and its review, in one line of time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from zhiben.core.access.acting import Acting
from zhiben.core.audit.models import AuditLine
from zhiben.core.audit.proof import prove
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.detail import find
from zhiben.core.web.pages.record import RecordPages
from zhiben.core.web.pages.timeline import Entry, changes_of, timeline_of
from zhiben.modules.hazards.models import Hazard, LookBack, LookBackStatus, Review
from zhiben.modules.hazards.others import veiled


@dataclass(frozen=True)
class Happened:
    entry: Entry
    about: str
    """整改, 回头看 or 复盘; empty for the hazard itself."""

    @property
    def line(self) -> AuditLine:
        return self.entry.line


def look_backs_known(hazard: Hazard, acting: Acting) -> list[LookBack]:
    """Those this post knows of: whoever is to be looked at does not see it coming."""
    looks = list(hazard.look_backs.select_related("looked_by", "new_hazard"))
    coming = [each for each in looks if each.status == LookBackStatus.DUE]
    seen = set(within_sight(LookBack, coming, acting))
    return [each for each in looks if each not in coming or each.pk in seen]


def within_sight(model: Any, records: Sequence[models.Model], acting: Acting) -> list[Any]:
    """The keys of those that this post may open."""
    keys = [each.pk for each in records]
    return list(model.objects.visible_to(acting).filter(pk__in=keys).values_list("pk", flat=True)) if keys else []


def followers_of(hazard: Hazard, acting: Acting) -> list[tuple[str, models.Model]]:
    found: list[tuple[str, models.Model]] = [("回头看", each) for each in look_backs_known(hazard, acting)]
    review = Review.objects.filter(hazard=hazard).first()
    return [*found, *([("五步复盘", review)] if review else [])]


def trail_of(
    pages: RecordPages,
    hazard: Hazard,
    followers: Sequence[tuple[str, models.Model]],
    acting: Acting,
) -> list[Happened]:
    """Oldest first; other hazards are named where this post may open them."""
    found = [(pages, Happened(entry, "")) for entry in timeline_of(pages, hazard)]
    for about, record in followers:
        declared = RecordPages.by_type[record._meta.label_lower]()
        found += [(declared, Happened(entry, about)) for entry in timeline_of(declared, record)]
    told = veiled([each.line.data for _, each in found], acting)
    happened = [
        each if data == each.line.data else replace(each, entry=replace(each.entry, changes=[*changes_of(whose, data)]))
        for (whose, each), data in zip(found, told, strict=True)
    ]
    return sorted(happened, key=lambda each: (each.line.at, each.line.pk))


def line_proof(pages: RecordPages, request: HttpRequest, pk: UUID, line: int) -> HttpResponse:
    """One line of the trail against the chain: its digest, the line before, and the signed root of its day."""
    hazard = find(pages, request, pk)
    at = At(request.acting, request.now)
    shown = next(
        (each for each in trail_of(pages, hazard, followers_of(hazard, at.acting), at.acting) if each.line.pk == line),
        None,
    )
    if shown is None:
        raise Http404
    proof = prove(shown.line.record_type, shown.line.record_id)
    found = next((each for each in proof.lines if each.seq == shown.line.seq), None)
    context: dict[str, Any] = {
        "pages": pages, "record": hazard, "shown": shown, "line": shown.line, "proof": found, "whole": proof, "at": at,
    }  # fmt: skip
    template = "hazards/parts/line_proof.html" if request.headers.get("HX-Request") else "hazards/line_proof.html"
    return render(request, template, context)
