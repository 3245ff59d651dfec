"""The rules of the grammar one by one, each with an example from the field."""

from datetime import date

import pytest

from zhiben.core.text.mapped import MappedText
from zhiben.modules.plans.reading.clauses import Quoted
from zhiben.modules.plans.reading.duties import duties_in
from zhiben.modules.plans.reading.frequencies import recurrences_in
from zhiben.modules.plans.reading.indicators import targets_in
from zhiben.modules.plans.reading.lines import lines_of, paragraphs_of
from zhiben.modules.plans.reading.markup import cells_in_markup, without_markup
from zhiben.modules.plans.reading.milestones import deadlines_in
from zhiben.modules.plans.reading.numbering import starts_item
from zhiben.modules.plans.reading.outline import outline_of
from zhiben.modules.plans.reading.responsibility import default_names, first_place_rule, names_in, units_in
from zhiben.modules.plans.reading.tables import kind_of
from zhiben.modules.plans.reading.zones import _kind


def paragraphs(text: str) -> list[str]:
    return paragraphs_of(lines_of(MappedText.of(text)), set()).text.split("\n")


def outline(text: str) -> list[tuple[int, str | None]]:
    lines = lines_of(MappedText.of(text))
    root = outline_of(paragraphs_of(lines, set()), lines.gaps)
    depths = {id(root): 0}
    found = []
    for item in root.walk()[1:]:
        depths[id(item)] = depths[id(item.parent)] + 1
        found.append((depths[id(item)], item.printed))
    return found


@pytest.mark.parametrize(
    ("line", "opens"),
    [
        ("一、总体要求", True), ("(十二)强化执法", True), ("12.开展培训", True), ("3、建立台账", True), ("(3)更新设备", True),
        ("①摸底", True), ("1.2推进整治", True), ("8.2024年6月底前完成", True), ("任务一:健全机构", True), ("第一章总则", True),
        ("1.5米以上护栏", False), ("2024.3", False), ("2024年底前", False), ("十五条硬措施", False), ("一是压实责任", False),
        ("二、三级医院", False), ("30%以上", False),
    ],
)  # fmt: skip
def test_what_opens_an_item(line: str, opens: bool) -> None:
    assert starts_item(line) is opens


def test_a_count_that_goes_on_is_the_same_list() -> None:
    assert outline("一、任务\n(一)甲\n1.子\n2.丑\n(二)乙\n3.寅\n二、保障\n(一)丙") == [
        (1, "一"), (2, "(一)"), (3, "1"), (3, "2"), (2, "(二)"), (3, "3"), (1, "二"), (2, "(一)"),
    ]  # fmt: skip


def test_an_unusual_order_of_styles_is_seen_from_the_count() -> None:
    assert outline("1.甲\n(一)子\n(二)丑\n2.乙\n(一)寅") == [(1, "1"), (2, "(一)"), (2, "(二)"), (1, "2"), (2, "(一)")]


def test_the_same_style_again_after_a_colon_is_a_list_inside() -> None:
    assert outline("1.重点抓好以下工作:\n1.排查\n2.整改\n2.强化执法") == [(1, "1"), (2, "1"), (2, "2"), (1, "2")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(一)指导思想\n坚持人民至上。\n(二)目标", ["(一)指导思想", "坚持人民至上。", "(二)目标"]),
        ("加强监管,县应急\n局牵头。", ["加强监管,县应急局牵头。"]),
        ("压实责任(县应急局\n牵头)。\n下一段", ["压实责任(县应急局牵头)。", "下一段"]),
        ("推进整治,形成\n— 12 —\n合力。", ["推进整治,形成合力。"]),
        ("坚持安全第\n一、预防为主。", ["坚持安全第一、预防为主。"]),
        ("三年行动任务清单\n一、消防领域", ["三年行动任务清单", "一、消防领域"]),
        ("培训任务。2024\n年底前完成。", ["培训任务。2024年底前完成。"]),
        ("推进整治,形成\n- 8 -\n合力。", ["推进整治,形成合力。"]),
        ("第 3 页 共 20 页\n一、总体要求", ["", "一、总体要求"]),
        ("责任单位\n县应急局、县公安局", ["责任单位:县应急局、县公安局"]),
    ],
)
def test_paragraphs_are_made_whole(text: str, expected: list[str]) -> None:
    assert [one for one in paragraphs(text) if one] == [one for one in expected if one]


