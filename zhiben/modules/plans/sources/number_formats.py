"""How Word writes an automatic number: `w:numFmt` of ECMA-376 part 1, 17.18.59, as far as Chinese documents use it."""

from collections.abc import Callable

_DIGITS = "〇一二三四五六七八九"
_LEGAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"


def _chinese(number: int, digits: str = "零" + _DIGITS[1:], tens: str = "十百千万") -> str:
    """12 → 十二, 105 → 一百零五. Up to 99 999."""
    if number < 10:
        return digits[number]
    if number >= 100_000:
        return str(number)
    text, pending_zero = "", False
    for power in range(4, -1, -1):
        digit = number // 10**power % 10
        if digit:
            text += (digits[0] if pending_zero else "") + digits[digit] + (tens[power - 1] if power else "")
            pending_zero = False
        elif text:
            pending_zero = True
    return text


def _chinese_counting(number: int) -> str:
    """12 → 十二, not 一十二."""
    return _chinese(number).removeprefix("一") if 10 <= number < 20 else _chinese(number)


def _legal(number: int) -> str:
    return _chinese(number, _LEGAL_DIGITS, "拾佰仟万")


def _digit_by_digit(number: int) -> str:
    return "".join(_DIGITS[int(digit)] for digit in str(number))


def _cycle(symbols: str) -> Callable[[int], str]:
    return lambda number: symbols[(number - 1) % len(symbols)] if number > 0 else ""


def _letters(number: int) -> str:
    """1 → A, 27 → AA, 28 → BB: Word repeats the letter."""
    return chr(ord("A") + (number - 1) % 26) * ((number - 1) // 26 + 1) if number > 0 else ""


def _roman(number: int) -> str:
    text = ""
    for value, symbol in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        text += symbol * (number // value)
        number %= value
    return text


def _enclosed(first: int, last_number: int) -> Callable[[int], str]:
    """Ready-made characters such as ① up to a last number; plain digits after it, as Word does."""
    return lambda number: chr(first + number - 1) if 1 <= number <= last_number else str(number)


def _full_width(number: int) -> str:
    return "".join(chr(0xFF10 + int(digit)) for digit in str(number))


_FORMATS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalZero": lambda number: f"{number:02}",
    "decimalHalfWidth": str,
    "decimalFullWidth": _full_width,
    "decimalFullWidth2": _full_width,
    "decimalEnclosedCircle": _enclosed(ord("①"), 20),
    "decimalEnclosedCircleChinese": _enclosed(ord("①"), 10),
    "decimalEnclosedParen": _enclosed(ord("⑴"), 20),
    "decimalEnclosedFullstop": _enclosed(ord("⒈"), 20),
    "chineseCounting": _chinese_counting,
    "chineseCountingThousand": _chinese_counting,
    "japaneseCounting": _chinese_counting,
    "taiwaneseCounting": _chinese_counting,
    "taiwaneseCountingThousand": _chinese_counting,
    "ideographDigital": _digit_by_digit,
    "japaneseDigitalTenThousand": _digit_by_digit,
    "taiwaneseDigital": _digit_by_digit,
    "chineseLegalSimplified": _legal,
    "ideographLegalTraditional": _legal,
    "ideographTraditional": _cycle("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _cycle("子丑寅卯辰巳午未申酉戌亥"),
    "ideographEnclosedCircle": _enclosed(ord("㊀"), 10),
    "upperLetter": _letters,
    "lowerLetter": lambda number: _letters(number).lower(),
    "upperRoman": _roman,
    "lowerRoman": lambda number: _roman(number).lower(),
    "none": lambda number: "",
}


def written(number: int, number_format: str) -> str:
    """The number as Word prints it, e.g. written(12, "chineseCounting") == "十二"; digits for a format not listed."""
    return _FORMATS.get(number_format, str)(number)
