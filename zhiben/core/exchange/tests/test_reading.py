"""Spreadsheets as offices make them, and files that are not what they say. No database."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from zhiben.core.exchange.cells import convert
from zhiben.core.exchange.declaration import Field
from zhiben.core.exchange.headings import matched
from zhiben.core.exchange.layout import Layout, best_sheet, data_of
from zhiben.core.exchange.sheets import MOST_ROWS, Book, Flaw, opened
from zhiben.core.refusal import Refused

FIELDS = (
    Field("name", "姓名", required=True),
    Field("unit", "单位", aliases=("工作单位",)),
    Field("mobile", "手机", aliases=("手机号",), is_code=True),
    Field("phone", "办公电话", is_code=True),
    Field("on", "入职日期", kind="date"),
)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def written(content: bytes, name: str = "表.xlsx") -> Path:
        place = tmp_path / name
        place.write_bytes(content)
        return place

    return written


def rows_of(path: Path, name: str = "表.xlsx") -> tuple[Layout, list[tuple[int, list]], list[tuple[int, str]]]:
    """The layout, the rows of data, and the lines left out with the reason."""
    with opened(path, name=name) as book:
        table, layout = best_sheet(book, FIELDS)
        data = data_of(table, layout, FIELDS)
        return layout, list(data), [(each.number, each.reason) for each in data.skipped]


def roster() -> bytes:
    """Title, two-line head with merged cells, a line of column numbers, units merged downwards, a section line, the
    head repeated, a sum, notes; a cover sheet before it and a hidden row."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet("封面").write(3, 2, "安全生产人员名册")
    sheet = book.add_worksheet("名册")
    for place, text in {
        "A1:F1": "人员花名册", "A2:A3": "序号", "B2:B3": "姓 名", "C2:C3": "工作单位", "D2:E2": "联系方式",
        "F2:F3": "备注", "C5:C6": "应急局", "A7:F7": "二、乡镇",
    }.items():  # fmt: skip
        sheet.merge_range(place, text)
    for place, value in {
        "D3": "手机", "E3": "办公电话", "A4": 1, "B4": 2, "C4": 3, "D4": 4, "E4": 5, "F4": 6,
        "A5": 1, "B5": "张　三", "D5": 13900000001, "A6": 2, "B6": "李四", "D6": "139 0000 0002",
        "A8": "序号", "B8": "姓名", "C8": "工作单位", "D8": "手机", "A9": 3, "B9": "王五", "C9": "柳溪镇",
        "A11": "合 计", "B11": 3, "A12": "填表人：某某", "D12": "审核人：某某", "A13": "备注：每季度更新。",
    }.items():  # fmt: skip
        sheet.write(place, value)
    sheet.set_row(8, None, None, {"hidden": True})
    sheet.set_column("E:E", None, None, {"hidden": True})
    book.close()
    return out.getvalue()


def test_a_roster_as_an_office_keeps_it(written: Callable) -> None:
    layout, rows, skipped = rows_of(written(roster()))
    assert (layout.sheet, layout.head_row, layout.head_lines, layout.first_row) == ("名册", 2, 2, 5)
    assert layout.texts == ["序号", "姓名", "工作单位", "联系方式/手机", "联系方式/办公电话", "备注", "分节标题"]
    assert matched(layout.texts, FIELDS) == {1: "name", 2: "unit", 3: "mobile", 4: "phone"}
    assert [(number, cells[1], cells[2]) for number, cells in rows] == [
        (5, "张　三", "应急局"),
        (6, "李四", "应急局"),
        (9, "王五", "柳溪镇"),
    ]
    assert skipped == [
        (7, "分节标题"), (8, "重复的表头"), (11, "合计行"), (12, "表下说明"), (13, "表下说明"),
    ]  # fmt: skip
    assert (layout.hidden_rows, layout.hidden_columns) == (1, ("E",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_tables_in_every_encoding(written: Callable, encoding: str, separator: str) -> None:
    lines = [["姓名", "工作单位", "手机"], ["张三", "应急局", '="013900000001"'], ["李四", '"甲\n乙"', ""]]
    text = "\r\n".join(separator.join(cells) for cells in lines)
    _, rows, _ = rows_of(written(text.encode(encoding), "表.csv"), "表.csv")
    assert [cells[:3] for _, cells in rows] == [["张三", "应急局", "013900000001"], ["李四", "甲\n乙", ""]]


def formulas() -> bytes:
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["姓名", "手机", "工作单位"])
    sheet.write_formula("A2", "=B2&C2", None, "张三")
    sheet.write_formula("B2", "=1/0", None, "#DIV/0!")
    sheet.write_formula("C2", '=HYPERLINK("http://x")', None, "")
    sheet.write_row(2, 0, ["=cmd|' /C calc'!A0", "+86", "@x"])
    book.close()
    return out.getvalue()


def test_formulas_count_for_their_stored_value_and_text_stays_text(written: Callable) -> None:
    _, ((_, first), (_, second)), _ = rows_of(written(formulas()))
    assert first == ["张三", Flaw("#DIV/0!"), Flaw()]
    assert second == ["=cmd|' /C calc'!A0", "+86", "@x"]
    assert "公式出错（#DIV/0!）" in convert(FIELDS[2], first[1])[1]
    assert "没有保存它的结果" in convert(FIELDS[1], first[2])[1]


def test_days_of_the_calendar_from_1904(written: Callable) -> None:
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"date_1904": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["姓名", "入职日期"])
    sheet.write_row(1, 0, ["张三"])
    sheet.write_datetime(1, 1, datetime(2026, 3, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write_row(2, 0, ["李四", 44620])
    book.close()
    place = written(out.getvalue())
    with opened(place, name="表.xlsx") as opened_book:
        table = opened_book.table("Sheet1")
        days = [convert(FIELDS[4], cells[1], is_1904=table.is_1904)[0] for _, cells in list(table.rows())[1:]]
    assert [day.isoformat() for day in days] == ["2026-03-01", "2026-03-01"]


def zipped(*parts: tuple[str, bytes]) -> bytes:
    import zipfile

    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return out.getvalue()


TYPES = ("[Content_Types].xml", b"<Types>spreadsheetml</Types>")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7 ...", "内容是PDF 文件，不是表格"),
        (b"<html><body><table><tr><td>x</td></tr></table></body></html>", "内容其实是网页"),
        (zipped(("a.txt", b"x")), "压缩包"),
        (zipped(TYPES), "已损坏"),
        (formulas()[:-500], "压缩包|已损坏|打不开"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "PNG 图片"),
        (zipped(TYPES, *((f"xl/{n}.xml", b"<a/>") for n in range(5001))), "太大了"),
    ],
)
def test_a_file_that_is_not_what_it_says(written: Callable, content: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence), opened(written(content), name="表.xlsx"):
        pass


