"""Enterprises for tests and demonstrations, made by the real services."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from zhiben.core.org.credit_code import check_character
from zhiben.core.org.sectors import Sector

from .models.enterprises import Enterprise, Scale
from .services import NewEnterprise, add_site, register_enterprise


def enrol_plant(cast: Any, now: datetime) -> Enterprise:
    """The cast's plant 云帆化工 with its file: registered by the county's bureau on the unit it already is, with three
    sites: 合成车间, 原料仓库, 危化品罐区."""
    unit = cast.plant_officer.unit
    enterprise = register_enterprise(
        enterprise=NewEnterprise(
            name=unit.name,
            unit=unit,
            region=unit.region,
            credit_code=credit_code("91990121MA00PLAN0"),
            sector=Sector.CHEMICALS,
            trades=("化工危化品",),
            industry="C2614",
            scale=Scale.MEDIUM,
            staff_count=186,
            products="有机化学原料",
            address="柳溪镇工业路 8 号",
            latitude=Decimal("24.345678"),
            longitude=Decimal("102.345678"),
            head_name="云帆",
            head_mobile="13800000001",
            officer_name="云安",
            officer_mobile="13800000002",
        ),
        by=cast.bureau_officer,
        now=now,
    )
    for name, kind in (("合成车间", "生产车间"), ("原料仓库", "仓库"), ("危化品罐区", "储罐区")):
        add_site(enterprise=enterprise, name=name, kind=kind, by=cast.bureau_officer, now=now)
    return enterprise


def credit_code(first_17: str) -> str:
    """The code with its check character.

    >>> credit_code("91350100M000100Y4")
    '91350100M000100Y43'
    """
    return first_17 + check_character(first_17)
