"""查标准: the standards by sector, search, one criterion, one standard, two versions side by side."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_

from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from zhiben.core.web.menu import MenuEntry

from ..catalogue import catalogue
from ..comparing import compare
from ..judging.trades import field_of
from ..judging.vocabulary import FACETS, Way, vocabulary
from ..models import Criterion, Standard
from ..sectors import SUPERVISED_AS
from ..services import catalogue_version
from ..wording import called
from .reading import day_asked, fields_with, may_read, require_reader, text_asked, trades_asked

A_PAGE = 50
OWN_TEXT = ("title", "keywords", "note", "sector", "key", "standard__name")
SHOWN_WORDS = 24
menu = (MenuEntry("判定标准", "criteria:index", "checklist", shown=may_read),)


def index(request: HttpRequest) -> HttpResponse:
    """Without a question the standards; with words, a sector or a standard, the situations they find."""
    require_reader(request.acting)
    text, day, trades = text_asked(request, "q")[:64], day_asked(request), trades_asked(request)
    every_version = request.GET.get("versions") == "all"
    rows = Criterion.objects.filter(is_retired=False).select_related("standard")
    if not every_version:
        rows = rows.filter(standard__in=Standard.objects.in_force_on(day))
    if trades:
        rows = rows.filter(sector__in=trades)
    context = {
        "text": text,
        "day": day,
        "fields": fields_with(trades),
        "chosen": trades,
        "every_version": every_version,
        "version": catalogue_version(),
        "is_asked": bool(text or trades),
    }
    if text or trades:
        spoken = {word: called(word) for word in dict.fromkeys(text.split())}
        page = Paginator(_found(rows, spoken), A_PAGE).get_page(request.GET.get("page"))
        context |= {
            "page": page,
            "because": {each.pk: _because(each, spoken) for each in page},
            "by_words": page.paginator.count - rows.filter(_in_own_text(spoken)).count(),
        }
    else:
        context["standards"] = _standards(rows)
    return render(request, "criteria/index.html", context)


Spoken = Mapping[str, Mapping[str, list[str]]]
"""By word sought, the criteria that people mean by it, with the phrases of the vocabulary."""


def _found(rows: QuerySet[Criterion], spoken: Spoken) -> QuerySet[Criterion]:
    """First those in whose own text every word stands, then those that people mean by it."""
    for word, keys in spoken.items():
        rows = rows.filter(_says(word) | Q(key__in=keys))
    if not spoken:
        return rows
    rank = Case(When(_in_own_text(spoken), then=0), default=1, output_field=IntegerField())
    return rows.order_by(rank, "position")


def _in_own_text(words: Iterable[str]) -> Q:
    return reduce(and_, map(_says, words), Q())


def _says(word: str) -> Q:
    return Q(*((f"{name}__icontains", word) for name in OWN_TEXT), _connector=Q.OR)


def _because(row: Criterion, spoken: Spoken) -> list[str]:
    """The words of the vocabulary by which it was found, where its own text does not say what was sought."""
    own = "\n".join((row.title, row.keywords, row.note, row.sector, row.key, row.standard.name)).lower()
    return [said for word, keys in spoken.items() if word.lower() not in own for said in keys.get(row.key, ())]


def _standards(rows: QuerySet[Criterion]) -> list[tuple[str, list[tuple[Standard, int]]]]:
    """By field, each standard with the number of its situations; two queries."""
    counts: dict[int, tuple[str, int]] = {}
    for key, sector, count in rows.order_by().values_list("standard", "sector").annotate(count=Count("pk")):
        field, already = counts.get(key, (field_of(sector), 0))
        counts[key] = (field, already + count)
    groups: dict[str, list[tuple[Standard, int]]] = {}
    for row in Standard.objects.filter(pk__in=counts):
        field, count = counts[row.pk]
        groups.setdefault(field, []).append((row, count))
    return [(field, groups[field]) for field, _ in fields_with(()) if field in groups]


def criterion(request: HttpRequest, pk: int) -> HttpResponse:
    require_reader(request.acting)
    record = get_object_or_404(Criterion.objects.select_related("standard"), pk=pk)
    ways = [way for way in vocabulary().ways if way.key == record.key]
    words = [
        [(FACETS[name], said) for name, phrases in way.facets.items() if (said := _plain(way, phrases))] for way in ways
    ]
    context = {
        "criterion": record,
        "supervised_as": SUPERVISED_AS.get(record.sector),
        "words": words,
        "keywords": [word for word in record.keywords.split(";") if word],
        "limits": [str(limit) for way in ways for limit in way.limits],
        "excepts": list(dict.fromkeys(phrase for way in ways for phrase in _plain(way, way.excepts))),
        "asks": list(dict.fromkeys(ask for way in ways for ask in way.asks)),
        "versions": _versions(record.standard),
    }
    return render(request, "criteria/criterion.html", context)


def _plain(way: Way, phrases: tuple[str, ...]) -> list[str]:
    return [way.written[phrase] for phrase in phrases if not set(phrase) & set("@…&")][:SHOWN_WORDS]


def standard(request: HttpRequest, pk: int) -> HttpResponse:
    require_reader(request.acting)
    record = get_object_or_404(Standard, pk=pk)
    context = {
        "standard": record,
        "criteria": record.criteria.filter(is_retired=False),
        "versions": _versions(record),
        "holds": Standard.objects.in_force_on(day_asked(request)).filter(pk=record.pk).exists(),
    }
    return render(request, "criteria/standard.html", context)


def _versions(record: Standard) -> list[Standard]:
    """The other versions of the same standard."""
    document = catalogue().documents.get(record.doc_no)
    numbers = [each.doc_no for each in catalogue().versions_of(document)] if document else []
    return list(Standard.objects.filter(doc_no__in=numbers).exclude(pk=record.pk).order_by("effective_on"))


def versions(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """The earlier on the left, the later on the right."""
    require_reader(request.acting)
    found = Standard.objects.in_bulk([pk, other])
    if len(found) != 2:
        raise Http404
    old, new = sorted(found.values(), key=lambda each: (each.effective_on is None, each.effective_on))
    pairs = compare(list(old.criteria.filter(is_retired=False)), list(new.criteria.filter(is_retired=False)))
    kind = request.GET.get("kind", "")
    context = {
        "old": old,
        "new": new,
        "pairs": [pair for pair in pairs if kind in ("", pair.kind)],
        "counts": {each: sum(pair.kind == each for pair in pairs) for each in ("added", "removed", "changed", "same")},
        "kind": kind,
    }
    return render(request, "criteria/versions.html", context)
