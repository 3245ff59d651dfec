"""Chinese and Arabic numbers."""

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_CIRCLED = {chr(0x2460 + value): value + 1 for value in range(20)}

CHINESE_NUMERALS = "零〇○一二两三四五六七八九十百千万"


def number_value(text: str) -> int | None:
    """The value of a whole number however it is written; None for anything else.

    >>> number_value("十二"), number_value("三十八"), number_value("二〇二四"), number_value("③"), number_value("1,200")
    (12, 38, 2024, 3, 1200)
    >>> number_value("若干") is None
    True
    """
    if text in _CIRCLED:
        return _CIRCLED[text]
    plain = text.replace(",", "")
    if plain.isascii():
        return int(plain) if plain.isdigit() and len(plain) <= 12 else None
    if not text or len(text) > 12:
        return None
    if all(character in _DIGITS for character in text):
        return int("".join(str(_DIGITS[character]) for character in text))
    total = section = digit = 0
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _UNITS:
            section += (digit or 1) * _UNITS[character]
            digit = 0
        elif character == "万":
            total += (section + digit or 1) * 10_000
            section = digit = 0
        else:
            return None
    return total + section + digit


def decimal_value(text: str) -> float | None:
    """As `number_value`, with decimals and 万.

    >>> decimal_value("1.5"), decimal_value("九十五"), decimal_value("3万")
    (1.5, 95, 30000)
    """
    if text.endswith(("万", "亿")) and text[:-1].replace(".", "", 1).isascii():
        scale = 10_000 if text[-1] == "万" else 100_000_000
        part = decimal_value(text[:-1])
        return None if part is None else part * scale
    whole = number_value(text)
    if whole is not None:
        return whole
    if text.isascii() and text.count(".") == 1 and text.replace(".", "").isdigit():
        return float(text)
    return None


def chinese_numeral(value: int) -> str:
    """A whole number from 0 to 99,999,999 in characters, as chapters and sections are counted.

    >>> chinese_numeral(3), chinese_numeral(10), chinese_numeral(12), chinese_numeral(110), chinese_numeral(20_305)
    ('三', '十', '十二', '一百一十', '二万零三百零五')
    """
    if not 0 <= value < 100_000_000:
        raise ValueError(value)
    if value >= 10_000:
        high, low = divmod(value, 10_000)
        joint = "零" if 0 < low < 1000 else ""
        return f"{chinese_numeral(high)}万{joint}{_below_ten_thousand(low) if low else ''}"
    spoken = _below_ten_thousand(value)
    return spoken[1:] if 10 <= value < 20 else spoken


def _below_ten_thousand(value: int) -> str:
    if value == 0:
        return "零"
    spoken, skipped = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            spoken += ("零" if skipped and spoken else "") + "零一二三四五六七八九"[digit] + name
        skipped = not digit
    return spoken
