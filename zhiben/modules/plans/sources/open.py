"""Any uploaded file, turned into text. The kind is judged by the content; the name is only shown."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from zhiben.core.files.kinds import KINDS, Group, Kind, kind_of
from zhiben.modules.plans.reading.source import SourceText

from . import limits
from .opened import Opened, Progress
from .unreadable import Unreadable

_RESAVE = "请用 WPS 或 Word 打开，另存为 docx 后再上传"
_REFUSALS = {
    "encrypted": ("文档设有打开密码", "请用密码打开，去掉密码另存后再上传"),
    "ofd": ("暂不能直接读取 OFD 版式文件", "请在 OFD 阅读器中导出为 PDF 后再上传"),
    "xlsx": ("这是 Excel 表格，不是方案文件", "请把表格复制到 Word 文档中另存为 docx，或另存为 PDF 后再上传"),
    "xls": ("这是 Excel 表格，不是方案文件", "请把表格复制到 Word 文档中另存为 docx，或另存为 PDF 后再上传"),
    "pptx": ("这是演示文稿，不是方案文件", "请上传 Word、PDF、网页或文本格式的方案"),
    "ppt": ("这是演示文稿，不是方案文件", "请上传 Word、PDF、网页或文本格式的方案"),
    "rar": ("暂不能打开 RAR 压缩包", "请解压后重新压缩为 zip,或直接上传里面的文件"),
    "7z": ("暂不能打开 7z 压缩包", "请解压后重新压缩为 zip,或直接上传里面的文件"),
    "gzip": ("暂不能打开 GZ 压缩包", "请解压后重新压缩为 zip,或直接上传里面的文件"),
    "heic": ("暂不能打开 HEIC 照片", "请在手机上另存为 jpg 后再上传"),
    "svg": ("SVG 图形里没有方案正文", "请上传 Word、PDF、网页或文本格式的方案"),
    "program": ("这是可执行程序，不是方案文件", "为了安全没有打开，请核对来源"),
}
_SUPPORTED = "请上传 Word、PDF、网页、文本、图片或装有这些文件的 zip"


def open_source(
    upload: Path | bytes, name: str, *, ocr_dir: Path | None = None, progress: Progress | None = None
) -> list[SourceText]:
    """The documents in a file: one, or several from a zip. Raises `Unreadable` where none can be read."""
    outcomes = list(open_each(upload, name, ocr_dir=ocr_dir, progress=progress))
    readable = [outcome.source for outcome in outcomes if isinstance(outcome, Opened)]
    if not readable:
        raise next(outcome for outcome in outcomes if isinstance(outcome, Unreadable))
    return readable


def open_each(
    upload: Path | bytes, name: str, *, ocr_dir: Path | None = None, progress: Progress | None = None
) -> Iterator[Opened | Unreadable]:
    """Each document of a file with its warnings, or the reason why it cannot be read. At least one; never raises for
    bad content. `ocr_dir` keeps recognised pages between runs; `progress(done, pages)` is called page by page.
    """
    try:
        yield from _open(upload, name, depth=0, ocr_dir=ocr_dir, progress=progress)
    except Unreadable as reason:
        reason.name = reason.name or name
        yield reason


def _open(
    upload: Path | bytes, name: str, *, depth: int, ocr_dir: Path | None, progress: Progress | None
) -> Iterator[Opened | Unreadable]:
    size = len(upload) if isinstance(upload, bytes) else upload.stat().st_size
    if size == 0:
        raise Unreadable("文件是空的，没有内容", "请核对后重新上传")
    if size > limits.FILE:
        raise Unreadable(f"文件超过 {limits.FILE // limits.MB} MB 的上限", "请只上传方案正文，或拆分后分别上传")
    with _stream(upload) as stream:
        kind = kind_of(stream)
    if kind.code == "zip":
        yield from _open_archive(upload, name, depth=depth, ocr_dir=ocr_dir, progress=progress)
    else:
        yield _open_document(upload, name, kind, ocr_dir=ocr_dir, progress=progress)


def _open_archive(
    upload: Path | bytes, name: str, *, depth: int, ocr_dir: Path | None, progress: Progress | None
) -> Iterator[Opened | Unreadable]:
    from .archive import members

    if depth > limits.ARCHIVE_DEPTH:
        raise Unreadable("压缩包里套了多层压缩包", "请解压后，把方案文件直接压缩为一个 zip 再上传")
    count = 0
    for member_name, content in members(upload):
        count += 1
        full_name = f"{name}/{member_name}"
        if isinstance(content, Unreadable):
            content.name = full_name
            yield content
            continue
        try:
            yield from _open(content, full_name, depth=depth + 1, ocr_dir=ocr_dir, progress=progress)
        except Unreadable as reason:
            reason.name = reason.name or full_name
            yield reason
    if not count:
        raise Unreadable("压缩包是空的，没有文件", "请核对后重新上传")


def _open_document(
    upload: Path | bytes, name: str, kind: Kind, *, ocr_dir: Path | None, progress: Progress | None
) -> Opened:
    """Each reader is imported when it is first needed: the command starts fast, a missing extra hurts nobody else."""
    if kind.code in _REFUSALS:
        raise Unreadable(*_REFUSALS[kind.code])
    if kind.code == "pdf":
        from .pdf import read_pdf

        return read_pdf(upload, name=name, ocr_dir=ocr_dir, progress=progress)
    content = upload if isinstance(upload, bytes) else upload.read_bytes()
    if kind.code == "docx":
        from .docx import read_docx

        return read_docx(content, name=name)
    if kind.code in ("doc", "rtf", "odt"):
        return _open_through_office(content, name, kind)
    if kind.code in ("html", "mhtml", "text"):
        return _open_text(content, name, kind)
    if kind.group is Group.PICTURE:
        from .picture import read_picture

        return read_picture(content, name=name, media_type=kind.media_type, ocr_dir=ocr_dir, progress=progress)
    raise Unreadable(f"这是{kind.label}，不是方案文件" if kind.group is not Group.UNKNOWN else kind.label, _SUPPORTED)


def _open_through_office(content: bytes, name: str, kind: Kind) -> Opened:
    from .office import is_encrypted_doc, read_through_libreoffice

    if kind.code == "doc" and is_encrypted_doc(content):
        raise Unreadable(*_REFUSALS["encrypted"])
    return read_through_libreoffice(
        content, name=name, extension=kind.code, label=kind.label, media_type=KINDS[kind.code].media_type
    )


def _open_text(content: bytes, name: str, kind: Kind) -> Opened:
    if len(content) > limits.TEXT_FILE:
        raise Unreadable(f"{kind.label}超过 {limits.TEXT_FILE // limits.MB} MB,不像一份方案", "请核对后重新上传")
    if kind.code == "text":
        from .plain import read_plain

        return read_plain(content, name=name)
    from .webpage import read_single_file_page, read_webpage

    return (read_webpage if kind.code == "html" else read_single_file_page)(content, name=name)


def _stream(upload: Path | bytes) -> BinaryIO:
    return io.BytesIO(upload) if isinstance(upload, bytes) else upload.open("rb")
