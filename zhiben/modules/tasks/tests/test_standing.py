from datetime import date
from decimal import Decimal

import pytest

from zhiben.modules.tasks.standing import Standing, Target, judge, target_on


@pytest.mark.parametrize(
    ("operator", "target", "value", "approximate", "standing"),
    [
        (">=", 95, 95, False, Standing.ACHIEVED),
        (">=", 95, 94, False, Standing.BEHIND),
        (">=", 100, 96, True, Standing.ACHIEVED),  # 100 左右
        (">=", 100, 94, True, Standing.BEHIND),
        ("<=", 3, 3, False, Standing.ACHIEVED),
        ("<=", 3, 4, False, Standing.BEHIND),
        ("<=", 100, 104, True, Standing.ACHIEVED),
        ("=", 12, 12, False, Standing.ACHIEVED),
        ("=", 12, 11, False, Standing.BEHIND),
        ("=", 12, 13, False, Standing.ACHIEVED),  # more than was asked
        ("=", 0, 0, False, Standing.ACHIEVED),
        ("=", 0, 1, False, Standing.BEHIND),  # a zero is to be kept
        ("=", 60, 58, True, Standing.ACHIEVED),
    ],
)
def test_operators_read_as_plans_mean_them(operator, target, value, approximate, standing):
    assert judge(operator, Target(Decimal(target)), Decimal(value), approximate=approximate).standing is standing


def test_the_sentence_gives_target_value_and_gap():
    judgement = judge(">=", Target(Decimal(95), 2025), Decimal("90.5"), unit="%")
    assert judgement.sentence == "2025年目标不低于 95%，现为 90.5%，还差 4.5%"


def test_without_value_or_target_nothing_is_known():
    assert judge(">=", Target(Decimal(95)), None).standing is Standing.UNKNOWN
    assert judge(">=", None, Decimal(3)).standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2023, 5, 1), 2024), (date(2024, 5, 1), 2024), (date(2025, 5, 1), 2026), (date(2027, 1, 1), 2026)],
)
def test_the_year_in_hand_sets_the_target(day, year):
    targets = {None: Decimal(1), 2024: Decimal(50), 2026: Decimal(100)}
    assert target_on(targets, day).year == year


def test_a_target_without_year_always_holds():
    assert target_on({None: Decimal(30)}, date(2025, 1, 1)) == Target(Decimal(30))
    assert target_on({}, date(2025, 1, 1)) is None
