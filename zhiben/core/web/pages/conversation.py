"""What people add to a record without moving it: a comment, a file."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from zhiben.core.files.services import add_file
from zhiben.core.refusal import Refused
from zhiben.core.web.services import comment_on

from .answers import UPLOAD_PREFIX
from .at import At
from .detail import find
from .record import RecordPages
from .uploads import keep_files


def comment(pages: RecordPages, request: HttpRequest, pk: Any) -> HttpResponse:
    record = find(pages, request, pk)
    done = ""
    try:
        comment_on(record, text=request.POST.get("text", ""), by=request.acting, now=request.now)
        done = f"?done={pages.record_type}:{record.pk}:comment"
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(f"{pages.address('detail', pk)}{done}#comments")


def attach(pages: RecordPages, request: HttpRequest, pk: Any) -> HttpResponse:
    record = find(pages, request, pk)
    at = At(request.acting, request.now)
    try:
        if refusal := pages.attach_refusal(record, at):
            raise Refused(refusal)
        uploads = keep_files(at)(request.FILES.getlist("files"), request.POST.getlist(f"{UPLOAD_PREFIX}files"))
        if not uploads:
            raise Refused("请先选择文件，再点“上传”")
        with transaction.atomic():
            type(record)._base_manager.select_for_update().get(pk=record.pk)  # the chain of the trail has one writer
            for upload in uploads:
                add_file(
                    record_type=pages.record_type,
                    record_id=str(record.pk),
                    file=upload.file,
                    name=upload.name,
                    by=at.acting,
                    now=at.now,
                )
        messages.success(request, f"已上传 {len(uploads)} 个文件。")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(f"{pages.address('detail', pk)}#files")
