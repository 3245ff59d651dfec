"""Hazards for tests, demonstrations and benchmarks, made by the real services."""

import io
from datetime import datetime
from functools import cache
from typing import Any

from PIL import Image, ImageDraw

from zhiben.core.access.acting import Acting
from zhiben.core.clock import local_day
from zhiben.core.files.models import Upload
from zhiben.core.files.services import receive_upload
from zhiben.modules.registry.models import Enterprise

from .models import Category, Channel, Hazard, HazardLevel
from .reporting import Report, report_hazard

BLOCKED_LANE = "一号厂房北侧消防车通道堆放托盘和废料，长约 30 米，消防车无法通过"


def a_hazard(cast: Any, plant: Enterprise, now: datetime, *, by: Acting | None = None, **more: Any) -> Hazard:
    """The blocked fire lane at the cast's plant, found by the bureau's officer with two photos, ordinary; `more` are
    fields of `Report`."""
    finder = by or cast.bureau_officer
    report: dict[str, Any] = {
        "enterprise": plant,
        "place": "一号厂房北侧消防车通道",
        "description": BLOCKED_LANE,
        "danger": "发生火灾时消防车不能靠近，延误扑救和疏散",
        "category": Category.THING,
        "channel": Channel.INSPECTION,
        "found_on": local_day(now),
        "level": HazardLevel.GENERAL,
        "before_photos": [a_photo(finder, now, seed) for seed in (1, 2)],
        **more,
    }
    return report_hazard(report=Report(**report), by=finder, now=now)


def a_photo(by: Acting, now: datetime, seed: int = 0, name: str = "", **exif: Any) -> Upload:
    """A photo that `by` has just brought. Each `seed` shows something else; the same one shows the same. `exif`: tag
    number as `t36867` → value, for what a camera would have written."""
    tags = {int(tag[1:]): value for tag, value in exif.items()}
    content = _picture(seed) if not tags else _draw(seed, tags)
    return receive_upload(content, name=name or f"现场{seed}.jpg", by=by, now=now)


@cache
def _picture(seed: int) -> bytes:
    return _draw(seed, {})


def _draw(seed: int, tags: dict[int, Any]) -> bytes:
    """Patches of grey that follow from the seed: enough for a difference hash to tell pictures apart."""
    sheet = Image.new("RGB", (360, 240))
    pen = ImageDraw.Draw(sheet)
    state = seed * 2654435761 + 12345
    for row in range(8):
        for column in range(9):
            state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            grey = state >> 56
            pen.rectangle((column * 40, row * 30, column * 40 + 39, row * 30 + 29), fill=(grey, grey, 255 - grey // 2))
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[tag] = value
    kept = io.BytesIO()
    sheet.save(kept, "JPEG", quality=80, exif=exif)
    return kept.getvalue()
