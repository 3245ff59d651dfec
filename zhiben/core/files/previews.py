"""Office documents as PDF, so that one reads them in the browser of a PC without Word. Made once by content."""

import os
import uuid
from pathlib import Path

from zhiben.core.refusal import Refused

from . import store
from .kinds import KINDS
from .models import StoredFile
from .office import NoOffice, NotConverted, convert

_EXTENSIONS = {
    kind.media_type: kind.extensions[0]
    for code, kind in KINDS.items()
    if code in ("docx", "doc", "odt", "rtf", "xlsx", "xls", "pptx", "ppt")
}
SECONDS = 90.0
MOST_BYTES = 50 * (1 << 20)


def can_preview(file: StoredFile) -> bool:
    return file.media_type in _EXTENSIONS and file.size <= MOST_BYTES


def preview_of(file: StoredFile) -> Path | None:
    """The PDF, where it has been made."""
    place = _place(file)
    return place if place.is_file() else None


def make_preview(file: StoredFile) -> Path:
    """Raises Refused, with what to do instead."""
    place = _place(file)
    try:
        content = store.place_of(file.digest).read_bytes()
        pdf = convert(content, extension=_EXTENSIONS[file.media_type], to="pdf", seconds=SECONDS)
    except NoOffice as missing:
        raise Refused(f"{missing}，请下载后用 WPS 或 Word 打开。") from missing
    except NotConverted as reason:
        raise Refused(f"这个文件没有转换成功：{reason}。请下载后用 WPS 或 Word 打开。") from reason
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{uuid.uuid4().hex}.part")
    part.write_bytes(pdf)
    os.replace(part, place)
    return place


def _place(file: StoredFile) -> Path:
    return store.root() / "previews" / file.digest[:2] / file.digest[2:4] / f"{file.digest}.pdf"
