"""How times are said; and the order of a list, place by place."""

import doctest
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.errands.models import Errand
from zhiben.core.web import words
from zhiben.core.web.pages.keyset import Order, Page, bounded_count, keys_of, page_of

from .conftest import give


def test_the_examples_in_words_hold():
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "刚刚"), (5, "5 分钟"), (60, "1 小时"), (150, "2 小时 30 分钟"), (60 * 24 * 9, "9 天")]
)
def test_how_long_something_stands(minutes, said):
    now = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
    assert words.ago(now - timedelta(minutes=minutes), now) == said


def test_a_place_survives_its_address_and_nonsense_is_none(cast, now):
    errand = give(cast, now, "清查仓库")[0]
    order = Order(Errand, "due_on")
    assert order.read_place(order.place_of(errand)) == (errand.due_on, errand.pk)
    for nonsense in ("", "x", "W10", "eyJhIjoxfQ", "\u4e2d"):
        assert order.read_place(nonsense) is None


def test_counting_stops_at_the_bound(cast, now):
    give(cast, now, "甲", "乙", "丙", "丁")
    assert bounded_count(Errand.objects.all(), 2) == 3
    assert bounded_count(Errand.objects.all(), 10) == 4


def test_a_page_behind_the_last_row_is_empty(cast, now):
    errand = give(cast, now, "甲")[0]
    order = Order(Errand, "pk")
    page = page_of(Errand.objects.all(), order, size=5, after=order.place_of(errand))
    assert (page.rows, page.after, page.before) == ([], "", "")


def test_what_leads_stands_first_and_pages_run_through_both_parts_either_way(cast, now):
    errands = give(cast, now, *(f"第{n}件" for n in range(12)))
    for n, errand in enumerate(errands):
        due_on = date(2026, 4, 1 + n % 4) if n % 5 else None
        status = "done" if n in (1, 4, 5, 6, 10) else "open"
        Errand.objects.filter(pk=errand.pk).update(due_on=due_on, status=status)
    for order in (Order(Errand, "due_on", down, ("status", "open")) for down in (False, True)):
        whole = list(order.apply(Errand.objects.all()))
        led = [each.status == "open" for each in whole]
        assert led == [True] * 7 + [False] * 5
        for part in (whole[:7], whole[7:]):
            own = order.within.apply(Errand.objects.filter(pk__in=[each.pk for each in part]))
            assert part == list(own)
        assert list(order.apply(Errand.objects.all(), backwards=True)) == whole[::-1]
        for size in (3, 7, 12):
            page, pages = page_of(Errand.objects.all(), order, size=size), []
            while page.rows:
                pages.append(page.rows)
                page = page_of(Errand.objects.all(), order, size=size, after=page.after) if page.after else Page([])
            assert [each for rows in pages for each in rows] == whole
            before = page_of(Errand.objects.all(), order, size=size, before=order.place_of(whole[8]))
            assert before.rows == whole[max(0, 8 - size) : 8]
            views = [Errand.objects.filter(pk__lte=errands[7].pk), Errand.objects.filter(pk__gte=errands[3].pk)]
            assert [key for key, _ in keys_of(views, order, count=size)] == [each.pk for each in whole[:size]]
        place = order.read_place(order.place_of(whole[8]))
        assert place == (whole[8].due_on, whole[8].pk, 1)
        assert order.within.read_place(order.place_of(whole[8])) is None, "of another order"
