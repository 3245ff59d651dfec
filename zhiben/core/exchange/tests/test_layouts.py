"""Tables as a clerk of another county keeps them: each is read as it is meant, or what is doubtful is said."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from zhiben.conftest import Cast
from zhiben.core.exchange import services
from zhiben.core.exchange.declaration import IMPORTS
from zhiben.core.exchange.headings import matched
from zhiben.core.exchange.layout import Layout, best_sheet, data_of
from zhiben.core.exchange.models import ImportRun
from zhiben.core.exchange.sheets import opened
from zhiben.core.exchange.summary import counts_of

BUREAU, TOWN, PLANT = "澄溪县应急管理局", "柳溪镇人民政府", "云帆化工有限公司"
HEADS = ("姓名", "单位", "手机")
WANG, SUN = ("王五", BUREAU, "13900000001"), ("孙七", TOWN, "13900000003")


def written(rows: Sequence[Sequence[Any]], *merges: str, **sheets: Sequence[Sequence[Any]]) -> bytes:
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, lines in {"名册": rows, **sheets}.items():
        sheet = book.add_worksheet(name)
        for place in merges if name == "名册" else ():
            sheet.merge_range(place, "")
        for number, line in enumerate(lines):
            for column, cell in enumerate(line):
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, column, cell, day)
                elif cell != "":
                    sheet.write(number, column, cell)
    book.close()
    return out.getvalue()


class Seen:
    """What the engine makes of a list of people, without the database."""

    def __init__(self, place: Path, content: bytes, filled_down: tuple[int, ...] = ()) -> None:
        fields = IMPORTS["org.people"].fields
        place.write_bytes(content)
        with opened(place, name="名册.xlsx") as book:
            table, layout = best_sheet(book, fields)
            data = data_of(table, replace(layout, filled_down=filled_down), fields)
            self.layout: Layout = layout
            self.rows = [[str(each) for each in cells] for _, cells in data]
            self.skipped = {each.number: each.reason for each in data.skipped}
        columns = [each.column for each in layout.headings]
        self.columns = {name: columns[at] for at, name in matched(layout.texts, fields).items()}

    def column(self, name: str) -> list[str]:
        return [row[self.columns[name]] for row in self.rows]


@pytest.fixture
def seen(tmp_path: Path) -> Callable[..., Seen]:
    return lambda content, *filled: Seen(tmp_path / "名册.xlsx", content, filled)


def test_a_section_line_may_be_the_unit_of_the_rows_below(seen: Callable[..., Seen]) -> None:
    rows = [["通讯录"], ["序号", "姓名", "手机"], [BUREAU], [1, "王五", ""], [f"二、{TOWN}"], [1, "孙七", ""]]
    found = seen(written(rows, "A1:C1", "A3:C3", "A5:C5"))
    last = found.layout.headings[-1]
    assert (last.text, last.is_section, last.samples) == ("分节标题", True, (BUREAU, TOWN))
    assert [(row[1], row[last.column]) for row in found.rows] == [("王五", BUREAU), ("孙七", TOWN)]


def test_a_section_line_is_known_by_its_ordinal_too(seen: Callable[..., Seen]) -> None:
    found = seen(written([HEADS, ["一、县直部门"], WANG, ["（二）乡镇"], SUN]))
    assert found.column("name") == ["王五", "孙七"]
    assert found.skipped == {2: "分节标题", 4: "分节标题"}


def test_what_is_written_once_for_several_rows_counts_for_all_when_the_person_says_so(
    seen: Callable[..., Seen],
) -> None:
    content = written([HEADS, WANG, ["赵六", "", ""], SUN, ["周八", "", ""]])
    assert [each.has_gaps for each in seen(content).layout.headings] == [False, True, True]
    assert seen(content, 1).column("unit") == [BUREAU, BUREAU, TOWN, TOWN]
    assert seen(content, 1).column("mobile") == ["13900000001", "", "13900000003", ""]


def test_lists_side_by_side_are_said_to_be_read_only_in_part(seen: Callable[..., Seen]) -> None:
    found = seen(written([[*HEADS, "", *HEADS], [*WANG, "", *SUN]]))
    assert found.column("name") == ["王五"]
    assert "从 E 列“姓名”起的右边一组不会读入" in found.layout.doubts[0]


def test_the_data_end_where_another_table_begins(seen: Callable[..., Seen]) -> None:
    found = seen(
        written([HEADS, WANG, [], ["附：值班表"], ["日期", "单位", "电话", "姓名"], ["3月1日", TOWN, "1", "吴九"]])
    )
    assert found.column("name") == ["王五"]
    assert found.skipped == {4: "表下说明", 5: "另一张表"}
    assert found.layout.doubts == ("第 5 行起像是另一张表，没有读入。需要的话，请把它放到单独的工作表里再导入。",)


def test_other_sheets_with_the_same_head_are_named(seen: Callable[..., Seen]) -> None:
    guide = [["填表说明"], ["1.姓名请填写真实姓名"], ["姓名", "必填"], ["单位", "必填"]]
    found = seen(written(guide, 县直=[HEADS, WANG], 乡镇=[HEADS, SUN]))
    assert found.layout.sheet == "县直"
    assert "工作表“乡镇”的表头也对得上，这次只读入“县直”" in found.layout.doubts[0]


def test_a_head_is_as_high_as_its_merged_cells(seen: Callable[..., Seen]) -> None:
    rows = [
        *[[f"说明 {number}"] for number in range(12)],
        ["序号", "人员信息", "", "联系方式", "", ""],
        ["", "姓名", "单位", "手机", "", "座机"],
        ["", "", "", "号码", "短号", ""],
        [1, *WANG, "661", "0591-83300000"],
    ]
    found = seen(written(rows, "A13:A15", "B13:C13", "D13:F13", "B14:B15", "C14:C15", "D14:E14", "F14:F15"))
    assert (found.layout.head_row, found.layout.head_lines, found.layout.first_row) == (14, 2, 16)
    assert found.column("mobile") == ["13900000001"]


def test_sums_notes_and_signatures_are_no_data(seen: Callable[..., Seen]) -> None:
    rows = [
        ["填报单位（盖章）：县安委办", "", "填报日期：2026年3月1日"], HEADS, WANG, ["", "小 计", "1人"], ["共1人"],
        ["注：1.本表一式两份。"], ["2.请于每月底前报送。"], ["制表：张三", "审核：李四", datetime(2026, 3, 1)],
        ["单位负责人（签字）：", "", "填表人（签字）："],
    ]  # fmt: skip
    found = seen(written(rows))
    assert found.column("name") == ["王五"]
    assert set(found.skipped) == set(range(4, 10))


def test_headings_nobody_thought_of(seen: Callable[..., Seen]) -> None:
    found = seen(
        written([["人员名称", "供职单位", "现任职务", "手机电话", "系统登录账户", "安全岗位", "分管安全领域"]])
    )
    assert list(found.columns) == ["name", "unit", "title", "mobile", "username", "role", "sectors"]
    assert found.layout.is_sure


# ── what stands in the cells ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def people(cast: Cast, now: datetime, bring: Callable[..., Any]) -> Callable[..., ImportRun]:
    def people(rows: Sequence[Sequence[Any]], **more: Any) -> ImportRun:
        by = {"by": cast.system_administrator, "now": now}
        upload = bring(written(rows), "名册.xlsx", who="system_administrator")
        run = services.begin_import(key="org.people", upload=upload, **by)
        return services.map_columns(run=run, mapping=run.columns, **more, **by)

    return people


@pytest.mark.django_db
def test_mobiles_names_and_roles_as_lists_write_them(people: Callable[..., ImportRun]) -> None:
    rows = [
        ("王  五", BUREAU, "139-0000-0001", "分管领导"),
        ("阿依古丽•买买提", BUREAU, "8613900000004", "安全员"),
        ("1.李四（兼）", PLANT, "13900000005/13900000006", "主要负责人"),
        ("赵六*", TOWN, "0591-83300000", "联络员"),
        ("孙七", TOWN, "13900000013（微信同号）", "网格员"),
        ("周八", TOWN, "1390000001", "信息员"),
        ("吴九", "", "13900000014", ""),
    ]
    run = people([("姓名", "单位", "联系号码", "岗位角色"), *rows])
    assert counts_of(run).will_happen == "将新增 6 人，更新 0 人；1 行有问题，不导入。"
    assert [(row.number, "应为 1 开头的 11 位数字" in row.sentences[0]) for row in run.rows.all()] == [(7, True)]
    assert dict(run.notes) == {
        3: "“安全员”按“安全经办”处理。",
        4: "写了 2 个手机号，登记第一个（尾号 0005）。“主要负责人”按“企业主要负责人”处理。",
        5: "座机不登记。",
        8: "没有写单位，只登记这个人，不拟任岗位。",
    }


@pytest.mark.django_db
def test_a_blank_column_between_does_not_mislead_what_is_remembered(
    people: Callable[..., ImportRun], cast: Cast
) -> None:
    people([HEADS, WANG])
    apart = people([("姓名", "", "单位", "", "手机"), ("孙七", "", TOWN, "", "13900000003")])
    assert apart.columns == {0: "name", 2: "unit", 4: "mobile"}
    assert counts_of(apart).bad == 0
