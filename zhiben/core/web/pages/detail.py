"""The record page: where it stands and how long, the facts, what can be done now, what was done, files, talk."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from zhiben.core.access.actors import SIDES
from zhiben.core.access.directory import Directory
from zhiben.core.access.sight import seen_by
from zhiben.core.audit.proof import prove
from zhiben.core.files.services import attachments_of
from zhiben.core.web.models import Comment
from zhiben.core.workflow.claims import holders_of
from zhiben.core.workflow.models import WorkItem
from zhiben.core.workflow.offers import Offer, offers, requests_before
from zhiben.core.workflow.table import Workflow

from .at import At
from .columns import Column, cell
from .record import RecordPages
from .timeline import changes_of, timeline_of

SHOWN_LINES = 100
FEW_WITHHELD = 2


@dataclass(frozen=True)
class StateMark:
    """One state in the strip: passed, current or still ahead; `since` when the record last came into it."""

    label: str
    place: str
    since: datetime | None = None
    rests: bool = False
    """Nothing is awaited in it: how long it has lasted is no delay."""


def show(pages: RecordPages, request: HttpRequest, pk: Any) -> HttpResponse:
    return render(request, pages.detail_template, record_context(pages, request, find(pages, request, pk)))


def find(pages: RecordPages, request: HttpRequest, pk: Any) -> Any:
    """The record, or a 404 when it is not within sight of the post."""
    columns = [column for _, group in pages.fact_groups for column in group]
    return get_object_or_404(pages.rows(request.acting).select_related(*pages.related_to(columns)), pk=pk)


def record_context(pages: RecordPages, request: HttpRequest, record: Any) -> dict[str, Any]:
    """All that `web/detail.html` shows; an odd record page of a module adds to it."""
    at = At(request.acting, request.now)
    lines = timeline_of(pages, record)
    claim = holders_of(pages.record_type, [record.pk], at.now).get(str(record.pk)) if pages.workflow else None
    directory = Directory(at.now)
    if pages.workflow:  # both sides at once: their people are asked for by the steps and by whose turn it is
        directory.prefetch(getattr(record, f"{side}_id", None) for side in SIDES)
    offered = offers(record, at.acting, at.now, directory) if pages.workflow else []
    withheld = _withheld(offered)
    seldom = [each for each in offered if each.step.is_seldom and each not in withheld]
    further = seldom if len(seldom) > 1 else []  # to fold a single one saves no room
    return {
        "pages": pages,
        "record": record,
        "at": at,
        "states": states_of(pages.workflow, record, lines) if pages.workflow else [],
        "facts": [(title, shown) for title, group in pages.fact_groups if (shown := _facts(pages, group, record, at))],
        "offers": sorted((each for each in offered if each not in [*withheld, *further]), key=_last_unless_awaited),
        "further": further,
        "withheld": withheld,
        "may_claim": any(each.step.waits and not each.refusal for each in offered),
        "requests": _requests(pages, record, at),
        "finished": pages.is_finished(record),
        "waits_for": _waits_for(pages, record, directory) if pages.workflow else "",
        "claim": claim,
        "claim_is_mine": claim is not None and claim.person_id == at.acting.person.pk,
        "edit_refusal": pages.may_edit(record, at) if pages.form else "",
        "timeline": lines[::-1][:SHOWN_LINES],
        "timeline_total": len(lines),
        "attachments": list(attachments_of(pages.record_type, str(record.pk))) if pages.attachable else [],
        "attach_refusal": pages.attach_refusal(record, at) if pages.attachable else None,
        "comments": _comments(pages, record) if pages.commentable else [],
        "seen_by": seen_by(record),
        "panels": [(panel, context) for panel in pages.panels if (context := panel.context(record, at)) is not None],
        "addresses": {
            "list": pages.address("list"),
        }
        | {
            view: pages.address(view, record.pk)
            for view in ("proof", "claim", "release")
            + (("comment",) if pages.commentable else ())
            + (("attach",) if pages.attachable else ())
            + (("edit",) if pages.form else ())
        },
    }


def proof(pages: RecordPages, request: HttpRequest, pk: Any) -> HttpResponse:
    """Checks the chain of this record's trail, line by line and against the signed seals, and says what it found."""
    record = find(pages, request, pk)
    found = prove(pages.record_type, str(record.pk))
    template = "web/parts/proof.html" if request.headers.get("HX-Request") else "web/proof.html"
    return render(request, template, {"pages": pages, "record": record, "proof": found})


