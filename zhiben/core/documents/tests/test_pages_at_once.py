"""Pages of one paper are asked for at once: a browser does it whenever it shows a preview."""

import subprocess
import sys
from datetime import date

import pytest

from zhiben.core.documents.paper import Paper, Paragraph, compose
from zhiben.core.documents.services import render_pdf

# In a process of its own: entered by two threads at once, PDFium takes the whole process with it.
_AT_ONCE = """
import pathlib, sys
from concurrent.futures import ThreadPoolExecutor
from zhiben.core.files.pdfium import opened_pdf

def draw(number):
    with opened_pdf(pathlib.Path(sys.argv[1])) as document:
        drawn = document[number % len(document)].render(scale=1)
        size = drawn.to_pil().size
        drawn.close()
        return size

with ThreadPoolExecutor(8) as threads:
    assert len(set(threads.map(draw, range(120)))) == 1
"""


@pytest.mark.needs_service("libreoffice")
def test_many_threads_draw_pages_at_once(tmp_path):
    paper = Paper(body=[Paragraph("安全生产" * 300)] * 6, issued_by="县安委办", issued_on=date(2026, 4, 2))
    pdf = tmp_path / "paper.pdf"
    pdf.write_bytes(render_pdf(compose(paper)))
    subprocess.run([sys.executable, "-c", _AT_ONCE, str(pdf)], check=True, timeout=120)
