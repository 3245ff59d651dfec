"""The figures of the overview, without a database."""

from datetime import date

import pytest

from zhiben.insight.figures import Rate, Tally, overview_of

FIRE = Tally(completed=3, running=2, overdue=1, fallen_due=3, on_time=2, accepted=6, fed_back=4)
TOWN = Tally(completed=1, submitted=1, returned=1, fallen_due=2, on_time=0, accepted=3)
PARK = Tally(pending=4)


def picture(sort=""):
    by_day = {date(2026, 1, 31): TOWN, date(2026, 3, 5): FIRE, date(2026, 3, 31): PARK}
    return overview_of([("消防", FIRE), ("镇", TOWN), ("园区", PARK)], by_day, sort)


def order(sort):
    return [group.key for group in picture(sort).units]


@pytest.mark.parametrize(
    ("numerator", "denominator", "said"),
    [(12, 38, "31.6%"), (1, 3, "33.3%"), (2, 3, "66.7%"), (1, 16, "6.3%"), (0, 7, "0.0%"), (7, 7, "100.0%")],
)
def test_a_rate_has_one_decimal_rounded_half_up(numerator, denominator, said):
    assert str(Rate(numerator, denominator)) == said


def test_nothing_divided_by_nothing_is_not_zero():
    assert str(Rate(0, 0)) == "—"
    assert Rate(0, 0).value is None
    assert str(Tally().completion) == str(PARK.timeliness) == "—"


def test_the_parts_add_up_to_the_total_by_unit_and_by_month():
    seen = picture()
    assert seen.whole == FIRE + TOWN + PARK
    assert seen.whole.total == sum(group.tally.total for group in seen.units) == 13
    assert seen.whole == sum((group.tally for group in seen.months), Tally())


def test_the_two_rates_have_their_own_denominators():
    whole = picture().whole
    assert whole.completion == Rate(4, 13), "完成率 = 办结 ÷ 全部"
    assert whole.timeliness == Rate(2, 5), "按期办结率 counts only what has fallen due"


def test_units_stand_in_the_order_given_until_sorted_by_a_rate():
    assert order("") == order("unknown") == ["消防", "镇", "园区"]
    assert order("completion") == ["园区", "镇", "消防"]
    assert order("-completion") == ["消防", "镇", "园区"]


def test_a_unit_without_a_rate_comes_last_either_way():
    assert order("timeliness") == ["镇", "消防", "园区"]
    assert order("-timeliness") == ["消防", "镇", "园区"]


def test_equals_keep_their_order_either_way():
    equals = [("甲", FIRE), ("乙", FIRE)]
    for sort in ("completion", "-completion"):
        assert [group.key for group in overview_of(equals, {}, sort).units] == ["甲", "乙"]


def test_a_quiet_month_keeps_its_place_in_the_row():
    assert [(group.key, group.tally.total) for group in picture().months] == [
        (date(2026, 1, 1), 3), (date(2026, 2, 1), 0), (date(2026, 3, 1), 10),
    ]  # fmt: skip


def test_a_mistyped_year_does_not_make_a_thousand_months():
    months = overview_of([("镇", TOWN + TOWN)], {date(2026, 1, 1): TOWN, date(2926, 1, 1): TOWN}, "").months
    assert [group.key for group in months] == [date(2026, 1, 1), date(2926, 1, 1)]


def test_nothing_at_all():
    empty = overview_of([], {}, "completion")
    assert (empty.whole, empty.units, empty.months) == (Tally(), (), ())


def test_the_silent_are_named():
    seen = picture()
    assert [group.key for group in seen.nothing_accepted] == ["园区"]
    assert [group.key for group in seen.nothing_reported] == ["镇"]
