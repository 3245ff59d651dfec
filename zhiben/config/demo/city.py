"""The fictional city: 云岭省云澜市, whose county 澜江县 is shown in full. No such place exists; its codes lie in a
range that no province uses."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from zhiben.core.access.acting import By
from zhiben.core.org import services as org
from zhiben.core.org.models import Body, BodyKind, BodyMembership, Region, RegionLevel, Unit, UnitKind
from zhiben.core.org.sectors import EVERY_SECTOR, Sector

from .ledgers import enterprises

SINCE = date(2020, 1, 1)
K = UnitKind
COUNTY = "990321"
"""The code of 澜江县, of six digits."""

NEIGHBOURS = (("望湖区", "02"), ("临岫县", "23"), ("青岚县", "24"))

TOWNS = (
    "栖云镇", "双澜镇", "枫屿镇", "龙隐镇", "砚塘镇", "清渠镇", "麦坪镇", "沙渚镇",
    "云岫乡", "柳汀乡", "东篱街道", "澜湾街道",
)  # fmt: skip

# name after 澜江县, short name, sectors it supervises
DEPARTMENTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("应急管理局", "县应急局", (EVERY_SECTOR,)),
    ("公安局", "县公安局", (Sector.ROAD_TRANSPORT,)),
    ("教育体育局", "县教体局", (Sector.EDUCATION,)),
    ("工业和信息化局", "县工信局", (Sector.INDUSTRY,)),
    ("民政局", "县民政局", (Sector.CIVIL_AFFAIRS,)),
    ("司法局", "县司法局", ()),
    ("财政局", "县财政局", ()),
    ("人力资源和社会保障局", "县人社局", ()),
    ("自然资源局", "县自然资源局", (Sector.MINES,)),
    ("住房和城乡建设局", "县住建局", (Sector.CONSTRUCTION, Sector.GAS, Sector.SELF_BUILT_HOUSES)),
    ("交通运输局", "县交通局", (Sector.ROAD_TRANSPORT, Sector.WATER_TRANSPORT)),
    ("农业农村局", "县农业农村局", (Sector.AGRICULTURE,)),
    ("水利局", "县水利局", (Sector.WATER_WORKS,)),
    ("商务局", "县商务局", (Sector.COMMERCE,)),
    ("文化和旅游局", "县文旅局", (Sector.CULTURE_AND_TOURISM,)),
    ("卫生健康局", "县卫健局", (Sector.HEALTH,)),
    ("市场监督管理局", "县市监局", (Sector.SPECIAL_EQUIPMENT,)),
    ("发展和改革局", "县发改局", (Sector.ENERGY,)),
    ("林业局", "县林业局", (Sector.FORESTRY,)),
    ("城市管理局", "县城管局", ()),
    ("消防救援大队", "县消防大队", (Sector.FIRE,)),
)
PARTY = (("县委组织部", "县委组织部"), ("县委宣传部", "县委宣传部"))

QIYUN = (
    ("栖云镇应急管理办公室", "镇应急办", K.INSTITUTION),
    ("栖云镇综合行政执法队", "镇执法队", K.INSTITUTION),
    ("栖云镇村镇建设办公室", "镇村建办", K.INSTITUTION),
    ("栖云镇栖云社区居民委员会", "栖云社区", K.VILLAGE),
    ("栖云镇桃溪村村民委员会", "桃溪村", K.VILLAGE),
    ("栖云镇竹坞村村民委员会", "竹坞村", K.VILLAGE),
)


@dataclass
class City:
    """What was founded, by short name."""

    county: Region
    committee: Body | None = None
    units: dict[str, Unit] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Unit:
        return self.units[name]


def found_city(*, by: By, now: datetime) -> City:
    to = {"by": by, "now": now}

    def region(name: str, level: RegionLevel, parent: Region | None, code: str = "", **more: object) -> Region:
        return org.open_region(name=name, level=level, parent=parent, code=code, **more, **to)  # type: ignore[arg-type]

    province = region("云岭省", RegionLevel.PROVINCE, None, "990000000000")
    city_region = region("云澜市", RegionLevel.CITY, province, "990300000000")
    county = region("澜江县", RegionLevel.COUNTY, city_region, f"{COUNTY}000000")
    city = City(county)

    def unit(name: str, short_name: str, kind: UnitKind, where: Region, **more: object) -> Unit:
        made = org.open_unit(name=name, short_name=short_name, kind=kind, region=where, valid_from=SINCE, **more, **to)  # type: ignore[arg-type]
        city.units[short_name] = made
        return made

    unit("云澜市人民政府", "市政府", K.GOVERNMENT, city_region)
    unit("云澜市安全生产委员会办公室", "市安委办", K.COMMITTEE_OFFICE, city_region)
    unit("云澜市应急管理局", "市应急局", K.DEPARTMENT, city_region, sectors=(EVERY_SECTOR,))
    _found_county(city, unit, region, by=by, now=now)
    for name, code in NEIGHBOURS:
        where = region(name, RegionLevel.COUNTY, city_region, f"9903{code}000000")
        unit(f"{name}人民政府", f"{name}政府", K.GOVERNMENT, where)
        unit(f"{name}安全生产委员会办公室", f"{name}安委办", K.COMMITTEE_OFFICE, where)
        unit(f"{name}应急管理局", f"{name}应急局", K.DEPARTMENT, where, sectors=(EVERY_SECTOR,))
    park = region("云澜高新技术产业园区", RegionLevel.COUNTY, city_region, is_functional=True)
    unit("云澜高新技术产业园区管理委员会", "高新区管委会", K.PARK, park)
    city.committee = _form_committee(city, by=by, now=now)
    return city


def _found_county(
    city: City, unit: Callable[..., Unit], region: Callable[..., Region], *, by: By, now: datetime
) -> None:
    county = city.county
    unit("澜江县人民政府", "县政府", K.GOVERNMENT, county)
    unit("澜江县安全生产委员会办公室", "县安委办", K.COMMITTEE_OFFICE, county)
    for name, short_name, sectors in DEPARTMENTS:
        unit(f"澜江县{name}", short_name, K.DEPARTMENT, county, sectors=sectors)
    for name, short_name in PARTY:
        unit(f"中共澜江县委{name.removeprefix('县委')}", short_name, K.PARTY, county, aliases=(name,))
    unit("澜江县总工会", "县总工会", K.INSTITUTION, county)
    towns = {}
    for number, name in enumerate(TOWNS, 1):
        towns[name] = region(name, RegionLevel.TOWN, county, f"{COUNTY}{100 + number}000")
        office = "办事处" if name.endswith("街道") else "人民政府"
        unit(f"{name}{office}", name, K.TOWN, towns[name])
    for name, short_name, kind in QIYUN:
        unit(name, short_name, kind, towns["栖云镇"], aliases=(name.replace("栖云镇", "镇", 1),))
    trades = enterprises()
    new = [
        org.NewUnit(
            name=trade.name, short_name=trade.short_name, kind=K.ENTERPRISE, region=towns[trade.town],
            sectors=(trade.sector,),
        )
        for trade in trades
    ]  # fmt: skip
    for trade, made in zip(trades, org.open_units(units=new, by=by, now=now), strict=True):
        city.units[trade.short_name] = made


def _form_committee(city: City, *, by: By, now: datetime) -> Body:
    """The safety committee: the county's government in the chair, departments and towns its members."""
    committee = org.form_body(
        name="澜江县安全生产委员会",
        kind=BodyKind.COMMITTEE,
        region=city.county,
        office=city["县安委办"],
        by=by,
        now=now,
    )
    org.add_member(body=committee, unit=city["县政府"], position=BodyMembership.Position.CHAIR, by=by, now=now)
    members = [short_name for _, short_name, _ in DEPARTMENTS] + [short_name for _, short_name in PARTY] + list(TOWNS)
    for short_name in members:
        org.add_member(body=committee, unit=city[short_name], by=by, now=now)
    return committee
