"""Those next door, who must not see what is not theirs."""

from zhiben.conftest import _appoint_newcomer
from zhiben.core.org import services as org
from zhiben.core.org.models import RegionLevel, UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import Sector
from zhiben.modules.registry.services import NewEnterprise, register_enterprise


def settle_next_town(cast, now):
    """云溪镇, next to 柳溪镇: `cast.next_town` is its officer, `cast.neighbour` the safety officer of the plant returned."""
    to = {"by": cast.system_administrator, "now": now}
    town = org.open_region(name="云溪镇", level=RegionLevel.TOWN, parent=cast.county, code="990121102000", **to)
    unit = org.open_unit(name="云溪镇人民政府", short_name="云溪镇", kind=UnitKind.TOWN, region=town, **to)
    cast.people["next_town"] = _appoint_newcomer("next_town", "云溪", unit, Role.UNIT_OFFICER, "", (), now)
    firm = org.open_unit(name="云海仓储有限公司", short_name="云海仓储", kind=UnitKind.ENTERPRISE, region=town, **to)
    cast.people["neighbour"] = _appoint_newcomer("neighbour", "云海", firm, Role.SAFETY_OFFICER, "", (), now)
    new = NewEnterprise(name=firm.name, unit=firm, region=town, sector=Sector.INDUSTRY)
    return register_enterprise(enterprise=new, by=cast.bureau_officer, now=now)
