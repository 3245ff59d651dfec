"""A private PostgreSQL cluster in a temporary folder, for the length of one command. Needs the server's programs, not
its service, and no root; started by root it runs as the system's `postgres` user, because the server refuses root."""

import contextlib
import glob
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

HOW_TO_GET_IT = (
    "没有找到 PostgreSQL 15+ 的服务端程序。Debian/Ubuntu 可运行 sudo apt install postgresql（不必启动服务）。"
)
LEAST_VERSION = 15

FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Nothing of a test outlives a power cut."""


def server_programs() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest that is new enough."""
    on_path = shutil.which("initdb")
    folders = [Path(found).parent for found in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    folders += [Path(on_path).resolve().parent] if on_path else []
    suitable = [(version, folder) for folder in folders if (version := _version(folder)) >= LEAST_VERSION]
    return max(suitable)[1] if suitable else None


def _version(folder: Path) -> int:
    shown = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\) (\d+)", shown)
    return int(found.group(1)) if found else 0


@contextlib.contextmanager
def private_cluster(settings: dict[str, str] | None = None, data: Path | None = None) -> Iterator[str]:
    """Yields a DATABASE_URL. With `data` the cluster is kept there and used again; else it is gone afterwards."""
    programs = server_programs()
    if programs is None:
        raise FileNotFoundError(HOW_TO_GET_IT)
    place = Path(tempfile.mkdtemp(prefix="zhiben-pg-"))
    data = data or place / "data"
    server_user = _server_user()
    data.mkdir(parents=True, exist_ok=True)
    for folder in (place, data):
        _give(folder, server_user)
    try:
        if not (data / "PG_VERSION").exists():
            _as(
                server_user,
                [programs / "initdb", "-D", data, "-U", "zhiben", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
            )
        options = {"listen_addresses": "", "unix_socket_directories": str(place), "max_connections": "120"}
        words = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in (options | (settings or {})).items())
        log = data / "server.log"
        _as(server_user, [programs / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", log, "-o", words, "start"])
        try:
            with contextlib.suppress(subprocess.CalledProcessError):
                _as(server_user, [programs / "createdb", "-h", place, "-U", "zhiben", "zhiben"], quiet=True)
            yield f"postgresql://zhiben@{quote(str(place), safe='')}/zhiben"
        finally:
            _as(server_user, [programs / "pg_ctl", "-D", data, "-w", "-m", "fast", "stop"])
    finally:
        shutil.rmtree(place, ignore_errors=True)


def copy_database(url: str, source: str, copy: str) -> None:
    """Of a database in a private cluster to which nobody is connected."""
    drop_database(url, copy)
    _psql(url, f'CREATE DATABASE "{copy}" TEMPLATE "{source}"')


def drop_database(url: str, name: str) -> None:
    _psql(url, f'DROP DATABASE IF EXISTS "{name}"')


def _psql(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url.rsplit("/", 1)[0] + "/postgres", autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def _server_user() -> str | None:
    """None: run it as whoever we are."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _give(folder: Path, user: str | None) -> None:
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    folder.chmod(0o700)


def _as(user: str | None, command: list[object], *, quiet: bool = False) -> None:
    words = [str(word) for word in command]
    who = {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd="/", **who)
    if done.returncode != 0:
        if not quiet:
            print(done.stdout + done.stderr)
        done.check_returncode()
