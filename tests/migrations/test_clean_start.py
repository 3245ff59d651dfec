"""Behind a test that commits nothing is left of it, and nothing is missing that a fresh installation has."""

import threading

import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection, transaction

from tests import clean_start
from zhiben.core.audit import guard
from zhiben.modules.criteria.models import Criterion, Edition
from zhiben.modules.registry.models import Duty

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_service("postgresql")]


@pytest.fixture(autouse=True)
def in_use(django_db_setup):
    if not clean_start.is_used():
        pytest.skip("这个数据库由 Django 自己清空：是沿用的，或账号不能关闭触发器。")


def everything() -> dict[str, list[bytes]]:
    """The rows of every table that has any."""
    filled = clean_start._filled(connection, clean_start._tables(connection))
    return {table: clean_start._rows(connection, table) for table in filled}


def test_what_was_added_changed_and_deleted_is_as_migrate_left_it(cast, now):
    fresh = clean_start._remembered["default"]
    assert everything().keys() > fresh.keys() >= {'"criteria_criterion"', '"registry_duty"', '"django_content_type"'}
    Criterion.objects.filter(title__contains="煤").delete()
    Criterion.objects.update(title="改过的")
    Duty.objects.all().delete()
    Edition.objects.create(version="9999", kept_at=now)
    ContentType.objects.create(app_label="org", model="nothing")
    guard.remove(connection)

    clean_start.restore()

    assert everything() == fresh
    assert guard.missing(connection) == []


def test_whoever_still_writes_is_waited_for(now):
    written = threading.Event()

    def write_slowly():
        with transaction.atomic():
            Session.objects.create(session_key="x", session_data="", expire_date=now)
            written.set()
            while not somebody_waits_for_a_lock():
                pass
        connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert written.wait(60)
    clean_start.restore()
    writer.join()
    assert everything() == clean_start._remembered["default"]


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'")
        return cursor.fetchone()[0] > 0
