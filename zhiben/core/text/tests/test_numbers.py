import pytest

from zhiben.core.text.numbers import decimal_value, number_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("十", 10), ("十二", 12), ("二十", 20), ("三十八", 38), ("一百零五", 105), ("二〇二六", 2026), ("两", 2),
        ("三万五千", 35000), ("⑫", 12), ("38", 38), ("1,200", 1200), ("若干", None), ("", None), ("9" * 50, None),
    ],
)  # fmt: skip
def test_whole_numbers(text: str, value: int | None) -> None:
    assert number_value(text) == value


@pytest.mark.parametrize(("text", "value"), [("1.5", 1.5), ("九十五", 95), ("0.3万", 3000), ("1.2.3", None)])
def test_decimals(text: str, value: float | None) -> None:
    assert decimal_value(text) == value
