"""Bringing files and fetching them. What is not yours is a 404."""

import logging
from pathlib import Path
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from zhiben.core.access.acting import Acting
from zhiben.core.jobs.models import JobStatus
from zhiben.core.jobs.services import enqueue, restart

from .access import may_fetch
from .kinds import KINDS, Kind
from .models import Attachment, Upload
from .pictures import published_copy
from .previews import can_preview, preview_of
from .refused import FileRefused
from .services import path_of, receive_upload
from .thumbnails import thumbnail_of

_log = logging.getLogger(__name__)
_SHOWN = {kind.media_type: kind for kind in KINDS.values() if kind.shown_inline}


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """POST `file` (one or more) → `{"uploads": [{"id", "name", "size"}], "refused": [{"name", "sentence"}]}`."""
    acting = _acting(request)
    kept, refused = [], []
    for file in request.FILES.getlist("file") or request.FILES.getlist("files"):
        try:
            received = receive_upload(file, name=file.name or "", by=acting, now=request.now)
            kept.append({"id": received.pk, "name": received.name, "size": received.file.size})
        except FileRefused as reason:
            refused.append({"name": file.name, "sentence": reason.sentence})
    if not kept and not refused:
        refused.append({"name": "", "sentence": "没有收到文件，请重新选择后上传。"})
    return JsonResponse({"uploads": kept, "refused": refused}, status=200 if kept else 422)


@require_safe
def download(request: HttpRequest, attachment_id: int) -> FileResponse:
    """An attachment; with `?inline=1`, shown in the browser where that is safe (pictures, PDF)."""
    attachment = _attachment(request, attachment_id)
    return _content(attachment, may_show="inline" in request.GET)


@require_safe
def thumbnail(request: HttpRequest, attachment_id: int, size: int) -> FileResponse:
    attachment = _attachment(request, attachment_id)
    path = thumbnail_of(attachment.file.digest, size=size)
    if path is None:
        raise Http404
    response = FileResponse(path.open("rb"), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return _guarded(response, "default-src 'none'; sandbox")


@require_safe
def published(request: HttpRequest, attachment_id: int) -> FileResponse:
    """The picture without what the camera wrote into it: for a bulletin, a website, a screen."""
    attachment = _attachment(request, attachment_id)
    path = published_copy(attachment.file.digest)
    if path is None:
        raise Http404
    name = f"{Path(attachment.name).stem}（公开版）{path.suffix}"
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name)
    return _guarded(response, "default-src 'none'; sandbox")


@require_safe
def preview(request: HttpRequest, attachment_id: int) -> HttpResponseBase:
    """An office document as PDF in the browser. The first who asks waits for it to be made, and sees how it goes."""
    attachment = _attachment(request, attachment_id)
    if not can_preview(attachment.file):
        raise Http404
    path = preview_of(attachment.file)
    if path is not None:
        response = FileResponse(path.open("rb"), content_type="application/pdf")
        response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(Path(attachment.name).stem)}.pdf"
        response["Cache-Control"] = "private, no-cache"
        return _guarded(response, "default-src 'none'; frame-ancestors 'self'")
    job = enqueue(
        "files.preview",
        args={"file_id": attachment.file_id},
        key=f"files.preview:{attachment.file.digest}",
        by=_acting(request),
        now=request.now,
        label="准备预览",
    )
    if job.status == JobStatus.DONE or (job.status == JobStatus.FAILED and "again" in request.GET):
        # made once and lost since (a restored backup leaves what can be made again behind), or tried anew
        job = restart(job=job, now=request.now)
    context = {"attachment": attachment, "job": job, "failed": job.status == JobStatus.FAILED}
    return render(request, "files/preview.html", context)


@require_safe
def download_upload(request: HttpRequest, upload_id: int) -> FileResponse:
    """What one brought oneself and has not attached yet."""
    brought = get_object_or_404(
        Upload.objects.select_related("file"), pk=upload_id, uploaded_by_id=_acting(request).person.pk
    )
    return _content(brought, may_show="inline" in request.GET)


def _acting(request: HttpRequest) -> Acting:
    acting: Acting | None = getattr(request, "acting", None)
    if acting is None:
        raise Http404
    return acting


def _attachment(request: HttpRequest, attachment_id: int) -> Attachment:
    attachment = get_object_or_404(Attachment.objects.select_related("file"), pk=attachment_id)
    if not may_fetch(_acting(request), attachment):
        raise Http404
    return attachment


def _content(named: Attachment | Upload, *, may_show: bool) -> FileResponse:
    try:
        path: Path = path_of(named.file)
    except FileNotFoundError as lost:
        _log.error("file.lost", extra={"digest": named.file.digest})
        raise Http404("文件内容在服务器上找不到，请联系管理员从备份恢复") from lost
    shown: Kind | None = _SHOWN.get(named.file.media_type) if may_show else None
    media_type = named.file.media_type if shown else "application/octet-stream"
    response = FileResponse(path.open("rb"), as_attachment=shown is None, filename=named.name, content_type=media_type)
    response["Cache-Control"] = "private, no-cache"
    # A browser's own PDF viewer does not start inside a sandbox; a page of ours may frame it for review.
    is_pdf = shown is not None and shown.code == "pdf"
    return _guarded(response, "default-src 'none'; frame-ancestors 'self'" if is_pdf else "default-src 'none'; sandbox")


def _guarded(response: FileResponse, policy: str) -> FileResponse:
    """Whatever the bytes are, the browser neither guesses their type nor runs anything in them."""
    response["Content-Security-Policy"] = policy
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    if "frame-ancestors 'self'" in policy:
        response["X-Frame-Options"] = "SAMEORIGIN"
    return response
