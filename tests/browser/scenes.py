"""What a phone's camera would have seen beside the blocked lane, with what it writes into the file: when and where."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from random import Random

from PIL import ExifTags, Image, ImageDraw

from zhiben.core.clock import CHINA

PLANT = (24.345678, 102.345678)
"""Where the cast's plant lies: latitude, longitude."""
SIZE = (960, 640)
WALL, SKY, ROAD, LINE, WOOD, DARK, PAPER = (
    (196, 186, 170), (176, 202, 222), (120, 124, 128), (236, 196, 60), (168, 124, 78), (70, 74, 80), (248, 246, 240),
)  # fmt: skip


def lane(file: Path, *, pallets: int, taken: datetime, at: tuple[float, float] | None = PLANT, seed: int = 1) -> Path:
    """The lane along the north wall, with so many stacks of pallets on it; `seed` is where the photographer stood."""
    rng = Random(seed)
    sheet = Image.new("RGB", SIZE, SKY)
    pen = ImageDraw.Draw(sheet)
    horizon, gate = rng.randint(230, 280), rng.randint(80, 620)
    pen.rectangle((0, rng.randint(20, 90), SIZE[0], horizon), fill=WALL, outline=DARK)
    pen.rectangle((gate, horizon - 120, gate + 150, horizon), fill=DARK)
    pen.polygon(((300, horizon), (660, horizon), (960, 640), (0, 640)), fill=ROAD)
    for left in (0, 900):
        pen.line((480 + (left - 480) * 0.4, horizon, left, 640), fill=LINE, width=9)
    for number in range(pallets):
        deep = horizon + 60 + number * 90 % 260
        left = 180 + rng.randint(0, 420)
        for row in range(6):
            pen.rectangle((left, deep - row * 22, left + 190, deep + 18 - row * 22), fill=WOOD, outline=DARK, width=2)
    return _kept(sheet, file, taken, at)


def receipt(file: Path, *, taken: datetime, seed: int) -> Path:
    """A sheet of paper with lines and a stamp."""
    sheet = Image.new("RGB", (640, 900), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((40, 40, 600, 860), outline=DARK, width=2)
    for row in range(9):
        pen.line((90, 160 + row * 60, 550 - (row * seed * 37) % 160, 160 + row * 60), fill=DARK, width=6)
    pen.ellipse((360, 640, 540, 820), outline=(190, 50, 44), width=8)
    return _kept(sheet, file, taken, None)


def _kept(sheet: Image.Image, file: Path, taken: datetime, at: tuple[float, float] | None) -> Path:
    exif = Image.Exif()
    exif[ExifTags.Base.DateTimeOriginal] = f"{taken.astimezone(CHINA):%Y:%m:%d %H:%M:%S}"
    if at:
        exif[ExifTags.IFD.GPSInfo] = {
            ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: tuple(_parts(at[0])),
            ExifTags.GPS.GPSLongitudeRef: "E", ExifTags.GPS.GPSLongitude: tuple(_parts(at[1])),
        }  # fmt: skip
    sheet.save(file, "JPEG", quality=70, exif=exif)
    return file


def _parts(degrees: float) -> Iterable[float]:
    """Degrees, minutes, seconds."""
    whole, rest = divmod(degrees, 1)
    minutes, rest = divmod(rest * 60, 1)
    return whole, minutes, round(rest * 60, 2)
