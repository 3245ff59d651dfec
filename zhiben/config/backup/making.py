"""Making a backup while the system works.

The order is what makes it consistent: first the database at one moment, then the contents of the files which that
database names (they never change, and were in place before their row was), then the seals which it knows. The manifest
comes last, so that a backup cut anywhere is no backup.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.files.store import NO_SPACE
from zhiben.core.refusal import Refused

from . import contents, surroundings
from .cipher import Cipher, Counted
from .database import Snapshot, snapshot
from .layout import (
    AUDIT,
    DATABASE,
    FILES,
    MANIFEST,
    SECRETS,
    SETTINGS,
    Backup,
    Manifest,
    Part,
    finished,
    flush_folder,
    listed,
    name_of,
    read_backup,
    unfinished,
    write_manifest,
)
from .state import LastBackup, remember

RECORD = "config.backup"


@dataclass(frozen=True)
class Made:
    backup: Backup
    taken: contents.Taken
    removed: list[str]
    """Older backups that were removed."""


def make_backup(
    root: Path, cipher: Cipher, *, keep: int | None = None, now: datetime, progress: contents.Told = lambda done: None
) -> Made:
    """
    One backup in the folder `root`; then all but the `keep` last are removed.

    Raises Refused with what to do: another is under way, the disk is full, a program of PostgreSQL is missing.
    What was begun and did not succeed is cleared away here, or by the next one when this process is killed.
    """
    with disk_speaks(root), only_one(root):
        for folder in unfinished(root):
            shutil.rmtree(folder)
        folder = root / name_of(now)
        if folder.exists():
            raise Refused("同一秒钟内已经做过一份备份，请稍后再试。")
        folder.mkdir(mode=0o700)
        try:
            backup, taken = _fill(folder, cipher, now, progress)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        removed = prune(root, keep) if keep else []
    _tell(backup, taken)
    return Made(backup, taken, removed)


def prune(root: Path, keep: int) -> list[str]:
    """Remove all but the last `keep` finished backups, and the contents which only they named. Returns their names."""
    if keep < 1:
        raise Refused("--keep 至少是 1：不能把最后一份好的备份也删掉。")
    backups = finished(root)
    removed = []
    for backup in backups[:-keep]:
        (backup.folder / MANIFEST).unlink()  # cut here, it is an unfinished one
        flush_folder(backup.folder)
        shutil.rmtree(backup.folder)
        removed.append(backup.name)
    if removed:
        contents.sweep(root, finished(root))
    return removed


@contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Raises Refused while another process makes or removes backups in that folder."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root / ".lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"{root} 里正在做另一份备份，请等它做完再试。") from None
        yield


@contextmanager
def disk_speaks(root: Path) -> Iterator[None]:
    """A disk that is full or closed to us, in a sentence."""
    try:
        yield
    except OSError as failure:
        if failure.errno in NO_SPACE:
            raise Refused(
                f"磁盘已满，没有做完（{failure.filename or root}）。请清理磁盘，或用 --to 换一个目录。"
            ) from failure
        if isinstance(failure, PermissionError):
            raise Refused(
                f"没有权限读写 {failure.filename or root}，请把它交给运行本系统的用户（chown）。"
            ) from failure
        raise Refused(
            f"读写 {failure.filename or root} 时出错：{failure.strerror or failure}。请检查磁盘。"
        ) from failure


def _fill(folder: Path, cipher: Cipher, now: datetime, progress: contents.Told) -> tuple[Backup, contents.Taken]:
    root, parts = folder.parent, []
    kept = _vouched_for(root, cipher)
    with snapshot() as taken:
        with taken.dump() as dump:
            parts.append(cipher.put(dump, folder / f"{DATABASE}.{taken.kind}"))
        state = _state_of(taken)
        parts.append(_list_of_files(taken, folder / FILES))
    with (folder / FILES).open(encoding="ascii") as lines:
        contents_named = ((digest, int(size)) for digest, size in map(str.split, lines))
        pool = contents.take(contents_named, root / cipher.pool, cipher, kept=kept, told=progress)
    with surroundings.audit_tar(state["trail"]["sealed_until"]) as tar:
        parts.append(cipher.put(tar, folder / AUDIT))
    parts.append(cipher.put(BytesIO(surroundings.plain_settings()), folder / SETTINGS))
    if cipher.recipients:
        with surroundings.secrets_tar() as tar:
            parts.append(cipher.put(tar, folder / SECRETS))
    manifest = Manifest(
        version=version("zhiben"),
        started_at=now.isoformat(),
        finished_at=clock.machine_now().isoformat(),
        database=connection.vendor,
        files={"count": pool.count, "bytes": pool.bytes, "lost": pool.lost},
        pool=cipher.pool,
        recipients=cipher.names,
        parts=parts,
        **state,
    )
    write_manifest(folder, manifest)
    return read_backup(folder), pool


def _list_of_files(taken: Snapshot, path: Path) -> Part:
    with path.open("xb") as file:
        listing = Counted(file)
        for digest, size in taken.query("SELECT digest, size FROM files_storedfile ORDER BY digest"):
            listing.write(f"{digest} {size}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    return Part(path.name, listing.size, listing.hexdigest())


def _vouched_for(root: Path, cipher: Cipher) -> frozenset[bytes]:
    """Contents that the last finished backup to the same key has, so that they need not be read again."""
    for backup in reversed(finished(root)):
        if backup.manifest.pool == cipher.pool:
            lost = frozenset(backup.manifest.files["lost"])
            return frozenset(bytes.fromhex(digest) for digest, _ in listed(backup) if digest not in lost)
    return frozenset()


def _state_of(taken: Snapshot) -> dict[str, Any]:
    """What the restored database must agree with."""
    return {
        "migrations": [
            f"{app}.{name}" for app, name in taken.query("SELECT app, name FROM django_migrations ORDER BY app, name")
        ],
        "counts": {table: _one(taken, f'SELECT count(*) FROM "{table}"')[0] for table in tables()},  # noqa: S608
        "trail": trail_of(lambda sql: next(iter(taken.query(sql)), None)),
    }


def tables() -> list[str]:
    """Of the models, without those that only remember who is logged in."""
    present = set(connection.introspection.table_names())
    named = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    return sorted((named & present) - {"django_session"})


def trail_of(ask: Callable[[str], tuple[Any, ...] | None]) -> dict[str, Any]:
    """The end of the trail: enough to say that nothing of it was lost."""
    lines = ask("SELECT count(*) FROM audit_auditline") or (0,)
    last = ask("SELECT id, label, digest FROM audit_auditline ORDER BY id DESC LIMIT 1")
    seal = ask("SELECT number, CAST(day AS TEXT), root FROM audit_dailyseal ORDER BY number DESC LIMIT 1")
    return {
        "lines": lines[0],
        "last_line": dict(zip(("id", "label", "digest"), last, strict=True)) if last else None,
        "last_seal": dict(zip(("number", "day", "root"), seal, strict=True)) if seal else None,
        "sealed_until": seal[1] if seal else "",
    }


def _one(taken: Snapshot, sql: str) -> tuple[Any, ...]:
    return next(iter(taken.query(sql)))


def _tell(backup: Backup, taken: contents.Taken) -> None:
    """To this machine, for whoever asks how old the last backup is; and to the trail: everything was copied out."""
    manifest = backup.manifest
    remember(
        LastBackup(str(backup.folder), manifest.finished_at, backup.size, bool(manifest.recipients), len(taken.lost))
    )
    with transaction.atomic():
        audit.append(
            record_type=RECORD,
            record_id=backup.name,
            kind=Kind.EXPORT,
            verb="make_backup",
            label="备份",
            by=Machine("备份"),
            now=clock.now(),
            data={"folder": str(backup.folder), "encrypted": bool(manifest.recipients), "lost": len(taken.lost)},
        )
