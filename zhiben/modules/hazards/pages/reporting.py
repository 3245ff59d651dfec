"""登记隐患: one form for a phone in one hand and for a desk. It asks back while one types, and loses nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may, require
from zhiben.core.clock import local_day
from zhiben.core.files.models import PictureFacts, Upload
from zhiben.core.org.models import UnitKind
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of, keys_of
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.uploads import keep_files
from zhiben.core.workflow.engine import fire
from zhiben.modules.criteria.models import Criterion
from zhiben.modules.criteria.services import candidates_for, gaps
from zhiben.modules.hazards.asking import named, question
from zhiben.modules.hazards.forms import OFFERED_CHANNELS, ReportForm, enterprises_around
from zhiben.modules.hazards.likeness import Likeness, alike
from zhiben.modules.hazards.models import Channel, Hazard, HazardLevel, LinkKind
from zhiben.modules.hazards.numbering import wait_for_turn
from zhiben.modules.hazards.reporting import Report, report_hazard
from zhiben.modules.hazards.vagueness import questions_about
from zhiben.modules.registry.models import Enterprise

from .places import collection, point

BEFORE, AFTER = "before_photos", "after_photos"
DRAFT = "hazards.hazard:new"
UNSEEN = "id"
"""The field that has no place of its own on the page for a sentence."""


def may_report(acting: Acting | None) -> bool:
    return may(acting, Permission.REPORT_HAZARDS)


def new(request: HttpRequest) -> HttpResponse:
    if not may_report(request.acting):
        raise Http404
    at = At(request.acting, request.now)
    if request.method != "POST":
        return _page(request, at, ReportForm(acting=at.acting, today=at.today, initial=_known(request, at)))
    return _take(request, at)


def _take(request: HttpRequest, at: At) -> HttpResponse:
    """The photos are kept whatever else is wrong; what was typed comes back with the sentence beside its field."""
    require(at.acting, Permission.REPORT_HAZARDS)
    form = ReportForm(request.POST, acting=at.acting, today=at.today)
    valid = form.is_valid()
    photos: dict[str, list[Upload]] = {}
    wrong: dict[str, list[str]] = {}
    for name in (BEFORE, AFTER):
        try:
            photos[name] = _kept(request, at, name)
        except Refused as refused:
            photos[name] = _kept(request, at, name, new=False)
            wrong[name] = [refused.sentence]
            valid = False
    if valid and form.cleaned_data["fixed"] and not (photos[BEFORE] and photos[AFTER]):
        form.add_error("fixed", "即查即改须有整改前和整改后的照片，请补上后再提交")
        valid = False
    if not valid:
        return _page(request, at, form, photos=photos, photo_errors=wrong, status=422)
    report = _report(form.cleaned_data, photos, at)
    try:
        with transaction.atomic():
            named(form.cleaned_data["photo_words"], photos[BEFORE])
            wait_for_turn([report.region_path], at.today.year)
            similar = _unseen_twins(request, report)
            hazard = None if similar else _record(report, form.cleaned_data, photos, at)
    except Refused as refused:
        if refused.field in (BEFORE, AFTER):
            wrong[refused.field] = [refused.sentence]
        else:
            seen = refused.field in form.fields and refused.field != UNSEEN
            form.add_error(refused.field if seen else None, refused.sentence)
        return _page(request, at, form, photos=photos, photo_errors=wrong, status=422)
    if hazard is None:
        return _page(request, at, form, photos=photos, similar=similar, status=409)
    messages.success(request, _what_happened(hazard))
    if not Hazard.objects.visible_to(at.acting).filter(pk=hazard.pk).exists():
        return redirect(f"{reverse('hazards:new')}?done={DRAFT}")
    return redirect(f"{hazard.get_absolute_url()}?done={DRAFT}")


def _record(report: Report, data: dict[str, Any], photos: dict[str, list[Upload]], at: At) -> Hazard:
    """Recorded, and where it was put right on the spot closed with it: both or neither, in the caller's transaction."""
    hazard = report_hazard(report=report, by=at.acting, now=at.now)
    if data["fixed"] and hazard.status == "reported":
        hazard = fire(
            hazard,
            "fix_on_spot",
            by=at.acting,
            now=at.now,
            key=f"fixed:{report.id}",
            summary=data["summary"],
            after_photos=photos[AFTER],
        )
    return hazard


def _what_happened(hazard: Hazard) -> str:
    if hazard.status == "closed":
        return f"已登记并即查即改，编号 {hazard.number}，照片和经过都已留存。"
    return f"已登记，编号 {hazard.number}，现在是「{hazard.get_status_display()}」，等{hazard.supervising_unit}办理。"


