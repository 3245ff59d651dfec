"""Files attached to records."""

from datetime import datetime

from django.db.models import QuerySet

from zhiben.core.access.acting import Acting, By

from .models import Attachment, StoredFile


def attach_file(
    *, record_type: str, record_id: str, file: StoredFile, name: str, label: str = "", by: By, now: datetime
) -> Attachment:
    return Attachment.objects.create(
        record_type=record_type,
        record_id=str(record_id),
        file=file,
        name=name,
        label=label,
        attached_by_id=by.person.pk if isinstance(by, Acting) else None,
        attached_by_name=str(by),
        attached_at=now,
    )


def attachments_of(record_type: str, record_id: str) -> QuerySet[Attachment]:
    return Attachment.objects.filter(record_type=record_type, record_id=str(record_id)).select_related("file")
