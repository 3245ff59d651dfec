"""What a file is, judged by its content and never by its name. Pure Python: usable without Django.

The one table of kinds; add a kind here and both the file store and the plan reader know it.
"""

import re
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

HEAD = 8192  # bytes looked at for signatures and for telling text from binary


class Group(StrEnum):
    DOCUMENT = "文档"
    PICTURE = "图片"
    ARCHIVE = "压缩包"
    SOUND = "录音"
    FILM = "视频"
    PROGRAM = "程序"
    UNKNOWN = "无法识别的文件"


@dataclass(frozen=True)
class Kind:
    """One kind of file. `extensions` are lower case without the dot, the usual one first."""

    code: str
    label: str
    media_type: str
    group: Group
    extensions: tuple[str, ...]
    shown_inline: bool = False  # may a browser show it inside our own origin?


_D, _P, _A, _S, _F = Group.DOCUMENT, Group.PICTURE, Group.ARCHIVE, Group.SOUND, Group.FILM
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

KINDS = {
    kind.code: kind
    for kind in (
        Kind("pdf", "PDF 文件", "application/pdf", _D, ("pdf",), True),
        Kind("docx", "Word 文档", _WORD, _D, ("docx", "docm", "dotx", "dotm")),
        Kind("doc", "旧版 Word/WPS 文档", "application/msword", _D, ("doc", "wps", "dot", "wpt")),
        Kind("odt", "ODF 文本文档", "application/vnd.oasis.opendocument.text", _D, ("odt",)),
        Kind("rtf", "RTF 文档", "application/rtf", _D, ("rtf", "doc", "wps")),
        Kind("ofd", "OFD 版式文件", "application/ofd", _D, ("ofd",)),
        Kind(
            "xlsx",
            "Excel 表格",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _D,
            ("xlsx", "xlsm"),
        ),
        Kind("xls", "旧版 Excel 表格", "application/vnd.ms-excel", _D, ("xls", "et")),
        Kind(
            "pptx",
            "PowerPoint 演示文稿",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            _D,
            ("pptx", "ppsx", "pptm"),
        ),
        Kind("ppt", "旧版 PowerPoint 演示文稿", "application/vnd.ms-powerpoint", _D, ("ppt", "pps", "dps")),
        Kind("encrypted", "加密的 Office 文档", "application/x-ole-storage", _D, ("docx", "xlsx", "pptx", "docm")),
        Kind("html", "网页", "text/html", _D, ("html", "htm", "xhtml", "shtml", "doc", "txt", "md")),
        Kind("mhtml", "单文件网页", "multipart/related", _D, ("mht", "mhtml", "doc")),
        Kind("text", "文本文件", "text/plain", _D, ("txt", "md", "markdown", "csv", "json", "log", "text")),
        Kind("jpeg", "JPEG 图片", "image/jpeg", _P, ("jpg", "jpeg", "jpe", "jfif"), True),
        Kind("png", "PNG 图片", "image/png", _P, ("png",), True),
        Kind("gif", "GIF 图片", "image/gif", _P, ("gif",), True),
        Kind("webp", "WebP 图片", "image/webp", _P, ("webp",), True),
        Kind("bmp", "BMP 图片", "image/bmp", _P, ("bmp",), True),
        Kind("tiff", "TIFF 图片", "image/tiff", _P, ("tif", "tiff")),
        Kind("heic", "HEIC 照片", "image/heic", _P, ("heic", "heif")),
        Kind("svg", "SVG 图形", "image/svg+xml", _P, ("svg",)),
        Kind("zip", "ZIP 压缩包", "application/zip", _A, ("zip",)),
        Kind("rar", "RAR 压缩包", "application/vnd.rar", _A, ("rar",)),
        Kind("7z", "7z 压缩包", "application/x-7z-compressed", _A, ("7z",)),
        Kind("gzip", "GZ 压缩包", "application/gzip", _A, ("gz", "tgz")),
        Kind("mp3", "MP3 录音", "audio/mpeg", _S, ("mp3",)),
        Kind("wav", "WAV 录音", "audio/wav", _S, ("wav",)),
        Kind("amr", "AMR 录音", "audio/amr", _S, ("amr",)),
        Kind("ogg", "OGG 音频", "audio/ogg", _S, ("ogg", "oga", "opus")),
        Kind("m4a", "M4A 录音", "audio/mp4", _S, ("m4a",)),
        Kind("mp4", "MP4 视频", "video/mp4", _F, ("mp4", "m4v")),
        Kind("mov", "MOV 视频", "video/quicktime", _F, ("mov",)),
        Kind("3gp", "3GP 视频", "video/3gpp", _F, ("3gp",)),
        Kind("avi", "AVI 视频", "video/x-msvideo", _F, ("avi",)),
        Kind("webm", "WebM 视频", "video/webm", _F, ("webm", "mkv")),
        Kind("program", "可执行程序", "application/x-executable", Group.PROGRAM, ("exe", "dll", "msi", "apk", "jar")),
        Kind("ole", "复合文档", "application/x-ole-storage", Group.UNKNOWN, ()),
        Kind("unknown", "无法识别的文件", "application/octet-stream", Group.UNKNOWN, ()),
    )
}

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"ID3", "mp3"),
    (b"#!AMR", "amr"),
    (b"OggS", "ogg"),
    (b"\x1aE\xdf\xa3", "webm"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"#!/", "program"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Names of OLE streams, the telling ones first: an embedded workbook inside a letter must not make it a workbook.
_OLE_STREAMS = (
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", "doc"),
    ("PowerPoint Document", "ppt"),
    ("Workbook", "xls"),
    ("Book", "xls"),
)
_RIFF = {b"WEBP": "webp", b"WAVE": "wav", b"AVI ": "avi"}
_ISO_BRANDS = {b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"qt  ": "mov", b"M4A ": "m4a"}
_HTML_TAG = re.compile(rb"</(?:html|body|head|p|div|table|tr|td|span|ul|li|h[1-6])\s*>", re.IGNORECASE)
_HTML_START = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_SVG_START = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!doctype[^>]*>\s*)*<svg\b", re.I | re.S)


