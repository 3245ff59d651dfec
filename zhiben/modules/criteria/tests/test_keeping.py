"""The tables follow the catalogue; nothing that hazards were judged after is ever lost."""

from datetime import date, datetime

import pytest

from zhiben.core.access.acting import Machine
from zhiben.core.audit.models import AuditLine
from zhiben.modules.criteria.catalogue import catalogue
from zhiben.modules.criteria.models import Criterion, Edition, Standard
from zhiben.modules.criteria.sectors import SUPERVISED_AS, TRADES
from zhiben.modules.criteria.services import candidates_for, gaps, keep

pytestmark = pytest.mark.django_db
UPGRADE = Machine("升级程序")


def test_after_migrating_the_tables_say_what_the_catalogue_says() -> None:
    listed = catalogue()
    assert Criterion.objects.count() == len(listed.criteria)
    assert Standard.objects.count() == len(listed.documents)
    row = Criterion.objects.select_related("standard").get(key="应急管理部令第10号|第7条|(三)")
    entry = listed.criteria[row.key]
    assert (row.title, row.standard.doc_no, row.standard.effective_on) == (
        entry.title, "应急管理部令第10号", date(2023, 5, 15),
    )  # fmt: skip


def test_the_same_version_again_is_nothing(now: datetime, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(4):
        assert not keep(by=UPGRADE, now=now)
    assert not AuditLine.objects.filter(record_type="criteria.edition").exists()


def test_a_new_version_changes_adds_and_retires_and_says_so(now: datetime) -> None:
    Edition.objects.all().update(version="2025-01-01-00000000")
    worded = Criterion.objects.order_by("position")[0]
    Criterion.objects.filter(pk=worded.pk).update(title="旧的说法")
    missing = Criterion.objects.order_by("position")[1]
    Criterion.objects.filter(pk=missing.pk).delete()
    Criterion.objects.create(
        key="已不在目录", standard=worded.standard, sector="煤矿", article="第1条", title="旧情形", verify_level="none"
    )
    kept = keep(by=UPGRADE, now=now)
    assert (kept.added, kept.changed, kept.retired) == (1, 1, 1)
    worded.refresh_from_db()
    assert worded.title == catalogue().criteria[worded.key].title
    assert Criterion.objects.get(key="已不在目录").is_retired
    line = AuditLine.objects.get(record_type="criteria.edition")
    assert line.data["after"] == catalogue().version


def test_every_sector_is_supervised_as_something() -> None:
    assert set(SUPERVISED_AS) == set(TRADES)


def test_candidates_come_with_their_criteria_in_one_query(django_assert_num_queries) -> None:
    asked = {
        "description": "塔机力矩限制器被短接，仍在吊装",
        "sector": "construction",
        "trades": [],
        "found_on": date(2026, 11, 21),
    }
    with django_assert_num_queries(1):
        found = candidates_for(**asked)
        assert found[0].is_match
        assert str(found[0].criterion.standard)
        assert gaps(**asked) == ()


def test_in_force_is_by_the_day() -> None:
    held = {each.doc_no for each in Standard.objects.in_force_on(date(2026, 6, 30))}
    assert "应急管理部令第4号" in held
    assert "应急管理部令第21号" not in held
    assert not Standard.objects.in_force_on(date(2026, 6, 30)).filter(effective_on=None).exists()
