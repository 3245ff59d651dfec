"""公文模板: what each kind of document may say, the versions of the unit's template, a preview with live data, 版头."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.clock import local_day
from zhiben.core.files.services import receive_upload
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of
from zhiben.core.web.menu import MenuEntry

from . import services
from .explaining import explained
from .forms import LetterheadForm
from .kinds import KINDS, DocumentKind
from .letterhead import FIELDS, change_letterhead, letterhead_of
from .models import DocumentTemplate, Letterhead
from .package import LARGEST_FILE
from .previewing import ask_for_preview
from .words import FILTERS

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

menu = (MenuEntry("公文模板", "documents:templates", "file-text", Permission.MANAGE_TEMPLATES),)


@require_safe
def templates(request: HttpRequest) -> HttpResponse:
    by = _acting(request)
    rows = [(kind, services.template_row(kind, by.unit)) for kind in KINDS.values() if may(by, kind.permission)]
    return render(request, "documents/templates.html", {"rows": rows, "unit": by.unit})


def kind(request: HttpRequest, key: str) -> HttpResponse:
    by, shown = _acting(request), _kind(request, key)
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            template = _add(request, shown, by)
        except services.TemplateRefused as refused:
            context = {"problems": refused.problems, "note": request.POST.get("note", "")}
        except Refused as refused:
            context = {"problems": [services.Problem(refused.sentence)], "note": request.POST.get("note", "")}
        else:
            messages.success(request, f"{template}已保存，检查没有问题，还没有启用。请先预览，再点“启用”。")
            return redirect(f"{reverse('documents:kind', args=[key])}#versions")
    context |= _described(request, shown, by)
    return render(request, "documents/kind.html", context, status=422 if context.get("problems") else 200)


@require_safe
def default(request: HttpRequest, key: str) -> HttpResponse:
    """The default template as a Word file."""
    shown = _kind(request, key)
    return _download(services.default_template(shown), f"{shown.title}模板（默认）.docx")


@require_safe
def version(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """A version as it was uploaded: the unit's own, or the superior's that is in force here."""
    shown = _kind(request, key)
    template = _template(request, shown, pk)
    return _download(services.content_of(template), f"{shown.title}模板（{template.unit}{template}）.docx")


@require_POST
def enact(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    template = _own_template(request, _kind(request, key), pk)
    services.put_in_force(template=template, by=_acting(request), now=request.now)
    messages.success(request, f"{template}已启用，今后的文件都按它生成。")
    return redirect("documents:kind", key)


@require_POST
def withdraw(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    template = _own_template(request, _kind(request, key), pk)
    services.withdraw(template=template, by=_acting(request), now=request.now)
    messages.success(request, f"{template}已停用。")
    return redirect("documents:kind", key)


@require_POST
def preview(request: HttpRequest, key: str) -> HttpResponse:
    """Fill the chosen version (or the default) with live data; its pages are drawn in the background."""
    by, shown = _acting(request), _kind(request, key)
    chosen = key_of(request.POST.get("version"))
    if chosen is not None:
        template = services.content_of(_template(request, shown, chosen))
    else:
        template = services.default_template(shown)
    docx = services.fill(shown, template, shown.sample(by, request.now), unit=by.unit)
    with transaction.atomic():
        name = f"{shown.title}（预览）.docx"
        job = ask_for_preview(docx=docx, name=name, by=by, now=request.now)
    return redirect(f"{reverse('documents:preview', args=[job.pk])}?kind={shown.key}")


def letterhead(request: HttpRequest) -> HttpResponse:
    by = _acting(request)
    kept = Letterhead.objects.filter(unit=by.unit).first()
    initial = {name: getattr(kept, name) for name in FIELDS} if kept else {}
    form = LetterheadForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_letterhead(unit=by.unit, by=by, now=request.now, **form.cleaned_data)
        messages.success(request, "版头已保存，今后生成的文件都用新的版头。")
        return redirect("documents:letterhead")
    context = {"form": form, "unit": by.unit, "shown": letterhead_of(by.unit), "year": local_day(request.now).year}
    return render(request, "documents/letterhead.html", context, status=422 if form.errors else 200)


# ── who asks, and for what ───────────────────────────────────────────────────────────────────────────────────────


def _acting(request: HttpRequest) -> Acting:
    acting: Acting | None = request.acting
    if acting is None or not may(acting, Permission.MANAGE_TEMPLATES):
        raise Http404
    return acting


def _kind(request: HttpRequest, key: str) -> DocumentKind:
    found = KINDS.get(key)
    if found is None or not may(_acting(request), found.permission):
        raise Http404
    return found


def _own_template(request: HttpRequest, kind: DocumentKind, pk: int) -> DocumentTemplate:
    rows = DocumentTemplate.objects.filter(kind=kind.key, unit=_acting(request).unit)
    return get_object_or_404(rows.select_related("unit", "file"), pk=pk)


def _template(request: HttpRequest, kind: DocumentKind, pk: int) -> DocumentTemplate:
    in_force = services.template_row(kind, _acting(request).unit)
    return in_force if in_force is not None and in_force.pk == pk else _own_template(request, kind, pk)


def _add(request: HttpRequest, kind: DocumentKind, by: Acting) -> DocumentTemplate:
    file = request.FILES.get("file")
    if file is None:
        raise Refused("请先选择改好的 Word 文件（docx），再点“上传并检查”。", "file")
    with transaction.atomic():
        upload = receive_upload(file, name=file.name or "", by=by, now=request.now, limit=LARGEST_FILE)
        note = request.POST.get("note", "")
        return services.add_template(kind=kind, unit=by.unit, upload=upload, note=note, by=by, now=request.now)


def _described(request: HttpRequest, kind: DocumentKind, by: Acting) -> dict[str, Any]:
    in_force = services.template_row(kind, by.unit)
    live, no_data = None, ""
    try:
        live = kind.sample(by, request.now)
    except Refused as refused:
        no_data = refused.sentence
    versions = DocumentTemplate.objects.filter(kind=kind.key, unit=by.unit).select_related("unit")
    return {
        "kind": kind,
        "unit": by.unit,
        "in_force": in_force,
        "versions": versions,
        "fields": explained(kind, live, letterhead_of(by.unit)),
        "no_data": no_data,
        "filters": FILTERS.values(),
    }


def _download(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=WORD)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