def kind_of(stream: BinaryIO) -> Kind:
    """The kind of a seekable binary stream; its position is put back to the start. Never raises for bad content."""
    stream.seek(0)
    head = stream.read(HEAD)
    try:
        return KINDS[_code_of(head, stream)]
    finally:
        stream.seek(0)


def _code_of(head: bytes, stream: BinaryIO) -> str:
    if head.startswith(_OLE):
        return _in_ole(stream)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(stream)
    for signature, code in _SIGNATURES:
        if head.startswith(signature):
            return code
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "unknown")
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "3gp" if brand.startswith(b"3g") else _ISO_BRANDS.get(brand, "mp4")
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "bmp"
    if head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE6 == 0xE2:
        return "mp3"  # an MPEG audio frame without a tag
    if b"%PDF-" in head[:1024]:
        return "pdf"  # readers accept a PDF that starts a little late
    return _in_text(head, stream)


def _in_ole(stream: BinaryIO) -> str:
    """By the streams its directory names; the directory may stand anywhere, so the whole file is looked through."""
    marks = {(name + "\0").encode("utf-16-le"): code for name, code in _OLE_STREAMS}
    longest = max(map(len, marks))
    found: set[str] = set()
    stream.seek(0)
    tail = b""
    while piece := stream.read(1 << 20):
        found |= {code for mark, code in marks.items() if mark in tail + piece}
        tail = piece[-longest:]
    return next((code for _, code in _OLE_STREAMS if code in found), "ole")


def _in_zip(stream: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
            if "[Content_Types].xml" in names:
                return _in_office_package(archive)
            if "OFD.xml" in names:
                return "ofd"
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                return "odt" if b"opendocument.text" in archive.read("mimetype") else "zip"
            return "program" if names & {"AndroidManifest.xml", "META-INF/MANIFEST.MF"} else "zip"
    except Exception:  # a damaged archive fails in many ways; whoever opens it says so in words
        return "zip"


def _in_office_package(archive: zipfile.ZipFile) -> str:
    with archive.open("[Content_Types].xml") as part:
        types = part.read(1 << 20).lower()
    for mark, code in ((b"wordprocessingml", "docx"), (b"ms-word", "docx"), (b"spreadsheetml", "xlsx")):
        if mark in types:
            return code
    return "pptx" if b"presentationml" in types else "zip"


def _in_text(head: bytes, stream: BinaryIO) -> str:
    if not head:
        return "unknown"
    if not _looks_like_text(head):
        return "unknown"
    plain = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")  # markup is ASCII in every encoding
    if _SVG_START.match(plain):
        return "svg"
    if re.match(rb"(?:from:|mime-version:|date:|subject:)", plain, re.I) and b"multipart/related" in plain.lower():
        return "mhtml"
    if _HTML_START.match(plain):
        return "html"
    stream.seek(0)
    closing_tags = _HTML_TAG.findall(stream.read(1 << 20).replace(b"\0", b""))
    return "html" if len(closing_tags) >= 4 else "text"


def _looks_like_text(head: bytes) -> bool:
    """Text in some encoding: no control bytes, except the zeros that UTF-16 and UTF-32 are full of."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        return True
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    if controls <= len(head) // 500:
        return True
    return _decodes_as_utf16(head)


def _decodes_as_utf16(head: bytes) -> bool:
    """UTF-16 without a mark: nearly every unit is a Chinese character, punctuation or ASCII."""
    even = head[: len(head) // 2 * 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        text = even.decode(encoding, errors="replace")
        if text and sum(map(_is_usual, text)) > 0.97 * len(text) and "\ufffd" not in text[:-1]:
            return True
    return False


def _is_usual(character: str) -> bool:
    return (
        character in "\r\n\t" or " " <= character <= "~" or "\u3000" <= character <= "\u9fff" or character >= "\uff01"
    )
