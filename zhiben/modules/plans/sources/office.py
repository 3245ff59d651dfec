"""Old Word, WPS, RTF and ODF documents: turned into docx by LibreOffice, where it is installed."""

from zhiben.core.files.office import NoOffice, NotConverted, convert

from . import limits
from .docx import read_docx
from .opened import Opened
from .unreadable import Unreadable

_RESAVE = "请用 WPS 或 Word 打开，另存为 docx 后再上传"


def read_through_libreoffice(content: bytes, *, name: str, extension: str, label: str, media_type: str) -> Opened:
    try:
        converted = convert(content, extension=extension, to="docx", seconds=limits.OFFICE_SECONDS)
    except NoOffice as missing:
        raise Unreadable(f"这是{label}，要先转换，但{missing}", _RESAVE) from missing
    except NotConverted as reason:
        raise Unreadable(f"{label}没有转换成功：{reason}", _RESAVE) from reason
    opened = read_docx(converted, name=name)
    composed = opened.source
    source = type(composed)(text=composed.text, blocks=composed.blocks, name=name, media_type=media_type)
    return Opened(source, opened.warnings)


def is_encrypted_doc(content: bytes) -> bool:
    """The fEncrypted bit of the file information block ([MS-DOC] 2.5.1), which begins a sector with 0xA5EC."""
    for sector in range(512, min(len(content), 1 << 20), 512):
        if content[sector : sector + 2] == b"\xec\xa5":
            return bool(int.from_bytes(content[sector + 10 : sector + 12], "little") & 0x0100)
    return False
