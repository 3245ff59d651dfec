import pytest

from zhiben.core.text.dates import date_expressions


def ends(text: str) -> list[str]:
    return [found.end_day.isoformat() for found in date_expressions(text, default_year=2024)]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2024年底前完成", ["2024-12-31"]),
        ("到2026年,全面建成", ["2026-12-31"]),
        ("2024年6月底前", ["2024-06-30"]),
        ("2026年2月", ["2026-02-28"]),
        ("2025年上半年", ["2025-06-30"]),
        ("2025年第三季度", ["2025-09-30"]),
        ("2025年3季度末", ["2025-09-30"]),
        ("二〇二六年十一月二十日前", ["2026-11-20"]),
        ("2024年11月20日", ["2024-11-20"]),
        ("今年年底前", ["2024-12-31"]),
        ("明年6月底前", ["2025-06-30"]),
        ("2024—2026年", ["2026-12-31"]),
        ("2024年-2026年", ["2026-12-31"]),
        ("2024年1月至2026年12月", ["2026-12-31"]),
        ("2024年3月至10月", ["2024-10-31"]),
        ("2024年3月1日至5月31日", ["2024-05-31"]),
        ("2024-12-31", ["2024-12-31"]),
        ("2025.6", ["2025-06-30"]),
        ("2025/06/15前", ["2025-06-15"]),
        ("年底前", ["2024-12-31"]),
        ("9月底前", ["2024-09-30"]),
        ("每年底", []),
        ("三年内", []),
        ("每月", []),
        ("3个月内", []),
        ("2024年13月", []),
        ("2025年,2026年", ["2025-12-31", "2026-12-31"]),
        ("2024年中央企业", ["2024-12-31"]),
        ("2024年初步形成", ["2024-12-31"]),
    ],
)
def test_the_last_day_a_date_covers(text: str, days: list[str]) -> None:
    assert ends(text) == days


def test_where_it_stands_and_whether_the_year_was_given() -> None:
    (found,) = date_expressions("请于6月10日前报送", default_year=2025)
    assert ("请于6月10日前报送"[found.start : found.end], found.year_given, found.precision) == (
        "6月10日",
        False,
        "day",
    )


def test_a_long_run_of_digits_costs_no_more_than_its_length() -> None:
    assert ends("2024" * 50_000) == []
