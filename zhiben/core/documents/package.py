"""A Word file that somebody brings, opened with suspicion: what may run, reach out or blow up is refused in a sentence."""

import re
import zipfile
from io import BytesIO

from lxml import etree

from zhiben.core.refusal import Refused

LARGEST_FILE = 10 * (1 << 20)
_LARGEST_UNPACKED = 60 * (1 << 20)
_LARGEST_PART = 8 * (1 << 20)
_MOST_PARTS = 600
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_AGAIN = "请用 Word 或 WPS 打开，另存为新的 docx 后再上传。"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_RUNS = re.compile(
    r"vbaproject\.bin|vbadata\.xml|/activex/|/embeddings/|oleobject|\.(?:exe|dll|js|vbs|bat|cmd|hta)$", re.I
)
_REACHES = re.compile(r"\b(?:INCLUDEPICTURE|INCLUDETEXT|DDEAUTO|DDE|LINK|IMPORT|DATABASE|RD)\b", re.I)
_PARSER = {
    "resolve_entities": False,
    "no_network": True,
    "huge_tree": False,
    "load_dtd": False,
    "dtd_validation": False,
}


def opened(content: bytes) -> dict[str, bytes]:
    """The parts of the file, none of them dangerous. Raises Refused."""
    if len(content) > LARGEST_FILE:
        raise _refused(f"模板超过 {LARGEST_FILE >> 20} MB。请删去或压缩其中的图片后再上传。")
    parts = _unpacked(content)
    if "word/document.xml" not in parts or "[Content_Types].xml" not in parts:
        raise _refused(f"这不是 Word 文档（docx）。{_AGAIN}")
    for name in parts:
        if _RUNS.search(f"/{name}"):
            raise _refused(
                f"文件里带有宏、控件或嵌入的对象（{name.rpartition('/')[2]}），为了安全不能用作模板。请删去后另存为 docx 再上传。"
            )
    for name, part in parts.items():
        if name.lower().endswith((".xml", ".rels")):
            _look_at(name, part)
    return parts


def parsed(part: bytes) -> etree._Element:
    """Raises Refused: not well-formed, or with a document type (entities)."""
    try:
        root = etree.fromstring(part, etree.XMLParser(**_PARSER))
    except etree.XMLSyntaxError as broken:
        raise _refused(f"文件已损坏，Word 的内容读不出来。{_AGAIN}") from broken
    if root.getroottree().docinfo.doctype:
        raise _refused("文件里有 Word 不会写出的 XML 声明（DOCTYPE），为了安全没有打开。请重新制作模板。")
    return root


def _unpacked(content: bytes) -> dict[str, bytes]:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refused("这是旧版 Word（doc）或加密的文件。请取消密码，另存为 docx 后再上传。")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > _MOST_PARTS or sum(entry.file_size for entry in entries) > _LARGEST_UNPACKED:
                raise _refused(f"文件解压后过大，为了安全没有打开。{_AGAIN}")
            if any(entry.flag_bits & 1 for entry in entries):
                raise _refused("文件加了密码。请取消密码后再上传。")
            if len({entry.filename.lower() for entry in entries}) != len(entries):
                raise _refused(f"文件里有重名的部分。{_AGAIN}")
            return {entry.filename: _part(archive, entry) for entry in entries}
    except Refused:
        raise
    except Exception as broken:  # a damaged archive fails in many ways
        raise _refused(f"文件打不开：不是 Word 文档（docx），或已损坏。{_AGAIN}") from broken


def _part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Read no more than it claims to be: the size in the directory may lie."""
    is_markup = entry.filename.lower().endswith((".xml", ".rels"))
    limit = _LARGEST_PART if is_markup else LARGEST_FILE * 2
    with archive.open(entry) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise _refused(f"文件解压后过大，为了安全没有打开。{_AGAIN}")
    return content


def _look_at(name: str, part: bytes) -> None:
    root = parsed(part)
    if name == "[Content_Types].xml":
        types = {each.get("PartName", ""): each.get("ContentType", "") for each in root}
        if "macroenabled" in " ".join(types.values()).lower():
            raise _refused("这是带宏的文档（docm），为了安全不能用作模板。请另存为不带宏的 docx。")
        if types.get("/word/document.xml") != _MAIN:
            raise _refused(f"这不是普通的 Word 文档（docx）。{_AGAIN}")
    elif name.endswith(".rels"):
        for relation in root.iter(_RELATION):
            kind = relation.get("Type", "").rpartition("/")[2]
            is_outside = relation.get("TargetMode", "").lower() == "external"
            if kind == "attachedTemplate" or (is_outside and kind != "hyperlink"):
                what = {"image": "图片", "attachedTemplate": "模板"}.get(kind, "文件")
                raise _refused(
                    f"文档链接着外部的{what}，打开时会去取，为了安全不能用作模板。请把它插入文档本身，或断开链接后再上传。"
                )
            if kind in ("aFChunk", "oleObject", "control", "vbaProject", "frame", "subDocument"):
                raise _refused("文档里嵌有别的文档、控件或宏，为了安全不能用作模板。请删去后再上传。")
    elif name.startswith("word/"):
        for field in root.iter("{*}instrText", "{*}fldSimple"):
            instruction = (field.text or "") + " ".join(field.attrib.values())
            if _REACHES.search(instruction):
                raise _refused(
                    f"文档里有会读取外部内容的域（{instruction.strip()[:20]}），为了安全不能用作模板。请删去后再上传。"
                )


def _refused(sentence: str) -> Refused:
    return Refused(sentence, "file")
