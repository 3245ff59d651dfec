"""A file that arrives in pieces: what was acknowledged stays, whatever breaks in between."""

import base64
import io
from datetime import timedelta

import pytest

from zhiben.core.files import resumable, store
from zhiben.core.files.models import ResumableUpload, Upload
from zhiben.core.files.refused import FileRefused
from zhiben.core.files.services import path_of
from zhiben.core.files.upkeep import clear_unfinished_uploads

from .contents import jpeg

pytestmark = pytest.mark.django_db
FILM = jpeg((1600, 1200))


class Browser:
    """Speaks tus as a browser does, from one post."""

    def __init__(self, cast, key: str) -> None:
        self.client = cast.client(key)

    def begin(self, name: str = "现场录像.jpg", length: int = len(FILM), **headers: str):
        said = base64.b64encode(name.encode()).decode()
        given = {"Tus-Resumable": "1.0.0", "Upload-Length": str(length), "Upload-Metadata": f"filename {said}"}
        return self.client.post("/files/resumable/", headers=given | headers)

    def send(self, address: str, piece: bytes, at: int):
        return self.client.patch(
            address,
            piece,
            content_type="application/offset+octet-stream",
            headers={"Tus-Resumable": "1.0.0", "Upload-Offset": str(at)},
        )

    def ask(self, address: str):
        return self.client.head(address, headers={"Tus-Resumable": "1.0.0"})


@pytest.fixture
def browser(cast):
    return Browser(cast, "plant_officer")


def test_a_file_arrives_in_pieces_and_becomes_an_upload_of_its_owner(browser, cast):
    address = browser.begin()["Location"]
    assert browser.send(address, FILM[:1000], 0)["Upload-Offset"] == "1000"
    assert browser.ask(address)["Upload-Offset"] == "1000"
    done = browser.send(address, FILM[1000:], 1000)
    upload = Upload.objects.get(pk=done["Zhiben-Upload"])
    assert (upload.name, upload.uploaded_by_id) == ("现场录像.jpg", cast.plant_officer.person.pk)
    assert path_of(upload.file).read_bytes() == FILM
    assert browser.ask(address)["Zhiben-Upload"] == done["Zhiben-Upload"]


def test_what_came_before_the_network_broke_is_kept(cast, now):
    arriving = resumable.begin_upload(name="片.jpg", length=len(FILM), by=cast.plant_officer, now=now)

    class Broken(io.BytesIO):
        def read(self, size=-1):
            piece = super().read(600)
            if not piece:
                raise ConnectionResetError
            return piece

    resumable.add_piece(arriving, Broken(FILM[:1800]), at=0, by=cast.plant_officer, now=now)
    assert ResumableUpload.objects.get().received == 1800
    resumable.add_piece(arriving, io.BytesIO(FILM[1800:]), at=1800, by=cast.plant_officer, now=now)
    assert path_of(arriving.upload.file).read_bytes() == FILM


def test_a_piece_at_the_wrong_place_changes_nothing_and_says_where_to_go_on(browser):
    address = browser.begin()["Location"]
    browser.send(address, FILM[:1000], 0)
    for at in (0, 999, 1001):
        refused = browser.send(address, FILM[at:], at)
        assert (refused.status_code, refused["Upload-Offset"]) == (409, "1000")
    assert browser.send(address, FILM[1000:], 1000).status_code == 204


def test_bytes_written_but_never_acknowledged_are_written_anew(cast, now):
    arriving = resumable.begin_upload(name="片.jpg", length=len(FILM), by=cast.plant_officer, now=now)
    resumable.add_piece(arriving, io.BytesIO(FILM[:500]), at=0, by=cast.plant_officer, now=now)
    part = store.root() / "arriving" / arriving.pk.hex
    part.write_bytes(part.read_bytes() + b"half a block")  # killed between the write and the acknowledgement
    resumable.add_piece(arriving, io.BytesIO(FILM[500:]), at=500, by=cast.plant_officer, now=now)
    assert path_of(arriving.upload.file).read_bytes() == FILM


def test_killed_before_the_whole_file_was_admitted_it_is_admitted_when_asked_again(browser, cast, now, monkeypatch):
    address = browser.begin()["Location"]
    monkeypatch.setattr(resumable, "_finish_if_whole", lambda *words, **more: None)
    assert "Zhiben-Upload" not in browser.send(address, FILM, 0).headers
    monkeypatch.undo()
    assert Upload.objects.filter(pk=browser.ask(address)["Zhiben-Upload"]).exists()


def test_a_disk_that_was_restored_to_an_earlier_state_is_believed(browser):
    address = browser.begin()["Location"]
    browser.send(address, FILM[:1000], 0)
    part = store.root() / "arriving" / ResumableUpload.objects.get().pk.hex
    part.write_bytes(FILM[:400])
    assert browser.send(address, FILM[1000:], 1000)["Upload-Offset"] == "400"


def test_another_persons_upload_is_not_there(browser, cast):
    address = browser.begin()["Location"]
    other = Browser(cast, "outsider")
    assert other.ask(address).status_code == 404
    assert other.send(address, FILM, 0).status_code == 404


def test_a_program_under_the_name_of_a_photo_is_refused_when_it_is_whole(browser):
    program = b"MZ" + bytes(3000)
    address = browser.begin("照片.jpg", len(program))["Location"]
    refused = browser.send(address, program, 0)
    assert refused.status_code == 422
    assert "可执行程序" in refused.content.decode()
    assert browser.ask(address).status_code == 404
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2"}, 412),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "9" * 30}, 400),
        ({"Upload-Length": "0"}, 422),
        ({"Upload-Length": str(10**12)}, 422),
        ({"Upload-Metadata": "filename ***"}, 400),
    ],
)
def test_what_cannot_be_is_refused_before_a_byte_travels(browser, headers, status):
    assert browser.begin(**headers).status_code == status
    assert not ResumableUpload.objects.exists()


def test_two_requests_for_one_upload_do_not_mix(browser, cast, now):
    address = browser.begin()["Location"]
    with resumable._held(ResumableUpload.objects.get()):
        assert browser.send(address, FILM, 0).status_code == 423


def test_a_person_cannot_begin_without_end(cast, now, monkeypatch):
    monkeypatch.setattr(resumable, "MOST_AT_ONCE", 2)
    for number in range(2):
        resumable.begin_upload(name=f"{number}.jpg", length=10, by=cast.plant_officer, now=now)
    with pytest.raises(FileRefused, match="没有传完"):
        resumable.begin_upload(name="3.jpg", length=10, by=cast.plant_officer, now=now)


def test_what_is_never_finished_goes_after_a_week(browser, now, monkeypatch):
    browser.begin()
    part = store.root() / "arriving" / ResumableUpload.objects.get().pk.hex
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(b"x")
    monkeypatch.setattr("zhiben.core.clock.now", lambda: now + timedelta(days=3650))
    clear_unfinished_uploads()
    assert not ResumableUpload.objects.exists()
    assert not part.exists()
