"""Which enterprises owe which duties: one condition, for counting in the database and for asking of one enterprise."""

from collections.abc import Collection

from django.db.models import Q

from zhiben.core.org.paths import ancestors, contains, within

from .models.duties import Duty
from .models.enterprises import Enterprise, EnterpriseStatus, has_trade

OWING = Q(status=EnterpriseStatus.OPERATING)
"""Who is suspended, closed or merged owes nothing at present, and is no part of a denominator."""


def applies_to(duty: Duty) -> Q:
    """The enterprises at work that owe this duty by their kind; waivers are counted out by `coverage`."""
    owed = Q(OWING)
    if duty.region_path:
        owed &= within(duty.region_path)
    if duty.sectors:
        owed &= Q(sector__in=duty.sectors)
    if duty.scales:
        owed &= Q(scale__in=duty.scales)
    if duty.staff_from:
        owed &= Q(staff_count__gte=duty.staff_from)
    if duty.trades:
        of_trades = Q()
        for trade in duty.trades:
            of_trades |= has_trade(trade)
        owed &= of_trades
    return owed


def duties_of(enterprise: Enterprise, *, waived: Collection[int] | None = None) -> list[Duty]:
    """What this enterprise owes today, in the order of the list. Two queries; one where it is known what is waived."""
    if waived is None:
        waived = set(enterprise.waivers.values_list("duty", flat=True))
    known = Duty.objects.filter(is_retired=False, region_path__in=["", *ancestors(enterprise.region_path)])
    return [duty for duty in known if duty.pk not in waived and owes(enterprise, duty)]


def owes(enterprise: Enterprise, duty: Duty) -> bool:
    """As `applies_to`, of one enterprise, waivers aside."""
    return (
        enterprise.status == EnterpriseStatus.OPERATING
        and not duty.is_retired
        and (not duty.region_path or contains(duty.region_path, enterprise.region_path))
        and (not duty.sectors or enterprise.sector in duty.sectors)
        and (not duty.scales or enterprise.scale in duty.scales)
        and (not duty.staff_from or (enterprise.staff_count or 0) >= duty.staff_from)
        and (not duty.trades or not set(duty.trades).isdisjoint(enterprise.trades))
    )
