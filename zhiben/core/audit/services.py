"""Writing the trail. `append` is called by the engine and by every service that changes or reveals a record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import QuerySet

from zhiben.core.batches import in_batches
from zhiben.core.bulk import insert_values

from .canonical import clean, plain, to_json
from .digest import current_algorithm, new_hash
from .erasure import is_sealed, sealed
from .line import COLUMNS, spelled
from .models import AuditLine, Kind
from .proof import Proof, prove
from .sealing import seal_day, seal_pending
from .verification import verify

if TYPE_CHECKING:
    from zhiben.core.access.acting import By

__all__ = [
    "NewLine", "Proof", "append", "append_firsts", "append_many", "has_key", "is_sealed", "lines_of", "prove",
    "seal_day", "seal_pending", "sealed", "verify",
]  # fmt: skip

_RECORDS_A_QUERY = 10_000
"""SQLite accepts 32,766 parameters in a query, PostgreSQL 65,535."""


@dataclass(kw_only=True, slots=True)
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
    _refuse_outside_transaction()
    new = NewLine(
        record_type=record_type, record_id=record_id, kind=kind, verb=verb, label=label, by=by, now=now, data=data,
        from_state=from_state, to_state=to_state, reason=reason, key=key,
    )  # fmt: skip
    [values] = _chained([new], _ends_of_chains([new]))
    line = AuditLine(**dict(zip(_COLUMNS, values, strict=True)) | {"data": plain(data)})
    line.save(force_insert=True)
    return line


def append_many(lines: Sequence[NewLine]) -> None:
    """As `append`, for many records at once or several lines of one, in the order given, with few queries."""
    _refuse_outside_transaction()
    insert_values(AuditLine, _COLUMNS, list(_chained(lines, _ends_of_chains(lines))), ready={"data"})


def append_firsts(
    *,
    record_type: str,
    record_ids: Sequence[str],
    kind: Kind | str,
    verb: str,
    label: str,
    by: "By",
    now: datetime,
    to_states: Sequence[str],
    data: Sequence[str],
) -> None:
    """The first lines of many records that have just been made, which differ only in record, state and data (each the
    text that `to_json` makes of it): what is equal in all of them is spelled once. Were one of the records not new, it
    would be an IntegrityError."""
    _refuse_outside_transaction()
    algorithm = current_algorithm()
    head = ("", algorithm, record_type)
    middle = (1, now, str(kind), clean(verb), clean(label), *_signature(by), "")
    tail = ("", None)
    varying = list(zip(record_ids, map(clean, to_states), data, strict=True))
    pattern = spelled((*head, _HOLE, *middle, _HOLE, *tail, _HOLE))
    begun, before_state, before_data, _ = pattern.split(_HOLE)
    started = new_hash(algorithm)
    started.update(begun.encode())
    rows = []
    for record_id, state, text in varying:
        hasher = started.copy()
        hasher.update(f"{record_id}{before_state}{state}{before_data}{text}".encode())
        rows.append((*head, record_id, *middle, state, *tail, text, hasher.hexdigest()))
    insert_values(AuditLine, _COLUMNS, rows, ready={"data"})


def lines_of(record_type: str, record_id: str) -> QuerySet[AuditLine]:
    """The trail of one record, first line first."""
    return AuditLine.objects.filter(record_type=record_type, record_id=str(record_id)).order_by("seq")


def has_key(record_type: str, record_id: str, key: str) -> bool:
    """Whether this request has already been carried out on this record."""
    return AuditLine.objects.filter(record_type=record_type, record_id=str(record_id), key=key).exists()


_COLUMNS = (*COLUMNS, "digest")

_HOLE = "\0"
"""Where a text that is equal for many is to be completed. No value has one in it (see `canonical.clean`)."""


def _refuse_outside_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("a line of the trail is written in the transaction of the change it tells of")


def _chained(lines: Sequence[NewLine], ends: dict[tuple[str, str], tuple[int, str]]) -> Iterator[tuple[Any, ...]]:
    """The values of each line in the order of `_COLUMNS`, each bound to the line before it in its record."""
    algorithm = current_algorithm()
    empty = new_hash(algorithm)
    signatures: dict[int, tuple[Any, ...]] = {}
    tidy = lru_cache(clean)  # few words of many lines
    for new in lines:
        record_id = str(new.record_id)
        seq, previous = ends.get((new.record_type, record_id), (0, ""))
        if (signature := signatures.get(id(new.by))) is None:
            signature = signatures[id(new.by)] = _signature(new.by)
        values = (
            previous, algorithm, new.record_type, record_id, seq + 1, new.now, str(new.kind), tidy(new.verb),
            tidy(new.label), *signature, tidy(new.from_state), tidy(new.to_state), clean(new.reason),
            clean(new.key) if new.key else None, to_json(new.data),
        )  # fmt: skip
        hasher = empty.copy()
        hasher.update(spelled(values).encode())
        digest = hasher.hexdigest()
        ends[new.record_type, record_id] = (seq + 1, digest)
        yield (*values, digest)


def _signature(by: "By") -> tuple[int | None, str, str, str]:
    """Who did it: key, name, post, the name of whom they stood in for. Told apart by shape: the trail lies below the
    people it speaks of and imports none of them."""
    person = getattr(by, "person", None)
    if person is None:
        return None, clean(by.name), "", ""  # type: ignore[union-attr]
    via = f"（经{by.via}）" if getattr(by, "via", "") else ""  # type: ignore[union-attr]
    behalf = by.on_behalf_of  # type: ignore[union-attr]
    return person.pk, clean(person.name), clean(f"{by.post}{via}"), clean(behalf.name) if behalf else ""  # type: ignore[union-attr]


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
