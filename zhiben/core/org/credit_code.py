"""统一社会信用代码 (GB 32100-2015): 18 characters, the last one a check character."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def check_character(first_17: str) -> str:
    """The 18th character that belongs to the first seventeen: weights 3^i modulo 31 (GB 32100-2015, appendix A).

    >>> check_character("91350100M000100Y4")
    '3'
    """
    total = sum(_VALUES[character] * weight for character, weight in zip(first_17, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def credit_code_refusal(code: str) -> str | None:
    """Why this is not a unified social credit code, as a sentence; None when it is one."""
    if len(code) != 18:
        return f"统一社会信用代码应为 18 位，现为 {len(code)} 位，请核对营业执照。"
    for place, character in enumerate(code, 1):
        if character not in ALPHABET:
            where = f"统一社会信用代码第 {place} 位“{character}”"
            return f"{where}不是允许的字符（大写字母不用 I、O、S、V、Z），请核对营业执照。"
    if code[-1] != check_character(code[:-1]):
        return "统一社会信用代码第 18 位校验不符，请核对营业执照。"
    return None
