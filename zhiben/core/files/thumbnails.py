"""Small pictures of pictures, made when first asked for: upright, without the place and time a camera writes in."""

from pathlib import Path

from PIL import Image, ImageOps

from . import store
from .pictures import BROKEN, FORMATS, MOST_PIXELS, save_whole

SIZES = (160, 640)
"""Pixels of the longer side: in a list, on a page."""


def thumbnail_of(digest: str, *, size: int) -> Path | None:
    """The thumbnail's file; None for what is no picture, or one too large to decode safely."""
    if size not in SIZES:
        return None
    path = store.root() / "thumbnails" / digest[:2] / digest[2:4] / f"{digest}-{size}.jpg"
    if not path.is_file():
        small = _shrunk(store.place_of(digest), size)
        if small is None:
            return None
        save_whole(small, path, "JPEG", quality=80, optimize=True)
    return path


def _shrunk(original: Path, size: int) -> Image.Image | None:
    try:
        with Image.open(original, formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.draft("RGB", (size * 2, size * 2))  # a JPEG is decoded no larger than needed
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((size, size))
            if upright.has_transparency_data:
                paper = Image.new("RGB", upright.size, "white")
                paper.paste(upright.convert("RGB"), mask=upright.convert("RGBA").getchannel("A"))
                return paper
            return upright.convert("RGB")
    except BROKEN:
        return None
