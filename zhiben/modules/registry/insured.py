"""安责险作为佐证: a liability policy that covers today proves by itself that the duty to be insured is done; nobody files
it a second time, and nobody has to remember that it ended."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from .models.parties import Policy

INSURANCE = "insurance"
"""The key of the shipped duty; what an office asks for beyond it, it asks for by a duty of its own."""


def running(day: date) -> QuerySet[Policy]:
    """Policies under which somebody is insured on that day."""
    return Policy.objects.filter(begins_on__lte=day, ends_on__gte=day, is_cancelled=False)


def policies_of(enterprises: Collection[UUID], day: date) -> dict[UUID, Policy]:
    """Enterprise → of its running policies the one that lasts longest. One query."""
    rows = running(day).filter(enterprise__in=enterprises).select_related("insurer").order_by("ends_on", "pk")
    return {policy.enterprise_id: policy for policy in rows} if enterprises else {}