def _known(request: HttpRequest, at: At) -> dict[str, Any]:
    """What need not be asked: the enterprise of the post or of the QR code, how it came."""
    known: dict[str, Any] = {"channel": Channel.INSPECTION}
    rows = enterprises_around(at.acting)
    if at.acting.unit.kind == UnitKind.ENTERPRISE:
        own = rows.first()
        return {"enterprise": own.pk if own else None, "channel": Channel.SELF_INSPECTION}
    key = _uuid(request.GET.get("enterprise", ""))
    if key and rows.filter(pk=key).exists():
        known["enterprise"] = key
    if place := request.GET.get("place", "").strip():
        known["place"] = place[:200]
    return known


def _report(data: dict[str, Any], photos: dict[str, list[Upload]], at: At) -> Report:
    own = at.acting.unit.kind == UnitKind.ENTERPRISE
    channel = data["channel"] or Channel.INSPECTION
    place = _place(data, [] if channel == Channel.PUBLIC_REPORT else photos[BEFORE])
    stranger = channel in (Channel.PUBLIC_REPORT, Channel.EXPERT, Channel.INSURER)
    return Report(
        id=data["id"],
        enterprise=data["enterprise"],
        unit=None if data["enterprise"] else data["unit"],
        site=data["site"],
        place=data["place"],
        description=data["description"],
        danger=data["danger"],
        category=data["category"],
        discipline=data["discipline"],
        immediate_measures=data["immediate_measures"],
        level=data["level"],
        criterion=data["criterion"],
        criterion_reason=data["criterion_reason"],
        channel=Channel.SELF_INSPECTION if own else Channel(channel),
        inspection_kind=data["inspection_kind"],
        found_on=data["found_on"],
        found_by=None if stranger else at.acting.person,
        found_by_name=data["found_by_name"] if stranger else "",
        found_by_unit=None if stranger else at.acting.unit,
        latitude=place[0],
        longitude=place[1],
        rectify_by=data["rectify_by"],
        before_photos=photos[BEFORE],
    )


def _place(data: dict[str, Any], photos: list[Upload]) -> tuple[Any, Any]:
    """Where he stood, as he said; else as the camera wrote."""
    if data["latitude"] is not None:
        return data["latitude"], data["longitude"]
    facts = PictureFacts.objects.filter(file__in=[each.file_id for each in photos], latitude__isnull=False).first()
    return (facts.latitude, facts.longitude) if facts else (None, None)


def _kept(request: HttpRequest, at: At, name: str, *, new: bool = True) -> list[Upload]:
    files = request.FILES.getlist(name) if new else []
    kept: list[Upload] = keep_files(at)(files, request.POST.getlist(f"kept_{name}"))
    return kept


# ── likely the same ──────────────────────────────────────────────────────────────────────────────────────────────


def _unseen_twins(request: HttpRequest, report: Report) -> list[Likeness]:
    """Open ones that look like this and that he has not been shown yet; none where it is recorded already."""
    if report.id and Hazard.objects.filter(pk=report.id).exists():
        return []
    seen = set(request.POST.getlist("twin_seen"))
    return [each for each in _twins(report, request.now) if str(each.earlier.pk) not in seen]


def _twins(report: Report, now: datetime) -> list[Likeness]:
    return [each for each in alike(report, now=now) if each.kind == LinkKind.DUPLICATE]


# ── what the form asks while it is filled in ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Typed:
    """As much of the report as stands in the form now."""

    enterprise: Enterprise | None
    place: str
    description: str
    found_on: date


def _typed(request: HttpRequest, at: At) -> Typed:
    key = _uuid(request.GET.get("enterprise", ""))
    try:
        found_on = date.fromisoformat(request.GET.get("found_on", ""))
    except ValueError:
        found_on = at.today
    return Typed(
        enterprises_around(at.acting).filter(pk=key).select_related("unit").first() if key else None,
        request.GET.get("place", "").strip()[:200],
        request.GET.get("description", "").strip()[:4000],
        found_on,
    )


def _asks(request: HttpRequest) -> At:
    if not may_report(request.acting):
        raise Http404
    return At(request.acting, request.now)


def questions(request: HttpRequest) -> HttpResponse:
    """What is still vague, as questions; nothing while there is nothing."""
    typed = _typed(request, _asks(request))
    found = questions_about(typed.description, typed.place) if typed.description else []
    return render(request, "hazards/parts/questions.html", {"questions": found, "typed": typed})


def twins(request: HttpRequest) -> HttpResponse:
    """这可能就是…: earlier ones that look like what is being typed."""
    at = _asks(request)
    typed = _typed(request, at)
    found: list[Likeness] = []
    if typed.enterprise and len(typed.description) > 3:
        report = Report(
            enterprise=typed.enterprise,
            place=typed.place,
            description=typed.description,
            channel=Channel.INSPECTION,
            found_on=typed.found_on,
        )
        found = alike(report, now=at.now)
    seen = _within_sight(found, at)
    return render(request, "hazards/parts/twins.html", {"twins": seen, "asks": False})


