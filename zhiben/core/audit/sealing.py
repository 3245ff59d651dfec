"""The daily seal: one signed Merkle root over every line of the trail, kept in the database and outside it.

A seal takes the lines after the seal before it, in order of id, up to the last line of its day. So no line falls
between two seals, and one written late, or under a clock that was set back, is simply part of the next. A day on which
nothing was written has no seal.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day

from django.db import connection
from django.db.models import Max

from zhiben.core.clock import CHINA, local_day

from .digest import MerkleTree, current_algorithm
from .keys import key_id, public_key, root, signing_key
from .line import leaf_text
from .models import AuditLine, DailySeal
from .seal_files import Seal, leaves_path, read_seal, seal_path, write_leaves, write_seal

PATIENCE = 60.0
"""Seconds to wait for transactions that are writing lines. A day is sealed hours after its end: there is no hurry."""


class SealBusy(Exception):
    """Somebody has been writing for too long; the next attempt will seal."""


class SealConflict(Exception):
    """A seal file of that day is already there and says something else. Nothing is overwritten."""


def seal_pending(now: datetime, *, take_over: bool = False) -> list[DailySeal]:
    """
    Seal every day that is over and not yet sealed, oldest first.

    Where several machines run workers, the one that made the last seal goes on: its folder has the files and the key.
    `take_over` is for the operator of another, when that machine or its key is lost.
    """
    sealed = []
    with _one_at_a_time():
        if not take_over and _is_sealed_elsewhere():
            return []
        while day := _next_day(now):
            sealed.append(_seal(day, now))
    return sealed


def seal_day(day: date, now: datetime) -> DailySeal:
    """Seal all lines up to the end of that day. Raises ValueError when the day is not over or has nothing to seal."""
    if day >= local_day(now):
        raise ValueError(f"{day} 还没有结束，请在次日封存")
    with _one_at_a_time():
        last = DailySeal.objects.last()
        if last and last.day >= day:
            raise ValueError(f"{last.day} 已经封存，不能再封存 {day}")
        if _last_id_of(day, last.last_id if last else 0) is None:
            raise ValueError(f"截至 {day} 没有需要封存的留痕")
        return _seal(day, now)


def _is_sealed_elsewhere() -> bool:
    last = DailySeal.objects.last()
    return last is not None and public_key(last.key_id) is None


def _next_day(now: datetime) -> date | None:
    last = DailySeal.objects.last()
    yesterday = local_day(now) - timedelta(days=1)
    after = last.last_id if last else 0
    first = AuditLine.objects.filter(id__gt=after).order_by("id").values_list("at", flat=True).first()
    if first is None or (last and last.day >= yesterday):
        return None
    earliest = max(local_day(first), last.day + timedelta(days=1)) if last else local_day(first)
    # A line dated in the future by a wrong clock is sealed with its neighbours, not when its day comes.
    day = min(earliest, yesterday)
    return day if _last_id_of(day, after) is not None else None


def _last_id_of(day: date, after: int) -> int | None:
    midnight = datetime.combine(day + timedelta(days=1), time_of_day(), tzinfo=CHINA)
    return AuditLine.objects.filter(id__gt=after, at__lt=midnight).aggregate(last=Max("id"))["last"]


def _wait_for_writers() -> None:
    """
    Until every transaction that was writing lines when we came has ended. Identifiers are given before commit: without
    this a lower one could appear after its seal. New writers are not held up; and unlike `LOCK TABLE` it needs no
    right to update, which the application's role does not have. On SQLite there is one writer at a time, in order.
    """
    if connection.vendor != "postgresql":
        return
    waited_for = _writers()
    end = time.monotonic() + PATIENCE
    while waited_for & _writers():
        if time.monotonic() > end:
            raise SealBusy("有一个写入事务一直没有结束，本次没有封存，请稍后再试")
        time.sleep(0.05)


def _writers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT virtualtransaction FROM pg_locks WHERE relation = 'audit_auditline'::regclass"
            " AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid()"
        )
        return {row[0] for row in cursor.fetchall()}


def _seal(day: date, now: datetime) -> DailySeal:
    last = DailySeal.objects.last()
    after = last.last_id if last else 0
    upto = _last_id_of(day, after)
    assert upto is not None
    _wait_for_writers()
    kept = read_seal(seal_path(day))
    key = signing_key()
    algorithm = kept.algorithm if kept else current_algorithm()
    tree = MerkleTree(algorithm)
    if kept:
        # Written just before a power failure, which took the row of the database with it; or forged.
        for leaf in _leaves(after, kept.last_id):
            tree.add(leaf)
    else:
        leaves_path(day).unlink(missing_ok=True)
        write_leaves(day, _growing(tree, _leaves(after, upto)))
    seal = Seal(
        number=last.number + 1 if last else 1,
        day=day.isoformat(),
        after_id=after,
        last_id=kept.last_id if kept else upto,
        lines=tree.size,
        algorithm=algorithm,
        root=tree.root(),
        previous_root=last.root if last else "",
        sealed_at=kept.sealed_at if kept else now.astimezone(UTC).isoformat(),
        key_id=key_id(key.public_key()),
    )
    seal = replace(seal, signature=key.sign(seal.message()).hex())
    if kept is None:
        write_seal(seal)
    elif kept != seal:
        raise SealConflict(
            f"{seal_path(day)} 已经存在，但与数据库中的留痕不一致。"
            "请先运行 zhiben audit verify 查明原因，再移走该文件重新封存"
        )
    return DailySeal.objects.create(**row_of(seal))


def row_of(seal: Seal) -> dict[str, object]:
    """The seal as fields of the database row."""
    return {
        **vars(seal),
        "day": date.fromisoformat(seal.day),
        "sealed_at": datetime.fromisoformat(seal.sealed_at),
    }


def seal_of(row: DailySeal) -> Seal:
    """The seal that a database row tells of."""
    fields = {name: getattr(row, name) for name in Seal.__dataclass_fields__}
    return Seal(**{**fields, "day": row.day.isoformat(), "sealed_at": row.sealed_at.astimezone(UTC).isoformat()})


def _leaves(after: int, upto: int) -> Iterator[bytes]:
    rows = AuditLine.objects.filter(id__gt=after, id__lte=upto).order_by("id")
    for row in rows.values_list("id", "record_type", "record_id", "seq", "digest").iterator(chunk_size=2000):
        yield leaf_text(*row)


def _growing(tree: MerkleTree, leaves: Iterator[bytes]) -> Iterator[bytes]:
    for leaf in leaves:
        tree.add(leaf)
        yield leaf


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Between the processes that share this folder; the unique number and day of a seal hold for all others."""
    root().mkdir(parents=True, exist_ok=True)
    with (root() / "sealing.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
