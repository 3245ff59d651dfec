"""An action plan of any length in the usual layout, put together from parts."""

NUMERALS = "零一二三四五六七八九"
FIELDS = ("危险化学品", "建筑施工", "道路运输", "城镇燃气", "消防", "矿山", "特种设备", "工贸", "农业机械", "文化旅游")
LEADS = ("市应急管理局", "市住房和城乡建设局", "市交通运输局", "市市场监督管理局", "市消防救援支队", "市自然资源局")
HEAD = """安澜市安全生产提升行动方案（2026—2028年）

为深入贯彻落实关于安全生产的决策部署，切实提高本质安全水平，制定本方案。

一、总体要求

坚持安全第一、预防为主，着力消除事故隐患，到2028年底前，重大事故隐患动态清零。

二、主要任务

"""
TAIL = """三、保障措施

加强组织领导，各有关部门按照职责分工抓好落实。各县区每季度末报送工作进展情况。

安澜市安全生产委员会
2026年1月15日
"""


def plan_text(tasks: int) -> str:
    """Ten tasks to an action, each with who leads, who helps, by when, how much and how often."""
    parts = [HEAD]
    for number in range(tasks):
        if number % 10 == 0:
            parts.append(f"（{chinese(number // 10 + 1)}）{FIELDS[number // 10 % 10]}安全能力提升行动\n\n")
        field, lead, other = FIELDS[number % 10], LEADS[number % 6], LEADS[(number + 1) % 6]
        parts.append(
            f"{number % 10 + 1}.开展{field}重点环节排查整治。全面排查{field}领域风险隐患，建立问题清单和责任清单，"
            f"每季度至少开展1次联合检查。{2026 + number % 3}年{number % 12 + 1}月底前，完成{field}企业安全评估，"
            f"覆盖率达到{80 + number % 20}%以上。（牵头单位：{lead}；参与单位：{other}）\n\n"
        )
    return "".join([*parts, TAIL])


def chinese(number: int) -> str:
    """1–999 as written in headings."""
    if number < 10:
        return NUMERALS[number]
    if number < 20:
        return "十" + (NUMERALS[number % 10] if number % 10 else "")
    if number < 100:
        return NUMERALS[number // 10] + "十" + (NUMERALS[number % 10] if number % 10 else "")
    rest = number % 100
    joint = "" if not rest else "零" + chinese(rest) if rest < 10 else ("一" if rest < 20 else "") + chinese(rest)
    return NUMERALS[number // 100] + "百" + joint
