import errno
from io import BytesIO

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from zhiben.core.files.models import Upload

pytestmark = pytest.mark.django_db


def test_a_disk_that_fills_up_while_a_file_arrives_is_told_in_a_sentence(cast, monkeypatch):
    def no_room(self, raw_data, start):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", no_room)
    photo = BytesIO(b"\xff\xd8\xff" + b"0" * 5000)
    photo.name = "现场.jpg"
    answer = cast.client("office").post("/files/upload/", {"file": photo})
    assert answer.status_code == 507
    assert "磁盘空间不足" in answer.content.decode()
    assert not Upload.objects.exists()
