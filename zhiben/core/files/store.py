"""Where contents lie on disk: under the digest of what they hold, once, whole or not at all.

`<root>/ab/cd/abcd…` for content, `<root>/incoming/` for what is still being written. A process killed in the middle
leaves only a `.part` in `incoming`, which `remove_unfinished` clears away.
"""

import errno
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from .refused import FileRefused

_PIECE = 1 << 20
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_ABANDONED = timedelta(days=1)


class Readable(Protocol):
    """An open binary file, or what a browser sends."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, /) -> int: ...


@dataclass(frozen=True)
class Incoming:
    """Content written to disk and not yet in its place."""

    path: Path
    digest: str
    size: int


def root() -> Path:
    return Path(settings.ZHIBEN_FILES_ROOT)


def place_of(digest: str) -> Path:
    return root() / digest[:2] / digest[2:4] / digest


@contextmanager
def written(content: Readable, *, limit: int) -> Iterator[Incoming]:
    """The content on disk, complete and flushed, for as long as the block lasts; then removed unless it was `kept`.

    Raises FileRefused when it is larger than `limit` bytes, empty, or when the disk is full.
    """
    part = root() / "incoming" / f"{uuid.uuid4().hex}.part"
    try:
        with on_disk():
            part.parent.mkdir(parents=True, exist_ok=True)
            with part.open("xb") as stream:
                digest, size = _copy(content, stream, limit=limit)
                stream.flush()
                os.fsync(stream.fileno())
        if not size:
            raise FileRefused("文件是空的，没有内容。请核对后重新上传。")
        yield Incoming(part, digest, size)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def linked(whole: Path) -> Iterator[Incoming]:
    """A file that is already on disk, complete and flushed, under a second name that may be `kept`; its own name stays
    until the caller takes it away."""
    part = root() / "incoming" / f"{uuid.uuid4().hex}.part"
    try:
        with on_disk():
            part.parent.mkdir(parents=True, exist_ok=True)
            os.link(whole, part)
        with part.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        yield Incoming(part, digest, part.stat().st_size)
    finally:
        part.unlink(missing_ok=True)


def keep(incoming: Incoming) -> Path:
    """Put the content into its place for good; the same content already there stays as it is."""
    place = place_of(incoming.digest)
    with on_disk():
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists() or place.stat().st_size != incoming.size:  # a shorter one was damaged behind our back
            incoming.path.replace(place)
            _flush_folder(place.parent)
        else:
            spare(incoming.digest)
    return place


def remove_unfinished(*, now: datetime) -> int:
    """Clear away what killed processes left half-written more than a day ago; returns how many."""
    oldest = (now - _ABANDONED).timestamp()
    left = [part for part in (root() / "incoming").glob("*.part") if part.stat().st_mtime < oldest]
    for part in left:
        part.unlink(missing_ok=True)
    return len(left)


def contents_older_than(moment: datetime) -> Iterator[Path]:
    """Contents that nobody has brought since that moment."""
    for folder in root().glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]"):
        for place in folder.iterdir():
            if len(place.name) == 64 and place.stat().st_mtime < moment.timestamp():
                yield place


def spare(digest: str) -> None:
    """From now on it counts as just brought: a backup that is under way names it still and shall find it."""
    with suppress(FileNotFoundError):
        os.utime(place_of(digest))


def remove_content(digest: str) -> None:
    """The content and everything made from it."""
    place_of(digest).unlink(missing_ok=True)
    for made in ("thumbnails", "published", "previews"):
        for copy in (root() / made / digest[:2] / digest[2:4]).glob(f"{digest}*"):
            copy.unlink(missing_ok=True)


def _copy(content: Readable, stream: BinaryIO, *, limit: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while piece := content.read(_PIECE):
        size += len(piece)
        if size > limit:
            raise FileRefused(f"文件超过 {limit / _PIECE:.0f} MB 的上限。请压缩或拆分后再上传。")
        digest.update(piece)
        stream.write(piece)
    return digest.hexdigest(), size


def _flush_folder(folder: Path) -> None:
    """The new name survives a power cut only when the folder that holds it is flushed, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        if failure.errno in NO_SPACE:
            raise FileRefused("服务器磁盘已满，文件没有保存。请联系管理员清理磁盘后重新上传。") from failure
        raise
