"""Long work of hazards: a dossier with its photos takes seconds."""

from django.template.defaultfilters import filesizeformat
from django.urls import get_resolver, reverse

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, require
from zhiben.core.documents.services import render_pdf
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.services import Running, job
from zhiben.core.refusal import Refused

from .models import Hazard


@job("hazards.dossier")
def make_dossier(running: Running, *, hazard: str, form: str) -> None:
    """The dossier as the person who asked sees it now; kept as an upload of theirs."""
    from .dossier import word_file
    from .pages.dossier import dossier_of, trace

    _ = get_resolver().url_patterns  # the declarations of pages are made when the addresses are read
    by = running.by
    if not isinstance(by, Acting):
        raise Refused("档案只能由人员打印，请登录后重新操作。")
    require(by, Permission.EXPORT_RECORDS)
    found = Hazard.objects.visible_to(by).filter(pk=hazard).first()
    if found is None:
        raise Refused("这条隐患已不在您的查看范围内，不能打印档案。")
    dossier = dossier_of(found, by=by, now=running.now)
    content = word_file(dossier, lambda done, total: running.progress(done, total + 1, "正在放入照片"))
    if form == "pdf":
        running.progress(1, 2, "正在转成 PDF")
        content = render_pdf(content)
    with running.finishing() as outcome:
        upload = receive_upload(content, name=dossier.name(form), by=by, now=running.now)
        trace(dossier, content, form, by=by, now=running.now)
        outcome.result = {
            "summary": f"已生成《{upload.name}》，{filesizeformat(len(content))}。",
            "next": [
                {"label": "下载", "address": reverse("files:download_upload", args=[upload.pk])},
                {"label": "回到隐患", "address": found.get_absolute_url()},
            ],
        }
