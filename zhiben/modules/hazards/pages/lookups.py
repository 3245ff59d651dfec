"""Enterprises and criteria found by part of their name, for pickers and filters."""

from django.db.models import Q
from django.http import HttpRequest, JsonResponse

from zhiben.core.access.permissions import Permission, may
from zhiben.modules.criteria.models import Criterion
from zhiben.modules.hazards.forms import enterprises_around

MOST = 12
SHORTEST = 2


def enterprises(request: HttpRequest) -> JsonResponse:
    """`?q=云帆` or a credit code → {"found": [{"id", "label", "detail"}]}, among those of the post's region."""
    text = request.GET.get("q", "").strip()[:64]
    acting = request.acting
    if not may(acting, Permission.READ_RECORDS) or len(text) < SHORTEST:
        return JsonResponse({"found": []})
    rows = enterprises_around(acting).filter(Q(name__icontains=text) | Q(credit_code__startswith=text.upper()))
    return JsonResponse(
        {
            "found": [
                {"id": str(row.pk), "label": row.name, "detail": row.address or row.credit_code}
                for row in rows.order_by("name", "pk")[:MOST]
            ]
        }
    )


def criteria(request: HttpRequest, by: str) -> JsonResponse:
    """`?q=消防通道` → situations whose title or key words have the text; `by` their number, or their key."""
    text = request.GET.get("q", "").strip()[:64]
    if not may(request.acting, Permission.READ_RECORDS) or not text:
        return JsonResponse({"found": []})
    rows = Criterion.objects.filter(Q(title__icontains=text) | Q(keywords__icontains=text), is_retired=False)
    return JsonResponse(
        {
            "found": [
                {
                    "id": row.key if by == "key" else str(row.pk),
                    "label": row.title[:40],
                    "detail": f"{row.standard.doc_no}{row.article}{row.item}",
                }
                for row in rows.select_related("standard").order_by("position")[:MOST]
            ]
        }
    )
