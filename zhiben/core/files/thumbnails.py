"""Small pictures of pictures, made when first asked for: upright, without the place and time a camera writes in."""

import os
import uuid
from pathlib import Path

from PIL import Image, ImageOps

from . import store

SIZES = (160, 640)
"""Pixels of the longer side: in a list, on a page."""
_MOST_PIXELS = 60_000_000  # a phone takes 12 to 50 million; decoding takes 3 bytes each
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")


def thumbnail_of(digest: str, *, size: int) -> Path | None:
    """The thumbnail's file; None for what is no picture, or one too large to decode safely."""
    if size not in SIZES:
        return None
    path = store.root() / "thumbnails" / digest[:2] / digest[2:4] / f"{digest}-{size}.jpg"
    if not path.is_file():
        small = _shrunk(store.place_of(digest), size)
        if small is None:
            return None
        _save(small, path)
    return path


def _shrunk(original: Path, size: int) -> Image.Image | None:
    try:
        with Image.open(original, formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            picture.draft("RGB", (size * 2, size * 2))  # a JPEG is decoded no larger than needed
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((size, size))
            if upright.has_transparency_data:
                paper = Image.new("RGB", upright.size, "white")
                paper.paste(upright.convert("RGB"), mask=upright.convert("RGBA").getchannel("A"))
                return paper
            return upright.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None


def _save(small: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{uuid.uuid4().hex}.part")
    try:
        small.save(part, "JPEG", quality=80, optimize=True)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
