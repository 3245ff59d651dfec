"""What people bring as photos: each is taken, or refused with a sentence, and nothing that was typed is lost."""

import io
import zlib
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from zhiben.core import clock
from zhiben.core.files.models import Attachment
from zhiben.modules.hazards.dossier import word_file
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.pages.dossier import dossier_of
from zhiben.modules.hazards.photos import PHOTO_LIMIT

pytestmark = pytest.mark.django_db
NEW = "/hazards/new/"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


def picture(kind="JPEG", mode="RGB", size=(90, 60), **options) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 80).convert(mode).save(out, kind, **options)
    return out.getvalue()


def exif(taken="", place=None) -> Image.Exif:
    told = Image.Exif()
    if taken:
        told.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if place:
        north, east = place
        told.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (north, 0.0, 0.0), 3: "E", 4: (east, 0.0, 0.0)})
    return told


def png_head(width: int, height: int) -> bytes:
    """A few bytes that say they unpack to a picture as large as a street."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + bytes((8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 9000)) + chunk(b"IEND", b"")
    )


def animated() -> bytes:
    frames = [Image.effect_noise((60, 40), 60).convert("P") for _ in range(3)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50)
    return out.getvalue()


def with_script() -> bytes:
    words = PngInfo()
    words.add_text("Comment", SCRIPT)
    return picture("PNG", pnginfo=words)


HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 400
TAKEN = {
    "动图.gif": animated(),
    "印刷.jpg": picture(mode="CMYK"),
    "脚本.png": with_script(),
    f"{SCRIPT}.jpg": picture(),
    "灰度.tif": picture("TIFF", mode="L"),
    "年代.jpg": picture(exif=exif(taken="0000:00:00 00:00:00")),
    "古代.jpg": picture(exif=exif(taken="0001:01:01 00:00:00")),
    "未来.jpg": picture(exif=exif(taken="9999:12:31 23:59:59")),
    "外省.jpg": picture(exif=exif(taken="2026:03:10 09:00:00", place=(39.0, 116.0))),
    "截断.jpg": picture(size=(400, 300))[:9000],
}
REFUSED = {
    "苹果.heic": (HEIC, "照片"),
    "空.jpg": (b"", "空"),
    "说明.jpg": ("不是照片，只是文字。".encode() * 20, "照片"),
    "残缺.jpg": (picture()[:60], "打不开"),
    "巨图.png": (png_head(20_000, 20_000), "像素"),
    "大幅.png": (png_head(9_000, 9_000), "像素"),
}


def report(client, plant, names_and_bytes, **more):
    sent = {"place": "东门", "description": "三号货架倒伏，压住消防栓 1 个", "found_on": "2026-03-10", "level": "general",
            "channel": "inspection", "enterprise": plant.pk, "id": uuid4()}  # fmt: skip
    photos = [SimpleUploadedFile(name, content) for name, content in names_and_bytes]
    return client.post(NEW, sent | {"before_photos": photos} | more)


def test_odd_photos_are_taken_shown_published_and_printed(cast, plant, now):
    answer = report(cast.client("town"), plant, TAKEN.items())
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    hazard = Hazard.objects.get()
    kept = Attachment.objects.filter(record_id=str(hazard.pk))
    assert kept.count() == len(TAKEN)
    page = cast.client("town").get(hazard.get_absolute_url()).content.decode()
    assert SCRIPT not in page
    assert hazard.latitude in (None, Decimal("39"))
    said = " ".join(hazard.doubts.values_list("sentence", flat=True))
    for each in kept:
        for address in (f"/files/{each.pk}/", f"/files/{each.pk}/thumbnail-320.jpg", f"/files/{each.pk}/published/"):
            shown = cast.client("town").get(address)
            assert shown.status_code in (200, 404), (each.name, address)
            if shown.status_code == 200:
                content = b"".join(shown.streaming_content) if shown.streaming else shown.content
                assert shown["X-Content-Type-Options"] == "nosniff"
                assert SCRIPT.encode() not in content or address.endswith(f"/{each.pk}/"), address
    assert "外省" in said
    assert "拍摄时间" not in said, "what cannot be is no time"
    assert word_file(dossier_of(hazard, by=cast.town, now=now))


def test_what_is_no_photo_is_refused_with_a_sentence_and_the_rest_is_kept(cast, plant, now):
    client = cast.client("town")
    for name, (content, words) in REFUSED.items():
        answer = report(client, plant, [("好的.jpg", picture()), (name, content)])
        page = answer.content.decode()
        assert answer.status_code == 422, name
        assert words in page, name
        assert "三号货架倒伏" in page, name
        assert "kept_before_photos" in page, f"{name}: the good one beside it is kept"
    assert not Hazard.objects.exists()


def test_eighty_million_bytes_are_refused_and_nothing_is_lost(cast, plant, now):
    huge = picture() + b"\0" * (PHOTO_LIMIT + 1)
    answer = report(cast.client("town"), plant, [("大图.jpg", huge)])
    assert answer.status_code == 422
    assert "MB 以内" in answer.content.decode()
    assert "三号货架倒伏" in answer.content.decode()


def test_forty_photos_in_one_report(cast, plant, now):
    many = [(f"{n}.jpg", picture(size=(24 + n, 20))) for n in range(40)]
    assert report(cast.client("town"), plant, many).status_code == 302
    hazard = Hazard.objects.get()
    assert Attachment.objects.filter(record_id=str(hazard.pk)).count() == 40
    assert cast.client("town").get(hazard.get_absolute_url()).status_code == 200


def test_a_step_takes_and_refuses_as_the_form_does(cast, rectifying, now):
    hazard, client = rectifying(), cast.client("plant_officer")
    address = reverse("hazards:step", args=[hazard.pk, "submit"])
    for name, (content, words) in REFUSED.items():
        answer = client.post(address, {"summary": "已清空并划线", "after_photos": SimpleUploadedFile(name, content)})
        assert answer.status_code in (409, 422), name
        assert words in answer.content.decode(), name
        assert "已清空并划线" in answer.content.decode()
    odd = [SimpleUploadedFile(name, content) for name, content in TAKEN.items()]
    assert client.post(address, {"summary": "已清空并划线", "after_photos": odd}).status_code == 302
    hazard.refresh_from_db()
    assert hazard.status == "rectified"
