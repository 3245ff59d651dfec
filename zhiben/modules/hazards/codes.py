"""The numbers by which the dual-prevention exchange names things (notes on the national data-exchange chain)."""

DISCIPLINES = {1: "安全", 2: "工艺", 3: "电气", 4: "仪表", 5: "消防", 6: "总图", 7: "设备", 8: "其他"}
"""`hazardDangerType`."""

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
