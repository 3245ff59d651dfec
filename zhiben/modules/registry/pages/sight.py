"""Which region a page is about: one within the region of the post, or a 404."""

from django.http import Http404, HttpRequest

from zhiben.core.access.permissions import Permission, may
from zhiben.core.org.models import Region
from zhiben.core.org.paths import ancestors, contains
from zhiben.core.web.keys import key_of


def overseer_or_404(request: HttpRequest) -> None:
    """Pages about a whole region are for those who oversee it; an enterprise has none."""
    if not may(request.acting, Permission.OVERSEE_REGION):
        raise Http404


def region_asked(request: HttpRequest, key: str | int | None = None) -> Region:
    """The region named by `key`, or by `?region=`, or one's own. What is not within one's own is a 404."""
    overseer_or_404(request)
    wanted = str(key if key is not None else request.GET.get("region", ""))
    own = request.acting.unit.region
    if not wanted:
        return own
    region = Region.objects.filter(pk=number).first() if (number := key_of(wanted)) is not None else None
    if region is None or not contains(own.path, region.path):
        raise Http404
    return region


def way_to(region: Region, request: HttpRequest) -> list[Region]:
    """From one's own region down to this one, for the crumbs."""
    own = request.acting.unit.region_path
    paths = [path for path in ancestors(region.path) if contains(own, path)]
    return list(Region.objects.filter(path__in=paths).order_by("path"))
