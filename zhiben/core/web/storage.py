"""存储: how much each unit has brought, how much it may, and how full the disk is."""

import shutil

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from zhiben.core.access.permissions import Permission, may
from zhiben.core.files import store
from zhiben.core.files.models import UnitStorage
from zhiben.core.files.quotas import MEGABYTE, set_quota, usual_quota
from zhiben.core.org.models import Unit

from .menu import MenuEntry

PAGE_SIZE = 50
menu = (MenuEntry("存储", "web:storage", "database", Permission.KEEP_SYSTEM),)


class QuotaForm(forms.Form):
    megabytes = forms.IntegerField(
        label="存储上限（MB）",
        required=False,
        min_value=0,
        max_value=100 * 1024 * 1024,
        help_text="1024 MB 为 1 GB。留空则用全系统的上限，填 0 则不再收这个单位的文件。",
        error_messages={"invalid": "请填写整数，单位 MB。"},
    )


def show(request: HttpRequest) -> HttpResponse:
    _require(request)
    page = Paginator(UnitStorage.objects.order_by("-used", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    units = Unit.objects.in_bulk([row.pk for row in page.object_list])
    rows = []
    for row in page.object_list:
        quota = row.quota if row.quota is not None else usual_quota()
        percent = None if quota is None else min(100, row.used * 100 // quota) if quota else 100
        rows.append({"row": row, "unit": units.get(row.pk), "quota": quota, "percent": percent})
    root = store.root()
    disk = shutil.disk_usage(next(place for place in (root, *root.parents) if place.exists()))
    return render(request, "web/storage.html", {"page": page, "rows": rows, "disk": disk, "usual": usual_quota()})


def quota(request: HttpRequest, unit_id: int) -> HttpResponse:
    _require(request)
    unit = get_object_or_404(Unit, pk=unit_id)
    row = UnitStorage.objects.filter(pk=unit_id).first()
    now_is = row.quota // MEGABYTE if row and row.quota is not None else None
    form = QuotaForm(request.POST or None, initial={"megabytes": now_is})
    if request.method == "POST" and form.is_valid():
        set_quota(unit=unit, megabytes=form.cleaned_data["megabytes"], by=request.acting, now=request.now)
        messages.success(request, f"已调整“{unit}”的存储上限。")
        return redirect("web:storage")
    return render(request, "web/quota.html", {"unit": unit, "form": form, "used": row.used if row else 0})


def _require(request: HttpRequest) -> None:
    if not may(request.acting, Permission.KEEP_SYSTEM):
        raise Http404
