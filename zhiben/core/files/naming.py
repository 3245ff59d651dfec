"""The name a file is shown and downloaded under."""

import re
import unicodedata
from pathlib import PurePosixPath

_LENGTH = 200
_FORBIDDEN = re.compile(r'[<>:"|?*]')


def clean_name(name: str) -> str:
    """The last part of a path, without what could disguise it (control and direction marks) or break a disk."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join(character for character in name if unicodedata.category(character) not in ("Cc", "Cf", "Cs"))
    name = _FORBIDDEN.sub("_", " ".join(name.split())).strip(". ")
    if not name:
        return "未命名"
    stem, extension = name, PurePosixPath(name).suffix
    if len(name) > _LENGTH and len(extension) < 20:
        stem = name.removesuffix(extension)[: _LENGTH - len(extension)]
        return stem + extension
    return name[:_LENGTH]


def extension_of(name: str) -> str:
    """Lower case, without the dot; "" where there is none."""
    return PurePosixPath(name).suffix.removeprefix(".").lower()
