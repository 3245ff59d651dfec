"""`make bench`: one JSON line a figure on standard output, progress on standard error.

Data is made once for each database and kept in `.bench/`; every run measures on a copy. PostgreSQL runs with its
ordinary durability (fsync on)."""

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
MEASURED = ("records", "notices", "reviewing", "importing", "enterprises", "hazards", "hazard_lists", "api", "backup")
"""What is measured on a copy of the made data, one after another."""
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
    made, copy = KEPT / "made.sqlite3", KEPT / "copy.sqlite3"
    stamp = KEPT / "sqlite.made-from"
    if not (made.exists() and _is_current(stamp)):
        _remove(made)
        _run("make", {"DATABASE_URL": f"sqlite:///{made}"})
        stamp.write_text(_recipe())
    _remove(copy)
    shutil.copy(made, copy)
    try:
        for part in _parts():
            _run(part, {"DATABASE_URL": f"sqlite:///{copy}"})
    finally:
        _remove(copy)


def _on_postgresql() -> None:
    stamp = KEPT / "postgresql.made-from"
    cluster = KEPT / "postgresql"
    if cluster.exists() and not _is_current(stamp):
        shutil.rmtree(cluster)
    with postgres.private_cluster(SERVER, data=cluster) as url:
        if not stamp.exists() or not _is_current(stamp):
            _run("make", {"DATABASE_URL": url})
            stamp.write_text(_recipe())
        postgres.copy_database(url, "zhiben", "copied")
        try:
            for part in _parts():
                _run(part, {"DATABASE_URL": url.removesuffix("/zhiben") + "/copied"})
        finally:
            postgres.drop_database(url, "copied")


def _parts() -> list[str]:
    """Those named beside the database, as in `python -m tests.bench sqlite backup`; else all."""
    return [part for part in MEASURED if part in sys.argv] or list(MEASURED)


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


def _recipe() -> str:
    """Changes when the data would come out differently."""
    digest = hashlib.sha256((Path(__file__).parent / "data.py").read_bytes())
    for path in sorted((ROOT / "zhiben").rglob("migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_current(stamp: Path) -> bool:
    return stamp.exists() and stamp.read_text() == _recipe()


def _remove(database: Path) -> None:
    for path in (database, Path(f"{database}-wal"), Path(f"{database}-shm")):
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
