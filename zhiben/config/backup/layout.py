"""What lies in a backup folder, so that it can be restored by hand with `age`, `tar`, `pg_restore` and `cp`.

<root>/20260310T020000Z/    one backup: the database, the audit folder, the settings, the list of its files
<root>/20260310T020000Z/manifest.json    written last: without it the backup is unfinished, and is never offered
<root>/files/ab/cd/abcd…    contents of files under their SHA-256, shared by all plain backups in the folder
<root>/files-<key>/…        the same for the backups encrypted to one key; each content ends in `.age`
<root>/key.age              the key made for a passphrase, encrypted with it
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zhiben.core.refusal import Refused

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE, AUDIT, SETTINGS, SECRETS, FILES = "database", "audit.tar", "settings.json", "secrets.tar", "files.list"
"""Names of the parts; those encrypted end in `.age`. The list of files never is: the names in the pool tell as much."""
NAME = re.compile(r"\d{8}T\d{6}Z")
PIECE = 1 << 20


@dataclass(frozen=True)
class Part:
    name: str
    size: int
    sha256: str
    """Of the bytes as they lie there, encrypted or not."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. Moments are ISO 8601 in UTC."""

    version: str
    """Of the program that made it."""
    started_at: str
    finished_at: str
    database: str
    """`sqlite` or `postgresql`."""
    migrations: list[str]
    """Applied, each `app.name`."""
    counts: dict[str, int]
    """Rows of each table."""
    trail: dict[str, Any]
    """The end of the trail: how many lines, the last line, the last seal."""
    files: dict[str, Any]
    """How many, how many bytes, and which contents could not be taken (`lost`)."""
    pool: str
    recipients: list[str]
    """Public keys to which it is encrypted; empty when it is not."""
    parts: list[Part]
    format: int = FORMAT
    mode: str = field(default="online")

    def part(self, name: str) -> Part | None:
        """`database` is called by its kind, too: `database.dump`, `database.sqlite3.age`."""
        return next((part for part in self.parts if part.name.split(".")[0] == name.split(".")[0]), None)


@dataclass(frozen=True)
class Backup:
    """A finished one."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def pool(self) -> Path:
        return self.folder.parent / self.manifest.pool

    @property
    def finished_at(self) -> datetime:
        return datetime.fromisoformat(self.manifest.finished_at)

    @property
    def size(self) -> int:
        """Bytes of its own parts and of the contents it names."""
        return sum(part.size for part in self.manifest.parts) + int(self.manifest.files["bytes"])

    def path(self, part: Part) -> Path:
        return self.folder / part.name


def name_of(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Last of all, whole or not at all, and durable when this returns."""
    told = asdict(manifest)
    draft = folder / f".{MANIFEST}"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(told | {"sha256": _digest(told)}, file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / MANIFEST)
    flush_folder(folder)
    flush_folder(folder.parent)


def read_backup(folder: Path) -> Backup:
    """Raises Refused for what is no finished backup, or one that this program cannot read."""
    folder = folder.absolute()
    try:
        told = json.loads((folder / MANIFEST).read_bytes())
        stated = told.pop("sha256")
    except (FileNotFoundError, NotADirectoryError):
        raise Refused(_not_there(folder)) from None
    except (OSError, ValueError, KeyError, AttributeError) as damage:
        raise Refused(f"备份清单 {folder / MANIFEST} 读不出来（{damage}），请改用另一份备份。") from damage
    if told.get("format", 0) > FORMAT:
        raise Refused(f"备份 {folder.name} 由更新的版本 {told.get('version')} 制作，请先把程序升级到该版本或更高。")
    if stated != _digest(told):
        raise Refused(f"备份清单 {folder / MANIFEST} 与写入时不符，已被改动或损坏，请改用另一份备份。")
    told["parts"] = [Part(**part) for part in told["parts"]]
    return Backup(folder, Manifest(**told))


def finished(root: Path) -> list[Backup]:
    """The backups in a folder that may be restored, oldest first."""
    found = []
    for folder in sorted(_named(root)):
        try:
            found.append(read_backup(folder))
        except Refused:
            continue
    return found


def unfinished(root: Path) -> list[Path]:
    """Folders of backups that were cut in the middle."""
    return [folder for folder in sorted(_named(root)) if not (folder / MANIFEST).exists()]


def listed(backup: Backup) -> Iterator[tuple[str, int]]:
    """(SHA-256, bytes) of each content that belongs to it. Raises OSError or ValueError for a damaged list."""
    with (backup.folder / FILES).open(encoding="ascii") as lines:
        for line in lines:
            digest, size = line.split()
            if not re.fullmatch("[0-9a-f]{64}", digest):
                raise ValueError(f"{FILES}: {line!r}")
            yield digest, int(size)


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(told: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _named(root: Path) -> list[Path]:
    return [folder for folder in root.glob("*T*Z") if NAME.fullmatch(folder.name) and folder.is_dir()]


def _not_there(folder: Path) -> str:
    if not folder.is_dir():
        return f"没有找到备份 {folder}。请用 zhiben backup list 查看可用的备份。"
    if NAME.fullmatch(folder.name):
        return f"备份 {folder} 没有做完（缺少 {MANIFEST}），不能使用。请用 zhiben backup list 选择另一份。"
    inside = finished(folder)
    example = f"，例如 {inside[-1].folder}" if inside else ""
    return f"{folder} 不是一份备份。请写明其中的一份{example}。"
