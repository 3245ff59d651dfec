"""Files: kept once by content, brought by a person, attached to records."""

import io
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet

from zhiben.core.access.acting import Acting, By
from zhiben.core.audit import services as audit

from . import store
from .admission import refuse_unless_kept
from .kinds import Group, kind_of
from .models import Attachment, PictureFacts, StoredFile, Upload
from .naming import clean_name
from .pictures import facts_of
from .quotas import charge

LIMIT = 200 * (1 << 20)
"""Bytes of one file that arrives in one request, unless the caller says less."""


def store_file(
    *, content: store.Readable | bytes, name: str, by: By, now: datetime, limit: int | None = None
) -> StoredFile:
    """Keep some content. The same content is kept once, whoever brings it and under whatever name.

    Once this returns, the bytes are on disk; when the transaction is rolled back they stay there unclaimed.
    Raises FileRefused: empty, larger than `limit` bytes, of a kind that is not kept, or no space left.
    """
    source: store.Readable = io.BytesIO(content) if isinstance(content, bytes) else content
    source.seek(0)
    with store.written(source, limit=LIMIT if limit is None else limit) as incoming:
        return keep_incoming(incoming, name=name, now=now)


def keep_incoming(incoming: store.Incoming, *, name: str, now: datetime) -> StoredFile:
    """Admit what is on disk already, and put it into its place. What a camera wrote into a photo is read here, once."""
    with incoming.path.open("rb") as stream:
        kind = kind_of(stream)
    refuse_unless_kept(kind, clean_name(name))
    place = store.keep(incoming)
    file, is_new = StoredFile.objects.get_or_create(
        digest=incoming.digest, defaults={"size": incoming.size, "media_type": kind.media_type, "created_at": now}
    )
    if is_new and kind.group is Group.PICTURE and (facts := facts_of(place)):
        PictureFacts.objects.create(file=file, **asdict(facts))
    return file


@transaction.atomic
def receive_upload(
    content: store.Readable | bytes, *, name: str, by: Acting, now: datetime, limit: int | None = None
) -> Upload:
    """What a person brings, before it is attached to anything. Raises FileRefused, also when the unit's quota is
    used up."""
    return bring(store_file(content=content, name=name, by=by, now=now, limit=limit), name=name, by=by, now=now)


def bring(file: StoredFile, *, name: str, by: Acting, now: datetime) -> Upload:
    """Note that a person brought this content, and charge their unit with it. In the caller's transaction."""
    charge(by.unit.pk, file.size)
    return Upload.objects.create(
        file=file, name=clean_name(name), uploaded_by_id=by.person.pk, unit_id=by.unit.pk, uploaded_at=now
    )


def attach_file(
    *, record_type: str, record_id: str, file: StoredFile, name: str, label: str = "", by: By, now: datetime
) -> Attachment:
    """Attach a file as part of a step, whose own line in the trail names it. On its own: `add_file`."""
    return Attachment.objects.create(
        record_type=record_type,
        record_id=str(record_id),
        file=file,
        name=clean_name(name),
        label=label,
        attached_by_id=by.person.pk if isinstance(by, Acting) else None,
        attached_by_name=str(by),
        attached_at=now,
    )


@transaction.atomic
def add_file(
    *, record_type: str, record_id: str, file: StoredFile, name: str, label: str = "", by: By, now: datetime
) -> Attachment:
    """Add a file to a record outside any step, and write it in its trail. The caller holds the record's lock."""
    attachment = attach_file(
        record_type=record_type, record_id=record_id, file=file, name=name, label=label, by=by, now=now
    )
    audit.append(
        record_type=record_type,
        record_id=str(record_id),
        kind="edit",
        verb="add_file",
        label="添加附件",
        by=by,
        now=now,
        data={"name": attachment.name, "label": label, "digest": file.digest, "size": file.size},
    )
    return attachment


def attachments_of(record_type: str, record_id: str) -> QuerySet[Attachment]:
    return Attachment.objects.filter(record_type=record_type, record_id=str(record_id)).select_related(
        "file__picture_facts"
    )


def path_of(file: StoredFile) -> Path:
    """Where the content lies, for reading only. Raises FileNotFoundError when it was lost from the disk."""
    path = store.place_of(file.digest)
    if not path.is_file():
        raise FileNotFoundError(f"content of {file.digest} is not in {store.root()}")
    return path
