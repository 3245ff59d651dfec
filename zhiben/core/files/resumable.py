"""Files that arrive in pieces and go on after an interruption. What was acknowledged is on disk and stays.

The conversation with the browser is the tus protocol 1.0.0 (core, creation, termination, expiration); see `tus`.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import transaction

from zhiben.core.access.acting import Acting

from . import store
from .models import ResumableUpload
from .naming import clean_name
from .quotas import MEGABYTE, over_quota, room_of
from .refused import FileRefused
from .services import bring, keep_incoming

KEPT_FOR = timedelta(days=7)
MOST_AT_ONCE = 20
"""Unfinished uploads of one person."""
_PIECE = 1 << 20


class Busy(Exception):
    """Another request writes to the same upload just now."""


class WrongPlace(Exception):
    """The piece does not begin where the last one ended. `received` is where it does."""

    def __init__(self, received: int) -> None:
        super().__init__(f"the next byte is {received}")
        self.received = received


def largest() -> int:
    """Bytes of the largest file that is taken."""
    return settings.ZHIBEN_LARGEST_FILE_MB * MEGABYTE


@transaction.atomic
def begin_upload(*, name: str, length: int, by: Acting, now: datetime) -> ResumableUpload:
    """Raises FileRefused before a single byte has travelled: too large, over the quota, too many begun."""
    if length <= 0:
        raise FileRefused("文件是空的，没有内容。请核对后重新上传。")
    if length > largest():
        raise FileRefused(f"文件超过 {settings.ZHIBEN_LARGEST_FILE_MB} MB 的上限。请压缩或拆分后再上传。")
    if (room := room_of(by.unit.pk)) is not None and length > room:
        raise FileRefused(over_quota(by.unit.pk))
    begun = ResumableUpload.objects.filter(owner_id=by.person.pk, upload=None, expires_at__gt=now)
    if begun.count() >= MOST_AT_ONCE:
        raise FileRefused(f"您有 {MOST_AT_ONCE} 个文件还没有传完，请先传完或取消其中的一些。")
    return ResumableUpload.objects.create(
        owner_id=by.person.pk, name=clean_name(name), length=length, began_at=now, expires_at=now + KEPT_FOR
    )


def find_upload(pk: UUID, *, by: Acting, now: datetime) -> ResumableUpload | None:
    """One's own only, and not after its time."""
    return ResumableUpload.objects.filter(pk=pk, owner_id=by.person.pk, expires_at__gt=now).first()


def add_piece(arriving: ResumableUpload, piece: Any, *, at: int, by: Acting, now: datetime) -> ResumableUpload:
    """
    Append what `piece.read()` yields to the byte `at`; whatever came before the connection broke is kept. With the
    last byte the file is admitted, and `upload` is set. Raises WrongPlace, Busy, FileRefused; after a refusal of the
    whole file the upload is gone.
    """
    with _held(arriving) as stream:
        arriving.refresh_from_db()
        received = min(arriving.received, stream.seek(0, os.SEEK_END))  # the disk may know less: it was restored
        if at != received:
            raise WrongPlace(received)
        # what an earlier request wrote and could not acknowledge any more
        stream.truncate(received)
        stream.seek(received)
        try:
            _append(stream, piece, most=arriving.length - received)
        finally:
            with store.on_disk():
                stream.flush()
                os.fsync(stream.fileno())
            arriving.received = stream.tell()
            arriving.save(update_fields=["received"])
        _finish_if_whole(arriving, by=by, now=now)
    return arriving


def look_up(arriving: ResumableUpload, *, by: Acting, now: datetime) -> ResumableUpload:
    """How far it is. One that is whole and was not admitted, because the machine stopped just then, is admitted now."""
    with _held(arriving):
        arriving.refresh_from_db()
        _finish_if_whole(arriving, by=by, now=now)
    return arriving


def drop_upload(arriving: ResumableUpload) -> None:
    """The person does not want it any more; what became an upload stays one."""
    _part_of(arriving).unlink(missing_ok=True)
    arriving.delete()


def drop_expired(now: datetime) -> int:
    expired = list(ResumableUpload.objects.filter(expires_at__lte=now)[:1000])
    for arriving in expired:
        drop_upload(arriving)
    return len(expired)


def _finish_if_whole(arriving: ResumableUpload, *, by: Acting, now: datetime) -> None:
    if arriving.received < arriving.length or arriving.upload_id is not None:
        return
    part = _part_of(arriving)
    try:
        with store.linked(part) as incoming, transaction.atomic():
            file = keep_incoming(incoming, name=arriving.name, now=now)
            arriving.upload = bring(file, name=arriving.name, by=by, now=now)
            arriving.save(update_fields=["upload"])
    except FileRefused:
        drop_upload(arriving)
        raise
    part.unlink(missing_ok=True)


def _append(stream: BinaryIO, piece: Any, *, most: int) -> None:
    with store.on_disk(), suppress(ConnectionError, TimeoutError):
        while most > 0 and (read := piece.read(min(_PIECE, most))):
            stream.write(read)
            most -= len(read)


def _part_of(arriving: ResumableUpload) -> Path:
    return store.root() / "arriving" / arriving.pk.hex


@contextmanager
def _held(arriving: ResumableUpload) -> Iterator[BinaryIO]:
    """The part's file, for one request at a time; the lock goes with the process that holds it."""
    part = _part_of(arriving)
    with store.on_disk():
        part.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
    with open(descriptor, "r+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise Busy from held
        yield stream
