"""An office's own Excel, as offices keep it: a title line, a head of two lines with merged cells, notes below, and a
few rows that cannot be right. Written here, so that no binary file has to be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
GIVEN = (
    "安澜",
    "若溪",
    "知远",
    "清和",
    "长庚",
    "望舒",
    "维桢",
    "景行",
    "怀瑾",
    "允执",
    "行健",
    "自强",
    "守正",
    "致和",
    "思齐",
)
TOWNS = ("云岭镇", "石桥镇", "梅林镇", "青石乡", "临江街道", "白沙镇", "南湾乡", "东亭街道", "望江镇", "龙潭乡")
DEPARTMENTS = (
    ("教育局", "教育"), ("公安局", "道路交通运输"), ("民政局", "民政养老"), ("交通运输局", "道路交通运输、水上交通"),
    ("农业农村局", "农业渔业农机"), ("水利局", "水利"), ("商务局", "商贸餐饮"), ("文化旅游局", "文化旅游"),
    ("卫生健康局", "医疗卫生"), ("市场监督管理局", "特种设备"), ("消防救援局", "消防"), ("城市管理局", "城镇燃气"),
)  # fmt: skip
TITLES = ("局长", "安全股股长", "科员", "安全专干")
PEOPLE = 400


@dataclass(frozen=True)
class OfficeBook:
    """`content` is an xlsx file with the sheets 区域, 单位 and 人员; `people` and `bad` count the rows of 人员."""

    content: bytes
    regions: int
    units: int
    people: int
    bad: tuple[int, ...]
    """Numbers of the bad rows of 人员, as the spreadsheet counts."""


def office_book(*, county: str, county_code: str, people: int = PEOPLE, bad: bool = True) -> OfficeBook:
    """The workbook of a county's office: towns of `county` (whose 6-digit code is given), its departments and towns'
    offices, and the people in them, of whom three rows are bad."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False})
    regions = [(name, f"{county_code}{100 + number}000", "乡级", county) for number, name in enumerate(TOWNS, 10)]
    units = [
        *((f"{county}{name}", f"县{name}", "政府部门", county, sectors) for name, sectors in DEPARTMENTS),
        *((_town_office(name), name, "乡镇", f"{county}/{name}", "") for name in TOWNS),
    ]
    staff = [_person(number, units[number % len(units)][0]) for number in range(people)]
    wrong = _spoil(staff) if bad else ()
    _sheet(book, "区域", f"{county}乡镇区划一览表", _REGION_HEAD, regions)
    _sheet(book, "单位", f"{county}安全生产责任单位名录", _UNIT_HEAD, units)
    _sheet(book, "人员", f"{county}安全生产工作人员通讯录", _PEOPLE_HEAD, staff)
    book.close()
    first_row = 4  # below the title and the head of two lines
    return OfficeBook(
        out.getvalue(), len(regions), len(units), len(staff) - len(wrong), tuple(first_row + row for row in wrong)
    )


def ledger_book(rows: Sequence[Sequence[Any]]) -> bytes:
    """An office's ledger of tasks: 序号, 任务名称, 工作内容, 牵头单位, 责任单位, 配合单位, 完成时限, 依据."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False})
    _sheet(book, "台账", "安全生产重点工作台账", _LEDGER_HEAD, rows)
    book.close()
    return out.getvalue()


Head = tuple[tuple[str, ...], tuple[str, ...]]
"""Two lines; a cell of the upper line spreads over the following empty ones, an empty lower one belongs to the upper."""
_REGION_HEAD: Head = (("区域名称", "区划代码", "层级", "上级"), ("", "", "", ""))
_UNIT_HEAD: Head = (("单位名称", "简称", "单位类别", "所在区域", "监管行业"), ("", "", "", "", ""))
_PEOPLE_HEAD: Head = (
    ("姓名", "所在单位", "岗位信息", "", "联系方式", "", "备注"),
    ("", "", "岗位角色", "职务", "手机号码", "登录名", ""),
)
_LEDGER_HEAD: Head = (
    ("序号", "任务名称", "工作内容", "责任分工", "", "", "完成时限", "依据"),
    ("", "", "", "牵头单位", "责任单位", "配合单位", "", ""),
)


def _sheet(book: Any, name: str, title: str, head: Head, rows: Sequence[Sequence[Any]]) -> None:
    sheet = book.add_worksheet(name)
    big = book.add_format({"bold": True, "font_size": 16, "align": "center"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    bold = book.add_format({"bold": True, "border": 1, "align": "center", "valign": "vcenter"})
    upper, lower = head
    width = len(upper)
    sheet.merge_range(0, 0, 0, width - 1, title, big)
    for at, label in enumerate(upper):
        if not label:
            continue
        end = at
        while end + 1 < width and not upper[end + 1] and lower[end + 1]:
            end += 1
        if end > at:
            sheet.merge_range(1, at, 1, end, label, bold)
        elif not lower[at]:
            sheet.merge_range(1, at, 2, at, label, bold)
    for at, label in enumerate(lower):
        if label:
            sheet.write_string(2, at, label, bold)
    for number, row in enumerate(rows, 3):
        for at, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(number, at, cell, day)
            elif cell != "":
                sheet.write(number, at, cell)
    sheet.write_string(len(rows) + 4, 0, "注：本表由安委办统一维护，如有变动请及时报送。")


def _town_office(town: str) -> str:
    return f"{town}办事处" if town.endswith("街道") else f"{town}人民政府"


def _person(number: int, unit: str) -> list[str]:
    name = SURNAMES[number % len(SURNAMES)] + GIVEN[number // len(SURNAMES) % len(GIVEN)]
    title = TITLES[number // 22 % len(TITLES)]
    role = "单位负责人" if title == "局长" else "安全经办"
    return [name, unit, role, title, f"139{number:08d}", f"user{number:04d}", ""]


def _spoil(staff: list[list[str]]) -> tuple[int, int, int]:
    """A mobile that lacks a digit, a unit nobody knows, a name left out: rows 7, 150 and the last."""
    short, unknown, nameless = 7 % len(staff), 150 % len(staff), len(staff) - 1
    staff[short][4] = staff[short][4][:-1]
    staff[unknown][1] = "老干部活动中心"
    staff[nameless][0] = ""
    return short, unknown, nameless
