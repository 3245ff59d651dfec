"""存储: seen and set by whoever keeps the system, and by nobody else."""

import pytest
from django.test import Client

from zhiben.core.files.models import UnitStorage
from zhiben.core.files.services import receive_upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def used(cast, now):
    receive_upload(b"%PDF-1.4 " + bytes(2000), name="方案.pdf", by=cast.plant_officer, now=now)
    return cast.plant_officer.unit


def test_only_the_keeper_of_the_system_sees_it(cast, used, django_assert_max_num_queries):
    for address in ("/storage/", f"/storage/{used.pk}/"):
        assert Client().get(address).status_code == 302
        for key in ("outsider", "office", "plant_officer", "audit_administrator"):
            assert cast.client(key).get(address).status_code == 404
    keeper = cast.client("system_administrator")
    with django_assert_max_num_queries(14):
        page = keeper.get("/storage/").content.decode()
    assert str(used) in page


def test_a_quota_is_set_and_taken_back(cast, used):
    keeper = cast.client("system_administrator")
    assert "请填写整数" in keeper.post(f"/storage/{used.pk}/", {"megabytes": "很多"}).content.decode()
    keeper.post(f"/storage/{used.pk}/", {"megabytes": "5"})
    assert UnitStorage.objects.get(pk=used.pk).quota == 5 * 1024 * 1024
    keeper.post(f"/storage/{used.pk}/", {"megabytes": ""})
    assert UnitStorage.objects.get(pk=used.pk).quota is None
