"""Every change of the organisation leaves a line in the trail of what was changed."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models

from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind

if TYPE_CHECKING:
    from zhiben.core.access.acting import By


def leave_line(
    record: models.Model, verb: str, label: str, *, by: "By", now: datetime, as_kind: Kind = Kind.EDIT, **data: Any
) -> None:
    """Written in the transaction of the change, so that neither exists without the other. `data`: what was changed
    (a unit has a `kind` of its own, hence `as_kind` for that of the line)."""
    audit.append(
        record_type=record._meta.label_lower,
        record_id=str(record.pk),
        kind=as_kind,
        verb=verb,
        label=label,
        by=by,
        now=now,
        data=data,
    )