@pytest.mark.parametrize(
    ("content", "units"),
    [
        ("县应急局牵头,县公安局、县住建局等按职责分工负责", "l县应急局 p县公安局 p县住建局"),
        ("甲局、乙局分别牵头,各有关部门按职责分工负责", "l甲局 l乙局 p各有关部门"),
        ("甲局会同乙局负责", "l甲局 p乙局"),
        ("甲局、乙局按职责分工负责", "r甲局 r乙局"),
        ("牵头单位:甲局;配合单位:乙局、丙局", "l甲局 p乙局 p丙局"),
        ("责任单位:甲局、乙局", "r甲局 r乙局"),
        ("甲局(牵头)、乙局", "l甲局 p乙局"),
        ("甲局牵头,2024年底前完成", "l甲局"),
        ("甲局牵头负责", "l甲局"),
        ("甲局、乙局双牵头", "l甲局 l乙局"),
        ("甲局牵头抓总,各乡镇(街道)抓好落实", "l甲局 p各乡镇(街道)"),
        ("甲局牵头负总责,乙局、丙局具体落实", "l甲局 p乙局 p丙局"),
        ("甲局等负有安全监管职责的部门负责", "r甲局"),
        ("甲局牵头,乙局等部门及各地区按职责分工负责", "l甲局 p乙局 p各地区"),
        ("县(市)党委政府,产业园区负责", "r县(市)党委政府 r产业园区"),
        ("责任单位:甲局;责任人:李某", "r甲局"),
    ],
)
def test_who_is_responsible_and_how(content: str, units: str) -> None:
    found = units_in(content, 0, len(content))
    assert " ".join(unit.role[0] + unit.name for unit in found) == units


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("住房和城乡建设局、文化和旅游局", ["住房和城乡建设局", "文化和旅游局"]),
        ("负有监管职责的部门和负有管理职责的部门", ["负有监管职责的部门", "负有管理职责的部门"]),
        ("各乡镇、街道办", ["各乡镇", "街道办"]),
        ("县委和政府督查室", ["县委", "政府督查室"]),
        ("各县(市、区)党委和政府", ["各县(市、区)党委和政府"]),
        ("2024年底前完成", []),
    ],
)
def test_lists_of_units(text: str, names: list[str]) -> None:
    assert [name for name, _, _ in names_in(text)] == names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("完成整治。(县应急局牵头)", ["县应急局牵头"]),
        ("责任单位:甲局、乙局\n下一段", ["责任单位:甲局、乙局"]),
        ("【责任单位】甲局", ["【责任单位】甲局"]),
        ("加强班组(车间、工段)管理", []),
        ("企业主要负责人(实际控制人)负责", []),
        ("由牵头部门(以下简称“牵头单位”)组织", []),
        ("全部淘汰(2025年底前完成)", []),
    ],
)
def test_where_a_responsibility_stands(text: str, found: list[str]) -> None:
    assert [text[duty.inner_start : duty.inner_end] for duty in duties_in(text)] == found


@pytest.mark.parametrize(
    "text", ["排在第一位的部门为牵头部门,下同", "列第一位的为牵头单位", "排名首位的单位为牵头单位"]
)
def test_the_first_leads(text: str) -> None:
    assert first_place_rule(text) is not None


