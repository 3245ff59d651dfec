"""The workbooks that people are given: an empty one to fill in, the rows with problems, and what became of each row."""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import IO, Any

import xlsxwriter

from .declaration import ACTION_WORDS, Field, Importing
from .layout import data_of
from .models import ImportRow, ImportRun
from .rows import rows_of, table_of
from .sheets import shown

TEMPLATE_ROWS = 2000
"""Rows of the template that are formatted and offer their choices."""
PROBLEMS_HEADING, NUMBER_HEADING = "问题", "行号"
RUN_MARK = "导入编号"
AT_ONCE = 5000
"""The results of more rows are written in the background: nobody waits before a white page."""
_MOST_LISTED = 255
"""Characters of a list of choices that a spreadsheet takes."""
_KIND_WORDS = {
    "text": "文字", "long_text": "文字，可以分行", "date": "日期，如 2026-03-01", "whole": "整数", "number": "数字",
    "percent": "百分数，如 35%", "yes_no": "是或否", "choice": "从下列各项中选一项", "list": "可填多项，用顿号分开",
}  # fmt: skip


class _Writer:
    """Workbooks of one look. Nothing is ever written as a formula or a link."""

    def __init__(self, out: IO[bytes], *, streaming: bool = False) -> None:
        self.book = xlsxwriter.Workbook(
            out, {"constant_memory": streaming, "strings_to_formulas": False, "strings_to_urls": False}
        )
        base = {"valign": "vcenter", "border": 1, "border_color": "#B8C0CA"}
        self.head = self.book.add_format(
            base | {"bold": True, "bg_color": "#E6ECF4", "align": "center", "text_wrap": True}
        )
        self.needed = self.book.add_format(
            base | {"bold": True, "bg_color": "#E6ECF4", "align": "center", "text_wrap": True, "font_color": "#B3261E"}
        )
        self.plain = self.book.add_format(base | {"num_format": "@", "text_wrap": True, "valign": "top"})
        self.wrong = self.book.add_format(base | {"num_format": "@", "bg_color": "#FDE9D9", "text_wrap": True})
        self.title = self.book.add_format({"bold": True, "font_size": 14})
        self.small = self.book.add_format({"font_color": "#55606E", "text_wrap": True})
        self.as_text = self.book.add_format({"num_format": "@"})
        self.as_day = self.book.add_format({"num_format": "yyyy-mm-dd"})


def template_of(target: type[Importing]) -> bytes:
    """An empty table: headings with notes, choices to pick, codes as text; a second sheet explains every column."""
    out = BytesIO()
    writer = _Writer(out)
    sheet = writer.book.add_worksheet("填写")
    for column, field in enumerate(target.fields):
        formats = {"date": writer.as_day, "whole": None, "number": None, "percent": None}
        sheet.set_column(column, column, _width_of(field), formats.get(field.kind, writer.as_text))
        sheet.write_string(0, column, field.label, writer.needed if field.required else writer.head)
        sheet.write_comment(0, column, _explained(field), {"x_scale": 2, "y_scale": 1.4})
        _offer_choices(sheet, column, field)
    sheet.set_row(0, 24)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    _explain(writer, target)
    writer.book.close()
    return out.getvalue()


def problem_rows(run: ImportRun) -> bytes:
    """The bad rows as they stand in the file, in its own columns, with the problems beside them. What was mended
    already stands in place of the old. Corrected here, the file is brought back (`returned.py`)."""
    out = BytesIO()
    writer = _Writer(out)
    sheet = writer.book.add_worksheet("问题行")
    headings = run.plan.headings
    sheet.write_string(
        0, 0, "改好后保存，回到导入页面上传这个文件。请不要改动“行号”一列和下面的导入编号。", writer.title
    )
    sheet.write_string(1, 0, f"{RUN_MARK}：{run.pk}", writer.small)
    heads = [NUMBER_HEADING, PROBLEMS_HEADING, *(each.text for each in headings)]
    for column, text in enumerate(heads):
        sheet.write_string(2, column, text, writer.head)
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, 1, 48)
    sheet.set_column(2, len(heads), 18, writer.as_text)
    fields = run.columns
    rows = {row.number: row for row in run.rows.filter(is_bad=True)}
    for line, (row, cells) in enumerate(_with_cells(run, rows), 3):
        wrong = {name for name, _ in row.problems}
        sheet.write_number(line, 0, row.number, writer.head)
        sheet.write_string(line, 1, "\n".join(row.sentences), writer.plain)
        for column, heading in enumerate(headings, 2):
            name = fields.get(heading.column, "")
            text = row.text_of(name) if name else cells[heading.column] if heading.column < len(cells) else ""
            sheet.write_string(line, column, text[:32_767], writer.wrong if name in wrong else writer.plain)
    sheet.freeze_panes(3, 2)
    writer.book.close()
    return out.getvalue()


