"""检查清单: choose sectors, get the list to print, as a workbook or as a document."""

from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from ..checklist_files import document, workbook
from ..checklists import Checklist, build
from .reading import day_asked, fields_with, require_reader, trades_asked

_FORMS = {
    "xlsx": (workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": (document, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


def show(request: HttpRequest) -> HttpResponse:
    require_reader(request.acting)
    checklist = _asked(request)
    context = {"checklist": checklist, "fields": fields_with(checklist.trades), "day": checklist.day}
    return render(request, "criteria/checklist.html", context)


def download(request: HttpRequest, form: str) -> HttpResponse:
    require_reader(request.acting)
    checklist = _asked(request)
    if form not in _FORMS or not checklist.items:
        raise Http404
    make, media_type = _FORMS[form]
    name = quote(f"{checklist.title}-{checklist.day.isoformat()}.{form}")
    return HttpResponse(
        make(checklist),
        content_type=media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


def _asked(request: HttpRequest) -> Checklist:
    return build(trades=trades_asked(request), day=day_asked(request))
