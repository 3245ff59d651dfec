"""What has happened since: the one reader of the outbox for whoever follows it from outside (API, webhooks).

Ids are given when a row is written, but rows are seen when their transaction commits: a row with a lower id can appear
after one with a higher. On PostgreSQL each row names its transaction, rows are read in the order (transaction, id), and
only of transactions older than every one that is still open: what has been read can no longer be joined by something
earlier. SQLite lets one writer in at a time, so that the order of ids is the order of commits.

A cursor names the last row that was read, and nothing else; so it survives a restore (`forget_transactions`).
"""

import base64
import binascii
from collections.abc import Collection

from django.db import connection
from django.db.models import BigIntegerField, Func, Q, QuerySet

from zhiben.core.refusal import Refused

from .models import OutboxEvent

LATEST = "latest"
"""As a cursor: from now on."""


class CursorGone(Refused):
    """What the cursor names has been forgotten: something may be missing, and only a full read brings it back."""


class CursorDamaged(Refused):
    """Not a cursor that was ever handed out."""


class _OldestOpen(Func):
    """The oldest transaction that is still open, or the next to begin where none is (PostgreSQL)."""

    arity = 0
    template = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    output_field = BigIntegerField()


def changes_since(cursor: str, *, limit: int, names: Collection[str] = ()) -> tuple[list[OutboxEvent], str]:
    """
    The next `limit` events after the cursor, of these those called `names` (all, when empty), and the cursor after
    them. An empty cursor begins with the oldest event kept, `LATEST` with the next to come. The answer holds nothing
    new when the cursor comes back unchanged; a page of foreign names is empty while its cursor moves on.

    Raises CursorGone, CursorDamaged. Two queries, three where old rows end.
    """
    if cursor == LATEST:
        return [], _cursor_of(_last())
    rows = _after(_place_of(cursor), limit)
    wanted = [row for row in rows if not names or row.name in names]
    return wanted, _cursor_of(rows[-1]) if rows else cursor


def forget_transactions() -> int:
    """After a restore into another server: its transactions are counted anew, and all that was restored is past."""
    table = OutboxEvent._meta.db_table
    with connection.cursor() as cursor:
        columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
    if "transaction" not in columns:  # a backup of an older version, not migrated yet: its rows will have no number
        return 0
    return OutboxEvent.objects.exclude(transaction=None).update(transaction=None)


def _after(place: OutboxEvent | None, limit: int) -> list[OutboxEvent]:
    """Rows without a transaction come first (all rows of SQLite, those of before), then the others in order."""
    rows: list[OutboxEvent] = []
    if place is None or place.transaction is None:
        unnumbered = OutboxEvent.objects.filter(transaction=None, id__gt=place.pk if place else 0)
        rows = list(unnumbered.order_by("id")[:limit])
        place = None
    if len(rows) < limit and connection.vendor == "postgresql":
        rows += _settled(place)[: limit - len(rows)]
    return rows


def _settled(place: OutboxEvent | None) -> QuerySet[OutboxEvent]:
    settled = OutboxEvent.objects.filter(transaction__lt=_OldestOpen())
    if place is not None:
        further = Q(transaction__gt=place.transaction) | Q(id__gt=place.pk)
        settled = settled.filter(further, transaction__gte=place.transaction)
    return settled.order_by("transaction", "id")


def _last() -> OutboxEvent | None:
    if connection.vendor == "postgresql" and (row := _settled(None).order_by("-transaction", "-id").first()):
        return row
    return OutboxEvent.objects.filter(transaction=None).order_by("-id").first()


def _place_of(cursor: str) -> OutboxEvent | None:
    if not cursor:
        return None
    row = OutboxEvent.objects.filter(pk=_id_in(cursor)).only("id", "transaction").first()
    if row is None:
        raise CursorGone("这个游标之后的变动已过保留期，中间可能有缺。请先完整读取一次，再从最新的游标继续。", "after")
    return row


def _cursor_of(row: OutboxEvent | None) -> str:
    return base64.urlsafe_b64encode(f"o{row.pk}".encode()).decode().rstrip("=") if row else ""


def _id_in(cursor: str) -> int:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        text = ""
    number = text.removeprefix("o")
    if text[:1] != "o" or not number.isdigit() or len(number) > 18:
        raise CursorDamaged("游标不对，请原样使用上一次回答中的 next。", "after")
    return int(number)