def _within_sight(found: list[Likeness], at: At) -> list[Likeness]:
    """Those that this post may open, whole."""
    keys = {each.earlier.pk for each in found}
    rows = Hazard.objects.visible_to(at.acting).select_related("enterprise", "responsible_unit") if keys else None
    seen = rows.in_bulk(list(keys)) if rows is not None else {}
    return [replace(each, earlier=seen[each.earlier.pk]) for each in found if each.earlier.pk in seen]


def enterprise(request: HttpRequest) -> HttpResponse:
    """What hangs on the enterprise that was chosen: its sites, its sector for the criteria, where it lies."""
    at = _asks(request)
    typed = _typed(request, at)
    return render(request, "hazards/parts/chosen_enterprise.html", _of_enterprise(typed.enterprise, ""))


def candidates(request: HttpRequest) -> HttpResponse:
    """The criteria that may apply to what is being typed; the one already chosen stays chosen."""
    at = _asks(request)
    typed = _typed(request, at)
    asked = question(
        enterprise=typed.enterprise,
        sector=typed.enterprise.sector if typed.enterprise else "",
        place=typed.place,
        description=typed.description,
        found_on=typed.found_on,
        photos=[request.GET.get("photo_words", "")[:60], *_own_photos(request, at).values_list("name", flat=True)],
    )
    context = {
        "suggestions": candidates_for(**asked) if typed.description else [],
        "gaps": gaps(**asked) if typed.description else (),
        "chosen": key_of(request.GET.get("criterion", "")),
        "typed": typed,
    }
    return render(request, "hazards/parts/candidates.html", context)


def photo_place(request: HttpRequest) -> HttpResponse:
    """Where and when the camera says the photos just sent were taken; only one's own uploads."""
    at = _asks(request)
    uploads = _own_photos(request, at)
    facts = PictureFacts.objects.filter(file__in=uploads.values("file"), latitude__isnull=False).first()
    sent = len(request.GET.getlist(f"kept_{BEFORE}"))
    return render(request, "hazards/parts/photo_place.html", {"facts": facts, "sent": sent})


def _own_photos(request: HttpRequest, at: At) -> QuerySet[Upload]:
    keys = keys_of(request.GET.getlist(f"kept_{BEFORE}"))
    return Upload.objects.filter(pk__in=keys[:50], uploaded_by_id=at.acting.person.pk)


def around(request: HttpRequest) -> JsonResponse:
    """What the little map of the form shows besides the point: the enterprise and its sites, as GeoJSON."""
    at = _asks(request)
    found = _typed(request, at).enterprise
    features = []
    if found:
        places = [(found.name, found.latitude, found.longitude, 4)]
        places += [(site.name, site.latitude, site.longitude, 5) for site in found.site_set.all()[:200]]
        features = [
            point(name, lat, lon, grade) for name, lat, lon, grade in places if lat is not None and lon is not None
        ]
    return collection(features)


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _page(
    request: HttpRequest,
    at: At,
    form: ReportForm,
    *,
    photos: dict[str, list[Upload]] | None = None,
    photo_errors: dict[str, list[str]] | None = None,
    similar: Sequence[Likeness] = (),
    status: int = 200,
) -> HttpResponse:
    chosen = _chosen_enterprise(form, at)
    criterion = key_of(form["criterion"].value())
    shown = _within_sight(list(similar), at)
    context = {
        "form": form,
        "own": at.acting.unit.kind == UnitKind.ENTERPRISE,
        "chosen": chosen,
        "photos": photos or {},
        "photo_errors": photo_errors or {},
        "wrong_count": len(form.errors) + len(photo_errors or {}),
        "twins": shown,
        "hidden_twins": [each for each in similar if each.earlier.pk not in {one.earlier.pk for one in shown}],
        "twin_seen": request.POST.getlist("twin_seen"),
        "channels": [(str(each.value), str(each.label)) for each in OFFERED_CHANNELS],
        "criterion": Criterion.objects.filter(pk=criterion).first() if criterion else None,
        "draft": DRAFT,
        "today": local_day(request.now),
        "no_enterprise": bool(form["unit"].value()) or bool(request.POST.get("unit_text")),
        "levels": HazardLevel,
        **_of_enterprise(chosen, str(form["site"].value() or "")),
    }
    return render(request, "hazards/report.html", context, status=status)


def _chosen_enterprise(form: ReportForm, at: At) -> Enterprise | None:
    key = form["enterprise"].value()
    key = key if isinstance(key, UUID) else _uuid(str(key or ""))
    return enterprises_around(at.acting).filter(pk=key).select_related("unit").first() if key else None


def _of_enterprise(chosen: Enterprise | None, site: str) -> dict[str, Any]:
    sites = list(chosen.site_set.filter(is_closed=False)[:200]) if chosen else []
    return {"chosen": chosen, "sites": sites, "site": site}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
