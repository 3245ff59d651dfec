"""处理中: one person takes a record in hand for a while; the others see who, and are kept from doing it twice."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from zhiben.core.access.acting import Acting

from .models import Claim, WorkItem
from .refusal import StepRefused
from .table import Record, workflow_of

HELD_FOR = timedelta(hours=4)


def claim(record: Record, *, by: Acting, now: datetime) -> Claim:
    """Take in hand for four hours. Raises StepRefused when it does not wait for you or a colleague holds it."""
    workflow = workflow_of(record)
    of_record: dict[str, Any] = {"record_type": workflow.record_type, "record_id": str(record.pk)}
    with transaction.atomic():
        workflow.model._base_manager.select_for_update().get(pk=record.pk)
        if not WorkItem.objects.filter(**of_record, seat__in=by.seats).exists():
            raise StepRefused("这条记录现在不需要您办理")
        held = Claim.objects.filter(**of_record, until__gt=now).first()
        if held and held.person_id != by.person.pk:
            raise StepRefused(f"{held.person_name}正在处理，请稍后再试，或请其先放下")
        values = {"person_id": by.person.pk, "person_name": by.person.name, "until": now + HELD_FOR}
        return Claim.objects.update_or_create(**of_record, defaults=values)[0]


def release(record: Record, *, by: Acting) -> None:
    """Put down what you hold; what somebody else holds stays theirs."""
    workflow = workflow_of(record)
    Claim.objects.filter(record_type=workflow.record_type, record_id=str(record.pk), person_id=by.person.pk).delete()


def holders_of(record_type: str, keys: Iterable[object], now: datetime) -> dict[str, Claim]:
    """Who holds which of these records now: key → claim."""
    return {held.record_id: held for held in claims_on(record_type, keys) if held.until > now}


def claims_on(record_type: str, keys: Iterable[object]) -> list[Claim]:
    """Those that have run out, too."""
    return list(Claim.objects.filter(record_type=record_type, record_id__in=[str(key) for key in keys]))


def release_all(record_type: str, records: Iterable[Record]) -> None:
    Claim.objects.filter(record_type=record_type, record_id__in=[str(record.pk) for record in records]).delete()
