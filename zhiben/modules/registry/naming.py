"""When two lists mean one enterprise: names and addresses written so that what does not tell them apart is gone.

云帆化工有限责任公司, 澄溪县云帆化工有限公司, 云帆化工（澄溪）有限公司 are one name; 柳溪镇工业路 8 号 and 澄溪县柳溪镇工业路8号 one
address. Equal keys make a likeness, never a certainty: who decides is said in `matching`.
"""

import re
from collections.abc import Sequence

from zhiben.core.org.resolve import tidy

_FORMS = (("有限责任公司", "有限公司"), ("股份公司", "股份有限公司"), ("责任公司", "有限公司"))
_BRACKETS = re.compile(r"\(([^()]*)\)")
_STRAY = re.compile(r"[^\w一-鿿#]+")
_UNIT_OF_PLACE = re.compile(r"(?:特别行政区|自治[区州县旗]|地区|街道|[省市州盟县区旗镇乡村])$")
SHORTEST = 2
"""Characters that must be left of a name when its region has been taken off its front."""


def name_key(name: str, places: Sequence[str] = ()) -> str:
    """The name to compare by. `places`: the names of the region and of all that contain it.

    >>> name_key("澄溪县云帆化工（柳溪）有限责任公司", ("澄溪县", "柳溪镇")) == name_key("云帆化工有限公司", ())
    True
    """
    plain = tidy(name)
    if "(" in plain:
        spellings = {*places, *(_UNIT_OF_PLACE.sub("", place) for place in places)}
        plain = _BRACKETS.sub(lambda inside: "" if inside[1] in spellings else inside[1], plain)
    plain = _STRAY.sub("", plain).casefold()
    for long, short in _FORMS:
        if plain.endswith(long) and not plain.endswith(short):
            plain = plain.removesuffix(long) + short
            break
    return _without_front(plain, places)[:128]


def address_key(address: str, places: Sequence[str] = ()) -> str:
    """The address to compare by; empty for none.

    >>> address_key("澄溪县柳溪镇工业路 8 号", ("澄溪县", "柳溪镇")) == address_key("工业路8号", ())
    True
    """
    plain = _STRAY.sub("", tidy(address)).casefold()
    return _without_front(plain, places).replace("号", "").replace("第", "")


def _without_front(plain: str, places: Sequence[str]) -> str:
    """Names of what contains the place, as they stand before it: 安澜市澄溪县…"""
    for place in places:
        rest = plain.removeprefix(place)
        if len(rest) > SHORTEST:
            plain = rest
    return plain
