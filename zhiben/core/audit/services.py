"""Writing the trail. `append` is called by the engine and by every service that changes or reveals a record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import QuerySet

from zhiben.core.batches import in_batches
from zhiben.core.bulk import insert_rows

from .canonical import clean, plain
from .digest import current_algorithm, digest_text
from .erasure import is_sealed, sealed
from .line import canonical_text
from .models import AuditLine, Kind
from .proof import Proof, prove
from .sealing import seal_day, seal_pending
from .verification import verify

if TYPE_CHECKING:
    from zhiben.core.access.acting import By

__all__ = [
    "NewLine", "Proof", "append", "append_many", "has_key", "is_sealed", "lines_of", "prove", "seal_day",
    "seal_pending", "sealed", "verify",
]  # fmt: skip

_RECORDS_A_QUERY = 10_000
"""SQLite accepts 32,766 parameters in a query, PostgreSQL 65,535."""


@dataclass(frozen=True, kw_only=True)
class NewLine:
    record_type: str
    record_id: str
    kind: Kind | str
    verb: str
    label: str
    by: "By"
    now: datetime
    data: dict[str, Any] = field(default_factory=dict)
    from_state: str = ""
    to_state: str = ""
    reason: str = ""
    key: str | None = None


def append(
    *,
    record_type: str,
    record_id: str,
    kind: Kind | str,
    verb: str,
    label: str,
    by: "By",
    now: datetime,
    data: dict[str, Any],
    from_state: str = "",
    to_state: str = "",
    reason: str = "",
    key: str | None = None,
) -> AuditLine:
    """
    Write one line in the transaction of the change it tells of.

    The caller holds the lock of the record; two writers without it collide on `seq` (IntegrityError) rather than fork
    the chain. The same `key` twice for one record is an IntegrityError too: ask `has_key` first.
    """
    return append_many(
        [
            NewLine(
                record_type=record_type, record_id=record_id, kind=kind, verb=verb, label=label, by=by, now=now,
                data=data, from_state=from_state, to_state=to_state, reason=reason, key=key,
            )
        ]
    )[0]  # fmt: skip


def append_many(lines: Sequence[NewLine]) -> list[AuditLine]:
    """As `append`, for many records at once or several lines of one, in the order given, with few queries; the lines
    come back without their keys."""
    if not connection.in_atomic_block:
        raise RuntimeError("a line of the trail is written in the transaction of the change it tells of")
    ends = _ends_of_chains(lines)
    algorithm = current_algorithm()
    signatures = {id(new.by): _signature(new.by) for new in {id(each.by): each for each in lines}.values()}
    written = []
    for new in lines:
        seq, previous = ends.get((new.record_type, new.record_id), (0, ""))
        line = _line(new, signatures[id(new.by)], seq=seq + 1, previous=previous, algorithm=algorithm)
        ends[new.record_type, new.record_id] = (line.seq, line.digest)
        written.append(line)
    if len(written) == 1:
        written[0].save(force_insert=True)
        return written
    insert_rows(AuditLine, written)
    return written


def lines_of(record_type: str, record_id: str) -> QuerySet[AuditLine]:
    """The trail of one record, first line first."""
    return AuditLine.objects.filter(record_type=record_type, record_id=str(record_id)).order_by("seq")


def has_key(record_type: str, record_id: str, key: str) -> bool:
    """Whether this request has already been carried out on this record."""
    return AuditLine.objects.filter(record_type=record_type, record_id=str(record_id), key=key).exists()


def _line(new: NewLine, signature: dict[str, Any], *, seq: int, previous: str, algorithm: str) -> AuditLine:
    line = AuditLine(
        record_type=new.record_type,
        record_id=str(new.record_id),
        seq=seq,
        at=new.now,
        kind=str(new.kind),
        verb=clean(new.verb),
        label=clean(new.label),
        from_state=clean(new.from_state),
        to_state=clean(new.to_state),
        reason=clean(new.reason),
        key=clean(new.key) if new.key else None,
        data=plain(new.data),
        algorithm=algorithm,
        previous=previous,
        **signature,
    )
    line.digest = digest_text(algorithm, canonical_text(line))
    return line


def _signature(by: "By") -> dict[str, Any]:
    """Who did it. Told apart by shape: the trail lies below the people it speaks of and imports none of them."""
    person = getattr(by, "person", None)
    if person is None:
        return {"actor_name": clean(by.name)}  # type: ignore[union-attr]
    via = f"（经{by.via}）" if getattr(by, "via", "") else ""  # type: ignore[union-attr]
    behalf = by.on_behalf_of  # type: ignore[union-attr]
    return {
        "actor_id": person.pk,
        "actor_name": clean(person.name),
        "actor_post": clean(f"{by.post}{via}"),  # type: ignore[union-attr]
        "behalf_name": clean(behalf.name) if behalf else "",
    }


def _ends_of_chains(lines: Sequence[NewLine]) -> dict[tuple[str, str], tuple[int, str]]:
    """For each record its last line's (seq, digest)."""
    by_type: dict[str, dict[str, None]] = {}
    for line in lines:
        by_type.setdefault(line.record_type, {})[str(line.record_id)] = None
    ends = {}
    for record_type, ids in by_type.items():
        for batch in in_batches(ids, _RECORDS_A_QUERY):
            for record_id, seq, digest in _last_lines(record_type, batch):
                ends[record_type, record_id] = (seq, digest)
    return ends


def _last_lines(record_type: str, ids: list[str]) -> list[tuple[str, int, str]]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One index look-up a record, whatever the planner believes: for a type of record that is new since the
            # last ANALYZE it expects a single line, and joins all of them with all of them.
            cursor.execute(
                """
                SELECT wanted.record_id, last.seq, last.digest FROM unnest(%s::text[]) AS wanted(record_id)
                CROSS JOIN LATERAL (
                    SELECT seq, digest FROM audit_auditline
                    WHERE record_type = %s AND record_id = wanted.record_id ORDER BY seq DESC LIMIT 1
                ) last
                """,
                [ids, record_type],
            )
            return cursor.fetchall()
        marks = ", ".join(["%s"] * len(ids))
        cursor.execute(
            f"""
            SELECT line.record_id, line.seq, line.digest FROM audit_auditline line JOIN (
                SELECT record_id, MAX(seq) AS seq FROM audit_auditline
                WHERE record_type = %s AND record_id IN ({marks}) GROUP BY record_id
            ) last ON last.record_id = line.record_id AND last.seq = line.seq
            WHERE line.record_type = %s
            """,  # noqa: S608 — only placeholders are put in
            [record_type, *ids, record_type],
        )
        return cursor.fetchall()
