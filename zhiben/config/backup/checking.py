"""Whether a backup can be relied on: each part as it was written, each file under its name, the database readable; and
in depth, the trail proved on a copy that is restored and thrown away."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from zhiben.core.refusal import Refused

from . import contents, surroundings
from .cipher import Cipher, Counted
from .database import dump_problem, put_postgresql, second_database, sqlite_problem
from .layout import AUDIT, DATABASE, SETTINGS, Backup, digest_of


def problems_of(
    backup: Backup,
    cipher: Cipher,
    *,
    deep: bool = False,
    with_files: bool = True,
    progress: contents.Told = lambda done: None,
) -> Iterator[str]:
    """Sentences; none of them when all is well. Raises Refused where it cannot be told (no key, no program).

    Without `with_files` the contents of files are left to whoever reads them anyway."""
    broken = list(_problems_of_parts(backup))
    yield from broken
    if lost := backup.manifest.files["lost"]:
        yield f"制作时有 {len(lost)} 个文件的内容在服务器上已经丢失或损坏，没有备份到，例如 {lost[0]}"
    if broken:
        return
    if backup.manifest.recipients and cipher.identities:
        part = backup.manifest.part(SETTINGS)
        assert part is not None
        cipher.get(backup.path(part), Counted())  # it is whole: if it does not open, the key is another
    if with_files:
        yield from contents.problems_in(backup, cipher, told=progress)
    if backup.manifest.recipients and not cipher.identities:
        return  # whoever has no key sees that everything is there
    with opened(backup, cipher, DATABASE) as dump:
        problem = (sqlite_problem if backup.manifest.database == "sqlite" else dump_problem)(dump)
        if problem:
            yield f"数据库的备份读不出来：{problem}"
        elif deep:
            yield from _problems_of_trail(backup, cipher, dump)


def _problems_of_parts(backup: Backup) -> Iterator[str]:
    for part in backup.manifest.parts:
        path = backup.path(part)
        if not path.is_file():
            yield f"缺少 {part.name}"
        elif path.stat().st_size != part.size:
            yield f"{part.name} 的大小不对：应为 {part.size} 字节，现为 {path.stat().st_size} 字节"
        elif digest_of(path) != part.sha256:
            yield f"{part.name} 的内容与写入时不符"


@contextmanager
def opened(backup: Backup, cipher: Cipher, name: str) -> Iterator[Path]:
    """A part as a plain file, decrypted where it must be: beside the data, and gone afterwards."""
    part = backup.manifest.part(name)
    if part is None:
        raise Refused(f"备份 {backup.name} 里没有 {name}。")
    if not part.name.endswith(".age"):
        yield backup.path(part)
        return
    Path(settings.ZHIBEN_DATA).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".opened-", dir=settings.ZHIBEN_DATA) as folder:
        path = Path(folder) / name
        decrypt(cipher, backup.path(part), path)
        yield path


def decrypt(cipher: Cipher, source: Path, target: Path) -> None:
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        cipher.get(source, Counted(file))
        file.flush()
        os.fsync(file.fileno())


def _problems_of_trail(backup: Backup, cipher: Cipher, dump: Path) -> Iterator[str]:
    """Another process verifies the copy, as `zhiben audit verify` does after a restore."""
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=settings.ZHIBEN_DATA) as folder:
        with opened(backup, cipher, AUDIT) as tar:
            surroundings.unpack_audit(tar, Path(folder) / "audit")
        with _copy_of_database(backup, dump, Path(folder)) as url:
            environment = {"DATABASE_URL": url, "ZHIBEN_DATA": folder, "ZHIBEN_AUDIT_ROOT": f"{folder}/audit"}
            answer = run_zhiben(["audit", "verify", "--json"], environment)
    try:
        verdict = json.loads(answer.stdout)
    except ValueError:
        yield f"恢复出来的留痕无法核对：{answer.stderr[-500:].strip()}"
        return
    for finding in verdict["findings"]:
        yield finding["sentence"]
    if verdict["lines"] != backup.manifest.trail["lines"]:
        yield f"备份清单记有 {backup.manifest.trail['lines']} 条留痕，恢复出来是 {verdict['lines']} 条"


@contextmanager
def _copy_of_database(backup: Backup, dump: Path, folder: Path) -> Iterator[str]:
    if backup.manifest.database == "sqlite":
        # Read where it lies: a plain backup is copied, since opening a database may write to it.
        copy = folder / "copy.sqlite3"
        decrypt(Cipher(), dump, copy)
        yield f"sqlite:///{copy}"
        return
    if connection.vendor != "postgresql":
        raise Refused("这是 PostgreSQL 的备份，本机用的是 SQLite，不能试恢复。请先设置 DATABASE_URL。")
    with second_database("verify") as name:
        put_postgresql(dump, name)
        yield url_of(name)


def url_of(database: str) -> str:
    """DATABASE_URL of another database on our server."""
    from urllib.parse import quote, urlencode

    at = connection.settings_dict
    person = quote(at["USER"], safe="") + (f":{quote(at['PASSWORD'], safe='')}" if at["PASSWORD"] else "")
    port = f":{at['PORT']}" if at["PORT"] else ""
    options = {key: value for key, value in at["OPTIONS"].items() if isinstance(value, str)}
    tail = f"?{urlencode(options)}" if options else ""
    return f"postgresql://{person}@{quote(at['HOST'], safe='')}{port}/{quote(database)}{tail}"


def run_zhiben(words: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Our own command on a copy. The owner's address of the real database is kept from it."""
    inherited = {name: value for name, value in os.environ.items() if name != "ZHIBEN_MIGRATION_DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "zhiben", *words],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
