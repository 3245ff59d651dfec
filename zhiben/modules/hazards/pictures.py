"""How a picture looks, in 64 bits: a difference hash. The picture is shrunk to 9 × 8 greys; each bit says whether a spot
is brighter than its right neighbour. Sending, shrinking or brightening a picture changes few bits; two pictures of
different things differ in about 32."""

from collections.abc import Iterable
from itertools import pairwise

from PIL import Image, ImageOps

from zhiben.core.files.models import StoredFile
from zhiben.core.files.pictures import BROKEN, FORMATS, MOST_PIXELS
from zhiben.core.files.services import path_of

from .models import PictureHash

ALIKE = 10
"""Bits apart, at most, of two pictures of the same thing from nearly the same spot."""
TELLING = range(6, 59)
"""How many bits of a picture that shows something are set: a white wall or a dark night looks like any other."""
_WIDTH, _HEIGHT = 9, 8
_SIGN = 1 << 63


def difference_hash(picture: Image.Image) -> int | None:
    """64 bits, top left first; None for a picture that shows too little."""
    small = ImageOps.exif_transpose(picture).convert("L").resize((_WIDTH, _HEIGHT), Image.Resampling.BOX)
    greys = small.tobytes()
    bits = 0
    for row in range(_HEIGHT):
        line = greys[row * _WIDTH : (row + 1) * _WIDTH]
        for left, right in pairwise(line):
            bits = bits << 1 | (left > right)
    return bits if bits.bit_count() in TELLING else None


def bits_apart(one: int | None, other: int | None) -> int | None:
    """In how many bits two hashes differ; None where one of them says nothing.

    >>> bits_apart(0b1011, 0b1000), bits_apart(7, None)
    (2, None)
    """
    return None if one is None or other is None else (one ^ other).bit_count()


def remember(files: Iterable[StoredFile]) -> dict[int, int | None]:
    """The hash of each file, worked out once and kept."""
    wanted = {file.pk: file for file in files}
    looks = {kept.file_id: _unsigned(kept.bits) for kept in PictureHash.objects.filter(file__in=wanted)}
    fresh = {pk: _look(file) for pk, file in wanted.items() if pk not in looks}
    PictureHash.objects.bulk_create(
        [PictureHash(file_id=pk, bits=_signed(bits)) for pk, bits in fresh.items()], ignore_conflicts=True
    )
    return looks | fresh


def hashes_of(file_ids: Iterable[int]) -> dict[int, int]:
    """What is kept of these files; those that say nothing are left out."""
    rows = PictureHash.objects.filter(file__in=set(file_ids)).exclude(bits=None).values_list("file", "bits")
    return {pk: bits % (1 << 64) for pk, bits in rows if bits is not None}


def _look(file: StoredFile) -> int | None:
    try:
        with Image.open(path_of(file), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.draft("L", (_WIDTH * 32, _HEIGHT * 32))  # a JPEG is decoded at an eighth of its size
            return difference_hash(picture)
    except BROKEN:
        return None


def _signed(bits: int | None) -> int | None:
    """As the databases' 64-bit integers keep it."""
    return None if bits is None else bits - (1 << 64) if bits & _SIGN else bits


def _unsigned(bits: int | None) -> int | None:
    return None if bits is None else bits % (1 << 64)
