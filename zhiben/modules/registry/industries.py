"""国民经济行业分类 (GB/T 4754-2017): 20 letters (门类), 97 classes of two digits (大类).

A code is kept as letter and up to four digits, C2614. Offices write it in other ways, too: 2614 and 26 without the
letter, a name (化学原料和化学制品制造业), both together. Names of groups and classes of three and four digits are not
kept here: they show under the name of their class of two.
"""

import csv
import re
from functools import cache
from importlib.resources import files

_CODE = re.compile(r"([A-Ta-t])?(\d{1,4})?")


@cache
def industries() -> dict[str, str]:
    """Code → name, letters and classes in their order: "C" → 制造业, "C26" → 化学原料和化学制品制造业."""
    with files(__package__).joinpath("data/industries.csv").open(encoding="utf-8") as rows:
        return {row["code"]: row["name"] for row in csv.DictReader(rows)}


def industry_name(code: str) -> str:
    """The name of the class of two digits, or of the letter; empty for what is no code.

    >>> industry_name("C2614"), industry_name("C")
    ('化学原料和化学制品制造业', '制造业')
    """
    return industries().get(code[:3]) or industries().get(code, "")


def read_industry(text: str) -> str | None:
    """The code that a cell or a person means, written our way; None where it is none.

    >>> read_industry("2614"), read_industry("c26"), read_industry("餐饮业"), read_industry("C2614 有机化学原料制造")
    ('C2614', 'C26', 'H62', 'C2614')
    """
    plain = "".join(text.split())
    found = _CODE.match(plain)
    letter, digits = ((found[1] or "").upper(), found[2] or "") if found else ("", "")
    if not letter and not digits:
        return _by_name().get(plain.replace("，", "、"))
    if not digits:
        return letter if len(plain) == 1 or plain[1:] == industries()[letter] else None
    if len(digits) == 1:
        digits = f"0{digits}"
    own = _letters().get(digits[:2])
    return f"{own}{digits}" if own and letter in ("", own) else None


@cache
def _letters() -> dict[str, str]:
    return {code[1:]: code[0] for code in industries() if len(code) == 3}


@cache
def _by_name() -> dict[str, str]:
    """The class where letter and class bear one name (教育): it says more."""
    return {name: code for code, name in industries().items()}
