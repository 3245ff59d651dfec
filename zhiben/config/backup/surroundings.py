"""What is neither in the database nor in the file store: the audit folder, the settings, the secrets.

Whoever holds a plain backup must not be able to sign seals or sessions in our name. So secrets go only into an encrypted
one; from a plain one they are left out, and `kept_apart` says which to keep elsewhere.
"""

import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from django.conf import settings

from zhiben.config.certificates import folder as certificates

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
        files += [
            (path, path.relative_to(data).as_posix()) for path in (secret, *sorted(secret.rglob("*"))) if path.exists()
        ]
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
    with tarfile.open(tar) as packed:
        packed.extractall(folder, filter="data")


def unpack_secrets(tar: Path, *, audit: Path, data: Path) -> None:
    """Keys to the audit folder, the rest to the data folder; each readable by its owner alone."""
    with tarfile.open(tar) as packed:
        for member in packed:
            target = audit if member.name.startswith("keys/") else data
            packed.extract(member, target, filter="data")
            (target / member.name).chmod(0o700 if member.isdir() else 0o600)


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
