"""Bringing files through the browser, fetching them, and who may not."""

import io
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import ExifTags, Image

from zhiben.core.files import access
from zhiben.core.files import office as office_program
from zhiben.core.files.models import Attachment, Upload
from zhiben.core.files.services import attach_file, path_of, store_file
from zhiben.core.files.thumbnails import thumbnail_of
from zhiben.core.jobs.models import Job
from zhiben.core.jobs.running import run_pending

from .contents import PDF, jpeg, png

pytestmark = pytest.mark.django_db
HTML = b"<!doctype html><html><body><script>alert(1)</script></body></html>"


@pytest.fixture
def attached(cast, now, monkeypatch):
    """Attach some content to a record that only the office may see."""
    monkeypatch.setattr(access, "_REGISTERED", {})
    access.register("example.record", lambda acting, record_id: record_id == "1" and acting.unit == cast.office.unit)

    def attach(content: bytes, name: str, record_type: str = "example.record") -> Attachment:
        file = store_file(content=content, name=name, by=cast.office, now=now)
        return attach_file(record_type=record_type, record_id="1", file=file, name=name, by=cast.office, now=now)

    return attach


def content_of(response) -> bytes:
    return b"".join(response.streaming_content)


def test_an_attachment_is_downloaded_under_its_chinese_name(cast, attached):
    attachment = attached(PDF, "治本攻坚方案（终稿）.pdf")
    response = cast.client("office").get(f"/files/{attachment.pk}/")
    assert response.status_code == 200
    assert content_of(response) == PDF
    disposition = response["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert f"filename*=utf-8''{quote('治本攻坚方案（终稿）.pdf')}" in disposition
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("content", "name", "is_shown"),
    [
        (PDF, "方案.pdf", True),
        (jpeg(), "照片.jpg", True),
        (HTML, "网页.html", False),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "图.svg", False),
        ("文本".encode(), "说明.txt", False),
    ],
)
def test_only_pictures_and_pdf_are_shown_in_the_browser(cast, attached, content, name, is_shown):
    response = cast.client("office").get(f"/files/{attached(content, name).pk}/?inline=1")
    assert response["Content-Disposition"].startswith("inline" if is_shown else "attachment")
    if not is_shown:
        assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    content_of(response)


def test_a_page_of_ours_may_frame_a_pdf_for_review(cast, attached):
    response = cast.client("office").get(f"/files/{attached(PDF, '方案.pdf').pk}/?inline=1")
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    content_of(response)


def test_anonymous_and_outsider_get_nothing(cast, attached):
    attachment = attached(jpeg(), "照片.jpg")
    for address in (f"/files/{attachment.pk}/", f"/files/{attachment.pk}/thumbnail-160.jpg"):
        assert Client().get(address).status_code == 302
        assert cast.client("outsider").get(address).status_code == 404
    assert cast.client("office").get("/files/999999/").status_code == 404


def test_a_record_type_nobody_registered_is_closed(cast, attached):
    attachment = attached(PDF, "方案.pdf", record_type="unknown.thing")
    assert cast.client("office").get(f"/files/{attachment.pk}/").status_code == 404


def test_lost_content_is_a_404_and_not_a_crash(cast, attached):
    attachment = attached(PDF, "方案.pdf")
    path_of(attachment.file).unlink()
    assert cast.client("office").get(f"/files/{attachment.pk}/").status_code == 404


def test_files_are_brought_and_only_their_bringer_sees_them_before_they_are_attached(cast):
    office = cast.client("office")
    sent = [SimpleUploadedFile("方案.pdf", PDF), SimpleUploadedFile("照片.jpg", b"MZ" + bytes(50))]
    answer = office.post("/files/upload/", {"file": sent})
    assert answer.status_code == 200
    (upload,) = Upload.objects.all()
    assert answer.json()["uploads"] == [{"id": upload.pk, "name": "方案.pdf", "size": len(PDF)}]
    assert "可执行程序" in answer.json()["refused"][0]["sentence"]
    assert upload.uploaded_by_id == cast.office.person.pk
    assert content_of(office.get(f"/files/uploads/{upload.pk}/")) == PDF
    assert cast.client("bureau_officer").get(f"/files/uploads/{upload.pk}/").status_code == 404


