"""Bringing in a plan: drop a file, or choose one. The same page takes the revision of a plan (`?plan=`)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from zhiben.core.access.permissions import Permission, may, require
from zhiben.core.files.services import receive_upload
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of

from ..models import Plan
from ..services.intake import copy_for_revision, upload_plan
from ..services.refusals import AlreadyUploaded


def show(request: HttpRequest) -> HttpResponse:
    if not may(request.acting, Permission.READ_RECORDS):
        raise Http404
    require(request.acting, Permission.MANAGE_PLANS)
    plan = _plan(request)
    context: dict[str, object] = {"plan": plan}
    if request.method != "POST":
        return render(request, "plans/upload.html", context)
    try:
        if plan and request.POST.get("how") == "copy":
            version = copy_for_revision(plan=plan, by=request.acting, now=request.now)
        else:
            file = request.FILES.get("file")
            if file is None:
                raise Refused("请先选择文件，或把文件拖到虚线框里")
            upload = receive_upload(file, name=file.name or "", by=request.acting, now=request.now)
            version = upload_plan(upload=upload, plan=plan, by=request.acting, now=request.now)
    except AlreadyUploaded as earlier:
        context |= {"problem": earlier.sentence, "earlier": earlier.version}
        return render(request, "plans/upload.html", context, status=409)
    except Refused as refused:
        return render(request, "plans/upload.html", context | {"problem": refused.sentence}, status=422)
    return redirect("drafts:review", version_id=version.pk)


def _plan(request: HttpRequest) -> Plan | None:
    key = key_of(request.POST.get("plan") or request.GET.get("plan"))
    return None if key is None else get_object_or_404(Plan.objects.visible_to(request.acting), pk=key)
