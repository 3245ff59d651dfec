"""A checklist as an Excel workbook and as a Word document."""

from io import BytesIO

import xlsxwriter

from zhiben.core.calendar import full_day
from zhiben.core.documents.paper import Block, Heading, Paper, Paragraph, Table, compose

from .checklists import KEY, Checklist, Item

HEADS = ("序号", "检查什么（出现即为重大事故隐患）", "依据", "怎么查", "拿什么证明", "结果", "说明")
_WIDTHS = (6, 38, 16, 44, 36, 10, 24)
_RESULTS = ["存在", "不存在", "不涉及"]


def workbook(checklist: Checklist) -> bytes:
    """One sheet, a line for each situation; the result is picked from a list."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False})
    edge = {"border": 1, "border_color": "#B8C0CA", "text_wrap": True, "valign": "top"}
    head = book.add_format(edge | {"bold": True, "bg_color": "#E6ECF4", "valign": "vcenter"})
    plain, group = book.add_format(edge), book.add_format(edge | {"bold": True})
    title = book.add_format({"bold": True, "font_size": 14})
    sheet = book.add_worksheet("检查清单")
    sheet.write_string(0, 0, checklist.title, title)
    sheet.write_string(1, 0, f"适用：{checklist.scope}；按{full_day(checklist.day)}施行的标准。{KEY}")
    for column, (text, width) in enumerate(zip(HEADS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(2, column, text, head)
    line = 3
    for standard, items in checklist.sections:
        sheet.merge_range(line, 0, line, len(HEADS) - 1, str(standard), group)
        line += 1
        for item in items:
            cells = (item.criterion.title, item.source, "\n".join(_said(item)), "\n".join(item.evidence), "", "")
            sheet.write_number(line, 0, item.number, plain)
            for column, text in enumerate(cells, 1):
                sheet.write_string(line, column, text, plain)
            line += 1
    sheet.data_validation(3, 5, max(line - 1, 3), 5, {"validate": "list", "source": _RESULTS})
    sheet.freeze_panes(3, 2)
    sheet.repeat_rows(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    book.close()
    return out.getvalue()


def document(checklist: Checklist) -> bytes:
    """For printing and signing: one table for each standard."""
    body: list[Block] = [
        Paragraph(f"适用：{checklist.scope}。按{full_day(checklist.day)}施行的判定标准编制，情形以标准原文为准。{KEY}"),
        Paragraph("被检查单位：____________　检查时间：____年__月__日"),
    ]
    for standard, items in checklist.sections:
        rows = [
            (
                str(item.number),
                f"{item.criterion.title}（{item.source}）",
                "\n".join(_said(item)),
                "\n".join(item.evidence),
                "\n".join(f"□{each}" for each in _RESULTS),
            )
            for item in items
        ]
        body.append(Heading(1, str(standard)))
        body.append(
            Table(head=("序号", "检查什么", "怎么查", "拿什么证明", "结果"), rows=rows, widths=(1, 4, 5, 4, 1.9))
        )
    body.append(Paragraph("检查人（签字）：____________　被检查单位负责人（签字）：____________"))
    return compose(Paper(title=checklist.title, body=body, sealed=False))


def _said(item: Item) -> list[str]:
    """A line for each of 找、看、量、查."""
    return [f"{by}：{'　'.join(lines)}" for by, lines in item.look]
