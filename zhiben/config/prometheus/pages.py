"""`/metrics`, in the text format that every monitor reads: for this machine itself, for named networks, and for whoever
carries the token. For everybody else there is no such page."""

import hmac
import ipaddress
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from . import folders
from .gauges import Gauges

CAME_THROUGH_A_PROXY = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded")


@login_not_required
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(Counted())
    registry.register(Gauges())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Counted:
    """What this web server's processes counted, dead ones included, and the worker and the sweeper beside it."""

    def collect(self) -> Iterable[Metric]:
        if folders.ours() is None:
            return REGISTRY.collect()
        files = [str(path) for _, folder in folders.seen_from_here() for path in folder.glob("*.db")]
        return MultiProcessCollector.merge(files, accumulate=True)


def may_read(request: HttpRequest) -> bool:
    if settings.ZHIBEN_METRICS_TOKEN:
        expected = f"Bearer {settings.ZHIBEN_METRICS_TOKEN}"
        if hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode()):
            return True
    if any(name in request.headers for name in CAME_THROUGH_A_PROXY):
        return False  # then the address is the proxy's, and says nothing of who asks
    try:
        asker = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return asker.is_loopback or any(
        asker in ipaddress.ip_network(network, strict=False) for network in settings.ZHIBEN_METRICS_NETWORKS
    )
