"""A list of a million rows is read in its order from an index; whoever loses that scans them all. SQLite says its plan."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models.lookups import In

from zhiben.core.clock import local_day
from zhiben.core.web.pages import listing, walking
from zhiben.core.web.pages.keyset import Order, keys_of
from zhiben.core.web.pages.walking import in_its_order, of_the_narrowest
from zhiben.modules.hazards.models import Hazard, HazardLevel, HazardStatus
from zhiben.modules.hazards.pages.records import HazardPages
from zhiben.modules.hazards.testing import a_hazard

NEWEST = Order(Hazard, "found_on", True)
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL chooses by its statistics")


@pytest.fixture
def many(monkeypatch):
    """As though there were too many rows to sort."""
    monkeypatch.setattr(walking, "FEW", -1)
    monkeypatch.setattr(walking, "MANY", -1)


def plan(rows) -> str:
    return plan_of(NEWEST.apply(in_its_order(rows, "found_on")).values_list("pk", "found_on")[:51])


def plan_of(rows) -> str:
    sql, values = rows.query.sql_with_params()
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

    def test_what_a_unit_closed_is_counted_among_its_own_and_not_among_all_that_are_closed(self, cast):
        closed = Hazard.objects.filter(status__in=["closed"])
        unit = of_the_narrowest(closed.filter(responsible_unit=cast.plant_officer.unit))
        assert "hazards_of_responsible" in plan_of(unit.values_list("pk")[:1001])
        town = of_the_narrowest(Hazard.objects.seen_as("region", cast.town).filter(status__in=["closed"]))
        assert "hazards_of_region" in plan_of(town.values_list("pk")[:1001])

    def test_of_a_unit_with_too_many_what_else_is_asked_leads(self, cast, monkeypatch):
        monkeypatch.setattr(walking, "MANY", -1)
        few = Hazard.objects.filter(supervising_unit=cast.office.unit, status__in=["withdrawn"])
        assert of_the_narrowest(few) is few

    def test_known_keys_lead_to_their_rows(self, cast, many):
        rows = Hazard.objects.seen_as("region", cast.office).filter(pk__in=Hazard.objects.values("pk")[:5])
        assert in_its_order(rows, "found_on") is rows


@pytest.mark.django_db
def test_a_long_list_is_sorted_where_an_index_leads_and_says_so_where_none_does(cast, plant, now, monkeypatch):
    for ago in (3, 1, 2):
        a_hazard(cast, plant, now, found_on=local_day(now) - timedelta(days=ago), before_photos=[])
    client = cast.client("office")
    assert "没有按" not in client.get("/hazards/?sort=level").content.decode()
    monkeypatch.setattr(listing, "COUNTED", 1)
    monkeypatch.setattr(listing, "SORTED", 2)
    page = client.get("/hazards/?sort=level")
    assert "没有按“等级”排序" in page.content.decode()
    assert page.context["listing"].order == NEWEST
    for sort in ("rectify_by", "-number", "found_on"):
        page = client.get(f"/hazards/?sort={sort}")
        assert page.context["listing"].order.field == sort.removeprefix("-")
        assert "没有按" not in page.content.decode()


@pytest.mark.django_db
def test_the_rows_are_the_same_however_they_are_read(cast, plant, now, monkeypatch):
    for ago in (3, 1, 1, 2):
        a_hazard(cast, plant, now, found_on=local_day(now) - timedelta(days=ago), before_photos=[])
    for acting in (cast.office, cast.bureau_officer, cast.outsider):
        seen = Hazard.objects.visible_to(acting).order_by("-found_on", "-id").values_list("pk", "found_on")
        for few in (500, -1):
            monkeypatch.setattr(walking, "FEW", few)
            monkeypatch.setattr(walking, "MANY", few)
            found = keys_of(Hazard.objects.views_of(acting), NEWEST, count=10)
            assert found == list(seen)
            if found:
                beyond = keys_of(Hazard.objects.views_of(acting), NEWEST, count=10, place=found[1][::-1])
                assert beyond == found[2:]
    assert len(Hazard.objects.visible_to(cast.office)) == 4


@pytest.mark.django_db
def test_a_needle_is_looked_for_before_it_is_sorted(cast, plant, now, monkeypatch):
    """Else PostgreSQL, too, reads a million rows in their order to find that none of a region's is what is asked for."""
    hazard = a_hazard(cast, plant, now, before_photos=[])
    region = Hazard.objects.seen_as("region", cast.office)
    monkeypatch.setattr(walking, "MANY", -1)  # the region has too many to be looked through
    for rows, wanted in (
        (region.filter(status__in=[hazard.status]), [hazard.pk]),
        (region.filter(status=HazardStatus.CLOSED), []),
        (region.filter(place="没有这样的地方"), []),
        (region.filter(enterprise__name="没有这样的企业"), []),
    ):
        assert "pk__in" in led_by(in_its_order(rows, "found_on"))
        assert [key for key, _ in keys_of([rows], NEWEST, count=51)] == wanted
        assert [key for key, _ in keys_of([rows, region.none()], NEWEST, count=51)] == wanted
    monkeypatch.setattr(walking, "FEW", 0)
    assert "pk__in" not in led_by(in_its_order(region.filter(status__in=[hazard.status]), "found_on"))


def led_by(rows) -> list[str]:
    """What says by their keys which rows they are, if anything does."""
    return ["pk__in" for each in rows.query.where.children if isinstance(each, In) and each.lhs.target.primary_key]
