"""What happens in a house that is backed up: files are brought, and the trail grows."""

import io
from datetime import datetime

from django.db import transaction

from zhiben.core.access.acting import Machine
from zhiben.core.audit.services import append
from zhiben.core.events.models import OutboxEvent
from zhiben.core.files import store
from zhiben.core.files.models import StoredFile

SECRET = "整改通知书：云帆化工"


def one_step(number: int, now: datetime) -> str:
    """A file, its line and its event in one transaction, as the services do it. Returns the digest of the content."""
    content = f"{SECRET}第 {number} 份\n".encode() * 200
    with store.written(io.BytesIO(content), limit=1 << 20) as incoming, transaction.atomic():
        store.keep(incoming)
        StoredFile.objects.create(digest=incoming.digest, size=incoming.size, media_type="text/plain", created_at=now)
        append(
            record_type="tasks.task",
            record_id=str(number % 5),
            kind="step",
            verb="accept",
            label="接收",
            by=Machine("测试"),
            now=now,
            data={"digest": incoming.digest},
        )
        OutboxEvent.objects.create(
            name="tasks.TaskAccepted", record_type="tasks.task", record_id=str(number % 5), at=now, data={}
        )
        return incoming.digest
