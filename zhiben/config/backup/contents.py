"""Contents of files in and out of the pool of a backup folder. A content never changes, so a night copies only what is
new since the last backup; and each is read against its own name, so that rot is noticed the night it happens."""

import contextlib
import fcntl
import os
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from zhiben.core.batches import in_batches
from zhiben.core.files import store
from zhiben.core.refusal import Refused

from .cipher import Cipher, Counted, Hashed, copy
from .layout import PIECE, Backup, digest_of, listed

AT_ONCE = min(4, os.cpu_count() or 1)
_BATCH = 1000
_CLONE = 0x40049409
"""FICLONE of Linux: the copy shares the blocks on Btrfs and XFS, and is a copy all the same."""

Listed = tuple[str, int]
Told = Callable[[int], None]
"""Called now and then with how many contents are done."""


@dataclass
class Taken:
    count: int = 0
    bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    lost: list[str] = field(default_factory=list)
    """Contents that the database names and the disk does not hold, or not as they were."""


def place_in(pool: Path, digest: str, suffix: str) -> Path:
    return pool / digest[:2] / digest[2:4] / f"{digest}{suffix}"


def take(contents: Iterable[Listed], pool: Path, cipher: Cipher, *, kept: Collection[bytes], told: Told) -> Taken:
    """Into the pool. `kept` are those that a finished backup vouches for. Raises OSError when the disk fails."""
    taken = Taken()

    def one(content: Listed) -> tuple[bool, bool]:
        digest, size = content
        place = place_in(pool, digest, cipher.suffix)
        if _is_there(place, size, cipher) and (bytes.fromhex(digest) in kept or _is_whole(place, digest, cipher)):
            return True, False
        return _copied_in(content, place, cipher), True

    with ThreadPoolExecutor(AT_ONCE) as workers:
        for batch in in_batches(contents, _BATCH):
            for (digest, size), (is_safe, is_new) in zip(batch, workers.map(one, batch), strict=True):
                taken.count += 1
                taken.bytes += size
                if not is_safe:
                    taken.lost.append(digest)
                elif is_new:
                    taken.copied += 1
                    taken.copied_bytes += size
            told(taken.count)
    return taken


def bring_back(backup: Backup, cipher: Cipher, *, told: Told) -> int:
    """From the pool into the file store, each read against its name. Returns how many there are.

    Raises Refused naming the first that is missing or damaged; OSError. What is in place already is read, not copied."""
    lost = frozenset(backup.manifest.files["lost"])
    suffix = ".age" if backup.manifest.recipients else ""

    def one(content: Listed) -> None:
        digest, size = content
        place = store.place_of(digest)
        if place.is_file() and place.stat().st_size == size and digest_of(place) == digest:
            return
        source = place_in(backup.pool, digest, suffix)
        with _arriving(place) as file:
            written = Counted(file)
            try:
                cipher.get(source, written)
            except FileNotFoundError:
                raise Refused(f"备份中缺少文件内容 {digest}（应在 {source}），没有恢复完。") from None
            if written.hexdigest() != digest:
                raise Refused(f"备份中的文件内容 {digest} 已损坏（{source}），没有恢复完。")

    done = 0
    with ThreadPoolExecutor(AT_ONCE) as workers:
        for batch in in_batches((content for content in listed(backup) if content[0] not in lost), _BATCH):
            done += sum(1 for _ in workers.map(one, batch))
            told(done)
    return done


def problems_in(backup: Backup, cipher: Cipher, *, told: Told) -> Iterator[str]:
    """What is missing or damaged. Encrypted contents are read only where `cipher` can open them."""
    lost = frozenset(backup.manifest.files["lost"])
    suffix = ".age" if backup.manifest.recipients else ""
    readable = not suffix or bool(cipher.identities)

    def one(content: Listed) -> str | None:
        digest, size = content
        place = place_in(backup.pool, digest, suffix)
        if not place.is_file():
            return f"缺少文件内容 {digest}"
        if readable:
            return None if _reads_as(place, digest, cipher) else f"文件内容 {digest} 已损坏"
        return None if place.stat().st_size > size else f"文件内容 {digest} 不完整"

    done = 0
    with ThreadPoolExecutor(AT_ONCE) as workers:
        for batch in in_batches((content for content in listed(backup) if content[0] not in lost), _BATCH):
            yield from filter(None, workers.map(one, batch))
            done += len(batch)
            told(done)


def sweep(root: Path, remaining: Iterable[Backup]) -> int:
    """Remove contents that no remaining backup names; returns how many. A list that cannot be read stops it."""
    named: dict[str, set[bytes]] = {}
    for backup in remaining:
        named.setdefault(backup.manifest.pool, set()).update(bytes.fromhex(digest) for digest, _ in listed(backup))
    removed = 0
    for pool in root.iterdir():
        if not pool.is_dir() or pool.name.split("-")[0] != "files":
            continue
        keep = named.get(pool.name, set())
        for path in pool.glob("??/??/*"):
            with contextlib.suppress(ValueError):
                if bytes.fromhex(path.name.removesuffix(".age")) in keep:
                    continue
            path.unlink()
            removed += 1
    return removed


def _is_there(place: Path, size: int, cipher: Cipher) -> bool:
    """Encrypted it is longer by a header of changing length."""
    try:
        found = place.stat().st_size
    except FileNotFoundError:
        return False
    return found > size if cipher.recipients else found == size


def _is_whole(place: Path, digest: str, cipher: Cipher) -> bool:
    """Left by a backup that was cut: read it. With only a public key it cannot be read, and is made anew."""
    if cipher.recipients and not cipher.identities:
        return False
    return _reads_as(place, digest, cipher)


def _reads_as(place: Path, digest: str, cipher: Cipher) -> bool:
    read = Counted()
    try:
        cipher.get(place, read)
    except (Refused, OSError):
        return False
    return read.hexdigest() == digest


def _copied_in(content: Listed, place: Path, cipher: Cipher) -> bool:
    digest, size = content
    try:
        original = store.place_of(digest).open("rb")
    except OSError:
        return False
    source = Hashed(original)
    with original, contextlib.suppress(_NotThatContent), _arriving(place) as file:
        if cipher.recipients:
            cipher.encrypt(source, Counted(file))
        else:
            _clone_or_copy(source, original, file)
        if (source.hexdigest(), source.size) != (digest, size):
            raise _NotThatContent
        return True
    return False


class _NotThatContent(Exception):
    pass


def _clone_or_copy(source: Hashed, original: BinaryIO, target: BinaryIO) -> None:
    try:
        fcntl.ioctl(target, _CLONE, original.fileno())
    except OSError:
        copy(source, target)
    else:
        while source.read(PIECE):
            pass


@contextlib.contextmanager
def _arriving(place: Path) -> Iterator[BinaryIO]:
    """The file takes its name when it is whole and on the disk."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0) as file:
            yield file
            os.fsync(file.fileno())
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
