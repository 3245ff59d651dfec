"""Menu entries of hazards, under 隐患治理."""

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission
from zhiben.core.org.models import UnitKind
from zhiben.core.web.menu import MenuEntry

from .mine import is_enterprise
from .reporting import may_report


def oversees(acting: Acting) -> bool:
    return acting.unit.kind != UnitKind.ENTERPRISE


menu = (
    MenuEntry("登记隐患", "hazards:new", icon="alert-triangle", shown=may_report, foot="上报", foot_place=2),
    MenuEntry("本企业隐患", "hazards:mine", icon="building-factory-2", shown=is_enterprise, foot="隐患", foot_place=3),
    MenuEntry("隐患台账", "hazards:list", icon="list-details", permission=Permission.READ_RECORDS, under="隐患台账"),
    MenuEntry("回头看", "look_backs:list", icon="eye-check", permission=Permission.READ_RECORDS, shown=oversees, under="回头看、复盘"),
    MenuEntry("五步复盘", "hazard_reviews:list", icon="stairs", permission=Permission.READ_RECORDS, under="回头看、复盘"),
    MenuEntry("相似待确认", "hazards:likenesses", icon="arrows-left-right", permission=Permission.READ_RECORDS, shown=oversees, under="隐患台账"),
    MenuEntry("动态清零", "hazards:clearing", icon="target", permission=Permission.READ_RECORDS, shown=oversees, under="动态清零、四张清单"),
    MenuEntry("四张清单", "hazards:four_lists", icon="table", permission=Permission.READ_RECORDS, shown=oversees, under="动态清零、四张清单"),
    MenuEntry("双重预防数据", "hazards:dual_prevention", icon="send", permission=Permission.READ_RECORDS, shown=oversees, under="规则、数据报送"),
    MenuEntry("治理规则", "hazards:policy", icon="adjustments", permission=Permission.READ_RECORDS, shown=oversees, under="规则、数据报送"),
)  # fmt: skip
