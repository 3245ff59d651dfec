"""Names for many at once: 各县(市), 各乡镇(街道), 各有关部门, 安委会成员单位."""

import re
from dataclasses import dataclass

from .department_names import functions_of
from .models import UnitKind

EVERY = re.compile(r"^(?:[省市州县区]?(?:各有关|各相关|各级|各|有关|相关|全体|所有))+")
AUTHORITY = re.compile(r"(?:党委|党工委)?[、和]?(?:人民)?(?:政府|党政|办事处|管委会|安委会|居委会|村委会|委会)?$")
PLACE_WORDS: dict[str, UnitKind] = {
    **dict.fromkeys(("自治县", "县级", "县域", "县", "市", "区", "旗", "州", "地区", "地", "盟"), UnitKind.GOVERNMENT),
    **dict.fromkeys(("乡镇级", "乡镇", "乡", "镇", "街道办", "街道", "街"), UnitKind.TOWN),
    **dict.fromkeys(
        ("功能区", "经济开发区", "开发区", "工业园区", "产业园区", "化工园区", "园区", "高新区", "经开区", "新区"),
        UnitKind.PARK,
    ),
    **dict.fromkeys(("行政村", "村", "社区", "居"), UnitKind.VILLAGE),
}
PLURAL_ALONE = {"乡镇", "乡镇级", "县级", "县域", "街道", "街道办", "功能区", "园区"}
"""Said without 各 of a whole region's towns or parks as well."""
PREFECTURES = {"市", "州", "地区", "地", "盟"}
UNNAMED_DEPARTMENTS = re.compile(r"(?:部门|主管单位|监管单位)(?:和单位)?$")
UNNAMED_UNITS = re.compile(r"^[省市州县区]?(?:直|级|属)*(?:责任|牵头|配合|参与|成员)?单位$")
LABELS = {
    UnitKind.GOVERNMENT: "下级政府",
    UnitKind.TOWN: "乡镇（街道）",
    UnitKind.PARK: "园区",
    UnitKind.VILLAGE: "村（社区）",
}


@dataclass(frozen=True)
class Collective:
    """All units of some kinds in the document's region; or, where it names no place, members of its committee."""

    label: str
    kinds: frozenset[UnitKind] = frozenset()
    prefectures: bool = False
    """Only 市, 州, 盟 were said: in a province these are the prefectures, not the counties."""
    of_committee: bool = False
    score: float = 1.0


COMMITTEE_MEMBERS = Collective("安委会成员单位", of_committee=True, score=0.95)
SOME_DEPARTMENTS = Collective(
    "有关部门",
    frozenset({UnitKind.DEPARTMENT, UnitKind.PARTY, UnitKind.INSTITUTION}),
    of_committee=True,
    score=0.5,
)
SOME_UNITS = Collective("有关单位", of_committee=True, score=0.4)


def collective_of(name: str) -> Collective | None:
    """The group that a name stands for; None when it names one unit.

    >>> [each and each.label for each in map(collective_of, ("各县(市)", "各乡镇(街道)", "县政府", "消防部门"))]
    ['下级政府', '乡镇（街道）', None, None]
    """
    core = EVERY.sub("", name)
    if "成员" in name and re.search(r"(?:安委会|安全生产委员会|^)(?:各|有关|相关)*成员(?:单位)?$", core):
        return COMMITTEE_MEMBERS
    words = _place_words(AUTHORITY.sub("", core))
    if words and (core != name or len(words) > 1 or words[0] in PLURAL_ALONE):
        kinds = list(dict.fromkeys(PLACE_WORDS[word] for word in words))
        return Collective("、".join(LABELS[kind] for kind in kinds), frozenset(kinds), PREFECTURES.issuperset(words))
    if UNNAMED_DEPARTMENTS.search(core) and not functions_of(core) and not functions_of(core[1:]):
        return SOME_DEPARTMENTS
    return SOME_UNITS if UNNAMED_UNITS.search(core) else None


def _place_words(text: str) -> list[str]:
    """The words for kinds of place in a text that consists of nothing else."""
    text = re.sub(r"[()、,/及和与]", "", text)
    words = []
    while text:
        word = max((word for word in PLACE_WORDS if text.startswith(word)), key=len, default=None)
        if word is None:
            return []
        words.append(word)
        text = text[len(word) :]
    return words
