"""How times are said; and the order of a list, place by place."""

import doctest
from datetime import UTC, datetime, timedelta

import pytest

from tests.errands.models import Errand
from zhiben.core.web import words
from zhiben.core.web.pages.keyset import Order, bounded_count, page_of

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
