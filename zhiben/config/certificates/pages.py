"""`/install/`: how to trust the office's own authority. Public, over plain HTTP and without JavaScript, because whoever
needs it cannot open the site yet. Only the certificate is ever served, never a key."""

import plistlib
import re
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from zhiben.core.web.qr import qr_code

from .reading import called, fingerprint
from .services import authority_to_install

SYSTEMS = (
    ("iphone", r"iPhone|iPad"),
    ("harmony", r"OpenHarmony|HarmonyOS|ArkWeb"),
    ("android", r"Android"),
    ("windows", r"Windows"),
    ("linux", r"Linux|X11"),
)
"""The first that the browser names is the visitor's, and its steps are opened."""

FILES = {"zhiben.crt": "DER", "zhiben.pem": "PEM", "zhiben.mobileconfig": "profile"}


@login_not_required
@require_safe
@never_cache
def install(request: HttpRequest) -> HttpResponse:
    authority = _authority()
    agent = request.headers.get("User-Agent", "")
    address = secure_address(request)
    certificate = request.build_absolute_uri(reverse("install:file", args=["zhiben.crt"]))
    return render(
        request,
        "config/install.html",
        {
            "address": address,
            "address_code": qr_code(address),
            "certificate_code": qr_code(certificate),
            "fingerprint": fingerprint(authority).split(" "),
            "name": called(authority.subject),
            "ends_at": authority.not_valid_after_utc,
            "mine": next((name for name, pattern in SYSTEMS if re.search(pattern, agent)), ""),
        },
    )


@login_not_required
@require_safe
@never_cache
def file(request: HttpRequest, name: str) -> HttpResponse:
    authority = _authority()
    if name not in FILES:
        raise Http404
    content, kind = {
        "DER": (authority.public_bytes(serialization.Encoding.DER), "application/x-x509-ca-cert"),
        "PEM": (authority.public_bytes(serialization.Encoding.PEM), "application/x-pem-file"),
        "profile": (profile(authority), "application/x-apple-aspen-config"),
    }[FILES[name]]
    answer = HttpResponse(content, content_type=kind)
    disposition = content_disposition_header(as_attachment=FILES[name] != "profile", filename=name)
    if disposition:
        answer["Content-Disposition"] = disposition
    return answer


def _authority() -> x509.Certificate:
    authority = authority_to_install()
    if authority is None:
        raise Http404
    return authority


def secure_address(request: HttpRequest) -> str:
    """Where the same host answers over HTTPS, whichever door this request came through."""
    if request.is_secure():
        return f"https://{request.get_host()}/"
    host = re.sub(r":\d+\Z", "", request.get_host())
    port = settings.ZHIBEN_PORT
    return f"https://{host}/" if port == 443 else f"https://{host}:{port}/"


def profile(authority: x509.Certificate) -> bytes:
    """A configuration profile for iPhone and iPad; the same certificate gives the same profile, so that installing it
    again replaces it."""
    mark = authority.fingerprint(hashes.SHA256()).hex()
    identifier = f"zhiben.{mark[:16]}"

    def part(kind: str, name: str, **more: object) -> dict[str, object]:
        return {
            "PayloadType": kind,
            "PayloadVersion": 1,
            "PayloadIdentifier": f"{identifier}.{name}",
            "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_OID, mark + name)).upper(),
            "PayloadDisplayName": "治本内部证书",
            **more,
        }

    root = part(
        "com.apple.security.root",
        "root",
        PayloadContent=authority.public_bytes(serialization.Encoding.DER),
        PayloadCertificateFileName="zhiben.crt",
    )
    return plistlib.dumps(
        part(
            "Configuration",
            "profile",
            PayloadContent=[root],
            PayloadDescription="信任本单位内部网站的证书，只对本单位的网站有效。",
            PayloadRemovalDisallowed=False,
        )
    )


app_name = "install"
urlpatterns = [path("", install, name="page"), path("<str:name>", file, name="file")]
