"""Long work of documents: LibreOffice takes some seconds for a preview."""

from zhiben.core.access.acting import Acting
from zhiben.core.files.models import Upload
from zhiben.core.files.pdfium import opened_pdf
from zhiben.core.files.services import path_of, receive_upload
from zhiben.core.jobs.services import Running, job
from zhiben.core.refusal import Refused

from .services import render_pdf

PREVIEW = "documents.preview"


@job(PREVIEW)
def preview(running: Running, *, upload: int) -> None:
    """A filled document as PDF, for its pages to be shown; kept as an upload of whoever asked."""
    by = running.by
    if not isinstance(by, Acting):
        raise Refused("预览只能由本人发起，请重新点“预览”。")
    docx = Upload.objects.select_related("file").get(pk=upload, uploaded_by_id=by.person.pk)
    running.progress(0, 1, "正在排版")
    content = render_pdf(path_of(docx.file).read_bytes())
    with opened_pdf(content) as document:
        pages = len(document)
    with running.finishing() as outcome:
        pdf = receive_upload(content, name=f"{docx.name.removesuffix('.docx')}.pdf", by=by, now=running.now)
        outcome.result = {"pdf": pdf.pk, "docx": docx.pk, "pages": pages, "summary": f"共 {pages} 页。"}
