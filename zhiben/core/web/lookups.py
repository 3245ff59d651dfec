"""Units and people found by part of their name, for pickers and filters."""

from django.db.models import Q
from django.http import HttpRequest, JsonResponse

from zhiben.core.clock import local_day
from zhiben.core.org.models import Person, Post, Unit

MOST = 12


def resolve_unit(name: str) -> Unit | None:
    """The one unit known under exactly this name, short name or alias; None when there is none, or several."""
    exact = Q(name=name) | Q(short_name=name) | Q(aliases__name=name)
    found = list(Unit.objects.filter(exact).distinct()[:2])
    return found[0] if len(found) == 1 else None


def resolve_person(name: str) -> Person | None:
    """The one person of exactly this name; None when there is none, or several."""
    found = list(Person.objects.filter(name=name)[:2])
    return found[0] if len(found) == 1 else None


def units(request: HttpRequest) -> JsonResponse:
    """`?q=应急` → {"found": [{"id", "label", "detail"}]}"""
    text = request.GET.get("q", "").strip()
    if request.acting is None or not text:
        return JsonResponse({"found": []})
    like = Q(name__icontains=text) | Q(short_name__icontains=text) | Q(aliases__name__icontains=text)
    rows = Unit.objects.valid_on(local_day(request.now)).filter(like).select_related("region").distinct()[:MOST]
    return JsonResponse({"found": [_unit(row) for row in rows]})


def people(request: HttpRequest) -> JsonResponse:
    """`?q=王` → people who hold a post today, each with it, so that two of one name can be told apart."""
    text = request.GET.get("q", "").strip()
    if request.acting is None or not text:
        return JsonResponse({"found": []})
    posts = Post.objects.valid_on(local_day(request.now)).filter(person__name__icontains=text)
    posts = posts.select_related("person", "unit").order_by("person__name", "pk")[:MOST]
    found = {post.person_id: _person(post.person, str(post)) for post in posts}
    return JsonResponse({"found": list(found.values())})


def _unit(unit: Unit) -> dict[str, str]:
    return {"id": str(unit.pk), "label": str(unit), "detail": f"{unit.region} {unit.get_kind_display()}"}


def _person(person: Person, post: str) -> dict[str, str]:
    return {"id": str(person.pk), "label": person.name, "detail": post}
