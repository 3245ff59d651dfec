"""Making a PDF takes seconds, so it is a job."""

from typing import Any

from django.http import Http404
from django.urls import reverse

from zhiben.core.access.acting import Acting
from zhiben.core.documents.services import render_pdf
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.services import Running, job
from zhiben.core.refusal import Refused

from .review.exporting import name_of, trace, word_file
from .review.reading import Asked, Review


@job("insight.review_pdf")
def review_pdf(running: Running, *, asked: dict[str, Any]) -> None:
    """The paper as PDF, as the person who asked sees it now; kept as an upload of theirs."""
    by = running.by
    if not isinstance(by, Acting):
        raise Refused("月度调度通报只能由人员生成，请登录后重新操作。")
    try:
        review = Review(by, Asked(**asked), running.now)
    except Http404:
        raise Refused("您现在的岗位不能生成这份通报，请切换岗位后重新操作。") from None
    running.progress(1, 3, "正在填写")
    document = word_file(review)
    running.progress(2, 3, "正在转成 PDF")
    content = render_pdf(document)
    with running.finishing() as outcome:
        upload = receive_upload(content, name=name_of(review, "pdf"), by=by, now=running.now)
        trace(review=review, content=content, form="pdf", by=by, now=running.now)
        outcome.result = {
            "summary": f"已生成《{upload.name}》。",
            "next": [{"label": "下载", "address": reverse("files:download_upload", args=[upload.pk])}],
        }
