"""The numbers by which the dual-prevention exchange names things, as several public implementations of the national
data-exchange chain agree. To be compared with the official text (V1.3) before anything is called certified."""

from .models import HazardLevel, HazardStatus

LEVELS = {0: "一般隐患", 1: "重大隐患"}
"""`dangerLevel`."""
LEVEL_OF: dict[str, int] = {HazardLevel.GENERAL: 0, HazardLevel.MAJOR: 1}

SOURCES = {
    1: "日常排查",
    2: "综合性排查",
    3: "专业性排查",
    4: "季节性排查",
    5: "重点时段及节假日前排查",
    6: "事故类比排查",
    7: "复产复工前排查",
    8: "外聘专家诊断式排查",
    9: "管控措施失效",
    10: "其他",
}
"""`dangerSrc`."""
OTHER_SOURCE = 10

WAYS_TO_DEAL = {0: "即查即改", 1: "限期整改"}
"""`dangerManageType`."""

DISCIPLINES = {1: "安全", 2: "工艺", 3: "电气", 4: "仪表", 5: "消防", 6: "总图", 7: "设备", 8: "其他"}
"""`hazardDangerType`."""
OTHER_DISCIPLINE = 8

REGISTERED_BY = {0: "其他", 1: "主要负责人登记", 2: "技术负责人登记", 3: "操作负责人登记"}
"""`hazardCategory`."""

STATES = {0: "整改中", 1: "待验收", 9: "已验收"}
"""`dangerState`."""
STATE_OF: dict[str, int] = {
    HazardStatus.REPORTED: 0,
    HazardStatus.JUDGED: 0,
    HazardStatus.ORDERED: 0,
    HazardStatus.PLANNED: 0,
    HazardStatus.RECTIFYING: 0,
    HazardStatus.RECTIFIED: 1,
    HazardStatus.VERIFIED: 1,
    HazardStatus.CLOSED: 9,
    HazardStatus.WITHDRAWN: 9,
    HazardStatus.DUPLICATE: 9,
}
"""Our states are richer and map down; what was withdrawn or is a duplicate goes out as deleted."""
ACCEPTED = 9

DELETED = {0: "正常", 1: "已删除"}
"""`deleted`."""
DELETED_AS = (HazardStatus.WITHDRAWN, HazardStatus.DUPLICATE)