def test_units_named_once_for_all_later_tasks() -> None:
    text = "各镇负责,以下均需各镇、园区管委会负责,不再列出"
    assert [unit.name for unit in default_names(text)] == ["各镇", "园区管委会"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2024年底前完成2023年及以前排查的存量", [date(2024, 12, 31)]),
        ("2024年,重点培训;2025年,全面覆盖", [date(2024, 12, 31), date(2025, 12, 31)]),
        ("2021年以来事故教训,自2024年起实行", []),
        ("按照《专项行动(2024—2026年)》要求", []),
        ("每年12月1日前", []),
        ("每年6月底前、11月底前", []),
        ("截至2025年底,联网率达到90%", [date(2025, 12, 31)]),
        ("2024年6月底前摸排,9月底前整改", [date(2024, 6, 30), date(2024, 9, 30)]),
        ("参加2025年全国安全生产月活动", []),
        ("三年内、年内", []),
    ],
)
def test_deadlines(text: str, days: list[date]) -> None:
    found = deadlines_in(text, 0, len(text), first_year=2024, quoted=Quoted(text))
    assert [due.due for due in found] == days


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("持证率达到100%", [(100, "%", ">=")]),
        ("覆盖率100%", [(100, "%", "=")]),
        ("投保率不低于百分之九十五", [(95, "%", ">=")]),
        ("每年挂牌督办不少于30项", [(30, "项", ">=")]),
        ("占比不低于总数的20%", [(20, "%", ">=")]),
        ("建成1个以上基地", [(1, "个", ">=")]),
        ("扶持1所左右学校", [(1, "所", "=")]),
        ("较大事故控制在2起以内", [(2, "起", "<=")]),
        ("改造管网12.5公里", [(12.5, "公里", "=")]),
        ("在10人以上企业试点", []),
        ("二级及以上医院", []),
        ("超过30天未整改的", []),
        ("落实79项具体举措", []),
        ("每季度至少开展1次检查", []),
        ("安排资金不低于500万元", [(500, "万元", ">=")]),
    ],
)
def test_targets(text: str, targets: list[tuple[float, str, str]]) -> None:
    found = targets_in(text, 0, len(text), quoted=Quoted(text))
    assert [(target.value, target.unit, target.operator) for target in found] == targets


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("每季度带队至少开展1次检查", [("quarter", 1)]),
        ("每半年至少一次", [("half-year", 1)]),
        ("每年组织不少于两次演练,每月至少1次自查", [("year", 2), ("month", 1)]),
        ("每季度(高危行业每月)至少检查1次", [("quarter", 1), ("month", 1)]),
        ("年内至少组织2次巡查", [("year", 2)]),
        ("每年开设安全课程", []),
        ("每两年评估1次", []),
        ("落实“日管控、周排查、月调度”", []),
    ],
)
def test_frequencies(text: str, found: list[tuple[str, int]]) -> None:
    read = recurrences_in(text, 0, len(text), quoted=Quoted(text))
    assert [(one.per, one.min_count) for one in read if one.counted] == found


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("主要任务", "tasks"), ("工作内容与要求", "tasks"), ("重点任务及责任分工", "tasks"), ("整治内容", "tasks"),
        ("总体要求", "rest"), ("任务分工", "rest"), ("保障措施", "rest"), ("实施步骤", "rest"), ("主要目标", "goals"),
        ("开展源头治理行动", "unknown"),
    ],
)  # fmt: skip
def test_what_a_section_holds(title: str, kind: str) -> None:
    assert _kind(title) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [("牵头", "lead"), ("配合单位", "participant"), ("责任部门", "responsible"), ("完成时间", "time"), ("序号", "number"),
     ("重点任务", "task"), ("主要措施", "detail"), ("责任人", "other"), ("行动名称", "action")],
)  # fmt: skip
def test_what_a_column_holds(head: str, kind: str) -> None:
    assert kind_of(head) == kind


def test_markup_leaves_no_trace_and_keeps_the_way_back() -> None:
    page = "<div><p>一、总体<b>要求</b>&nbsp;</p>\n<script>if(1<2){}</script><p>二、任务</p></div>"
    clean = without_markup(MappedText.of(page))
    assert [line.strip() for line in clean.text.split("\n") if line.strip()] == ["一、总体要求", "二、任务"]
    at = clean.text.index("二、")
    assert page[slice(*clean.origin(at, at + 4))] == "二、任务"


def test_cells_of_a_table_with_merged_cells() -> None:
    page = "<table><tr><td rowspan=2>甲</td><td>乙</td></tr><tr><td colspan='2'>丙</td></tr></table><p></p>"
    assert [(page[c.start : c.end], c.row, c.column, c.row_span, c.column_span) for c in cells_in_markup(page)] == [
        ("甲", 0, 0, 2, 1), ("乙", 0, 1, 1, 1), ("丙", 1, 1, 1, 2),
    ]  # fmt: skip
