"""The sectors of the catalogue, and under which sector of supervision each comes."""

from collections.abc import Iterable

from zhiben.core.org.sectors import Sector

from .catalogue import catalogue
from .judging.trades import field_of

_FIELDS: dict[str, Sector] = {
    "工贸": Sector.INDUSTRY,
    "化工危化品": Sector.CHEMICALS,
    "烟花爆竹": Sector.FIREWORKS,
    "煤矿": Sector.COAL,
    "非煤矿山": Sector.MINES,
    "房屋市政工程": Sector.CONSTRUCTION,
    "城镇燃气": Sector.GAS,
    "电力": Sector.ENERGY,
    "民爆": Sector.INDUSTRY,
    "特种设备": Sector.SPECIAL_EQUIPMENT,
    "渔业船舶": Sector.AGRICULTURE,
    "农机": Sector.AGRICULTURE,
    "道路运输": Sector.ROAD_TRANSPORT,
    "公路运营": Sector.ROAD_TRANSPORT,
    "公路水运工程": Sector.ROAD_TRANSPORT,
    "消防": Sector.FIRE,
    "水利工程": Sector.WATER_WORKS,
    "教育": Sector.EDUCATION,
    "铁路建设": Sector.RAIL_AND_AIR,
    "铁路交通": Sector.RAIL_AND_AIR,
    "民政机构": Sector.CIVIL_AFFAIRS,
    "文化旅游": Sector.CULTURE_AND_TOURISM,
    "港口危货": Sector.WATER_TRANSPORT,
    "水上客运": Sector.WATER_TRANSPORT,
    "内河运输船舶": Sector.WATER_TRANSPORT,
    "粮食仓储": Sector.COMMERCE,
    "医疗卫生": Sector.HEALTH,
}

TRADES: tuple[str, ...] = catalogue().sectors
"""Every sector of the catalogue, in its order."""
SUPERVISED_AS: dict[str, Sector] = {trade: _FIELDS[field_of(trade)] for trade in TRADES}


def trades_by_field(trades: Iterable[str] = TRADES) -> dict[str, list[str]]:
    """工贸 → [工贸-冶金, …], for choosing."""
    fields: dict[str, list[str]] = {}
    for trade in trades:
        fields.setdefault(field_of(trade), []).append(trade)
    return fields
