"""The words that lists in use have for kinds of unit, roles and sectors, besides those of the program itself."""

import re
from collections.abc import Mapping
from typing import TypeVar

from zhiben.core.org.models import RegionLevel, UnitKind
from zhiben.core.org.roles import ADMINISTRATORS, Role
from zhiben.core.org.sectors import EVERY_SECTOR, Sector

T = TypeVar("T")
K, R, S = UnitKind, Role, Sector

KIND_WORDS: dict[str, UnitKind] = {
    **{kind.label: kind for kind in UnitKind},
    **dict.fromkeys(("政府", "党委政府", "县政府", "市政府", "人民政府机关"), K.GOVERNMENT),
    **dict.fromkeys(("党委", "党群部门", "党群", "党委机关", "群团"), K.PARTY),
    **dict.fromkeys(("安委办", "安委会办公室", "安全生产委员会办公室"), K.COMMITTEE_OFFICE),
    **dict.fromkeys(("部门", "局", "委办局", "行政机关", "机关", "政府工作部门", "县直部门", "市直部门"), K.DEPARTMENT),
    **dict.fromkeys(("乡镇", "镇", "乡", "街道", "镇街", "乡镇街道", "镇（街道）", "街道办事处"), K.TOWN),
    **dict.fromkeys(("开发区", "园区", "工业园区", "功能区", "产业园"), K.PARK),
    **dict.fromkeys(("村", "社区", "村社区", "村居", "行政村", "村委会", "居委会"), K.VILLAGE),
    **dict.fromkeys(("公司", "生产经营单位", "企业单位", "厂矿"), K.ENTERPRISE),
    **dict.fromkeys(("事业单位", "学校", "医院", "社会组织", "服务机构"), K.INSTITUTION),
}
KIND_OF_NAME: tuple[tuple[str, UnitKind], ...] = (
    (r"安全生产委员会办公室$|安委办$|安委会办公室$", K.COMMITTEE_OFFICE),
    (r"街道办事处$|[镇乡]人民政府$|民族乡$", K.TOWN),
    (r"人民政府$|人民政府办公室$", K.GOVERNMENT),
    (r"(开发区|园区|产业园|新区|高新区)(管理委员会|管委会)?$", K.PARK),
    (r"(村民|居民)委员会$|社区$|村委会$|居委会$", K.VILLAGE),
    (r"(公司|集团|厂|矿|煤矿|加油站|商店|超市|酒店|宾馆|合作社)$", K.ENTERPRISE),
    (r"(学校|中学|小学|幼儿园|医院|卫生院|中心|研究院|福利院|敬老院)$", K.INSTITUTION),
    (r"^中共|委(员会)?(办公室|组织部|宣传部|统战部|政法委)$|(组织部|宣传部|统战部)$|(总工会|妇联|团委)$", K.PARTY),
    (r"(局|委|委员会|厅|大队|支队|办公室)$", K.DEPARTMENT),
)
"""What the end of a full name says about the kind, tried in this order."""
RANK = {
    kind: rank for rank, kind in enumerate((K.GOVERNMENT, K.COMMITTEE_OFFICE, K.PARTY, K.DEPARTMENT, K.PARK, K.TOWN))
}

