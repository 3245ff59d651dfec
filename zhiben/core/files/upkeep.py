"""What the worker does for the file store."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError

from zhiben.core import clock
from zhiben.core.batches import in_batches
from zhiben.core.jobs.loop import chore

from . import resumable, store
from .models import Attachment, StoredFile, Upload
from .quotas import discharge, recount

FORGOTTEN_AFTER = timedelta(days=60)
"""What was brought and by then is attached to nothing: forms never sent, lists exported and long downloaded."""
ORPHANED_FOR = timedelta(days=7)
_AT_ONCE = 500


@chore("clear unfinished uploads", seconds=24 * 3600)
def clear_unfinished_uploads() -> None:
    now = clock.now()
    store.remove_unfinished(now=now)
    resumable.drop_expired(now)
    forget_unattached(now)
    remove_orphans(now)
    recount()


def forget_unattached(now: datetime) -> int:
    """Uploads that nothing refers to go, and their bytes no longer count. Returns how many."""
    attached = Attachment.objects.filter(file=OuterRef("file"))
    old = Upload.objects.filter(~Exists(attached), uploaded_at__lt=now - FORGOTTEN_AFTER).select_related("file")
    forgotten = 0
    for upload in old.order_by("pk")[:_AT_ONCE]:
        try:
            with transaction.atomic():
                discharge(upload.unit_id, upload.file.size)
                file = upload.file
                upload.delete()
                if not file.uploads.exists():
                    file.delete()
                    store.spare(file.digest)
                forgotten += 1
        except ProtectedError:  # a record keeps it as its own: a plan's document, a template
            continue
    return forgotten


def remove_orphans(now: datetime) -> int:
    """Contents on disk that no row names any more. One brought in this last week is left alone: its row may be on its
    way. Returns how many."""
    removed = 0
    for places in in_batches(store.contents_older_than(now - ORPHANED_FOR), _AT_ONCE):
        named = set(
            StoredFile.objects.filter(digest__in=[place.name for place in places]).values_list("digest", flat=True)
        )
        for place in places:
            if place.name not in named:
                store.remove_content(place.name)
                removed += 1
    return removed
