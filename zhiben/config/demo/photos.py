"""Photographs that nobody took: a sketch of the thing, before and after, with the words 演示图片 on it. Each is drawn
once, small, and looks different from every other, as photographs do."""

import io
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random

from PIL import ExifTags, Image, ImageDraw

from zhiben.core.access.acting import Acting
from zhiben.core.files.models import Upload
from zhiben.core.files.services import receive_upload

SIZE = (320, 214)
RED, GREEN, DARK, LIGHT, STEEL, WOOD, YELLOW = (
    (186, 60, 52), (64, 132, 84), (56, 62, 70), (238, 238, 232), (142, 150, 160), (164, 120, 76), (228, 180, 60),
)  # fmt: skip

Shape = tuple[str, tuple[int, ...], tuple[int, int, int]]
SCENES: dict[str, tuple[tuple[Shape, ...], tuple[Shape, ...], tuple[Shape, ...]]] = {
    # the thing; what is wrong with it; what shows that it is right again
    "lane": ((("box", (40, 120, 280, 200), STEEL), ("line", (160, 120, 160, 200), YELLOW)),
             (("box", (90, 96, 150, 180), WOOD), ("box", (156, 110, 222, 186), WOOD)),
             (("line", (52, 124, 52, 198), YELLOW), ("line", (268, 124, 268, 198), YELLOW))),
    "fire": ((("box", (136, 70, 184, 186), RED), ("box", (150, 56, 170, 70), DARK)),
             (("line", (100, 60, 220, 196), DARK), ("oval", (150, 90, 170, 110), RED)),
             (("oval", (150, 90, 170, 110), GREEN),)),
    "box": ((("box", (110, 50, 210, 180), STEEL), ("box", (130, 70, 190, 110), LIGHT)),
            (("box", (60, 140, 140, 196), WOOD), ("line", (150, 110, 200, 190), RED)),
            (("line", (110, 50, 210, 50), GREEN), ("oval", (196, 110, 206, 120), DARK))),
    "guard": ((("oval", (100, 66, 190, 156), STEEL), ("oval", (176, 96, 236, 156), DARK)),
              (("line", (120, 60, 236, 150), RED),),
              (("line", (92, 60, 244, 60), YELLOW), ("line", (92, 164, 244, 164), YELLOW),
               ("line", (92, 60, 92, 164), YELLOW), ("line", (244, 60, 244, 164), YELLOW))),
    "tank": ((("oval", (90, 50, 230, 90), STEEL), ("box", (90, 70, 230, 186), STEEL)),
             (("oval", (150, 160, 250, 204), RED), ("line", (200, 100, 214, 190), RED)),
             (("line", (90, 130, 230, 130), GREEN),)),
    "sign": ((("box", (100, 60, 220, 140), LIGHT), ("line", (160, 140, 160, 200), DARK)),
             (("line", (110, 70, 210, 130), STEEL), ("line", (110, 100, 190, 100), STEEL)),
             (("box", (110, 70, 210, 100), YELLOW), ("line", (116, 120, 204, 120), DARK))),
    "exit": ((("box", (116, 40, 204, 194), LIGHT), ("box", (130, 22, 190, 38), GREEN)),
             (("box", (96, 130, 230, 198), WOOD), ("line", (116, 110, 204, 118), DARK)),
             (("oval", (186, 116, 196, 126), DARK),)),
    "edge": ((("box", (0, 130, 200, 214), STEEL), ("box", (200, 180, 320, 214), DARK)),
             (("line", (60, 130, 60, 80), DARK), ("line", (60, 84, 120, 96), RED)),
             (("line", (40, 80, 200, 80), YELLOW), ("line", (40, 104, 200, 104), YELLOW),
              ("line", (48, 80, 48, 130), YELLOW), ("line", (192, 80, 192, 130), YELLOW))),
    "bottle": ((("box", (110, 80, 150, 190), GREEN), ("box", (124, 62, 136, 80), DARK)),
               (("box", (164, 150, 262, 190), RED), ("line", (130, 62, 250, 96), DARK)),
               (("box", (164, 80, 204, 190), GREEN), ("line", (96, 120, 220, 120), YELLOW))),
    "wire": ((("box", (50, 60, 110, 110), LIGHT), ("line", (110, 90, 270, 90), DARK)),
             (("line", (150, 90, 200, 190), RED), ("line", (200, 190, 260, 170), RED)),
             (("line", (110, 96, 270, 96), STEEL), ("line", (110, 84, 270, 84), STEEL))),
    "paper": ((("box", (90, 40, 230, 196), LIGHT), ("line", (106, 70, 214, 70), DARK)),
              (("line", (106, 96, 150, 96), RED), ("line", (106, 120, 130, 120), RED)),
              (("line", (106, 96, 214, 96), DARK), ("line", (106, 120, 214, 120), DARK),
               ("oval", (170, 150, 214, 190), RED))),
    "pit": ((("box", (70, 90, 250, 190), DARK), ("box", (82, 102, 238, 178), STEEL)),
            (("box", (82, 140, 238, 178), (84, 108, 150)),),
            (("line", (60, 76, 260, 76), YELLOW), ("box", (82, 102, 238, 178), YELLOW))),
    "stack": ((("box", (60, 110, 150, 200), WOOD), ("box", (150, 130, 250, 200), WOOD)),
              (("box", (74, 40, 180, 112), WOOD), ("line", (180, 40, 250, 130), RED)),
              (("line", (50, 200, 262, 200), YELLOW),)),
    "gauge": ((("oval", (100, 50, 220, 170), LIGHT), ("oval", (154, 104, 166, 116), DARK)),
              (("line", (160, 110, 206, 140), RED),),
              (("line", (160, 110, 130, 72), GREEN), ("box", (140, 176, 180, 192), GREEN))),
    "vehicle": ((("box", (60, 80, 210, 160), STEEL), ("box", (210, 104, 262, 160), LIGHT),
                 ("oval", (84, 146, 124, 186), DARK), ("oval", (206, 146, 246, 186), DARK)),
                (("line", (40, 60, 100, 180), RED),),
                (("line", (60, 150, 262, 150), YELLOW),)),
}  # fmt: skip

