"""`make bench`: one JSON line a figure on standard output, progress on standard error.

Data is made once for each database and kept in `.bench/`: the tasks of `data`, and the million hazards of `county` in a
database of their own. Every run measures on a copy. PostgreSQL runs with its ordinary durability (fsync on)."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests import postgres

from .figures import note

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".bench"
MEASURED = (
    ("make", ("records", "notices", "reviewing", "importing", "enterprises", "hazards", "api")),
    ("make", ("backup",)),
    ("county", ("hazard_lists",)),
)
"""The part that makes the data, and what is measured on one copy of it, one after another."""
MADE_FROM = {"make": ("data.py",), "county": ("county.py", "data.py")}
SERVER = {"shared_buffers": "512MB", "maintenance_work_mem": "256MB", "max_wal_size": "4GB"}


def main() -> int:
    wanted = sys.argv[1:] or ["reading", "judging", "papers", "sqlite", "postgresql"]
    KEPT.mkdir(exist_ok=True)
    if "reading" in wanted:
        note("读取方案")
        _run("reading", {})
    if "judging" in wanted:
        note("判定隐患")
        _run("judging", {})
    if "papers" in wanted:
        note("公文")
        _run("papers", {})
    if "sqlite" in wanted:
        note("SQLite")
        _on_sqlite()
    if "postgresql" in wanted:
        if postgres.server_programs() is None:
            note(f"跳过 PostgreSQL：{postgres.HOW_TO_GET_IT}")
        else:
            note("PostgreSQL")
            _on_postgresql()
    return 0


def _on_sqlite() -> None:
    copy = KEPT / "copy.sqlite3"
    for maker, parts in _wanted():
        made, stamp = KEPT / f"{maker}.sqlite3", KEPT / f"{maker}.sqlite.made-from"
        if not (made.exists() and _is_current(stamp, maker)):
            _remove(made)
            _run(maker, {"DATABASE_URL": f"sqlite:///{made}"})
            stamp.write_text(_recipe(maker))
        _remove(copy)
        shutil.copy(made, copy)
        try:
            for part in parts:
                _run(part, {"DATABASE_URL": f"sqlite:///{copy}"})
        finally:
            _remove(copy)


def _on_postgresql() -> None:
    with postgres.private_cluster(SERVER, data=KEPT / "postgresql") as url:
        server = url.removesuffix("/zhiben")
        for maker, parts in _wanted():
            stamp = KEPT / f"{maker}.postgresql.made-from"
            if not _is_current(stamp, maker):
                postgres.drop_database(url, maker)
                postgres.copy_database(url, "template0", maker)
                _run(maker, {"DATABASE_URL": f"{server}/{maker}"})
                stamp.write_text(_recipe(maker))
            postgres.copy_database(url, maker, "copied")
            try:
                for part in parts:
                    _run(part, {"DATABASE_URL": f"{server}/copied"})
            finally:
                postgres.drop_database(url, "copied")


def _wanted() -> list[tuple[str, list[str]]]:
    """Those named beside the database, as in `python -m tests.bench sqlite backup`; else all. Each with its maker."""
    every = {part for _, parts in MEASURED for part in parts}
    named = every & set(sys.argv) or every
    return [(maker, chosen) for maker, parts in MEASURED if (chosen := [each for each in parts if each in named])]


def _run(part: str, environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "tests.bench.part", part],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "zhiben.config.settings",
            "ZHIBEN_DATA": str(KEPT / "var"),
            "ZHIBEN_LOG_LEVEL": "ERROR",
            **environment,
        },
        check=True,
    )


def _recipe(maker: str) -> str:
    """Changes when the data would come out differently."""
    digest = hashlib.sha256(os.environ.get("ZHIBEN_BENCH_HAZARDS", "").encode())
    for name in MADE_FROM[maker]:
        digest.update((Path(__file__).parent / name).read_bytes())
    for path in sorted((ROOT / "zhiben").rglob("migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_current(stamp: Path, maker: str) -> bool:
    return stamp.exists() and stamp.read_text() == _recipe(maker)


def _remove(database: Path) -> None:
    for path in (database, Path(f"{database}-wal"), Path(f"{database}-shm")):
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
