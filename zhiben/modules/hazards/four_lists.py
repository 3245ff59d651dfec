"""四张清单 of major hazards: what it is, who answers for it, what keeps it in check meanwhile, what if it happens."""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.db.models import Prefetch, QuerySet

from zhiben.core.web.words import full_day

from .models import Hazard, HazardLevel, RectificationPlan

MOST_ROWS = 20_000
FEW = 1000
"""So many are sorted when they are found."""


@dataclass(frozen=True)
class Row:
    """A major hazard with the plan that holds: the accepted one, else the last filed."""

    hazard: Hazard
    plan: RectificationPlan | None


@dataclass(frozen=True)
class Column:
    label: str
    width: int
    """Share of the page."""
    value: Callable[[Row], Any]


@dataclass(frozen=True)
class FourthPart:
    """One of the four."""

    title: str
    about: str
    columns: Sequence[Column]

    def lines(self, rows: Iterable[Row]) -> list[list[tuple[Column, str]]]:
        return [[(column, said(column.value(row))) for column in self.columns] for row in rows]


def of_plan(name: str) -> Callable[[Row], Any]:
    return lambda row: getattr(row.plan, name) if row.plan else ""


def _contact(row: Row) -> str:
    if row.plan and row.plan.liable_mobile:
        return f"{row.plan.liable_person} {row.plan.liable_mobile}"
    enterprise = row.hazard.enterprise
    return f"{enterprise.officer_name} {enterprise.officer_mobile}".strip() if enterprise else ""


_NUMBER = Column("编号", 13, lambda row: row.hazard.number)
_WHERE = Column("企业（单位）和位置", 14, lambda row: f"{row.hazard.responsible_unit}，{row.hazard.place}")

FOUR = (
    FourthPart(
        "基础信息清单",
        "是什么、在哪里、依据什么、现在到哪一步",
        (
            _NUMBER,
            _WHERE,
            Column("隐患情况", 30, lambda row: row.hazard.description),
            Column("判定依据", 20, lambda row: row.hazard.criterion or row.hazard.criterion_reason),
            Column("发现日期", 11, lambda row: row.hazard.found_on),
            Column("来源", 8, lambda row: row.hazard.get_channel_display()),
            Column("状态", 7, lambda row: row.hazard.get_status_display()),
        ),
    ),
    FourthPart(
        "责任分工清单",
        "谁整改、谁监管、谁销号、什么时候完成",
        (
            _NUMBER,
            _WHERE,
            Column("整改责任人", 10, of_plan("liable_person")),
            Column("责任人电话", 10, of_plan("liable_mobile")),
            Column("企业主要负责人", 10, lambda row: row.hazard.enterprise.head_name if row.hazard.enterprise else ""),
            Column("监管单位", 14, lambda row: row.hazard.supervising_unit),
            Column("销号单位", 14, lambda row: row.hazard.closing_unit),
            Column("整改期限", 11, lambda row: row.hazard.rectify_by),
        ),
    ),
    FourthPart(
        "防控措施清单",
        "整改完成之前怎么防住，怎么改，花多少钱",
        (
            _NUMBER,
            _WHERE,
            Column("已采取的临时措施", 18, lambda row: row.hazard.immediate_measures),
            Column("治理期间的安全措施", 18, of_plan("safety_measures")),
            Column("整改措施", 24, of_plan("measures")),
            Column("资金（元）", 8, of_plan("funds")),
            Column("进度", 6, lambda row: f"{row.hazard.progress}%"),
        ),
    ),
    FourthPart(
        "应急处置清单",
        "可能出什么事，出了事怎么办，找谁",
        (
            _NUMBER,
            _WHERE,
            Column("可能的后果", 20, lambda row: row.hazard.danger),
            Column("应急预案和防范措施", 30, of_plan("contingency_plan")),
            Column("负责机构和人员", 14, of_plan("bodies")),
            Column("现场联系人和电话", 12, _contact),
        ),
    ),
)


def rows_of(hazards: QuerySet[Hazard], *, most: int = MOST_ROWS) -> list[Row]:
    """Three queries: which are the major ones among these, they themselves, and their plans."""
    plans = Prefetch("plans", RectificationPlan.objects.order_by("-filed_at", "-pk"), to_attr="filed")
    around = ("enterprise", "responsible_unit", "supervising_unit", "closing_unit", "criterion__standard")
    found = hazards.filter(level=HazardLevel.MAJOR)
    keys = list(found.order_by().values_list("pk", flat=True)[: FEW + 1])
    if len(keys) <= FEW:  # found by their level; in the order of the days a million are passed to meet them
        found = Hazard.objects.filter(pk__in=keys)
    found = found.select_related(*around).prefetch_related(plans).order_by("-found_on", "-pk")
    return [Row(each, _holding(each.filed)) for each in found[:most]]


def _holding(filed: Sequence[RectificationPlan]) -> RectificationPlan | None:
    return next((plan for plan in filed if plan.accepted_at), filed[0] if filed else None)


def said(value: Any) -> str:
    """As it stands in a cell of paper; a dash for what is not known yet, so that a gap is seen."""
    if isinstance(value, date):
        return full_day(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    return str(value or "—")


def workbook(rows: Sequence[Row], *, title: str, about: str) -> bytes:
    """Four sheets, each A4 across, heads on every page. Text stays text, whatever it begins with."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    big = book.add_format({"bold": True, "font_size": 16})
    small = book.add_format({"font_size": 10, "font_color": "#55606E"})
    head = book.add_format(
        {"bold": True, "border": 1, "bg_color": "#E6ECF4", "align": "center", "valign": "vcenter", "text_wrap": True}
    )
    cell = book.add_format({"border": 1, "valign": "top", "text_wrap": True})
    for part in FOUR:
        sheet = book.add_worksheet(part.title)
        sheet.write_string(0, 0, f"{title}{part.title}", big)
        sheet.write_string(1, 0, about, small)
        for at, column in enumerate(part.columns):
            sheet.set_column(at, at, column.width * 1.35)
            sheet.write_string(2, at, column.label, head)
        for number, line in enumerate(part.lines(rows), start=3):
            for at, (_, text) in enumerate(line):
                sheet.write_string(number, at, text[:32_767], cell)
        sheet.freeze_panes(3, 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)
        sheet.set_footer(f"&L&9{part.title}&C&9第 &P 页，共 &N 页")
    book.close()
    return out.getvalue()
