"""Units and people found by part of their name, for pickers and filters."""

from django.db.models import Q
from django.http import HttpRequest, JsonResponse

from zhiben.core.access.acting import Acting
from zhiben.core.clock import local_day
from zhiben.core.org.models import Person, Post, Unit, UnitAlias, UnitKind
from zhiben.core.org.paths import ancestors, within
from zhiben.core.org.sectors import EVERY_SECTOR

MOST = 12
SHORTEST_FOR_ENTERPRISES = 2
"""Characters."""


def resolve_unit(name: str) -> Unit | None:
    """The one unit known under exactly this name, short name or alias; None when there is none, or several."""
    aliases = UnitAlias.objects.filter(name=name).values("unit")
    exact = Q(name=name) | Q(short_name=name) | Q(pk__in=aliases)
    found = list(Unit.objects.filter(exact, valid_to=None)[:2])
    return found[0] if len(found) == 1 else None


def resolve_person(name: str) -> Person | None:
    """The one person of exactly this name; None when there is none, or several."""
    found = list(Person.objects.filter(name=name)[:2])
    return found[0] if len(found) == 1 else None


def around(acting: Acting, field: str = "") -> Q:
    """The units a post deals with: of its own region and all below it, of the regions above, and those next door that
    have one of its sectors (管行业). An enterprise's post: its own unit and those above it. `field` leads to the
    unit: `unit__`."""
    unit, key = acting.unit, field.removesuffix("__") or "pk"
    higher = Q(**{f"{field}region_path__in": ancestors(unit.region_path)}) & ~Q(**{f"{field}kind": UnitKind.ENTERPRISE})
    if unit.kind == UnitKind.ENTERPRISE:
        return Q(**{key: unit.pk}) | higher
    return within(unit.region_path, f"{field}region_path") | higher | Q(**{f"{key}__in": _peers(unit)})


def _peers(unit: Unit) -> list[int]:
    """Departments of the neighbouring regions that have one of the unit's sectors."""
    above = ancestors(unit.region_path)[:-1]
    sectors = set(unit.sectors) - {EVERY_SECTOR}
    if not above or not sectors:
        return []
    offices = Unit.objects.filter(within(above[-1]), kind=UnitKind.DEPARTMENT, valid_to=None)
    return [pk for pk, theirs in offices.values_list("pk", "sectors") if sectors & set(theirs)]


def units(request: HttpRequest) -> JsonResponse:
    """`?q=应急` → {"found": [{"id", "label", "detail"}]}: offices first; enterprises where the text is long enough to
    mean few of them, each with the region and code that tell it from others of its name."""
    text = request.GET.get("q", "").strip()
    if request.acting is None or not text:
        return JsonResponse({"found": []})
    today = local_day(request.now)
    like = Q(name__icontains=text) | Q(short_name__icontains=text)
    near = Unit.objects.valid_on(today).filter(around(request.acting)).select_related("region")
    offices = near.exclude(kind=UnitKind.ENTERPRISE)
    aliases = UnitAlias.objects.filter(name__icontains=text).values("unit")
    found = list(offices.filter(like | Q(pk__in=aliases)).order_by("region_path", "kind", "pk")[:MOST])
    if len(found) < MOST and len(text) >= SHORTEST_FOR_ENTERPRISES:
        named = like | Q(credit_code__startswith=text.upper())
        found += near.filter(named, kind=UnitKind.ENTERPRISE).order_by("name", "pk")[: MOST - len(found)]
    return JsonResponse({"found": [_unit(row) for row in found]})


def people(request: HttpRequest) -> JsonResponse:
    """`?q=王` → people who hold a post today, each with it, so that two of one name can be told apart; those of the
    units around (see `around`)."""
    text = request.GET.get("q", "").strip()
    if request.acting is None or not text:
        return JsonResponse({"found": []})
    posts = Post.objects.valid_on(local_day(request.now)).filter(
        around(request.acting, "unit__"), person__name__icontains=text
    )
    posts = posts.select_related("person", "unit").order_by("person__name", "pk")[:MOST]
    found = {post.person_id: _person(post.person, str(post)) for post in posts}
    return JsonResponse({"found": list(found.values())})


def _unit(unit: Unit) -> dict[str, str]:
    code = f" {unit.credit_code}" if unit.kind == UnitKind.ENTERPRISE and unit.credit_code else ""
    return {"id": str(unit.pk), "label": str(unit), "detail": f"{unit.region} {unit.get_kind_display()}{code}"}


def _person(person: Person, post: str) -> dict[str, str]:
    return {"id": str(person.pk), "label": person.name, "detail": post}
