"""What the catalogue of criteria is asked about a hazard: the same while it is written down, in the dialog of the judge,
on the page of the enterprise and where the judgement is kept, so that nobody decides after another list than was kept."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from zhiben.core.files.models import Upload
from zhiben.core.files.naming import clean_name, extension_of
from zhiben.modules.registry.models import Enterprise

from .models import Hazard
from .photos import BEFORE, photos_of

_FEWEST = 3
"""Chinese characters in a photo's name from which on a person wrote it, and no camera or programme."""
_NAMED_BY_MACHINES = re.compile(
    r"微信图片|企业微信|钉钉|腾讯|屏幕截图|屏幕快照|截屏|截图|扫描件|图片|照片|拍摄|相机|水印|新建|整改前|整改后|整改|现场|隐患|副本"
)
_EXTENSION, _NUMBER = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$"), re.compile(r"[（(]\d+[)）]$")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def question(
    *, enterprise: Enterprise | None, sector: str, place: str, description: str, found_on: date, photos: Iterable[str]
) -> dict[str, Any]:
    """What `candidates_for` and `gaps` take. `photos`: the names of the photos before. Where the enterprise is known by
    its trades, its coarse sector adds nothing but noise."""
    trades = tuple(enterprise.trades) if enterprise else ()
    return {
        "description": f"{place}，{description}" if place else description,
        "sector": "" if trades else sector,
        "trades": trades,
        "found_on": found_on,
        "captions": tuple(dict.fromkeys(filter(None, map(caption_of, photos)))),
    }


def question_of(hazard: Hazard) -> dict[str, Any]:
    """One query, for the photos."""
    return question(
        enterprise=hazard.enterprise,
        sector=hazard.sector,
        place=hazard.place,
        description=hazard.description,
        found_on=hazard.found_on,
        photos=[photo.name for photo in photos_of(hazard, BEFORE)],
    )


def named(words: str, uploads: Sequence[Upload]) -> None:
    """Call these photos what their finder says they show, each with its number; without words they keep their names."""
    for number, upload in enumerate(uploads if words else (), 1):
        upload.name = clean_name(f"{words.replace('/', '／')}（{number}）.{extension_of(upload.name) or 'jpg'}")
        upload.save(update_fields=["name"])


def caption_of(name: str) -> str:
    """What a photo's name says it shows; empty where a camera or a programme gave it.

    >>> caption_of("北侧通道堆满托盘（2）.jpg"), caption_of("微信图片_20261122101500.jpg"), caption_of("IMG_0012.HEIC")
    ('北侧通道堆满托盘', '', '')
    """
    words = _NUMBER.sub("", _EXTENSION.sub("", name.strip())).strip()
    left = _NAMED_BY_MACHINES.sub("", words)
    return words if len(_CHINESE.findall(left)) >= _FEWEST else ""
