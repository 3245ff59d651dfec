"""PDF: text with its place on the page, page by page; pages that are only pictures go to recognition."""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from statistics import median

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from zhiben.core.files.pdfium import opened_pdf

from . import limits
from .compose import Composer
from .layout import Line, add_paragraphs, measures_of, without_page_furniture
from .ocr import OcrMissing, recognise
from .opened import Opened, Progress
from .pdf_rulings import grids_of
from .pdf_tables import Glyph, Table, append_rest, goes_on, take_tables
from .unreadable import Unreadable

_FEW_CHARACTERS = 20  # a page with fewer, and a large picture on it, is a scan (perhaps with a stamp typed over it)
_LARGE_PICTURE = 0.3  # share of the page
_UNMAPPED = 0.3  # share of characters without a meaning above which the text of a page is worthless


@dataclass
class _Content:
    """What was read so far: lines in reading order, tables by page and height, pages that are scans (from 1)."""

    lines: list[Line] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    scans: list[int] = field(default_factory=list)
    pages: int = 0


def read_pdf(
    content: bytes | Path, *, name: str, ocr_dir: Path | None = None, progress: Progress | None = None
) -> Opened:
    composer = Composer()
    found = _read_text(content, progress)
    if found.scans:
        for warning in _recognise_scans(found, content, ocr_dir=ocr_dir, progress=progress):
            composer.warn(warning)
    _compose(found, composer)
    if composer.is_empty:
        raise Unreadable("PDF 里没有文字", "请核对文件；如是照片或扫描件，请重新扫描得清楚一些")
    return Opened(composer.source(name=name, media_type="application/pdf"), tuple(composer.warnings))


def _compose(found: _Content, composer: Composer) -> None:
    """Paragraphs and tables in the order they stand on the pages."""
    lines = without_page_furniture(found.lines)
    measures = measures_of(lines)
    begin = 0
    for table in _joined(found.tables, lines):
        end = begin
        while end < len(lines) and (lines[end].page, lines[end].top) < (table.page, table.top):
            end += 1
        add_paragraphs(lines[begin:end], composer, measures)
        table.add_to(composer)
        begin = end
    add_paragraphs(lines[begin:], composer, measures)


def _joined(tables: list[Table], lines: list[Line]) -> list[Table]:
    """Tables that go on over the page, with no line of text in between, are one."""
    joined: list[Table] = []
    for table in tables:
        before = joined[-1] if joined else None
        if before is not None and goes_on(before, table) and not _between(before, table, lines):
            append_rest(before, table)
        else:
            joined.append(table)
    return joined


def _between(table: Table, following: Table, lines: list[Line]) -> bool:
    return any(
        (table.last_page, table.bottom) < (line.page, line.top) < (following.page, following.top) for line in lines
    )


def _read_text(content: bytes | Path, progress: Progress | None) -> _Content:
    with _opened(content) as document:
        found = _Content(pages=len(document))
        if found.pages > limits.PDF_PAGES:
            raise Unreadable(f"PDF 有 {found.pages} 页，超过 {limits.PDF_PAGES} 页的上限", "请只上传方案部分")
        for number in range(1, found.pages + 1):
            page = document[number - 1]
            try:
                glyphs = _glyphs(page)
                if _is_scan(page, glyphs):
                    found.scans.append(number)
                else:
                    tables, rest = take_tables(grids_of(page), glyphs, number)
                    found.tables += tables
                    found.lines += _lines(rest, number)
            finally:
                page.close()
            if progress:
                progress(number, found.pages)
        return found


