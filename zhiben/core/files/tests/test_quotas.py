"""What a unit may keep, and what goes when nobody needs it."""

from datetime import UTC, datetime, timedelta

import pytest

from zhiben.core.files import quotas, store, upkeep
from zhiben.core.files.models import StoredFile, UnitStorage, Upload
from zhiben.core.files.refused import FileRefused
from zhiben.core.files.services import attach_file, receive_upload

from .contents import PDF, jpeg

pytestmark = pytest.mark.django_db


def test_a_unit_brings_files_until_its_quota_is_used_up(cast, now, settings):
    settings.ZHIBEN_UNIT_QUOTA_MB = 1
    big = PDF + bytes(700_000)
    receive_upload(big, name="甲.pdf", by=cast.plant_officer, now=now)
    with pytest.raises(FileRefused, match="存储上限"):
        receive_upload(big + b" ", name="乙.pdf", by=cast.plant_officer, now=now)
    assert Upload.objects.count() == 1
    receive_upload(big, name="别的单位.pdf", by=cast.town, now=now)
    quotas.set_quota(unit=cast.plant_officer.unit, megabytes=2, by=cast.system_administrator, now=now)
    receive_upload(big + b" ", name="乙.pdf", by=cast.plant_officer, now=now)


def test_without_a_limit_nothing_is_refused(cast, now, settings):
    settings.ZHIBEN_UNIT_QUOTA_MB = 0
    receive_upload(PDF, name="甲.pdf", by=cast.plant_officer, now=now)
    assert quotas.room_of(cast.plant_officer.unit.pk) is None


def test_counters_that_went_wrong_are_counted_anew(cast, now):
    receive_upload(PDF, name="甲.pdf", by=cast.plant_officer, now=now)
    UnitStorage.objects.update(used=10**9)
    quotas.recount()
    assert UnitStorage.objects.get(pk=cast.plant_officer.unit.pk).used == len(PDF)


def test_what_was_brought_and_never_attached_goes_and_what_was_attached_stays(cast, now):
    lost = receive_upload(jpeg(), name="没有用上.jpg", by=cast.plant_officer, now=now)
    kept = receive_upload(PDF, name="证明.pdf", by=cast.plant_officer, now=now)
    attach_file(record_type="x.y", record_id="1", file=kept.file, name="证明.pdf", by=cast.plant_officer, now=now)
    assert upkeep.forget_unattached(now + timedelta(days=59)) == 0
    assert upkeep.forget_unattached(now + timedelta(days=61)) == 1
    assert not StoredFile.objects.filter(pk=lost.file_id).exists()
    assert store.place_of(lost.file.digest).exists(), "a backup under way may name it still"
    assert upkeep.remove_orphans(datetime.now(UTC) + timedelta(days=6)) == 0
    assert upkeep.remove_orphans(datetime.now(UTC) + timedelta(days=8)) == 1
    assert not store.place_of(lost.file.digest).exists()
    assert store.place_of(kept.file.digest).exists()
    assert UnitStorage.objects.get(pk=cast.plant_officer.unit.pk).used == len(PDF)
