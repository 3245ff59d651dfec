"""What makes a browser treat the site as an app: a manifest, a service worker, and a page for when there is no network.

None of them says anything about anybody, so they are open to all, as the login page is.
"""

import hashlib
import json

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import assets

COLOUR = "#1559b3"
ICONS = (("web/icon-192.png", "192x192", "any"), ("web/icon-512.png", "512x512", "any"),
         ("web/icon-maskable.png", "512x512", "maskable"))  # fmt: skip


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Web Application Manifest (W3C)."""
    return JsonResponse(
        {
            "name": "治本 · 安全生产治理平台",
            "short_name": "治本",
            "lang": "zh-CN",
            "start_url": reverse("web:home"),
            "scope": "/",
            "id": "/",
            "display": "standalone",
            "theme_color": COLOUR,
            "background_color": "#ffffff",
            "icons": [
                {"src": static(path), "sizes": sizes, "type": "image/png", "purpose": purpose}
                for path, sizes, purpose in ICONS
            ],
            "shortcuts": [
                {"name": "待办", "url": reverse("web:home")},
                {"name": "通知", "url": reverse("web:inbox")},
            ],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@login_not_required
@require_safe
@never_cache
def service_worker(request: HttpRequest) -> HttpResponse:
    """The built worker behind the list of what it keeps; another build is another version."""
    program = assets.content_of("src/sw.ts")
    kept = [assets.address_of("src/main.ts"), *assets.styles_of("src/main.ts")]
    given = {"kept": kept, "offline": reverse("web:offline")}
    version = hashlib.sha256(program + json.dumps(given).encode()).hexdigest()[:12]
    head = f"self.zhiben = {json.dumps({'version': version, **given})};\n".encode()
    return HttpResponse(head + program, content_type="text/javascript; charset=utf-8")


@login_not_required
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "web/offline.html")
