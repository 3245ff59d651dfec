"""What a list of a million hazards asks can be answered by PostgreSQL from an index, in the order of the list. Forbidden to
scan and to sort, it shows whether it has to: a plan that still does has lost its index. (SQLite's plans: `test_many`.)"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhiben.core.search.index import found
from zhiben.core.web.pages.keyset import Order
from zhiben.modules.hazards.models import Hazard

pytestmark = [pytest.mark.django_db, pytest.mark.needs_service("postgresql")]
NOBODY = "019a0000-0000-7000-8000-000000000000"
BY_DAY, BY_DUE = Order(Hazard, "found_on", True), Order(Hazard, "rectify_by")
every = Hazard.objects.all()
LISTS = {
    "hazards_by_day": BY_DAY.apply(every),
    "hazards_of_region": BY_DAY.apply(every.filter(region_path="0001.0001.")),
    "hazards_of_responsible": BY_DAY.apply(every.filter(responsible_unit=1)),
    "hazards_of_supervising": BY_DAY.apply(every.filter(supervising_unit=1)),
    "hazards_of_closing": BY_DAY.apply(every.filter(closing_unit=1)),
    "hazards_of_finder": BY_DAY.apply(every.filter(found_by_unit=1)),
    "hazards_of_enterprise": BY_DAY.apply(every.filter(enterprise=NOBODY)),
    "hazards_by_level": BY_DAY.apply(every.filter(level="major", status="closed")),
    "hazards_by_status": BY_DUE.apply(every.filter(status="ordered")),
    "hazards_by_due": BY_DUE.apply(every),
    "hazards_by_change": every.filter(changed_at__gte="2026-03-10T00:00Z").order_by("changed_at", "id"),
    "hazards_by_closing": every.filter(closed_at__gte="2026-03-10T00:00Z").order_by("closed_at"),
}
"""Name of the index → what the list asks. A new order of a list gets its line here."""


@pytest.fixture
def plan(db):
    """What PostgreSQL would do, where it may not do that."""

    def plan(sql, values=(), *, without):
        with connection.cursor() as cursor:
            for kind in without:
                cursor.execute(f"SET LOCAL enable_{kind} = off")
            cursor.execute(f"EXPLAIN {sql}", values or None)
            return "\n".join(row[0] for row in cursor.fetchall())

    return plan


def test_a_list_is_read_in_its_order_from_its_index(plan):
    for index, rows in LISTS.items():
        sql, values = rows.values_list("pk")[:51].query.sql_with_params()
        said = plan(sql, values, without=("seqscan", "bitmapscan", "sort", "incremental_sort"))
        assert f"using {index} on" in said, said
        assert "Sort" not in said, said
        assert "Seq Scan" not in said, said


def test_words_are_found_by_their_pairs(plan):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO search_searchentry (record_type, record_id, grams) "
            "SELECT 'hazards.hazard', n::text, to_tsvector('simple', md5(n::text)) FROM generate_series(1, 5000) n"
        )
        cursor.execute("SELECT gin_clean_pending_list('search_by_grams')")
        cursor.execute("ANALYZE search_searchentry")
    with CaptureQueriesContext(connection) as asked:
        found(Hazard, "消防车通道", most=500)
    (query,) = asked.captured_queries
    said = plan(query["sql"], without=("seqscan",))
    assert "search_by_grams" in said, said
