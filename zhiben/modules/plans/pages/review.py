"""The review page: the document left, the ledger right. Every edit is sent at once; the answer is what changed."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from zhiben.core.access.permissions import NotPermitted
from zhiben.core.jobs.models import Job
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of

from ..marking import draw, marks_of
from ..models import DraftEdit, PlanItem, PlanVersion, VersionStatus
from ..services.intake import job_key
from ..services.refusals import StaleEdit
from ..services.snapshots import Snapshot
from .at_work import Review, card_of, find_version, with_readings
from .operations import OPERATIONS, Asked


def show(request: HttpRequest, version_id: int) -> HttpResponse:
    version = find_version(request, version_id)
    if version.status == VersionStatus.READING:
        return render(request, "plans/reading.html", {"version": version, "job": _job_of(version)})
    if version.status == VersionStatus.UNREADABLE:
        return render(request, "plans/unreadable.html", {"version": version})
    review = Review(version, request.acting, order=request.GET.get("order", "doubts"))
    if request.headers.get("HX-Target") == "ledger":
        return render(request, "plans/parts/ledger.html", {"review": review, "version": version})
    return render(request, "plans/review.html", {"review": review, "version": version})


def reading(request: HttpRequest, version_id: int) -> HttpResponse:
    """How far the job is; when it is over, on to the draft."""
    version = find_version(request, version_id)
    if version.status == VersionStatus.READING:
        return render(request, "plans/parts/reading.html", {"version": version, "job": _job_of(version)})
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("drafts:review", args=(version.pk,))})


def item_form(request: HttpRequest, version_id: int, item_id: int) -> HttpResponse:
    """Everything of one item to be corrected: inside the page, or as a page of its own where there is no script."""
    version = find_version(request, version_id)
    review = Review(version, request.acting)
    item = with_readings(version.items.filter(pk=item_id)).first()
    if item is None or not review.is_open:
        raise Http404
    template = "plans/parts/item_form.html" if request.headers.get("HX-Request") else "plans/item_form.html"
    return render(request, template, {"review": review, "version": version, "item": item, "card": card_of(item)})


@require_POST
def operate(request: HttpRequest, version_id: int, operation: str) -> HttpResponse:
    """One edit. Answers with the pieces of the page that changed; what is being typed elsewhere is not touched."""
    version = find_version(request, version_id)
    if operation not in OPERATIONS:
        raise Http404
    scripted = bool(request.headers.get("HX-Request"))
    asked = Asked(version, request.POST, request.acting, request.now)
    try:
        edit = OPERATIONS[operation](asked)
    except (Refused, NotPermitted) as refused:
        if scripted:
            return _refusal(request, version, refused)
        messages.error(request, str(refused))
        return redirect(_back(version, asked.number("item")))
    if not scripted:
        return redirect(_back(version, asked.number("item")))
    version.refresh_from_db()
    return HttpResponse("".join(_fragments(request, version, operation, edit)))


def _fragments(request: HttpRequest, version: PlanVersion, operation: str, edit: DraftEdit | None) -> Iterable[str]:
    """The changed pieces, each to be put in its place (hx-swap-oob)."""
    review = Review(version, request.acting, order=request.POST.get("order", "doubts"))

    def piece(template: str, **context: object) -> str:
        context |= {"review": review, "version": version, "swap": True}
        return render_to_string(f"plans/parts/{template}.html", context, request)

    yield piece("progress", edit=edit, now=request.now)
    if edit is None:
        return
    keys = {name: [key for key in edit.after if key.startswith(f"{name}:")] for name in ("planitem", "planversion")}
    item_ids = [int(key.partition(":")[2]) for key in keys["planitem"]]
    if _rearranged(edit):
        yield piece("ledger")
    else:
        for item in with_readings(version.items.filter(pk__in=item_ids)):
            yield piece("summary", card=card_of(item))
            if str(item.pk) not in request.POST.getlist("open"):
                continue
            if operation in FORM_CHANGING:
                yield piece("item_rows", item=item)
            elif edit.kind != DraftEdit.Kind.EDIT:
                yield format_html('<div class="item-edit" id="e{}" hx-swap-oob="true"></div>', item.pk)
    if item_ids:
        yield piece("names")
    if len(edit.after) > len(keys["planitem"]) + len(keys["planversion"]):
        yield piece("beyond")
    if keys["planversion"]:
        seen = '<input type="hidden" name="seen" id="facts-seen" value="{}" hx-swap-oob="true">'
        yield piece("facts") if edit.kind != DraftEdit.Kind.EDIT else format_html(seen, version.revision)
    if ranges := list(_remarked(edit)):
        document = version.document
        if document:
            yield draw(document.source(), marks_of(version, review.items), only=ranges, swap=True)


FORM_CHANGING = {"department", "remove_department", "resolve", "milestone", "indicator", "frequency", "remove_reading"}
"""Edits that change the rows of an item's open form; its text fields are never replaced while somebody types."""
REARRANGING = {"position", "dropped", "action_id", "parent_id"}


def _rearranged(edit: DraftEdit) -> bool:
    """Cards come, go, or change places."""
    return any(
        before is None or after is None or any(before.get(name) != after.get(name) for name in REARRANGING)
        for key, before, after in _changes(edit)
        if key.startswith("planitem:")
    )


def _remarked(edit: DraftEdit) -> Iterable[tuple[int, int]]:
    """The stretches of the document whose marks changed."""
    for _, before, after in _changes(edit):
        was, now = _places(before), _places(after)
        if was != now and (changed := {span for *_, span in was | now if None not in span}):
            yield min(start for start, _ in changed), max(end for _, end in changed)


def _places(snapshot: Snapshot | None) -> set[tuple]:
    """Where a piece is marked, and as what."""
    if snapshot is None or snapshot.get("dropped"):
        return set()
    places = {("self", "", (snapshot.get("span_start"), snapshot.get("span_end")))}
    if "body_start" in snapshot:
        places.add(("body", "", (snapshot["body_start"], snapshot["body_end"])))
    for name in ("departments", "milestones", "indicators", "frequencies"):
        for child in snapshot.get(name, ()):
            places.add((name, f"{child['id']}{child.get('role', '')}", (child["span_start"], child["span_end"])))
    return places


def _changes(edit: DraftEdit) -> Iterable[tuple[str, Snapshot | None, Snapshot | None]]:
    return ((key, edit.before[key], edit.after[key]) for key in edit.after)


def _refusal(request: HttpRequest, version: PlanVersion, refused: Exception) -> HttpResponse:
    """What was typed stays; beside it the sentence, what the colleague did, and the revision to save over."""
    item_id = key_of(request.POST.get("item", ""))
    item = None
    if isinstance(refused, StaleEdit) and item_id is not None:
        item = with_readings(PlanItem.objects.filter(version=version, pk=item_id)).first()
    context = {
        "version": version,
        "review": Review(version, request.acting),
        "sentence": str(refused),
        "theirs": getattr(refused, "theirs", ()),
        "item": item,
        "card": card_of(item) if item else None,
    }
    status = 409 if isinstance(refused, StaleEdit) else 422
    return render(request, "plans/parts/refusal.html", context, status=status)


def _job_of(version: PlanVersion) -> Job | None:
    return Job.objects.filter(key=job_key(version)).first()


def _back(version: PlanVersion, item_id: int | None) -> str:
    return reverse("drafts:review", args=(version.pk,)) + (f"#i{item_id}" if item_id else "")
