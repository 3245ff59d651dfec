"""月度调度: the page of the paper, the list behind a figure, and the head of the paper."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from zhiben.core.access.permissions import Permission, may
from zhiben.core.documents.words import ordinal
from zhiben.core.ids import new_id
from zhiben.core.jobs.services import enqueue
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of
from zhiben.core.web.menu import MenuEntry

from .document import COUNTING
from .exporting import Format, name_of, trace, word_file
from .heads import FIELDS, HeadForm, head_of, save_head
from .measures import MEASURES
from .reading import Review
from .records import A_PAGE, shown
from .showing import HEADS, NO_PROGRAMME, NO_SECTOR, Linked, Sheet
from .wording import Point

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def page(request: HttpRequest) -> HttpResponse:
    return _page(request, Review.of(request))


@require_POST
def head(request: HttpRequest) -> HttpResponse:
    """Keep what stands around the text; the text itself is never typed."""
    review = Review.of(request)
    if not may(review.acting, Permission.EXPORT_RECORDS) or not review.months:
        raise Http404
    form = HeadForm(request.POST)
    if not form.is_valid():
        return _page(request, review, form, status=422)
    save_head(review=review, by=review.acting, now=request.now, **form.cleaned_data)
    messages.success(request, "公文头已保存，再次生成时沿用。")
    return redirect(f"{reverse('review:page')}?{urlencode(review.address_params)}")


def records(request: HttpRequest) -> HttpResponse:
    """Exactly the records that a figure counts, as they stood then."""
    review = Review.of(request)
    measure = MEASURES.get(request.GET.get("figure", ""))
    if measure is None or not review.months:
        raise Http404
    unit, programme, sector = request.GET.get("unit", ""), request.GET.get("of"), request.GET.get("sector")
    number = key_of(request.GET.get("page", "1"))
    start = (number - 1) * A_PAGE if number is not None and 0 < number < 10_000 else 0
    count, found = review.records(
        measure.name, first=start, most=A_PAGE, unit=unit, programme=programme, sector=sector
    )  # fmt: skip
    context = {
        "review": review,
        "measure": measure,
        "count": count,
        "rows": shown(review, measure, found),
        "start": start,
        "within": "，".join(_said(review, unit, programme, sector)),
        "back": f"{reverse('review:page')}?{urlencode(review.address_params)}",
        "pages": [
            (place + 1, f"?{urlencode({**request.GET.dict(), 'page': place + 1})}", place * A_PAGE == start)
            for place in range(-(-count // A_PAGE))
        ],
    }
    return render(request, "insight/review/records.html", context)


@require_safe
def download(request: HttpRequest, form: Format) -> HttpResponseBase:
    review = Review.of(request)
    if not may(review.acting, Permission.EXPORT_RECORDS) or not review.months:
        raise Http404
    if form == "pdf":
        asked = {**asdict(review.asked), "month": review.month.key, "perspective": review.perspective}
        job = enqueue(
            "insight.review_pdf", args={"asked": asked}, key=f"review:{new_id()}", by=review.acting, now=request.now,
            label=f"生成{review.month}月度调度 PDF",
        )  # fmt: skip
        return redirect("web:job", pk=job.pk)
    try:
        content = word_file(review)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect(f"{reverse('review:page')}?{urlencode(review.address_params)}")
    trace(review=review, content=content, form="docx", by=review.acting, now=request.now)
    response = HttpResponse(content, content_type=WORD)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name_of(review, 'docx'))}"
    return response


def _page(request: HttpRequest, review: Review, form: HeadForm | None = None, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "review": review,
        "views": [(name, label) for name, (label, _) in review.views.items()],
        "view": review.views[review.perspective][0],
    }
    if review.months:
        top = head_of(review)
        sheet = Sheet(review, top)
        telling, linked = sheet.telling, sheet.linked
        context |= {
            "sheet": sheet,
            "head": top,
            "form": form or HeadForm(initial={name: getattr(top, name) for name in FIELDS}),
            "may_export": may(review.acting, Permission.EXPORT_RECORDS),
            "query": urlencode(review.address_params),
            "telling": telling,
            "heads": HEADS,
            "overall": [linked(paragraph) for paragraph in telling.overall],
            "units": sheet.linked_lines(sheet.units),
            "total": sheet.linked_lines([sheet.total]),
            "programmes": sheet.linked_lines(sheet.programmes),
            "sectors": sheet.linked_lines(sheet.sectors),
            "problems": _points(telling.problems, sheet),
            "demands": _points(telling.demands, sheet),
            "notes": [COUNTING],
            "doubts": [linked(each) for each in sheet.doubts],
        }
    return render(request, "insight/review/page.html", context, status=status)


def _points(points: Sequence[Point], sheet: Sheet) -> list[tuple[str, str, Linked]]:
    return [(ordinal(place, 2), point.heading, sheet.linked(point.text)) for place, point in enumerate(points, start=1)]


def _said(review: Review, unit: str, programme: str | None, sector: str | None) -> list[str]:
    """Whose records these are, in words."""
    found = [review.scope if review.perspective == "region" else f"{review.scope}任务"]
    if review.programme:
        found.append(f"《{review.programme.label}》")
    if unit:
        names = {group.key: group.label for group in review.groups}
        found.append(names.get(unit) or review.unit_names[int(unit[1:])])
    if programme is not None:
        labels = {each.key: f"《{each.label}》" for each in review.programmes}
        found.append(labels.get(programme, "其他方案") if programme else NO_PROGRAMME)
    if sector is not None:
        found.append(str(Sector(sector).label) if sector in Sector.values else NO_SECTOR)
    return found


menu = (MenuEntry("月度调度", "review:page", icon="calendar", permission=Permission.OVERSEE_REGION),)
