"""The wholes to which work belongs, kept by name beside the work."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.access.scope import Confidentiality
from zhiben.core.org.models import Unit
from zhiben.core.org.paths import ancestors, within

from .models import Programme
from .orders import Origin


def remember(origins: Iterable[Origin], *, unit: Unit, confidentiality: int) -> None:
    """Keep the names of the programmes that this work is part of; one query, whatever the number."""
    named = {origin.programme_id: origin.programme_label[:200] for origin in origins if origin.programme_id}
    rows = [
        Programme(key=key, label=label, region_path=unit.region_path, confidentiality=confidentiality)
        for key, label in named.items()
    ]
    Programme.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["key"], update_fields=["label", "confidentiality"]
    )


def offered_to(acting: Acting) -> QuerySet[Programme]:
    """Programmes of the regions around and below this post: those that can have given it work."""
    path = acting.unit.region_path
    near = Programme.objects.filter(Q(region_path__in=ancestors(path)) | within(path))
    if may(acting, Permission.READ_RESTRICTED):
        return near
    return near.filter(confidentiality=Confidentiality.ORDINARY)