CAPTION = (
    0x1010000000000020, 0x183000003FFF0820, 0x0FFF1FFE30030820, 0x0201000031030820, 0x01FE000033FB0860,
    0x3030000037130FFF, 0x18303FFF3DE30800, 0x01FE00C031E30800, 0x013200C03F3F0800, 0x01FE0CCC39830FF8,
    0x0D3208C430631808, 0x093218C633831808, 0x19FE10C230F31008, 0x10CC30C330033008, 0x318600C03FFF3008,
    0x0201038030032008,
)  # fmt: skip
"""演示图片 as 16 rows of 63 dots: drawn the same on every machine, whatever fonts it has."""


@dataclass
class Album:
    """Hands out photographs, no two alike. `at`: latitude and longitude that the camera notes, if it notes any."""

    rng: Random

    def take(
        self, picture: str, *, mended: bool = False, at: tuple[Decimal, Decimal] | None = None, by: Acting,
        now: datetime, name: str = "",
    ) -> Upload:  # fmt: skip
        content = _drawn(picture, mended, self.rng, _exif(at, now) if at else Image.Exif())
        given = name or f"{'整改后' if mended else '现场'}{now:%m%d}-{self.rng.randint(100, 999)}.jpg"
        return receive_upload(content, name=given, by=by, now=now)


def _drawn(picture: str, mended: bool, rng: Random, exif: Image.Exif) -> bytes:
    wall = tuple(rng.randint(150, 225) for _ in range(3))
    sheet = Image.new("RGB", SIZE, wall)
    pen = ImageDraw.Draw(sheet)
    for _ in range(7):  # windows, pillars, posters: what stands around
        left, top, shade = rng.randrange(-20, 300), rng.randrange(-20, 150), rng.randint(60, 245)
        pen.rectangle((left, top, left + rng.randint(14, 70), top + rng.randint(20, 90)), fill=(shade,) * 3)
    pen.rectangle((0, rng.randint(176, 200), *SIZE), fill=tuple(each // 2 for each in wall))
    aside, above = rng.randint(-44, 44), rng.randint(-14, 12)
    thing, trouble, right = SCENES[picture]
    for kind, corners, colour in (*thing, *(right if mended else trouble)):
        moved = [each + (above if place % 2 else aside) for place, each in enumerate(corners)]
        if kind == "line":
            pen.line(moved, fill=colour, width=5)
        else:
            (pen.rectangle if kind == "box" else pen.ellipse)(moved, fill=colour, outline=DARK)
    pen.rectangle((4, 4, 75, 27), fill=(255, 255, 255))
    for row, dots in enumerate(CAPTION):
        pen.point([(8 + place, 8 + row) for place in range(63) if dots >> (62 - place) & 1], fill=RED)
    kept = io.BytesIO()
    sheet.save(kept, "JPEG", quality=62, exif=exif)
    return kept.getvalue()


def _exif(at: tuple[Decimal, Decimal], now: datetime) -> Image.Exif:
    """What a phone writes: when and where."""
    exif = Image.Exif()
    exif[ExifTags.Base.DateTimeOriginal] = f"{now:%Y:%m:%d %H:%M:%S}"
    exif[ExifTags.Base.Model] = "Demo phone"
    latitude, longitude = (_parts(each) for each in at)
    exif[ExifTags.IFD.GPSInfo] = {
        ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: latitude,
        ExifTags.GPS.GPSLongitudeRef: "E", ExifTags.GPS.GPSLongitude: longitude,
    }  # fmt: skip
    return exif


def _parts(degrees: Decimal) -> tuple[float, float, float]:
    whole = int(degrees)
    minutes = (degrees - whole) * 60
    return float(whole), float(int(minutes)), float(round((minutes - int(minutes)) * 60, 2))