def test_an_upload_without_a_file_says_so(cast):
    answer = cast.client("office").post("/files/upload/")
    assert answer.status_code == 422
    assert "没有收到文件" in answer.json()["refused"][0]["sentence"]


def test_a_thumbnail_is_small_upright_and_tells_no_place(cast, attached):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # the camera was turned: what is left belongs on top
    exif[ExifTags.Base.Make] = "某牌手机"
    attachment = attached(jpeg((800, 600), exif=exif), "照片.jpg")
    response = cast.client("office").get(f"/files/{attachment.pk}/thumbnail-160.jpg")
    assert response["Content-Type"] == "image/jpeg"
    with Image.open(io.BytesIO(content_of(response))) as small:
        assert small.size == (120, 160)
        red, green, _ = small.getpixel((60, 5))
        assert (red > 200, green < 80) == (True, True)
        assert not small.getexif()


def test_a_thumbnail_is_made_once_and_only_in_the_sizes_used(cast, now):
    file = store_file(content=png(), name="图.png", by=cast.office, now=now)
    path = thumbnail_of(file.digest, size=160)
    assert path is not None
    made = path.stat().st_mtime_ns
    assert thumbnail_of(file.digest, size=160) == path
    assert path.stat().st_mtime_ns == made
    assert thumbnail_of(file.digest, size=159) is None


@pytest.mark.parametrize(
    "content", [PDF, b"\xff\xd8\xff broken", png((8000, 8000), "1")], ids=["a document", "damaged", "64 million pixels"]
)
def test_what_cannot_be_shrunk_safely_has_no_thumbnail(cast, now, content):
    file = store_file(content=content, name="照片", by=cast.office, now=now)
    assert thumbnail_of(file.digest, size=160) is None


@pytest.mark.needs_service("libreoffice")
def test_an_office_document_is_read_in_the_browser_as_pdf(cast, attached):
    attachment = attached("姓名\t部门".encode().join([b"{\\rtf1 ", b"}"]), "花名册.rtf")
    office = cast.client("office")
    waiting = office.get(f"/files/{attachment.pk}/preview/")
    assert 'http-equiv="refresh"' in waiting.content.decode()
    office.get(f"/files/{attachment.pk}/preview/")
    assert Job.objects.filter(name="files.preview").count() == 1
    run_pending()
    ready = office.get(f"/files/{attachment.pk}/preview/")
    assert ready["Content-Type"] == "application/pdf"
    assert content_of(ready).startswith(b"%PDF")
    assert cast.client("outsider").get(f"/files/{attachment.pk}/preview/").status_code == 404


def test_without_libreoffice_the_page_says_to_download(cast, attached, monkeypatch):
    monkeypatch.setattr(office_program, "soffice", lambda: None)
    attachment = attached(b"{\\rtf1 x}", "花名册.rtf")
    client = cast.client("office")
    client.get(f"/files/{attachment.pk}/preview/")
    run_pending()
    page = client.get(f"/files/{attachment.pk}/preview/").content.decode()
    assert "请下载后用 WPS 或 Word 打开" in page
    assert 'http-equiv="refresh"' not in page
    assert 'http-equiv="refresh"' in client.get(f"/files/{attachment.pk}/preview/?again=1").content.decode()


def test_what_is_no_office_document_has_no_preview(cast, attached):
    assert cast.client("office").get(f"/files/{attached(PDF, '方案.pdf').pk}/preview/").status_code == 404


def test_the_picture_for_publication_is_offered_to_whoever_may_see_the_original(cast, attached):
    address = f"/files/{attached(jpeg(), '现场.jpg').pk}/published/"
    response = cast.client("office").get(address)
    assert content_of(response).startswith(b"\xff\xd8\xff")
    assert quote("现场（公开版）.jpg") in response["Content-Disposition"]
    assert cast.client("outsider").get(address).status_code == 404
    assert cast.client("office").get(f"/files/{attached(PDF, '方案.pdf').pk}/published/").status_code == 404