def states_of(workflow: Workflow, record: models.Model, lines: list[Any]) -> list[StateMark]:
    """The states the record has been through, the one it is in with how long, and those on the straight way ahead."""
    now_in = getattr(record, workflow.field_name)
    passed: dict[str, datetime] = {}
    for entry in lines:
        state = entry.line.to_state
        if entry.line.kind != "step" or not state:
            continue
        if state == entry.line.from_state and state in passed:
            continue
        if state in passed:  # sent back: what came after is ahead again
            order = list(passed)
            for later in order[order.index(state) :]:
                del passed[later]
        passed[state] = entry.line.at
    before = {state: since for state, since in passed.items() if state != now_in}
    ahead = _straight_on(workflow, now_in, {*before, now_in})
    return [
        *(StateMark(workflow.state_label(state), "was", since) for state, since in before.items()),
        StateMark(workflow.state_label(now_in), "now", passed.get(now_in), now_in in workflow.at_rest),
        *(StateMark(workflow.state_label(state), "ahead") for state in ahead),
    ]


def _straight_on(workflow: Workflow, state: str, seen: set[str]) -> list[str]:
    """The way on when every awaited step goes well: from each state its first awaited step of the usual tone."""
    way: list[str] = []
    while state not in workflow.final:
        onward = [
            step.target
            for step in workflow.steps_from(state)
            if step.waits and step.tone == "primary" and step.target and step.target not in seen
        ]
        if not onward:
            break
        state = onward[0]
        seen.add(state)
        way.append(state)
    return way


def _facts(pages: RecordPages, group: tuple[Column, ...], record: Any, at: At) -> list[tuple[Column, Any]]:
    """Facts that are empty are left out, but for a deadline: that there is none is a fact too."""
    known = (column for column in group if column.kind == "due" or column.read(record) not in (None, ""))
    return [(column, cell(column, record, at, finished=pages.is_met(column, record))) for column in known]


def _last_unless_awaited(offered: Offer) -> bool:
    return not offered.step.waits


def _requests(pages: RecordPages, record: Any, at: At) -> list[dict[str, Any]]:
    """Requests for a step on which this person still has to vote, with what was asked for in words."""
    if not pages.workflow:
        return []
    return [
        {
            "asked": each,
            "step": pages.workflow.step(each.step),
            "said": list(changes_of(pages, each.data)),
            "address": pages.address("decide", record.pk, each.pk),
        }
        for each in requests_before(record, at.acting)
    ]


def _withheld(offered: list[Offer]) -> list[Offer]:
    """Steps that nobody awaits and that cannot be taken now stand folded away, where there are many of them."""
    found = [each for each in offered if each.refusal and not each.step.waits]
    return found if len(found) > FEW_WITHHELD else []


def _waits_for(pages: RecordPages, record: Any, directory: Directory) -> str:
    """Whose turn it is: the names of those before whom the record lies."""
    items = WorkItem.objects.filter(record_type=pages.record_type, record_id=str(record.pk)).exclude(step="")
    names = {person.pk: person.name for item in items for person in directory.people(item.seat)}
    return "、".join(list(names.values())[:6])


def _comments(pages: RecordPages, record: Any) -> list[Comment]:
    said = Comment.objects.filter(record_type=pages.record_type, record_id=str(record.pk))
    return list(said.select_related("author"))
