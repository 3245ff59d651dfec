"""Parts of a Word file packed so that the same parts give the same bytes."""

import zipfile
from collections.abc import Mapping
from datetime import date
from io import BytesIO

_FIRST = "[Content_Types].xml"  # readers that judge by content expect it first
_EARLIEST, _LATEST = 1980, 2107  # what a zip archive can say


def packed(parts: Mapping[str, bytes], *, on: date | None) -> bytes:
    """`parts`: name → content. `on`: the day the archive bears; 1 January 1980 where there is none."""
    day = on if on and _EARLIEST <= on.year <= _LATEST else date(_EARLIEST, 1, 1)
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(parts, key=lambda part: (part != _FIRST, part)):
            entry = zipfile.ZipInfo(name, date_time=(day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            entry.external_attr = 0
            archive.writestr(entry, parts[name])
    return out.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """The parts of a file that this program has made or checked; for one that somebody brings, `package.opened`."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}
