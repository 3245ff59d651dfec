"""A filled document shown as pictures of its pages: asked for, drawn in the background, looked at."""

import hashlib
from datetime import datetime
from io import BytesIO
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from zhiben.core.access.acting import Acting
from zhiben.core.files.models import Upload
from zhiben.core.files.pdfium import opened_pdf
from zhiben.core.files.services import path_of, receive_upload
from zhiben.core.jobs.models import Job, JobStatus
from zhiben.core.jobs.services import enqueue

from .jobs import PREVIEW
from .kinds import KINDS

MOST_PAGES = 30
"""Shown as pictures; the rest is in the files."""
_DOTS = 110
"""An inch: an A4 page is 910 pixels wide."""


def ask_for_preview(*, docx: bytes, name: str, by: Acting, now: datetime) -> Job:
    """The job that draws it. The same document is drawn once, however often it is asked for."""
    digest = hashlib.sha256(docx).hexdigest()[:32]
    key = f"{PREVIEW}:{by.person.pk}:{digest}"
    if known := Job.objects.filter(key=key).exclude(status=JobStatus.FAILED).first():
        return known
    Job.objects.filter(key=key).delete()
    upload = receive_upload(docx, name=name, by=by, now=now)
    return enqueue(PREVIEW, args={"upload": upload.pk}, key=key, by=by, now=now, label=f"预览：{name}")


@require_safe
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its pages, or how far it is; asked again by the page itself while it is being drawn."""
    job = _job(request, pk)
    result = job.result if isinstance(job.result, dict) else {}
    count = result.get("pages", 0)
    kind = KINDS.get(request.GET.get("kind", ""))
    context = {
        "job": job,
        "kind": kind,
        "back": reverse("documents:kind", args=[kind.key]) if kind else "",
        "over": job.status in (JobStatus.DONE, JobStatus.FAILED),
        "docx": job.args.get("upload"),
        "pdf": result.get("pdf"),
        "count": count,
        "pages": range(1, min(count, MOST_PAGES) + 1),
        "left_out": max(0, count - MOST_PAGES),
    }
    template = "documents/parts/preview.html" if request.headers.get("HX-Request") else "documents/preview.html"
    return render(request, template, context)


@require_safe
def page(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """One page as a picture."""
    job = _job(request, pk)
    result = job.result if isinstance(job.result, dict) else {}
    if not 1 <= number <= min(result.get("pages", 0), MOST_PAGES):
        raise Http404
    pdf = get_object_or_404(Upload.objects.select_related("file"), pk=result["pdf"], uploaded_by_id=job.owner_id)
    try:
        picture = page_picture(path_of(pdf.file).read_bytes(), number)
    except FileNotFoundError as lost:
        raise Http404("预览已过期，请重新预览。") from lost
    response = HttpResponse(picture, content_type="image/webp")
    response["Cache-Control"] = "private, max-age=3600, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def page_picture(pdf: bytes, number: int) -> bytes:
    """A page (from 1) as WebP."""
    with opened_pdf(pdf) as document:
        drawn = document[number - 1].render(scale=_DOTS / 72)
        picture = drawn.to_pil().copy()
        drawn.close()
    out = BytesIO()
    picture.save(out, "WEBP", quality=80)
    return out.getvalue()


def _job(request: HttpRequest, pk: UUID) -> Job:
    if request.acting is None:
        raise Http404
    return get_object_or_404(Job, pk=pk, name=PREVIEW, owner=request.acting.person)