ROLE_WORDS: dict[str, Role] = {
    **{role.label: role for role in Role},
    **dict.fromkeys(("安委办科员", "安委办工作人员", "安委办经办人", "安委办人员"), R.COMMITTEE_OFFICER),
    **dict.fromkeys(("安委办负责人", "安委办副主任"), R.COMMITTEE_CHIEF),
    **dict.fromkeys(
        ("经办", "经办人", "经办人员", "联络员", "安全联络员", "安全专干", "安监员", "工作人员", "科员"), R.UNIT_OFFICER
    ),
    **dict.fromkeys(
        ("负责人", "主要负责人", "单位主要负责人", "分管负责人", "分管领导", "主要领导", "领导"), R.UNIT_LEADER
    ),
    **dict.fromkeys(("政府负责人", "县领导", "市领导", "政府分管领导"), R.GOVERNMENT_LEADER),
    **dict.fromkeys(("监管员", "执法人员", "监管执法人员", "检查员", "行业监管人员"), R.REGULATOR),
    **dict.fromkeys(("监管科室负责人", "行业监管负责人", "执法负责人"), R.REGULATOR_CHIEF),
    **dict.fromkeys(("网格管理员", "安全网格员", "网格长"), R.GRID_OFFICER),
    **dict.fromkeys(("企业负责人", "法定代表人", "法人代表", "法人", "实际控制人"), R.ENTERPRISE_HEAD),
    **dict.fromkeys(("安全员", "专职安全员", "安全生产管理人员", "安全管理人员", "安全负责人"), R.SAFETY_OFFICER),
    **dict.fromkeys(("员工", "职工", "工人"), R.WORKER),
    **dict.fromkeys(("专家",), R.EXPERT),
}
"""The same word may mean another role in another kind of unit; see `role_called`."""
ROLE_PATTERNS: tuple[tuple[str, Role], ...] = (
    (r"网格", R.GRID_OFFICER),
    (r"法人|法定代表", R.ENTERPRISE_HEAD),
    (r"专家", R.EXPERT),
    (r"安全(管理)?(员|人员|干部|总监|主管)$", R.SAFETY_OFFICER),
    (r"监管(执法)?(员|人员)$|执法(员|人员)$", R.REGULATOR),
    (r"(联络|信息|填报|报送|协管|经办|承办|专管)(员|人|人员)$|专干$|干事$|办事员$|内勤$", R.UNIT_OFFICER),
    (r"负责人$|责任人$|领导$|^分管|一把手", R.UNIT_LEADER),
)
"""What other words for a role contain, tried in this order."""
HEAD_OF: dict[UnitKind, Role] = {
    K.GOVERNMENT: R.GOVERNMENT_LEADER,
    K.COMMITTEE_OFFICE: R.COMMITTEE_CHIEF,
    K.ENTERPRISE: R.ENTERPRISE_HEAD,
    K.INSTITUTION: R.ENTERPRISE_HEAD,
}
OFFICER_OF: dict[UnitKind, Role] = {
    K.COMMITTEE_OFFICE: R.COMMITTEE_OFFICER,
    K.ENTERPRISE: R.SAFETY_OFFICER,
    K.INSTITUTION: R.SAFETY_OFFICER,
}
_WITH_SAFETY_OFFICERS = {K.ENTERPRISE, K.INSTITUTION}
HEADS_TITLE = re.compile(
    r"^(?!.*(副|助理|科|股|室主任|大队|中队)).*"
    r"(局长|主任|镇长|乡长|书记|总经理|董事长|厂长|矿长|校长|院长|县长|市长|区长|负责人)$"
)

SECTOR_WORDS: dict[str, str] = {
    **{sector.label: sector.value for sector in Sector},
    **dict.fromkeys(("全部", "全部行业", "综合", "综合监管", "全行业", "*"), EVERY_SECTOR),
    **dict.fromkeys(("矿山", "非煤"), S.MINES.value),
    **dict.fromkeys(("危化", "危化品", "化工", "危险化学品和化工"), S.CHEMICALS.value),
    **dict.fromkeys(("烟花",), S.FIREWORKS.value),
    **dict.fromkeys(("工贸行业", "工业", "冶金工贸", "工贸企业"), S.INDUSTRY.value),
    **dict.fromkeys(("建筑", "建设施工", "房屋市政工程", "建筑业"), S.CONSTRUCTION.value),
    **dict.fromkeys(("燃气",), S.GAS.value),
    **dict.fromkeys(("经营性自建房", "房屋安全"), S.SELF_BUILT_HOUSES.value),
    **dict.fromkeys(("道路交通", "交通运输", "道路运输", "交通"), S.ROAD_TRANSPORT.value),
    **dict.fromkeys(("水上", "水上运输", "渡口"), S.WATER_TRANSPORT.value),
    **dict.fromkeys(("铁路", "民航"), S.RAIL_AND_AIR.value),
    **dict.fromkeys(("消防安全", "火灾防控"), S.FIRE.value),
    **dict.fromkeys(("特设", "电梯"), S.SPECIAL_EQUIPMENT.value),
    **dict.fromkeys(("电力", "能源"), S.ENERGY.value),
    **dict.fromkeys(("水利工程",), S.WATER_WORKS.value),
    **dict.fromkeys(("农业", "农机", "渔业", "农业农村"), S.AGRICULTURE.value),
    **dict.fromkeys(("林业", "森林防火", "林业和草原"), S.FORESTRY.value),
    **dict.fromkeys(("文旅", "旅游", "文化和旅游"), S.CULTURE_AND_TOURISM.value),
    **dict.fromkeys(("学校", "校园", "教育体育"), S.EDUCATION.value),
    **dict.fromkeys(("医疗", "卫健", "卫生健康"), S.HEALTH.value),
    **dict.fromkeys(("民政", "养老", "养老机构"), S.CIVIL_AFFAIRS.value),
    **dict.fromkeys(("商贸", "餐饮", "商务"), S.COMMERCE.value),
    **dict.fromkeys(("邮政", "快递", "寄递"), S.POST.value),
    **dict.fromkeys(("文物", "宗教", "宗教活动场所"), S.CULTURAL_RELICS.value),
    **dict.fromkeys(("开发区", "园区"), S.PARKS.value),
}


