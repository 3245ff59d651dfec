"""Official documents: composed, filled from a template, and printed as PDF, against python-docx writing the same text."""

from datetime import date
from io import BytesIO

from docx import Document

from zhiben.core.documents.filling import filled
from zhiben.core.documents.layout.packing import unpacked
from zhiben.core.documents.letterhead import LetterheadText
from zhiben.core.documents.paper import Heading, Paper, Paragraph, Table, compose
from zhiben.core.documents.services import default_template, render_pdf
from zhiben.core.documents.tests.notice import NOTICE, UnitLine, notice
from zhiben.core.files.office import soffice

from .figures import note, say, stopwatch

DOCUMENTS = 1_000
PLAIN = 50
HEAD = LetterheadText(
    "澄溪县安委办", "澄溪县安委办文件", "澄安委办", "", "各乡镇", "县委办", "澄溪县安委办", "安宁", "0990-1234567"
)
ROWS = [[str(number), f"第{number}镇人民政府", str(number * 10), str(number * 9), "90.0%"] for number in range(1, 16)]
COLUMNS = ["序号", "单位", "应办结", "已办结", "办结率"]
SENTENCE = "各单位对照清单逐项推进，按时报送进展，逾期事项由牵头单位说明原因。"


def measure() -> None:
    for part in (composed, from_a_template, printed):
        note(part.__name__)
        part()


def composed() -> None:
    with stopwatch() as plain:
        for number in range(PLAIN):
            _plainly(number)
    with stopwatch() as ours:
        for number in range(DOCUMENTS):
            compose(_paper(number))
    _say("documents.composed", ours.seconds, plain.seconds)


def from_a_template() -> None:
    template = default_template(NOTICE)
    units = tuple(UnitLine(f"第{number}镇人民政府", number, number, None, ()) for number in range(1, 16))
    filled(template, context=notice(units=units), letterhead=HEAD)
    with stopwatch() as plain:
        for number in range(PLAIN):
            _plainly(number)
    with stopwatch() as ours:
        for number in range(DOCUMENTS):
            made = filled(template, context=notice(total=number, units=units), letterhead=HEAD)
    assert f"共有任务{DOCUMENTS - 1}项" in unpacked(made)["word/document.xml"].decode()
    _say("documents.filled", ours.seconds, plain.seconds)


def printed() -> None:
    if soffice() is None:
        note("跳过 PDF：没有安装 LibreOffice")
        return
    docx = compose(_paper(1))
    render_pdf(docx)
    with stopwatch() as ours:
        render_pdf(docx)
    say("documents.pdf", ours.seconds, "s")


def _paper(number: int) -> Paper:
    body = [block for level in range(6) for block in (Heading(1, "工作情况"), Paragraph(SENTENCE * 3))]
    return Paper(
        issuer="澄溪县安全生产委员会办公室文件", number=f"澄安委办〔2026〕{number}号", title="关于2026年3月任务落实情况的通报",
        to="各乡镇人民政府", body=[*body, Table(COLUMNS, ROWS, numeric=[2, 3, 4], caption="表1 办结情况")],
        issued_by="澄溪县安全生产委员会办公室", issued_on=date(2026, 4, 2), copies_to="县委办公室", printed_by="澄溪县安委办",
    )  # fmt: skip


def _plainly(number: int) -> bytes:
    """The same words without any format, as python-docx writes them."""
    document, out = Document(), BytesIO()
    for text in ("澄溪县安全生产委员会办公室文件", f"澄安委办〔2026〕{number}号", "关于2026年3月任务落实情况的通报"):
        document.add_paragraph(text)
    for _ in range(6):
        document.add_paragraph("一、工作情况")
        document.add_paragraph(SENTENCE * 3)
    table = document.add_table(rows=0, cols=len(COLUMNS))
    for cells in (COLUMNS, *ROWS):
        for cell, text in zip(table.add_row().cells, cells, strict=True):
            cell.text = text
    document.save(out)
    return out.getvalue()


def _say(name: str, seconds: float, plain: float) -> None:
    against = "python-docx writing the same words without format"
    say(name, DOCUMENTS / seconds, "documents/s", baseline=PLAIN / plain, against=against)
