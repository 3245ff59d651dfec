"""Photos: evidence keeps what the camera wrote, publication has none of it."""

import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from PIL import ExifTags, Image

from zhiben.core.files.pictures import facts_of, published_copy
from zhiben.core.files.services import path_of, receive_upload

from .contents import PDF, jpeg, png

pytestmark = pytest.mark.django_db
GPS = ExifTags.GPS


def photo(*, offset: str = "", place: dict | None = None, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "YUNLAN\0", "P-1"
    exif[ExifTags.Base.Orientation] = orientation
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2026:03:09 14:05:06"
    if offset:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        place
        or {
            GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (29.0, 30.0, 36.0),
            GPS.GPSLongitudeRef: "E", GPS.GPSLongitude: (106.0, 15.0, 0.0),
        }
    )  # fmt: skip
    return jpeg(exif=exif)


def test_when_where_and_with_what_it_was_taken_is_kept(cast, now):
    facts = receive_upload(photo(), name="现场.jpg", by=cast.town, now=now).file.picture_facts
    assert facts.taken_at == datetime(2026, 3, 9, 6, 5, 6, tzinfo=UTC)
    assert (facts.latitude, facts.longitude) == (Decimal("29.51"), Decimal("106.25"))
    assert (facts.device, facts.width, facts.height) == ("YUNLAN P-1", 800, 600)


def test_a_device_in_another_zone_says_so(cast, now):
    facts = receive_upload(photo(offset="+09:00"), name="现场.jpg", by=cast.town, now=now).file.picture_facts
    assert facts.taken_at == datetime(2026, 3, 9, 5, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "place",
    [
        {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (0.0, 0.0, 0.0), GPS.GPSLongitudeRef: "E",
         GPS.GPSLongitude: (0.0, 0.0, 0.0)},
        {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (129.0, 0.0, 0.0), GPS.GPSLongitudeRef: "E",
         GPS.GPSLongitude: (106.0, 0.0, 0.0)},
        {GPS.GPSLatitudeRef: "N"},
    ],
)  # fmt: skip
def test_no_place_is_better_than_a_wrong_one(cast, now, place):
    facts = receive_upload(photo(place=place), name="现场.jpg", by=cast.town, now=now).file.picture_facts
    assert not facts.has_place


def test_a_damaged_head_loses_nothing_but_itself(cast, now):
    broken = photo().replace(b"2026:03:09 14:05:06", b"2026:99:99 99:99:99")
    assert receive_upload(broken, name="现场.jpg", by=cast.town, now=now).file.picture_facts.taken_at is None
    cut = photo()[:200]
    assert not hasattr(receive_upload(cut, name="半张.jpg", by=cast.town, now=now).file, "picture_facts")


def test_what_is_no_picture_has_no_such_facts(cast, now):
    upload = receive_upload(PDF, name="方案.pdf", by=cast.town, now=now)
    assert facts_of(path_of(upload.file)) is None
    assert published_copy(upload.file.digest) is None


def test_the_published_copy_is_upright_and_says_nothing_about_where_it_was_taken(cast, now):
    original = photo(orientation=6)
    upload = receive_upload(original, name="现场.jpg", by=cast.town, now=now)
    copy = published_copy(upload.file.digest)
    with Image.open(io.BytesIO(copy.read_bytes())) as picture:
        assert picture.size == (600, 800)
        assert not dict(picture.getexif())
        assert not {"exif", "comment", "xmp"} & picture.info.keys()
    assert b"YUNLAN" not in copy.read_bytes()
    assert path_of(upload.file).read_bytes() == original
    assert published_copy(upload.file.digest) == copy


def test_a_drawing_keeps_what_is_transparent(cast, now):
    upload = receive_upload(png(), name="示意图.png", by=cast.town, now=now)
    assert published_copy(upload.file.digest).suffix == ".png"
