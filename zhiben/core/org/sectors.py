"""The sectors (行业领域) by which supervision is divided: 管行业必须管安全."""

from django.db import models


class Sector(models.TextChoices):
    """After the special committees that counties commonly set up under the safety committee."""

    MINES = "mines", "非煤矿山"
    COAL = "coal", "煤矿"
    CHEMICALS = "chemicals", "危险化学品"
    FIREWORKS = "fireworks", "烟花爆竹"
    INDUSTRY = "industry", "工贸"
    CONSTRUCTION = "construction", "建筑施工"
    GAS = "gas", "城镇燃气"
    SELF_BUILT_HOUSES = "self_built_houses", "自建房"
    ROAD_TRANSPORT = "road_transport", "道路交通运输"
    WATER_TRANSPORT = "water_transport", "水上交通"
    RAIL_AND_AIR = "rail_and_air", "铁路民航"
    FIRE = "fire", "消防"
    SPECIAL_EQUIPMENT = "special_equipment", "特种设备"
    ENERGY = "energy", "电力能源"
    WATER_WORKS = "water_works", "水利"
    AGRICULTURE = "agriculture", "农业渔业农机"
    FORESTRY = "forestry", "林草"
    CULTURE_AND_TOURISM = "culture_and_tourism", "文化旅游"
    EDUCATION = "education", "教育"
    HEALTH = "health", "医疗卫生"
    CIVIL_AFFAIRS = "civil_affairs", "民政养老"
    COMMERCE = "commerce", "商贸餐饮"
    POST = "post", "邮政快递"
    CULTURAL_RELICS = "cultural_relics", "文物宗教场所"
    PARKS = "parks", "开发区（园区）"


EVERY_SECTOR = "*"
"""In `sectors` of a unit or a post: comprehensive supervision (综合监管), every sector of the region."""
