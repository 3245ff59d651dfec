"""PDF: text with its place on the page, page by page; pages that are only pictures go to recognition."""

import ctypes
import threading
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from . import limits
from .compose import Composer
from .layout import Line, add_paragraphs
from .ocr import OcrMissing, recognise
from .opened import Opened, Progress
from .unreadable import Unreadable

_LOCK = threading.Lock()  # PDFium must not be entered by two threads
_FEW_CHARACTERS = 20  # a page with fewer, and a large picture on it, is a scan (perhaps with a stamp typed over it)
_LARGE_PICTURE = 0.3  # share of the page
_UNMAPPED = 0.3  # share of characters without a meaning above which the text of a page is worthless


def read_pdf(
    content: bytes | Path, *, name: str, ocr_dir: Path | None = None, progress: Progress | None = None
) -> Opened:
    composer = Composer()
    with _LOCK:
        lines, scans, pages = _read_text(content, progress)
    if scans:
        lines, warnings = _with_recognised(lines, scans, pages, content, ocr_dir=ocr_dir, progress=progress)
        for warning in warnings:
            composer.warn(warning)
    add_paragraphs(lines, composer)
    if composer.is_empty:
        raise Unreadable("PDF 里没有文字", "请核对文件；如是照片或扫描件，请重新扫描得清楚一些")
    return Opened(composer.source(name=name, media_type="application/pdf"), tuple(composer.warnings))


def _read_text(content: bytes | Path, progress: Progress | None) -> tuple[list[Line], list[int], int]:
    """Lines in reading order, the pages that are scans (from 1), and the number of pages."""
    document = _open(content)
    try:
        count = len(document)
        if count > limits.PDF_PAGES:
            raise Unreadable(f"PDF 有 {count} 页，超过 {limits.PDF_PAGES} 页的上限", "请只上传方案部分")
        lines: list[Line] = []
        scans: list[int] = []
        for number in range(1, count + 1):
            page = document[number - 1]
            try:
                found = list(_lines(page, number))
                if _is_scan(page, found):
                    scans.append(number)
                else:
                    lines += found
            finally:
                page.close()
            if progress:
                progress(number, count)
        return lines, scans, count
    except pdfium.PdfiumError as broken:
        raise _damaged() from broken
    finally:
        document.close()


def _open(content: bytes | Path) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError as refusal:
        if getattr(refusal, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD or "password" in str(refusal).lower():
            raise Unreadable("PDF 设有打开密码", "请用密码打开后，另存为不加密的 PDF 再上传") from refusal
        raise _damaged() from refusal


def _damaged() -> Unreadable:
    return Unreadable("PDF 已损坏，打不开", "请从原处重新下载或导出后再上传")


def _lines(page: pdfium.PdfPage, number: int) -> Iterator[Line]:
    """The lines as PDFium orders them; a new one begins where it writes a line break of its own."""
    height = page.get_height()
    text_page = page.get_textpage()
    try:
        characters: list[str] = []
        boxes: list[tuple[float, float, float, float]] = []
        for index in range(text_page.count_chars()):
            character = chr(pdfium_c.FPDFText_GetUnicode(text_page, index))
            if character in "\r\n":
                if characters:
                    yield _line(characters, boxes, height, number)
                    characters, boxes = [], []
            elif character not in "\0\ufffe\u00ad":
                characters.append(character)
                if not character.isspace():
                    boxes.append(_box(text_page, index))
        if characters:
            yield _line(characters, boxes, height, number)
    finally:
        text_page.close()


def _box(text_page: pdfium.PdfTextPage, index: int) -> tuple[float, float, float, float]:
    box = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(text_page, index, ctypes.byref(box))
    return box.left, box.bottom, box.right, box.top


def _line(characters: list[str], boxes: list[tuple[float, float, float, float]], height: float, number: int) -> Line:
    """PDF counts upwards from the foot of the page; a `Line` downwards from its head."""
    text = "".join(characters)
    boxes = boxes or [(0.0, 0.0, 0.0, 0.0)]
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    widths = [right - left for left, right in zip(lefts, rights, strict=True)]
    ideographs = [
        width for character, width in zip(text.replace(" ", ""), widths, strict=False) if character >= "\u3000"
    ]
    size = median(ideographs) if ideographs else 0.7 * (max(tops) - min(bottoms))
    return Line(
        text=text,
        left=min(lefts),
        right=max(rights),
        top=height - max(tops),
        bottom=height - min(bottoms),
        size=max(size, 0.1),
        page=number,
    )


def _is_scan(page: pdfium.PdfPage, lines: list[Line]) -> bool:
    text = "".join(character for line in lines for character in line.text if not character.isspace())
    unmapped = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" for character in text)
    if text and unmapped > _UNMAPPED * len(text):
        return True
    return len(text) < _FEW_CHARACTERS and _has_large_picture(page)


def _has_large_picture(page: pdfium.PdfPage) -> bool:
    width, height = page.get_size()
    covered = 0.0
    for picture in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        left, bottom, right, top = picture.get_bounds()
        covered += max(0.0, right - left) * max(0.0, top - bottom)
    return covered > _LARGE_PICTURE * width * height


def _with_recognised(
    lines: list[Line],
    scans: list[int],
    pages: int,
    content: bytes | Path,
    *,
    ocr_dir: Path | None,
    progress: Progress | None,
) -> tuple[list[Line], list[str]]:
    """The lines with those of the recognised pages in their places, and what to tell the reader."""
    if len(scans) > limits.OCR_PAGES:
        raise Unreadable(f"PDF 有 {len(scans)} 页扫描图像，超过 {limits.OCR_PAGES} 页的上限", "请只上传方案部分")
    try:
        recognised = recognise(content, pages=scans, work_dir=ocr_dir, progress=progress)
    except OcrMissing as missing:
        if len(scans) == pages:
            raise missing
        return lines, [f"第 {_listed(scans)} 页是扫描图像，没有读到文字：{missing.sentence}"]
    warnings = ["文字由图像识别得到，请对照原件核对"]
    if recognised.doubtful:
        warnings.append(f"第 {_listed(recognised.doubtful)} 页图像不清楚，识别把握不大")
    return sorted([*lines, *recognised.lines], key=lambda line: line.page), warnings


def _listed(pages: list[int] | tuple[int, ...]) -> str:
    shown = "、".join(map(str, pages[:20]))
    return f"{shown} 等 {len(pages)}" if len(pages) > 20 else shown