def sheet_with(cell: str) -> bytes:
    """An xlsx of one cell that stands far away."""
    import zipfile

    out, source = BytesIO(), BytesIO(formulas())
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part.endswith("sheet1.xml"):
                row = "".join(filter(str.isdigit, cell))
                far = f'<row r="{row}"><c r="{cell}"><v>1</v></c></row></sheetData>'.encode()
                content = content.replace(b"</sheetData>", far)
            new.writestr(part, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("cell", "sentence"), [("A1048576", "1,048,576 行"), ("XFD9", "16,384 列"), ("CZ150000", "太大")]
)
def test_a_cell_far_away_does_not_take_the_memory(written: Callable, cell: str, sentence: str) -> None:
    place = written(sheet_with(cell))
    with opened(place, name="表.xlsx") as book, pytest.raises(Refused, match=sentence):
        _tables(book)


def _tables(book: Book) -> list:
    return [book.table(each.name) for each in book.sheets]


def test_the_most_rows_are_what_the_sentence_says() -> None:
    assert MOST_ROWS == 200_000


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        (Field("n", "姓名"), " 张　三\u200b\n", "张三"),
        (Field("n", "名称"), "Ａ１２  plan", "A12 plan"),
        (Field("m", "手机", is_code=True), 13900000001.0, "13900000001"),
        (Field("m", "手机", is_code=True), "'139 0000 0001", "13900000001"),
        (Field("d", "期限", kind="date"), "２０２６.3.1", "2026-03-01"),
        (Field("d", "期限", kind="date"), 20260301.0, "2026-03-01"),
        (Field("d", "期限", kind="date"), "2026年6月底前", "2026-06-30"),
        (Field("w", "人数", kind="whole"), "１，２００", "1200"),
        (Field("p", "比例", kind="percent"), 0.355, "35.5"),
        (Field("p", "比例", kind="percent"), "35.5％", "35.5"),
        (Field("y", "专职", kind="yes_no"), "√", "True"),
        (Field("l", "行业", kind="list"), "危化、燃气；危化", "('危化', '燃气')"),
        (Field("c", "类别", kind="choice", choices=(("a", "企业（规上）"),)), "企业(规上)", "a"),
    ],
)
def test_what_people_write_is_understood(field: Field, cell: Any, value: str) -> None:
    found, sentence = convert(field, cell)
    assert sentence == ""
    assert (str(found.normalize()) if field.kind == "percent" else str(found)) == value


@pytest.mark.parametrize(
    ("field", "cell", "sentence"),
    [
        (Field("c", "信用代码", is_code=True), 1.10101e17, "后几位已丢失，请把该列设为文本后重新填写信用代码"),
        (Field("c", "信用代码", is_code=True), "1.10101E+17", "后几位已丢失"),
        (Field("d", "期限", kind="date"), "2026年6月", "看不出是哪一天"),
        (Field("d", "期限", kind="date"), "2026-02-30", "看不出是哪一天"),
        (Field("d", "期限", kind="date"), float("inf"), "看不出是哪一天"),
        (Field("w", "人数", kind="whole"), "12人", "应为整数"),
        (Field("w", "人数", kind="whole"), "1e999999", "应为整数"),
        (Field("n", "姓名", required=True), " \u3000", "请填写姓名"),
        (Field("n", "姓名", max_length=2), "张三丰", "最多 2 个字，现有 3 个"),
        (Field("c", "类别", kind="choice", choices=(("a", "企业"),)), "学校", "请填：企业"),
        (Field("y", "专职", kind="yes_no"), "也许", "“是”或“否”"),
    ],
)
def test_what_is_not_understood_is_said(field: Field, cell: Any, sentence: str) -> None:
    assert sentence in convert(field, cell)[1]
