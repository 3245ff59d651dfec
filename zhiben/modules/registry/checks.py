"""Why something may not stand in an enterprise's file, as sentences; None when it may."""

from collections.abc import Iterable
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import QuerySet

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.permissions import Permission, may
from zhiben.core.access.scope import can_see
from zhiben.core.org.credit_code import credit_code_refusal
from zhiben.core.org.models import UnitKind
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused

from .industries import read_industry
from .models.enterprises import Enterprise, Scale
from .trades import known_trades

SECTORS, SCALES = frozenset(Sector.values), frozenset(Scale.values)
WEST, EAST, SOUTH, NORTH = Decimal("73.4"), Decimal("135.1"), Decimal("3.8"), Decimal("53.6")
"""What of the earth China is in, in degrees of WGS 84."""
FAR = 60
"""Kilometres from the middle of the others in its region at which a position is likely a slip."""
NEIGHBOURS = 200
ENOUGH_NEIGHBOURS = 3
KILOMETRES_A_DEGREE = 111.2


def keeping_refusal(enterprise: Enterprise, by: By, *, seen: bool = False) -> str | None:
    """Why this file is not `by`'s to keep; None when it is: its own people's, and those who look after enterprises.
    `seen`: it was found among what `by` may see, which need not be asked again for every part of a page."""
    if isinstance(by, Acting) and by.unit.pk == enterprise.unit_id and by.unit.kind == UnitKind.ENTERPRISE:
        return None if enterprise.exists else f"企业{enterprise.get_status_display()}，档案不能再修改。"
    if not may(by, Permission.MANAGE_ENTERPRISES):
        return "您当前的岗位不能维护企业档案，请切换岗位，或请监管单位办理。"
    if isinstance(by, Acting) and not seen and not can_see(enterprise, by):
        return "这家企业不归本单位监管，也不在本辖区。"
    return None if enterprise.exists else f"企业{enterprise.get_status_display()}，档案不能再修改。"


def industry_refusal(code: str) -> Refused | None:
    if code and read_industry(code) != code:
        return Refused(f"行业代码“{code}”不在《国民经济行业分类》中，请填写字母加数字，例如 C26、C2614。", "industry")
    return None


def code_refusal(code: str) -> Refused | None:
    sentence = credit_code_refusal(code) if code else None
    return Refused(sentence, "credit_code") if sentence else None


def company_code_refusal(code: str) -> Refused | None:
    if code and not (len(code) == 9 and code.isascii() and code.isdigit()):
        return Refused("企业编码应为 9 位数字，即危险化学品登记时取得的编码，请核对。", "company_code")
    return None


def sector_refusal(sector: str) -> Refused | None:
    return None if not sector or sector in SECTORS else Refused("请从列表中选择行业领域。", "sector")


def scale_refusal(scale: str) -> Refused | None:
    return None if not scale or scale in SCALES else Refused("请从列表中选择规模。", "scale")


def trades_refusal(trades: Iterable[str]) -> Refused | None:
    unknown = [trade for trade in trades if trade not in known_trades()]
    return Refused(f"安全行业“{unknown[0]}”不在判定标准目录中，请从列表中选择。", "trades") if unknown else None


def position_refusal(latitude: Decimal | None, longitude: Decimal | None) -> Refused | None:
    """Both or neither, and inside China."""
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        return Refused("经度和纬度要么都填，要么都不填。", "latitude" if latitude is None else "longitude")
    if SOUTH <= longitude <= NORTH and WEST <= latitude <= EAST:
        return Refused(f"纬度 {latitude}、经度 {longitude} 可能填反了，请对调。", "latitude")
    if not SOUTH <= latitude <= NORTH:
        return Refused(f"纬度 {latitude} 不在我国境内（约 4 到 53.5 度），请核对。", "latitude")
    if not WEST <= longitude <= EAST:
        return Refused(f"经度 {longitude} 不在我国境内（约 73.5 到 135 度），请核对。", "longitude")
    return None


def position_doubt(
    region_path: str, latitude: Decimal | None, longitude: Decimal | None, *, but: Enterprise | None = None
) -> str:
    """A sentence when the position is far from where the region's other enterprises are; empty when it is not, or
    when too few of them have one."""
    if latitude is None or longitude is None:
        return ""
    others: QuerySet[Enterprise] = Enterprise.objects.filter(region_path=region_path, latitude__isnull=False)
    if but is not None:
        others = others.exclude(pk=but.pk)
    known: list[Any] = list(others.values_list("latitude", "longitude")[:NEIGHBOURS])
    if len(known) < ENOUGH_NEIGHBOURS:
        return ""
    north = float(latitude) - median(float(each) for each, _ in known)
    east = (float(longitude) - median(float(each) for _, each in known)) * 0.85  # a degree of longitude is shorter here
    distance = (north**2 + east**2) ** 0.5 * KILOMETRES_A_DEGREE
    return f"位置离本区域其他企业约 {distance:.0f} 公里，请核对经纬度。" if distance > FAR else ""
