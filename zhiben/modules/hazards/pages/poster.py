"""现场二维码: a sheet for the wall of an enterprise. Whoever scans it, and is logged in, records a hazard there."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from zhiben.core.access.permissions import Permission, may
from zhiben.core.web.qr import qr_code
from zhiben.modules.registry.models import Enterprise


def show(request: HttpRequest, enterprise: UUID) -> HttpResponse:
    if not may(request.acting, Permission.READ_RECORDS):
        raise Http404
    shown = get_object_or_404(Enterprise.objects.visible_to(request.acting), pk=enterprise)
    path = f"{reverse('hazards:new')}?enterprise={shown.pk}"
    address = settings.ZHIBEN_PUBLIC_URL + path if settings.ZHIBEN_PUBLIC_URL else request.build_absolute_uri(path)
    return render(request, "hazards/poster.html", {"enterprise": shown, "code": qr_code(address)})
