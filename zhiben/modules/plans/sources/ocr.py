"""Text recognition of scans and photographs, page by page in a process of its own.

The recogniser needs 1 GB of memory and can be killed for it; each finished page is written to a folder named by the
content's digest, so that a killed run goes on where it stopped. Pages recognised long ago are removed.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import limits
from .layout import Line
from .opened import Progress
from .unreadable import Unreadable

_ATTEMPTS = 2  # a page that brings the recogniser down twice is given up
_DOUBTFUL = 0.85  # mean confidence of a page below which its reader is warned
_FORMAT = 1  # of the page files; raise it when their meaning changes


class OcrMissing(Unreadable):
    def __init__(self) -> None:
        super().__init__(
            "这是扫描件或照片，本机没有安装文字识别组件",
            "请管理员执行 pip install 'zhiben[ocr]' 安装后重试，也可以上传有文字的 Word 或 PDF",
        )


@dataclass(frozen=True)
class Recognised:
    """`doubtful` pages were read with little confidence."""

    lines: tuple[Line, ...]
    doubtful: tuple[int, ...]


def is_available() -> bool:
    return all(importlib.util.find_spec(module) for module in ("rapidocr", "onnxruntime"))


def default_work_dir() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "zhiben" / "ocr"


def recognise(
    content: bytes | Path,
    *,
    pages: Sequence[int] = (1,),
    work_dir: Path | None = None,
    progress: Progress | None = None,
) -> Recognised:
    """Recognise pages (from 1) of a PDF, or the frames of a picture. Raises `OcrMissing`, `Unreadable`."""
    if not is_available():
        raise OcrMissing
    root = work_dir or default_work_dir()
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    _remove_old(root)
    folder = root / f"{_digest(content)}-{_FORMAT}"
    folder.mkdir(exist_ok=True, mode=0o700)
    os.utime(folder)
    original = content if isinstance(content, Path) else _written(content, folder)
    for _ in range(_ATTEMPTS):
        if missing := _missing(folder, pages):
            _run(original, folder, missing, total=len(pages), progress=progress)
    if missing := _missing(folder, pages):
        raise Unreadable(f"第 {missing[0]} 页识别文字时出错", "请把该页另存为清楚的图片，或改用有文字的 Word 文档上传")
    return _collect(folder, pages)


def _missing(folder: Path, pages: Sequence[int]) -> list[int]:
    return [page for page in pages if not _page_file(folder, page).exists()]


def _run(original: Path, folder: Path, pages: Sequence[int], *, total: int, progress: Progress | None) -> None:
    """One recogniser over the pages; it may die, what it finished stays."""
    command = [sys.executable, "-m", "zhiben.modules.plans.sources.ocr_worker", str(original), str(folder)]
    process = subprocess.Popen(
        [*command, *map(str, pages)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    watchdog = threading.Timer(limits.OCR_PAGE_SECONDS, process.kill)
    watchdog.start()
    try:
        for done, _ in enumerate(process.stdout, start=total - len(pages) + 1):
            if progress:
                progress(done, total)
            watchdog.cancel()
            watchdog = threading.Timer(limits.OCR_PAGE_SECONDS, process.kill)
            watchdog.start()
        process.wait()
    finally:
        watchdog.cancel()
        process.kill()
        process.stdout.close()
        process.wait()


def _collect(folder: Path, pages: Sequence[int]) -> Recognised:
    lines: list[Line] = []
    doubtful = []
    for page in pages:
        found = json.loads(_page_file(folder, page).read_text("utf-8"))
        for text, left, right, top, bottom, size in found["lines"]:
            lines.append(Line(text, left, right, top, bottom, size, page))
        if found["lines"] and found["confidence"] < _DOUBTFUL:
            doubtful.append(page)
    return Recognised(tuple(lines), tuple(doubtful))


def _page_file(folder: Path, page: int) -> Path:
    return folder / f"{page}.json"


def _digest(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _written(content: bytes, folder: Path) -> Path:
    original = folder / "original"
    if not original.exists() or original.stat().st_size != len(content):
        temporary = folder / f"original.{os.getpid()}"
        temporary.write_bytes(content)
        temporary.replace(original)
    return original


def _remove_old(root: Path) -> None:
    oldest = time.time() - limits.OCR_KEPT_DAYS * 86_400
    for folder in root.iterdir():
        if folder.is_dir() and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
