"""What is kept, and what happens on bad days."""

import errno
import hashlib
import io
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from zhiben.core.files import store
from zhiben.core.files.models import StoredFile, Upload
from zhiben.core.files.naming import clean_name
from zhiben.core.files.refused import FileRefused
from zhiben.core.files.services import attach_file, attachments_of, path_of, receive_upload, store_file
from zhiben.core.refusal import Refused

from .contents import PDF, jpeg

pytestmark = pytest.mark.django_db


def everything_on_disk() -> list[Path]:
    return [path for path in store.root().rglob("*") if path.is_file()]


def test_the_same_content_is_stored_once_under_every_name(cast, now):
    first = receive_upload(PDF, name="方案.pdf", by=cast.office, now=now)
    second = receive_upload(io.BytesIO(PDF), name="另一个名字.pdf", by=cast.bureau_officer, now=now)
    assert first.file == second.file
    assert StoredFile.objects.count() == 1
    assert Upload.objects.count() == 2
    assert first.file.digest == hashlib.sha256(PDF).hexdigest()
    assert first.file.size == len(PDF)
    assert everything_on_disk() == [path_of(first.file)]
    assert path_of(first.file).read_bytes() == PDF


def test_the_type_is_taken_from_the_content(cast, now):
    assert store_file(content=jpeg(), name="没有后缀", by=cast.office, now=now).media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "空.pdf", "文件是空的"),
        (b"MZ\x90\0" + bytes(100), "现场照片.jpg", "内容却是可执行程序"),
        (b"\x7fELF" + bytes(100), "程序", "是可执行程序"),
        (PDF, "方案.pdf.exe", "会被当作程序运行"),
        ("echo 你好".encode(), "清理.bat", "会被当作程序运行"),
        (b"<html><body>", "照片.png", "内容却是网页"),
        (PDF, "录音.mp3", "内容却是PDF 文件"),
        (bytes(range(1, 32)) * 100, "数据.bin", "认不出"),
    ],
)
def test_what_is_not_kept_is_refused_with_a_sentence(cast, now, content, name, sentence):
    with pytest.raises(FileRefused) as refusal:
        store_file(content=content, name=name, by=cast.office, now=now)
    assert sentence in refusal.value.sentence
    assert isinstance(refusal.value, Refused)
    assert everything_on_disk() == []
    assert not StoredFile.objects.exists()


def test_a_file_over_the_limit_is_refused_while_it_is_read(cast, now):
    with pytest.raises(FileRefused, match="超过 1 MB"):
        store_file(content=b"%PDF-" + bytes(1 << 20), name="大.pdf", by=cast.office, now=now, limit=1 << 20)
    assert everything_on_disk() == []


@pytest.mark.parametrize("full_at", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing_half_and_says_so(cast, now, monkeypatch, full_at):
    def full(*anything: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if full_at == "fsync":
        monkeypatch.setattr(store.os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FileRefused, match="磁盘已满"):
        store_file(content=PDF, name="方案.pdf", by=cast.office, now=now)
    monkeypatch.undo()
    assert not StoredFile.objects.exists()
    assert everything_on_disk() == []


def test_a_process_killed_while_writing_leaves_nothing_that_looks_whole(settings, tmp_path):
    program = (
        "import os, sys, django; from django.conf import settings; "
        f"settings.configure(ZHIBEN_FILES_ROOT={str(tmp_path)!r}); "
        "from zhiben.core.files import store\n"
        "class Slow:\n"
        "    def read(self, size):\n"
        "        print('writing', flush=True); return b'x' * 1000\n"
        "with store.written(Slow(), limit=10**12): pass\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert writer.stdout is not None
    for _ in range(3):
        assert writer.stdout.readline() == b"writing\n"
    writer.send_signal(signal.SIGKILL)
    writer.stdout.close()
    writer.wait()
    settings.ZHIBEN_FILES_ROOT = tmp_path
    (left,) = everything_on_disk()
    assert left.parent.name == "incoming"
    now = datetime.now(UTC)
    assert store.remove_unfinished(now=now) == 0, "it might still be being written"
    assert store.remove_unfinished(now=now + timedelta(days=2)) == 1
    assert everything_on_disk() == []


def test_content_damaged_on_disk_is_mended_by_bringing_it_again(cast, now):
    file = store_file(content=PDF, name="方案.pdf", by=cast.office, now=now)
    path_of(file).write_bytes(PDF[:10])
    assert store_file(content=PDF, name="方案.pdf", by=cast.office, now=now) == file
    assert path_of(file).read_bytes() == PDF


def test_lost_content_is_not_found(cast, now):
    file = store_file(content=PDF, name="方案.pdf", by=cast.office, now=now)
    path_of(file).unlink()
    with pytest.raises(FileNotFoundError):
        path_of(file)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("方案.docx", "方案.docx"),
        ("C:\\Users\\安宁\\方案.docx", "方案.docx"),
        ("../../etc/passwd", "passwd"),
        ("照片\u202egpj.exe", "照片gpj.exe"),
        ("  多   空格 .pdf ", "多 空格 .pdf"),
        ("第1期<草>:稿?.pdf", "第1期_草__稿_.pdf"),
        ("换\r\n行.pdf", "换行.pdf"),
        ("", "未命名"),
        ("..", "未命名"),
        ("长" * 300 + ".pdf", "长" * 196 + ".pdf"),
    ],
)
def test_names_are_cleaned(given, kept):
    assert clean_name(given) == kept


def test_files_of_a_record_come_in_the_order_they_were_attached(cast, now):
    file = store_file(content=PDF, name="证明.pdf", by=cast.office, now=now)
    for days, name in ((1, "后.pdf"), (0, "先.pdf")):
        attach_file(
            record_type="tasks.task",
            record_id="1",
            file=file,
            name=name,
            by=cast.office,
            now=now + timedelta(days=days),
        )
    assert [attachment.name for attachment in attachments_of("tasks.task", "1")] == ["先.pdf", "后.pdf"]
    assert not attachments_of("tasks.task", "2").exists()


def test_adding_a_file_outside_a_step_is_written_in_the_trail(cast, now):
    from zhiben.core.audit.services import lines_of
    from zhiben.core.files.services import add_file

    file = store_file(content=PDF, name="证明.pdf", by=cast.office, now=now)
    add_file(record_type="tasks.task", record_id="1", file=file, name="证明.pdf", by=cast.office, now=now)
    (line,) = lines_of("tasks.task", "1")
    assert line.verb == "add_file"
    assert line.data["digest"] == file.digest