def result_name(run: ImportRun) -> str:
    return f"导入结果-{run.upload.name}.xlsx"


def write_result(run: ImportRun, out: IO[bytes], progress: Callable[[int], None] = lambda done: None) -> None:
    """What became of every row, in the order of the sheet; one row in memory at a time."""
    with rows_of(run) as rows:  # before anything is opened to write
        writer = _Writer(out, streaming=True)
        sheet = writer.book.add_worksheet("逐行结果")
        fields = [field for field in run.target.fields if field.name in run.columns.values()]
        sheet.set_column(0, 1, 9)
        sheet.set_column(2, 2, 48)
        sheet.set_column(3, 3 + len(fields), 18)
        for column, text in enumerate(["行号", "结果", "说明", *(field.label for field in fields)]):
            sheet.write_string(0, column, text, writer.head)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(run.total, 1), 2 + len(fields))
        outcomes = {each[0]: (each[1], each[4]) for chunk in run.chunks.all() for each in chunk.outcomes}
        kept = {row.number: row for row in run.rows.all()}
        for line, read in enumerate(rows, 1):
            number, row = read.row.number, kept.get(read.row.number)
            action, note = outcomes.get(number, ("", ""))
            word = ACTION_WORDS.get(action) or ("有问题" if row and row.is_bad else "未导入")
            texts = read.texts | (row.mended if row else {})
            sheet.write_number(line, 0, number)
            sheet.write_string(line, 1, word)
            sheet.write_string(line, 2, note if action else "；".join(row.sentences) if row else "")
            for column, field in enumerate(fields, 3):
                if written := texts.get(field.name):
                    sheet.write_string(line, column, written[:32_767])
            if line % AT_ONCE == 0:
                progress(line)
        writer.book.close()


def _with_cells(run: ImportRun, rows: dict[int, ImportRow]) -> Iterator[tuple[ImportRow, Sequence[str]]]:
    """These rows with all their cells as texts, in the order of the sheet."""
    if not rows:
        return
    last = max(rows)
    with table_of(run, run.layout["sheet"]) as table:
        for number, cells in data_of(table, run.plan, run.target.fields):
            if number in rows:
                yield rows[number], [shown(each) for each in cells]
            if number >= last:
                return


def _explain(writer: _Writer, target: type[Importing]) -> None:
    sheet = writer.book.add_worksheet("说明")
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 10)
    sheet.set_column(2, 2, 60)
    sheet.set_column(3, 3, 28)
    sheet.write_string(0, 0, f"导入{target.title}：怎么填", writer.title)
    sheet.write_string(1, 0, target.help, writer.book.add_format({"font_color": "#55606E"}))
    for column, text in enumerate(("列", "是否必填", "怎么填", "示例")):
        sheet.write_string(3, column, text, writer.head)
    for line, field in enumerate(target.fields, 4):
        for column, text in enumerate(
            (field.label, "必填" if field.required else "可不填", _explained(field), field.example)
        ):
            sheet.write_string(line, column, text, writer.plain)
    sheet.fit_to_pages(1, 0)
    sheet.set_landscape()


def _explained(field: Field) -> str:
    parts = [f"{'必填。' if field.required else ''}{_KIND_WORDS[field.kind]}。", field.help]
    if field.choices:
        labels = [label for _, label in field.choices]
        parts.append(f"可填：{'、'.join(labels[:40])}{' 等' if len(labels) > 40 else ''}。")
    if field.max_length:
        parts.append(f"最多 {field.max_length} 个字。")
    if field.example:
        parts.append(f"例如：{field.example}")
    return "\n".join(part for part in parts if part)


def _offer_choices(sheet: Any, column: int, field: Field) -> None:
    labels = ["是", "否"] if field.kind == "yes_no" else [label for _, label in field.choices]
    if field.kind in ("choice", "yes_no") and len(",".join(labels)) <= _MOST_LISTED:
        sheet.data_validation(
            1, column, TEMPLATE_ROWS, column,
            {
                "validate": "list", "source": labels, "error_title": "不在可选范围",
                "error_message": f"请从下拉列表中选择{field.label}。"[:225],
            },
        )  # fmt: skip


def _width_of(field: Field) -> int:
    return {"long_text": 40, "date": 13, "whole": 10, "number": 12, "percent": 10, "yes_no": 8}.get(field.kind, 20)
