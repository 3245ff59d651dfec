"""A zip of several documents. Members are read into memory under limits and never written by the names they claim."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from . import limits
from .unreadable import Unreadable

# What the standard library raises, in one place or another, over a zip that is not as it should be.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    NotImplementedError,
)
_ENCRYPTED = 0x1
_NAME_IS_UTF8 = 0x800
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini", "~$")


def members(content: bytes | Path) -> Iterator[tuple[str, bytes | Unreadable]]:
    """(name, content) of each document in the archive; in place of the content of one that cannot be had, why.

    Raises `Unreadable` for the archive as a whole: damaged, too many members, or a bomb.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content)
    except DAMAGE as broken:
        raise Unreadable("压缩包已损坏，打不开", "请重新压缩为 zip 后再上传") from broken
    with archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_litter(printed_name(entry))]
        if len(entries) > limits.ARCHIVE_MEMBERS:
            raise Unreadable(
                f"压缩包里有 {len(entries)} 个文件，超过 {limits.ARCHIVE_MEMBERS} 个的上限", "请分成几个压缩包上传"
            )
        _refuse_bomb(entries)
        unpacked = 0
        for entry in entries:
            name = printed_name(entry)
            if entry.flag_bits & _ENCRYPTED:
                yield name, Unreadable("压缩包设有密码", "请解压后，重新压缩为不加密的 zip 再上传")
                continue
            try:
                member = _read(archive, entry, limits.ARCHIVE_UNPACKED - unpacked)
            except DAMAGE:
                yield name, Unreadable("压缩包里的这个文件已损坏", "请重新压缩后再上传")
                continue
            unpacked += len(member)
            yield name, member


def printed_name(entry: zipfile.ZipInfo) -> str:
    """The member's name: UTF-8 where flagged, else GBK, which Chinese Windows writes. Folders are kept for show."""
    name = entry.filename
    if not entry.flag_bits & _NAME_IS_UTF8:
        try:
            raw = name.encode("cp437")  # what zipfile decoded it with
        except UnicodeEncodeError:
            raw = name.encode("utf-8")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "..", ".")]
    return "/".join(parts) or "未命名"


def _refuse_bomb(entries: list[zipfile.ZipInfo]) -> None:
    """By what the archive declares; `_read` counts again, because it may lie."""
    swollen = any(
        entry.file_size > limits.RATIO_FROM and entry.file_size > limits.ARCHIVE_RATIO * max(entry.compress_size, 1)
        for entry in entries
    )
    if swollen or sum(entry.file_size for entry in entries) > limits.ARCHIVE_UNPACKED:
        raise _bomb()


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, allowed: int) -> bytes:
    with archive.open(entry) as stream:
        content = stream.read(allowed + 1)
    if len(content) > allowed:
        raise _bomb()
    return content


def _bomb() -> Unreadable:
    return Unreadable(
        f"压缩包解压后过大（上限 {limits.ARCHIVE_UNPACKED // limits.MB} MB），可能是恶意构造的文件，没有解压",
        "请核对来源，只压缩方案文件后再上传",
    )


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER) or PurePosixPath(name).name.startswith(_LITTER)