def kind_called(word: str) -> UnitKind | None:
    """
    >>> kind_called("部门"), kind_called("乡镇/街道")
    (UnitKind.DEPARTMENT, UnitKind.TOWN)
    """
    exact = _lookup(word, KIND_WORDS)
    return exact or next((kind for end, kind in KIND_WORDS.items() if len(end) > 1 and word.endswith(end)), None)


def kind_of_name(name: str, level: RegionLevel | None = None) -> UnitKind | None:
    """What the full name says: …街道办事处 is a town's unit. A plain 人民政府 is a government but in a town.

    >>> kind_of_name("云帆化工有限公司")
    UnitKind.ENTERPRISE
    """
    kind = next((kind for pattern, kind in KIND_OF_NAME if re.search(pattern, name)), None)
    return K.TOWN if kind == K.GOVERNMENT and level == RegionLevel.TOWN else kind


def role_called(word: str, kind: UnitKind) -> Role | None:
    """The role that a word means in a unit of this kind: 负责人 of an enterprise is its head.

    >>> role_called("负责人", UnitKind.ENTERPRISE), role_called("经办", UnitKind.DEPARTMENT)
    (Role.ENTERPRISE_HEAD, Role.UNIT_OFFICER)
    """
    role = _lookup(word, ROLE_WORDS) or _by_pattern(word)
    if role is not None and word == role.label:
        return role
    if role == R.SAFETY_OFFICER and kind not in _WITH_SAFETY_OFFICERS:
        return OFFICER_OF.get(kind, R.UNIT_OFFICER)
    if role == R.UNIT_LEADER:
        return HEAD_OF.get(kind, role)
    return OFFICER_OF.get(kind, role) if role == R.UNIT_OFFICER else role


def _by_pattern(word: str) -> Role | None:
    if any(role.label in word for role in ADMINISTRATORS):
        return None
    return next((role for pattern, role in ROLE_PATTERNS if re.search(pattern, word)), None)


def means_plainly(word: str, role: Role) -> bool:
    """Whether the word is the role's own, or one commonly used for it: nothing has to be said about it."""
    return word == role.label or _lookup(word, ROLE_WORDS) == role


def usual_role(kind: UnitKind, title: str) -> Role:
    """The role that somebody with this title usually has: the head by the title of one, everybody else an officer.

    >>> usual_role(UnitKind.DEPARTMENT, "局长"), usual_role(UnitKind.DEPARTMENT, "副局长")
    (Role.UNIT_LEADER, Role.UNIT_OFFICER)
    """
    if HEADS_TITLE.match(title):
        return HEAD_OF.get(kind, R.UNIT_LEADER)
    if kind == K.ENTERPRISE and "安全" not in title:
        return R.WORKER
    return OFFICER_OF.get(kind, R.UNIT_OFFICER)


def sector_called(word: str) -> str | None:
    return _lookup(word, SECTOR_WORDS)


def offered_roles() -> str:
    """The labels that a list may use, for a sentence."""
    return "、".join(role.label for role in Role if role not in ADMINISTRATORS)


def _lookup(word: str, words: Mapping[str, T]) -> T | None:
    plain = re.sub(r"[\s/／、]", "", word)
    return words.get(word) or words.get(plain) or words.get(plain.replace("(", "（").replace(")", "）"))
