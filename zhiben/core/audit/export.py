"""The trail in one file, for an auditor without our program: `tools/verify_trail.py` judges it on any computer.

JSON lines, each with its `entry`: `header`, `public_key`, `seal` (every one, oldest first), then `leaf` and `line` in
order of id, at last `end`, which carries the SHA-256 of all bytes before it and, on the machine that seals, a signature.
A line's digest is that of its fields `previous` … `data`, as text, joined by U+001F (see `line`). A trail cut to some days
comes with the leaves of those days; one cut to a record with the path of each line to its signed root (see `digest`).
"""

import gzip
import hashlib
import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection, transaction

from zhiben.core.clock import CHINA

from .canonical import SEPARATOR, plain, to_json
from .keys import is_signed, key_id, public_key, root, signing_key
from .line import COLUMNS
from .models import DailySeal
from .proof import LineProof, prove
from .seal_files import Seal, read_leaves, read_seal, seal_path, seals_folder
from .sealing import seal_of
from .verification import Row, read_rows

FORMAT = "zhiben-trail/1"
_SEQ, _AT = COLUMNS.index("seq"), COLUMNS.index("at")


@dataclass(frozen=True)
class Whole:
    of: str = "all"


@dataclass(frozen=True)
class OfRecord:
    record_type: str
    record_id: str
    of: str = "record"


@dataclass(frozen=True)
class OfDays:
    """From one day to another, both included, by the day on which lines were sealed; the latest may be unsealed yet."""

    first: date
    last: date
    of: str = "days"


Scope = Whole | OfRecord | OfDays


def export(path: Path, scope: Scope, now: datetime) -> int:
    """Write the file (`.gz` compresses it); returns how many lines. Raises OSError, FileExistsError for one that is there."""
    with path.open("xb") as file, transaction.atomic() if connection.vendor == "postgresql" else nullcontext():
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
                return _Export(packed).write(scope, now)  # type: ignore[arg-type]
        return _Export(file).write(scope, now)


class _Export:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._lines = 0

    def write(self, scope: Scope, now: datetime) -> int:
        seals = list(_seals())
        days = _days(scope, seals)
        told: dict[str, Any] = asdict(scope)
        if isinstance(scope, OfDays):
            told |= {"days": [seal.day for seal in days]}
        self._put("header", format=FORMAT, made_at=now.astimezone(UTC).isoformat(), scope=told)
        for name in sorted({seal.key_id for seal in seals} | _own_key()):
            if key := public_key(name):
                self._put("public_key", key_id=name, public=key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex())
        for seal in seals:
            self._put("seal", **asdict(seal))
        if isinstance(scope, OfRecord):
            self._record(scope)
        else:
            self._range(scope, days, seals[-1].last_id if seals else 0)
        self._end()
        return self._lines

    def _record(self, scope: OfRecord) -> None:
        places = {line.line_id: line for line in prove(scope.record_type, scope.record_id).lines}
        for row in read_rows("record_type = %s AND record_id = %s", [scope.record_type, scope.record_id]):
            self._line(row, places.get(row.id))

    def _range(self, scope: Whole | OfDays, days: list[Seal], sealed: int) -> None:
        if isinstance(scope, OfDays):
            after, upto = (days[0].after_id, days[-1].last_id) if days else (sealed, sealed)
            rows = read_rows("(id > %s AND id <= %s) OR id > %s", [after, upto, sealed])
            midnight = datetime.combine(scope.last + timedelta(days=1), time(), tzinfo=CHINA).astimezone(UTC)
            end = midnight.strftime("%Y-%m-%d %H:%M:%S")
            rows = (row for row in rows if row.id <= sealed or _fields(row)[_AT] < end)
        else:
            rows = read_rows("TRUE", [])
        row = next(rows, None)
        for seal in days:
            mine = []
            while row is not None and row.id <= seal.last_id:
                mine.append(row)
                row = next(rows, None)
            for leaf in _leaves(seal, mine):
                self._put("leaf", day=seal.day, leaf=leaf.decode("utf-8", "replace"))
            for one in mine:
                self._line(one)
        while row is not None:
            self._line(row)
            row = next(rows, None)

    def _line(self, row: Row, place: LineProof | None = None) -> None:
        fields: dict[str, Any] = dict(zip(COLUMNS, _fields(row), strict=True))
        fields["seq"] = int(fields["seq"])
        if place and place.sealed_on:
            fields |= {"sealed_on": place.sealed_on, "path": place.path}
        self._put("line", id=row.id, **fields, digest=row.digest)
        self._lines += 1

    def _end(self) -> None:
        end: dict[str, Any] = {"entry": "end", "lines": self._lines, "sha256": self._hash.hexdigest()}
        if own := _own_key():
            end |= {"key_id": next(iter(own))}
            end |= {"signature": signing_key().sign(to_json(end).encode()).hex()}
        self._write(end)

    def _put(self, entry: str, **told: Any) -> None:
        self._write({"entry": entry, **told})

    def _write(self, told: dict[str, Any]) -> None:
        line = json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=plain).encode() + b"\n"
        self._hash.update(line)
        self._file.write(line)


def _fields(row: Row) -> list[str]:
    """What was damaged beyond reading is replaced: then the digest does not hold, as it must not."""
    return row.text.decode("utf-8", "replace").split(SEPARATOR, len(COLUMNS) - 1)


def _days(scope: Scope, seals: list[Seal]) -> list[Seal]:
    if isinstance(scope, OfRecord):
        return []
    if isinstance(scope, OfDays):
        return [seal for seal in seals if scope.first.isoformat() <= seal.day <= scope.last.isoformat()]
    return seals


def _seals() -> Iterator[Seal]:
    """Of each day the copy that is signed, kept in a file or in the database; a forged one where there is no other."""
    rows = {row.day.isoformat(): seal_of(row) for row in DailySeal.objects.all()}
    days = rows.keys() | {path.stem for path in seals_folder().glob("????-??-??.json")}
    for day in sorted(days):
        try:
            kept = read_seal(seal_path(day))
        except ValueError:
            kept = None
        found = [seal for seal in (kept, rows.get(day)) if seal]
        signed = [seal for seal in found if is_signed(seal.message(), seal.signature, seal.key_id)]
        yield from (signed or found)[:1]


def _leaves(seal: Seal, rows: list[Row]) -> Iterator[bytes]:
    """Those kept outside the database; where they are lost, those that the lines would have."""
    try:
        yield from read_leaves(seal.day)
    except OSError:
        yield from (row.leaf for row in rows)


def _own_key() -> set[str]:
    """The key that seals on this machine; asking must not make one."""
    if not (root() / "keys" / "seal.key").exists():
        return set()
    return {key_id(signing_key().public_key())}
