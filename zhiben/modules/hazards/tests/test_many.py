"""A list of a million rows is read in its order from an index; whoever loses that scans them all. SQLite says its plan."""

from datetime import date, timedelta

import pytest
from django.db import connection

from zhiben.core.clock import local_day
from zhiben.core.web.pages import walking
from zhiben.core.web.pages.keyset import Order, keys_of
from zhiben.core.web.pages.walking import in_its_order
from zhiben.modules.hazards.models import Hazard, HazardLevel, HazardStatus
from zhiben.modules.hazards.pages.records import HazardPages
from zhiben.modules.hazards.testing import a_hazard

NEWEST = Order(Hazard, "found_on", True)
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL chooses by its statistics")


@pytest.fixture
def many(monkeypatch):
    """As though there were too many rows to sort."""
    monkeypatch.setattr(walking, "FEW", -1)


def plan(rows) -> str:
    ordered = NEWEST.apply(in_its_order(rows, "found_on")).values_list("pk", "found_on")[:51]
    sql, values = ordered.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        return "\n".join(row[-1] for row in cursor.fetchall())


@pytest.mark.django_db
class TestPlans:
    pytestmark = on_sqlite

    def test_every_way_of_looking_reads_an_index_in_the_order_of_the_list(self, cast, many):
        views = {each.name: Hazard.objects.filter(rows) for each, rows in HazardPages().perspectives(cast.office)}
        del views["offered"]  # a handful, whatever the rest
        assert len(views) > 3
        for name, rows in views.items():
            assert "TEMP B-TREE" not in plan(rows), name
            assert "hazards_of_" in plan(rows) or "hazards_by_day" in plan(rows), name

    def test_so_does_every_filter(self, cast, many):
        region = Hazard.objects.seen_as("region", cast.office)
        for narrowed in (
            region.filter(status__in=[HazardStatus.VERIFIED]),
            region.filter(status__in=[HazardStatus.ORDERED, HazardStatus.PLANNED], rectify_by__lt=date(2026, 3, 1)),
            region.filter(level=HazardLevel.MAJOR, status=HazardStatus.CLOSED),
            region.filter(enterprise="019a0000-0000-7000-8000-000000000000", channel="inspection"),
            region.exclude(status=HazardStatus.CLOSED),
        ):
            assert "TEMP B-TREE" not in plan(narrowed)

    def test_what_fixes_a_column_leads_on_into_the_order(self, cast, many):
        major = Hazard.objects.filter(level__in=["major"], status__in=["closed"])
        assert "hazards_by_level" in plan(major)
        unit = Hazard.objects.filter(supervising_unit=cast.office.unit, status__in=["closed"])
        assert "hazards_of_supervising" in plan(unit)

    def test_known_keys_lead_to_their_rows(self, cast, many):
        rows = Hazard.objects.seen_as("region", cast.office).filter(pk__in=Hazard.objects.values("pk")[:5])
        assert in_its_order(rows, "found_on") is rows


@pytest.mark.django_db
def test_the_rows_are_the_same_however_they_are_read(cast, plant, now, monkeypatch):
    for ago in (3, 1, 1, 2):
        a_hazard(cast, plant, now, found_on=local_day(now) - timedelta(days=ago), before_photos=[])
    for acting in (cast.office, cast.bureau_officer, cast.outsider):
        seen = Hazard.objects.visible_to(acting).order_by("-found_on", "-id").values_list("pk", "found_on")
        for few in (500, -1):
            monkeypatch.setattr(walking, "FEW", few)
            found = keys_of(Hazard.objects.views_of(acting), NEWEST, count=10)
            assert found == list(seen)
            if found:
                beyond = keys_of(Hazard.objects.views_of(acting), NEWEST, count=10, place=found[1][::-1])
                assert beyond == found[2:]
    assert len(Hazard.objects.visible_to(cast.office)) == 4
