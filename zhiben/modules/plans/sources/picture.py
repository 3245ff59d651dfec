"""Photographs and scans saved as pictures: recognised like the pages of a scanned PDF."""

import io
import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from . import limits
from .compose import Composer
from .layout import add_paragraphs, without_page_furniture
from .ocr import recognise
from .opened import Opened, Progress
from .unreadable import Unreadable


def read_picture(
    content: bytes, *, name: str, media_type: str, ocr_dir: Path | None = None, progress: Progress | None = None
) -> Opened:
    frames = _frames(content)
    recognised = recognise(content, pages=range(1, frames + 1), work_dir=ocr_dir, progress=progress)
    composer = Composer()
    add_paragraphs(without_page_furniture(recognised.lines), composer)
    if composer.is_empty:
        raise Unreadable("图片里没有认出文字", "请重新拍照，把纸张摆正、拍清楚后再上传")
    composer.warn("文字由图像识别得到，请对照原件核对")
    if recognised.doubtful:
        composer.warn("图片不够清楚，识别把握不大")
    return Opened(composer.source(name=name, media_type=media_type), tuple(composer.warnings))


def _frames(content: bytes) -> int:
    """How many pages the picture has; refuses, before decoding, what would not fit into memory."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as picture:
                width, height = picture.size
                frames = int(getattr(picture, "n_frames", 1))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as broken:
        raise Unreadable("图片已损坏或过大，打不开", "请重新拍照或扫描后再上传") from broken
    if width * height > limits.OCR_PIXELS:
        raise Unreadable(
            f"图片有 {width}×{height} 像素，超过 {limits.OCR_PIXELS // 1_000_000} 百万像素的上限", "请缩小后再上传"
        )
    if frames > limits.OCR_PAGES:
        raise Unreadable(f"图片有 {frames} 页，超过 {limits.OCR_PAGES} 页的上限", "请只上传方案部分")
    return frames
