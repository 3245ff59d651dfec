"""The dossier on paper: whole, provable, and light enough to send."""

import io
import os
from datetime import timedelta

import pytest
from django.urls import reverse
from docx import Document
from PIL import Image

from zhiben.core import clock
from zhiben.core.audit.models import AuditLine
from zhiben.core.clock import local_day
from zhiben.core.files.models import StoredFile
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.models import Job
from zhiben.core.workflow.engine import fire
from zhiben.modules.hazards.dossier import shrunk, word_file
from zhiben.modules.hazards.pages.dossier import AT_ONCE, dossier_of


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


def grainy(side: int = 1200) -> bytes:
    """A photo that hardly compresses: foliage, gravel."""
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side * 3 // 4), os.urandom(side * (side * 3 // 4) * 3)).save(out, "JPEG", quality=95)
    return out.getvalue()


def words_of(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_it_tells_the_whole_life_with_digests(cast, found, now):
    hazard = found()
    fire(hazard, "judge_and_order", by=cast.bureau_officer, now=now, judged_level="general",
         rectify_by=local_day(now) + timedelta(days=9), criterion_reason="已经疏通，只剩边角堆料")  # fmt: skip
    client = cast.client("bureau_officer")
    answer = client.get(reverse("hazards:dossier", args=[hazard.pk, "docx"]))
    content = b"".join(answer.streaming_content)
    said = words_of(content)
    for words in (
        hazard.number,
        "整改前照片 1",
        "判定理由",
        "已经疏通，只剩边角堆料",
        "没有报送整改方案",
        "全程留痕",
        "登记",
        "判定并交办",
    ):
        assert words in said, words
    for line in AuditLine.objects.filter(record_type="hazards.hazard", record_id=str(hazard.pk)):
        assert line.digest[:16] in said
    assert "判定理由：已经疏通，只剩边角堆料" in said
    assert AuditLine.objects.filter(record_type="hazards.dossier", verb="export").count() == 1
    assert client.get(reverse("hazards:dossier", args=[hazard.pk, "exe"])).status_code == 404


def test_thirty_heavy_photos_stay_below_ten_million_bytes(cast, found, now):
    photo = receive_upload(grainy(), name="碎石.jpg", by=cast.bureau_officer, now=now)
    hazard = found(before_photos=[photo] * 30)
    content = word_file(dossier_of(hazard, by=cast.bureau_officer, now=now))
    assert len(content) < 10_000_000
    assert "整改前照片 30" in words_of(content)
    answer = cast.client("bureau_officer").get(reverse("hazards:dossier", args=[hazard.pk, "docx"]))
    assert answer.status_code == 302, f"more than {AT_ONCE} photos are put together in the background"
    assert Job.objects.filter(name="hazards.dossier").exists()


def test_a_photo_that_was_lost_is_named(cast, found, now):
    hazard = found()
    for each in StoredFile.objects.all():
        StoredFile.objects.filter(pk=each.pk).update(digest=f"{each.pk:064d}")
    assert "打不开，未能印出" in words_of(word_file(dossier_of(hazard, by=cast.bureau_officer, now=now)))


def test_a_photo_is_made_small_enough_or_as_small_as_it_gets():
    heavy = grainy()
    assert len(shrunk(heavy, 400_000)) <= 400_000
    with Image.open(io.BytesIO(shrunk(heavy, 1))) as least:
        assert max(least.size) == 480
