"""Backup and restore of 1 GB of files and over a million rows, beside the plain programs on the same data, in the same
minutes. `ZHIBEN_BENCH_FILES_MB` makes it smaller."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import connection

from zhiben.config.backup import database
from zhiben.config.backup.checking import url_of
from zhiben.config.backup.cipher import Cipher
from zhiben.config.backup.layout import Backup
from zhiben.config.backup.making import make_backup
from zhiben.core import clock
from zhiben.core.files.models import StoredFile

from . import data
from .figures import note, say, stopwatch
from .records import figure

MEGABYTES = int(os.environ.get("ZHIBEN_BENCH_FILES_MB", "1024"))
A_FILE = 2
"""MB: a photograph."""


def measure() -> None:
    kept = _files()
    settings.ZHIBEN_FILES_ROOT = kept
    settings.ZHIBEN_DATA.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="backup-", dir=kept.parent) as folder:
        place = Path(folder)
        _read_once(kept)
        with stopwatch() as bare:
            _plain_backup(kept, place / "plain")
        with stopwatch() as first:
            made = make_backup(place / "ours", Cipher(), now=clock.machine_now())
        assert made.taken.copied == made.taken.count == MEGABYTES // A_FILE
        rows = sum(made.backup.manifest.counts.values())
        note(f"{rows} 行，{MEGABYTES} MB 文件")
        against = f"{_names()[0]} and cp of the same, then sync"
        say(figure("backup"), first.seconds, "s", baseline=bare.seconds, against=against)
        with stopwatch() as second:
            again = make_backup(place / "ours", Cipher(), now=clock.machine_now())
        assert again.taken.copied == 0
        against = "the first backup: the next night has no new file"
        say(figure("backup.next"), second.seconds, "s", baseline=first.seconds, against=against)
        _restores(made.backup, place)


def _restores(backup: Backup, place: Path) -> None:
    """Ours reads the backup first, and afterwards proves rows, files and trail; the plain one copies."""
    with stopwatch() as bare:
        _plain_restore(place)
    if connection.vendor == "postgresql":
        with database.second_database("restored") as name, stopwatch() as ours:
            _restore(backup, place / "second", url_of(name))
    else:
        with stopwatch() as ours:
            _restore(backup, place / "second", f"sqlite:///{place / 'second.sqlite3'}")
    against = f"{_names()[1]} and cp, which prove nothing, then sync"
    say(figure("restore"), ours.seconds, "s", baseline=bare.seconds, against=against)


def _restore(backup: Backup, folder: Path, url: str) -> None:
    given = {"DATABASE_URL": url, "ZHIBEN_DATA": str(folder), "ZHIBEN_AUDIT_ROOT": str(folder / "audit")}
    subprocess.run(
        [sys.executable, "-m", "zhiben", "restore", str(backup.folder), "--drill"],
        env={**os.environ, **given},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _plain_backup(files: Path, place: Path) -> None:
    place.mkdir()
    if connection.vendor == "postgresql":
        dump = ["--format=custom", "--compress=1", "--file", str(place / "dump"), "--dbname", database.conninfo()]
        subprocess.run([database.program("pg_dump", 15), *dump], check=True)
    else:
        with closing(sqlite3.connect(database.sqlite_file())) as source, closing(sqlite3.connect(place / "db")) as copy:
            source.backup(copy)
    subprocess.run(["cp", "-r", str(files), str(place / "files")], check=True)
    os.sync()


def _plain_restore(place: Path) -> None:
    if connection.vendor == "postgresql":
        with database.second_database("plain") as name:
            load = ["--jobs", database.PARALLEL, "--no-owner", "--dbname", database.conninfo(name)]
            subprocess.run([database.program("pg_restore", 15), *load, str(place / "plain" / "dump")], check=True)
    else:
        shutil.copy(place / "plain" / "db", place / "restored.sqlite3")
    subprocess.run(["cp", "-r", str(place / "plain" / "files"), str(place / "restored")], check=True)
    os.sync()


def _files() -> Path:
    """Made once; incompressible, as photographs are. Their rows go into the copy of the database."""
    root = Path(__file__).resolve().parents[2] / ".bench" / f"files-{MEGABYTES}"
    rows = []
    source = random.Random(20260310)
    for _ in range(MEGABYTES // A_FILE):
        content = source.randbytes(A_FILE << 20)
        digest = sha256(content).hexdigest()
        path = root / digest[:2] / digest[2:4] / digest
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        rows.append(StoredFile(digest=digest, size=len(content), media_type="image/jpeg", created_at=data.MADE_AT))
    StoredFile.objects.all().delete()
    StoredFile.objects.bulk_create(rows)
    return root


def _read_once(files: Path) -> None:
    """So that neither is the first to meet the disk."""
    for path in files.rglob("*"):
        if path.is_file():
            path.read_bytes()


def _names() -> tuple[str, str]:
    return ("pg_dump", "pg_restore") if connection.vendor == "postgresql" else ("SQLite's .backup", "cp")
