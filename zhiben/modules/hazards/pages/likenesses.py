"""相似待确认: what looks like the same hazard, side by side, words and photos; a person says yes or no."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.refusal import Refused
from zhiben.core.web.pages.keyset import bounded_count
from zhiben.modules.hazards.models import Hazard, HazardLink, LinkKind
from zhiben.modules.hazards.others import within_sight
from zhiben.modules.hazards.services import confirm_link, reject_link

from .photos import Photo, photos_of

SHOWN = 30
COUNTED = 1000
LEAST_SHARED = 2
"""Characters that make a shared run worth marking."""
AROUND = (
    *("hazard__enterprise", "hazard__responsible_unit", "hazard__supervising_unit"),
    *("earlier__enterprise", "earlier__responsible_unit"),
)


@dataclass(frozen=True)
class Side:
    title: str
    hazard: Hazard
    opens: bool
    place: SafeString
    told: SafeString
    photos: list[Photo]


def waiting_for(acting: Acting) -> QuerySet[HazardLink]:
    """Undecided ones about hazards that this post's unit supervises."""
    return HazardLink.objects.filter(is_confirmed=None, hazard__supervising_unit=acting.unit)


def show(request: HttpRequest) -> HttpResponse:
    if not may(request.acting, Permission.READ_RECORDS):
        raise Http404
    links = waiting_for(request.acting)
    shown = list(links.select_related(*AROUND).order_by("-score", "pk")[:SHOWN])
    context = {
        "links": shown,
        "opens": within_sight({link.earlier_id for link in shown}, request.acting),
        "count": bounded_count(links, COUNTED),
        "counted_to": COUNTED,
    }
    return render(request, "hazards/likenesses.html", context)


def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Both records in two columns; a POST decides. Whoever does not see the later one finds nothing here."""
    if not may(request.acting, Permission.READ_RECORDS):
        raise Http404
    link = get_object_or_404(HazardLink.objects.select_related(*AROUND), pk=pk)
    seen = within_sight({link.hazard_id, link.earlier_id}, request.acting)
    if link.hazard_id not in seen:
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            return _decide(request, link)
        except Refused as refused:
            problem = refused.sentence
    opens = link.earlier_id in seen
    context = {
        "link": link,
        "sides": _sides(link, opens),
        "opens": opens,
        "problem": problem,
        "reason": request.POST.get("reason", ""),
        "is_duplicate": link.kind == LinkKind.DUPLICATE,
        "mine": link.hazard.supervising_unit_id == request.acting.unit.pk,
    }
    return render(request, "hazards/likeness.html", context, status=409 if problem else 200)


def _decide(request: HttpRequest, link: HazardLink) -> HttpResponse:
    verdict, reason = request.POST.get("verdict"), request.POST.get("reason", "")
    if verdict == "same":
        confirm_link(link=link, reason=reason, by=request.acting, now=request.now)
        said = (
            f"已标为重复，保留 {link.earlier.number}。"
            if link.kind == LinkKind.DUPLICATE
            else "已认定为复发，与此前的那一条关联，并启动五步复盘。"
        )
    elif verdict == "different":
        reject_link(link=link, reason=reason, by=request.acting, now=request.now)
        said = "已认定是两处不同的隐患。"
    else:
        raise Refused("请选择“是同一处”或“不是同一处”")
    messages.success(request, said)
    following = waiting_for(request.acting).order_by("-score", "pk").first()
    return redirect(reverse("hazards:likeness", args=[following.pk]) if following else reverse("hazards:likenesses"))


def _sides(link: HazardLink, opens: bool) -> list[Side]:
    new, old = link.hazard, link.earlier
    place_new, place_old = marked(new.place, old.place)
    told_new, told_old = marked(new.description, old.description)
    sides = [Side("这一条", new, True, place_new, told_new, photos_of(new)["before"])]
    if opens:
        photos = photos_of(old)
        sides.append(Side("此前的", old, True, place_old, told_old, [*photos["before"], *photos["after"]]))
    return sides


def marked(one: str, other: str) -> tuple[SafeString, SafeString]:
    """Both texts with the runs they share marked."""
    shared = [
        each
        for each in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
        if each.size >= LEAST_SHARED
    ]
    return (
        _with_marks(one, [(each.a, each.size) for each in shared]),
        _with_marks(other, [(each.b, each.size) for each in shared]),
    )


def _with_marks(text: str, runs: list[tuple[int, int]]) -> SafeString:
    pieces: list[SafeString | str] = []
    at = 0
    for start, size in runs:
        pieces += [text[at:start], format_html("<mark>{}</mark>", text[start : start + size])]
        at = start + size
    return format_html_join("", "{}", ((piece,) for piece in (*pieces, text[at:])))
