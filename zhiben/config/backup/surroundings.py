"""What is neither in the database nor in the file store: the audit folder, the settings, the secrets.

Whoever holds a plain backup must not be able to sign seals or sessions in our name. So secrets go only into an encrypted
one; from a plain one they are left out, and `kept_apart` says which to keep elsewhere.
"""

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO
from urllib.parse import urlsplit

from django.conf import settings

from zhiben.config.certificates import folder as certificates
from zhiben.core.refusal import Refused

SECRET_WORDS = ("SECRET", "PASSWORD", "PASSPHRASE", "TOKEN", "KEY", "SMS")
SECRET_FOLDERS = (certificates.folder,)
"""The office's own authority with its key, and the key of the server."""
RESTORED = "restored-settings.env"


@contextmanager
def audit_tar(until: str) -> Iterator[BinaryIO]:
    """The seals up to that day and the public keys. A seal younger than the copy of the database is left for the next."""
    root = Path(settings.ZHIBEN_AUDIT_ROOT)
    seals = [path for path in sorted(root.glob("seals/*")) if path.name[0] != "." and path.name[:10] <= until]
    with _tar(
        [(path, path.relative_to(root).as_posix()) for path in [*seals, *sorted(root.glob("keys/*.pub"))]]
    ) as tar:
        yield tar


@contextmanager
def secrets_tar() -> Iterator[BinaryIO]:
    """The keys of the trail, the certificates, and every setting as it is in the environment."""
    audit, data = Path(settings.ZHIBEN_AUDIT_ROOT), Path(settings.ZHIBEN_DATA)
    files = [(path, f"keys/{path.name}") for path in sorted(audit.glob("keys/*.key"))]
    for secret in (place() for place in SECRET_FOLDERS):
        files += [(path, path.relative_to(data).as_posix()) for path in sorted(secret.rglob("*")) if path.is_file()]
    with tempfile.TemporaryDirectory(dir=settings.ZHIBEN_DATA) as folder:
        told = Path(folder) / RESTORED
        with open(os.open(told, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.writelines(f"{name}={json.dumps(value)}\n" for name, value in _environment().items())
        with _tar([*files, (told, RESTORED)]) as tar:
            yield tar


def plain_settings() -> bytes:
    """What may be known, for whoever sets up another machine: no secret, no password in an address."""
    told = {
        name: _without_password(value) if "://" in value else value
        for name, value in _environment().items()
        if not any(word in name for word in SECRET_WORDS)
    }
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def kept_apart() -> list[str]:
    """What a plain backup leaves out."""
    audit = Path(settings.ZHIBEN_AUDIT_ROOT)
    places = [str(path) for path in sorted(audit.glob("keys/*.key"))]
    places += [str(place()) for place in SECRET_FOLDERS if place().exists()]
    return ["环境变量 ZHIBEN_SECRET_KEY", *places]


def unpack_audit(tar: Path, folder: Path) -> None:
    for member, content in _files_in(tar):
        _put(content, folder / member.name, member.mode & 0o755)


def unpack_secrets(tar: Path, *, audit: Path, data: Path) -> None:
    """Keys to the audit folder, the rest to the data folder; each readable by its owner alone."""
    for member, content in _files_in(tar):
        _put(content, (audit if member.name.startswith("keys/") else data) / member.name, 0o600)
    for folder in (place() for place in SECRET_FOLDERS):
        if folder.exists():
            folder.chmod(0o700)


def _files_in(tar: Path) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """Raises Refused for anything but plain files under the folder. `filter="data"` would do it from Python 3.11.4 on;
    Debian 12 has 3.11.2."""
    with tarfile.open(tar) as packed:
        for member in packed:
            if member.isdir():
                continue
            path, content = PurePosixPath(member.name), packed.extractfile(member) if member.isfile() else None
            if content is None or path.is_absolute() or ".." in path.parts:
                raise Refused(f"备份中的 {tar.name} 含有不该有的内容“{member.name}”，可能被改动过，请改用另一份备份。")
            with content:
                yield member, content


def _put(content: IO[bytes], place: Path, mode: int) -> None:
    """In place of what is there, at once and never through a link that waits at that name."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.arriving")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        shutil.copyfileobj(content, file)
    draft.replace(place)


@contextmanager
def _tar(files: list[tuple[Path, str]]) -> Iterator[BinaryIO]:
    """In the data folder, where these files lie anyway, and not in a temporary folder that others may read."""
    with tempfile.TemporaryFile(dir=settings.ZHIBEN_DATA) as packed:
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for path, name in files:
                tar.add(path, name, recursive=False)
        packed.seek(0)
        yield packed


def _environment() -> dict[str, str]:
    return {name: value for name, value in sorted(os.environ.items()) if name.startswith(("ZHIBEN_", "DATABASE_"))}


def _without_password(address: str) -> str:
    """And without what follows the path, where some put a key."""
    parts = urlsplit(address)
    person, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{person.split(':')[0]}{at}{host}", query="", fragment="").geturl()
