"""Which imports there are: the lists show a button for theirs. The package above registers them; this one knows only
their keys and who may use them."""

from django.urls import reverse

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may

_OFFERED: dict[str, Permission] = {}


def offer_import(key: str, permission: Permission) -> None:
    _OFFERED[key] = permission


def import_address(key: str, acting: Acting) -> str:
    """Where to begin that import; empty for a post that may not, or where there is none."""
    if key not in _OFFERED or not may(acting, _OFFERED[key]):
        return ""
    return reverse("exchange:begin", args=[key])