@contextmanager
def _opened(content: bytes | Path) -> Iterator[pdfium.PdfDocument]:
    try:
        with opened_pdf(content) as document:
            yield document
    except pdfium.PdfiumError as refusal:
        if getattr(refusal, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD or "password" in str(refusal).lower():
            raise Unreadable("PDF 设有打开密码", "请用密码打开后，另存为不加密的 PDF 再上传") from refusal
        raise _damaged() from refusal


def _damaged() -> Unreadable:
    return Unreadable("PDF 已损坏，打不开", "请从原处重新下载或导出后再上传")


def _glyphs(page: pdfium.PdfPage) -> list[Glyph]:
    """The characters as PDFium orders them, with "\n" where it breaks a line. It counts upwards; we downwards."""
    height = page.get_height()
    text_page = page.get_textpage()
    glyphs: list[Glyph] = []
    try:
        box = pdfium_c.FS_RECTF()
        for index in range(text_page.count_chars()):
            character = chr(pdfium_c.FPDFText_GetUnicode(text_page, index))
            if character in "\r\n":
                glyphs.append(Glyph("\n", (0.0, 0.0, 0.0, 0.0)))
            elif character not in "\0\ufffe\u00ad":
                pdfium_c.FPDFText_GetLooseCharBox(text_page, index, ctypes.byref(box))
                glyphs.append(Glyph(character, (box.left, height - box.top, box.right, height - box.bottom)))
    finally:
        text_page.close()
    return glyphs


def _lines(glyphs: Sequence[Glyph], page: int) -> Iterator[Line]:
    for is_break, group in groupby(glyphs, key=lambda glyph: glyph.character == "\n"):
        line = list(group)
        printed = [glyph for glyph in line if not glyph.character.isspace()]
        if is_break or not printed:
            continue
        lefts, tops, rights, bottoms = zip(*(glyph.box for glyph in printed), strict=True)
        ideographs = [glyph.box[2] - glyph.box[0] for glyph in printed if glyph.character >= "\u3000"]
        size = median(ideographs) if ideographs else 0.7 * (max(bottoms) - min(tops))
        yield Line(
            text=_without_setting_gaps(line, size),
            left=min(lefts),
            right=max(rights),
            top=min(tops),
            bottom=max(bottoms),
            size=max(size, 0.1),
            page=page,
        )


def _without_setting_gaps(line: Sequence[Glyph], size: float) -> str:
    """The text without the narrow space that typesetting puts between Chinese and Latin: “2026 年” was “2026年”."""
    text = ""
    for at, glyph in enumerate(line):
        if glyph.character.isspace() and 0 < at < len(line) - 1:
            before, after = line[at - 1], line[at + 1]
            is_narrow = after.box[0] - before.box[2] < 0.5 * size
            if is_narrow and max(before.character, after.character) >= "\u3000":
                continue
        text += glyph.character
    return text


def _is_scan(page: pdfium.PdfPage, glyphs: Sequence[Glyph]) -> bool:
    text = "".join(glyph.character for glyph in glyphs if not glyph.character.isspace())
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


def _recognise_scans(
    found: _Content, content: bytes | Path, *, ocr_dir: Path | None, progress: Progress | None
) -> list[str]:
    """Put the lines of the recognised pages in their places; returns what to tell the reader."""
    scans = found.scans
    if len(scans) > limits.OCR_PAGES:
        raise Unreadable(f"PDF 有 {len(scans)} 页扫描图像，超过 {limits.OCR_PAGES} 页的上限", "请只上传方案部分")
    try:
        recognised = recognise(content, pages=scans, work_dir=ocr_dir, progress=progress)
    except OcrMissing as missing:
        if len(scans) == found.pages:
            raise
        return [f"第 {_listed(scans)} 页是扫描图像，没有读到文字：{missing.sentence}"]
    found.lines = sorted([*found.lines, *recognised.lines], key=lambda line: line.page)
    warnings = ["文字由图像识别得到，请对照原件核对"]
    if recognised.doubtful:
        warnings.append(f"第 {_listed(recognised.doubtful)} 页图像不清楚，识别把握不大")
    return warnings


def _listed(pages: Sequence[int]) -> str:
    shown = "、".join(map(str, pages[:20]))
    return f"{shown} 等 {len(pages)}" if len(pages) > 20 else shown
