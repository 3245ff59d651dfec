"""Encryption in the age format (age-encryption.org/v1): streams of any length in constant memory, opened by other tools.

A passphrase does not encrypt the contents itself: its key derivation takes a second, for every single file. It encrypts
a key, made once for the backup folder (`key.age`), to which everything else is encrypted.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyrage

from zhiben.core.refusal import Refused

from .layout import PIECE, Part, flush_folder

KEY = "key.age"


class Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Cipher:
    """To whom is encrypted, and who can read. Neither: everything lies there as it is."""

    recipients: Sequence[Any] = ()
    identities: Sequence[Any] = field(default=(), repr=False)

    @property
    def names(self) -> list[str]:
        return sorted(str(recipient) for recipient in self.recipients)

    @property
    def suffix(self) -> str:
        return ".age" if self.recipients else ""

    @property
    def pool(self) -> str:
        """Contents encrypted to different keys do not share a folder."""
        if not self.recipients:
            return "files"
        return f"files-{hashlib.sha256(' '.join(self.names).encode()).hexdigest()[:16]}"

    def put(self, source: Reader, path: Path) -> Part:
        """The whole of `source` under `path` (plus `.age`), flushed to disk. Raises OSError."""
        path = path.with_name(path.name + self.suffix)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            written = Counted(file)
            if self.recipients:
                self.encrypt(source, written)
            else:
                copy(source, written)
            file.flush()
            os.fsync(file.fileno())
        return Part(path.name, written.size, written.hexdigest())

    def encrypt(self, source: Reader, target: "Counted") -> None:
        _honest(target, lambda: pyrage.encrypt_io(source, target, list(self.recipients)))

    def get(self, path: Path, target: "Counted") -> None:
        """What was put there, decrypted. Raises Refused when no key opens it or it was damaged; OSError."""
        with path.open("rb") as file:
            if path.suffix != ".age":
                copy(file, target)
                return
            if not self.identities:
                raise Refused("这份备份是加密的，请用 --identity 密钥文件 或 --passphrase-file 口令文件 打开。")
            try:
                _honest(target, lambda: pyrage.decrypt_io(file, target, list(self.identities)))
            except pyrage.DecryptError as failure:
                raise Refused(f"{path.name} 解不开：密钥不对，或者文件已损坏。") from failure


class Counted:
    """A writer that knows the size and the SHA-256 of what went through it."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0
        self.failure: OSError | None = None

    def write(self, piece: bytes) -> int:
        try:
            if self._file is not None:
                self._file.write(piece)
        except OSError as failure:
            self.failure = failure  # the age library would turn it into an error without a number
            raise
        self._hash.update(piece)
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


class Hashed:
    """A reader that knows the size and the SHA-256 of what went through it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1, /) -> bytes:
        piece = self._file.read(size)
        self._hash.update(piece)
        self.size += len(piece)
        return piece

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def copy(source: Reader, target: Any) -> None:
    while piece := source.read(PIECE):
        target.write(piece)


def encrypting(root: Path, *, recipients: Sequence[str] = (), passphrase_file: Path | None = None) -> Cipher:
    """As asked on the command line. Raises Refused for a malformed key, or a passphrase other than the folder's."""
    if recipients and passphrase_file:
        raise Refused("--encrypt-to 和 --passphrase-file 只能选一个。")
    if passphrase_file:
        identity = _identity_of(root, _passphrase(passphrase_file), make=True)
        return Cipher((identity.to_public(),), (identity,))
    try:
        return Cipher(tuple(pyrage.x25519.Recipient.from_str(name) for name in recipients))
    except pyrage.RecipientError as failure:
        raise Refused("--encrypt-to 要写 age 公钥，以 age1 开头，可用 age-keygen 生成。") from failure


def decrypting(root: Path, *, identity: Path | None = None, passphrase_file: Path | None = None) -> Cipher:
    if passphrase_file:
        return Cipher((), (_identity_of(root, _passphrase(passphrase_file), make=False),))
    if identity is None:
        return Cipher()
    try:
        keys = [line.strip() for line in identity.read_text("utf-8").splitlines()]
        identities = tuple(pyrage.x25519.Identity.from_str(key) for key in keys if key and not key.startswith("#"))
    except (OSError, ValueError, pyrage.IdentityError) as failure:
        raise Refused(f"{identity} 不是可用的 age 密钥文件，其中应有一行以 AGE-SECRET-KEY- 开头。") from failure
    return Cipher((), identities)


def _identity_of(root: Path, passphrase: str, *, make: bool) -> Any:
    place = root / KEY
    if not place.exists():
        if not make:
            raise Refused(f"没有找到 {place}：这里的备份不是用口令加密的，或者复制时漏了这个文件。")
        identity = pyrage.x25519.Identity.generate()
        draft = place.with_name(f".{KEY}")
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pyrage.passphrase.encrypt(f"{identity}\n".encode(), passphrase))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
        flush_folder(root)
        return identity
    try:
        return pyrage.x25519.Identity.from_str(
            pyrage.passphrase.decrypt(place.read_bytes(), passphrase).decode().strip()
        )
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError) as failure:
        raise Refused(f"口令不对，打不开 {place}。请核对口令文件的内容。") from failure


def _passphrase(path: Path) -> str:
    try:
        words = path.read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as failure:
        raise Refused(f"读不出口令文件 {path}（{failure}）。") from failure
    if len(words) < 12:
        raise Refused(f"口令文件 {path} 里的口令太短，至少 12 个字符。")
    return words


def _honest(target: Counted, work: Callable[[], None]) -> None:
    """The disk's own error, where the age library speaks of one of its own."""
    try:
        work()
    except Exception:
        if target.failure is not None:
            raise target.failure from None
        raise
