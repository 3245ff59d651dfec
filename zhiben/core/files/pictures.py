"""Photos as evidence and photos for everybody: what the camera wrote is read and kept; what is published has none of it.

Tags and their meaning: Exif 3.0 (CIPA DC-008), of which only the few that say when, where and with what are read.
"""

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageOps

from zhiben.core.clock import CHINA

from . import store

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
MOST_PIXELS = 60_000_000  # a phone takes 12 to 50 million; decoding takes 3 bytes each
YEARS = range(1990, 2100)
"""In which a digital camera may have been used; what a device without a clock writes is no time."""
BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    ArithmeticError,
    EOFError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises over a picture that was damaged, by accident or with intent."""


@dataclass(frozen=True)
class Facts:
    """`taken_at` is the device's clock: in its own zone where it says so, else in China's."""

    width: int
    height: int
    taken_at: datetime | None = None
    device: str = ""
    software: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None


def facts_of(path: Path) -> Facts | None:
    """What the picture says about itself; None for what is no picture. Nothing is decoded but the header."""
    try:
        with Image.open(path, formats=FORMATS) as picture:
            size = picture.size
            try:
                exif = picture.getexif()
                details = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
                place = exif.get_ifd(ExifTags.IFD.GPSInfo)
            except BROKEN:
                details, place = {}, {}
    except BROKEN:
        return None
    latitude, longitude = _position(place)
    return Facts(
        width=size[0],
        height=size[1],
        taken_at=_taken_at(details),
        device=" ".join(_words(details.get(tag)) for tag in (ExifTags.Base.Make, ExifTags.Base.Model)).strip()[:128],
        software=_words(details.get(ExifTags.Base.Software))[:128],
        latitude=latitude,
        longitude=longitude,
    )


def published_copy(digest: str) -> Path | None:
    """A copy for publication: upright, as JPEG or PNG, with no word of where, when and with what it was taken. Made
    when first asked for; None for what is no picture, or one too large to decode safely."""
    folder = store.root() / "published" / digest[:2] / digest[2:4]
    for made in folder.glob(f"{digest}.*"):
        if made.suffix in (".jpg", ".png"):
            return made
    try:
        with Image.open(store.place_of(digest), formats=FORMATS) as original:
            if original.width * original.height > MOST_PIXELS:
                return None
            upright = ImageOps.exif_transpose(original)
            kind, mode = ("PNG", "RGBA") if upright.has_transparency_data else ("JPEG", "RGB")
            # drawn onto a fresh sheet: whatever else the file carried stays behind
            sheet = Image.new(mode, upright.size)
            sheet.paste(upright.convert(mode))
    except BROKEN:
        return None
    place = folder / f"{digest}.{'png' if kind == 'PNG' else 'jpg'}"
    save_whole(sheet, place, kind, quality=90)
    return place


def save_whole(picture: Image.Image, place: Path, kind: str, **options: Any) -> None:
    """Nobody ever finds half a picture."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{uuid.uuid4().hex}.part")
    try:
        picture.save(part, kind, **options)
        os.replace(part, place)
    finally:
        part.unlink(missing_ok=True)


def _taken_at(details: Mapping[int, Any]) -> datetime | None:
    told = _words(details.get(ExifTags.Base.DateTimeOriginal)) or _words(details.get(ExifTags.Base.DateTime))
    try:
        moment = datetime.strptime(told[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 (the zone stands in another tag)
        if moment.year not in YEARS:
            return None
        return moment.replace(tzinfo=_zone(_words(details.get(ExifTags.Base.OffsetTimeOriginal))))
    except ValueError:
        return None


def _zone(offset: str) -> Any:
    """+08:00"""
    if len(offset) == 6 and offset[0] in "+-" and offset[1:3].isdecimal() and offset[4:6].isdecimal():
        span = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
        if span < timedelta(hours=24):
            return timezone(-span if offset[0] == "-" else span)
    return CHINA


def _position(place: Mapping[int, Any]) -> tuple[Decimal | None, Decimal | None]:
    try:
        latitude = _degrees(place[ExifTags.GPS.GPSLatitude], place[ExifTags.GPS.GPSLatitudeRef], "S", 90)
        longitude = _degrees(place[ExifTags.GPS.GPSLongitude], place[ExifTags.GPS.GPSLongitudeRef], "W", 180)
    except BROKEN:
        return None, None
    if latitude == longitude == 0:  # what devices write that do not know
        return None, None
    return latitude, longitude


def _degrees(parts: Any, reference: Any, negative: str, most: int) -> Decimal:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not 0 <= value <= most:
        raise ValueError(f"no such position: {value}")
    return round(Decimal(-value if str(reference).upper().startswith(negative) else value), 6)


def _words(value: Any) -> str:
    """Text of a tag; devices pad it with NUL."""
    text = value if isinstance(value, str) else ""
    return "".join(letter for letter in text if letter.isprintable()).strip()
