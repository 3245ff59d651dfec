import io
import json

import pytest
from PIL import Image

from zhiben.modules.plans.sources import limits, ocr
from zhiben.modules.plans.sources.layout import Line, paragraphs, without_page_furniture
from zhiben.modules.plans.sources.open import open_each, open_source
from zhiben.modules.plans.sources.opened import Opened
from zhiben.modules.plans.sources.unreadable import Unreadable

from . import papers

LONG = (
    "1.开展全员培训,把主要负责人、安全管理人员和特种作业人员全部培训一遍,"
    "考核合格后上岗,2026年底前完成,由县应急局牵头,各部门配合落实。"
)
NEXT = "2.开展隐患排查,建立台账,逐项整改销号。"


def lines_of(pages: list[list[str]]) -> list[Line]:
    """One line every 30 units, flush at 100 unless it begins with a space."""
    return [
        Line(
            text.strip(), 120 if text.startswith(" ") else 100, 100 + 10 * len(text), 30 * row, 30 * row + 10, 10, page
        )
        for page, texts in enumerate(pages, start=1)
        for row, text in enumerate(texts)
    ]


def test_paragraphs_come_back_from_the_lines_of_a_pdf():
    source = open_source(papers.pdf([papers.typeset(["主要任务", LONG, NEXT])]), "方案.pdf")[0]
    assert source.text.split("\n") == ["主要任务", LONG, NEXT]
    assert {block.page for block in source.blocks} == {1}


def test_a_sentence_runs_over_the_page_and_page_numbers_are_left_out():
    typed = papers.typeset([LONG, NEXT])
    first = [*typed[:2], (280, 40, 12, "— 1 —")]
    second = [(x, y + 56, size, text) for x, y, size, text in typed[2:]] + [(280, 40, 12, "— 2 —")]
    source = open_source(papers.pdf([first, second]), "方案.pdf")[0]
    assert source.text.split("\n") == [LONG, NEXT]
    assert [block.page for block in source.blocks] == [1, 2]


def test_running_heads_are_left_out():
    pages = [["某县安委会文件", f"第{number}页的正文内容各不相同{'文' * number}", "末行"] for number in range(1, 5)]
    assert not any("文件" in line.text for line in without_page_furniture(lines_of(pages)))


@pytest.mark.parametrize("mark", ["- 3 -", "— 12 —", "3", "3/10", "第3页 共10页", "第三页", "Page 3"])
def test_page_marks_in_many_forms(mark):
    kept = without_page_furniture(lines_of([["甲的正文很长", "乙", "丙", "丁", mark]]))
    assert mark not in [line.text for line in kept]


def test_a_line_left_short_because_the_next_word_did_not_fit_runs_on():
    lines = lines_of([["  " + "甲" * 28, "乙" * 28, "100%完成" + "丙" * 10]])
    assert len(list(paragraphs(lines))) == 1


def test_a_new_item_begins_a_paragraph_though_the_line_before_is_full():
    lines = lines_of([["甲" * 29 + "。", "3.检查" + "乙" * 20]])
    assert len(list(paragraphs(lines))) == 2


def test_an_encrypted_or_damaged_pdf_says_what_to_do():
    plain = papers.pdf([papers.typeset([LONG])])
    locked = plain.replace(
        b"trailer<<",
        b"trailer<</Encrypt<</Filter/Standard/V 1/R 2/P -44/O<"
        + b"11" * 32
        + b">/U<"
        + b"22" * 32
        + b">>>/ID[<33><33>]",
    )
    with pytest.raises(Unreadable, match="密码"):
        open_source(locked, "密.pdf")
    with pytest.raises(Unreadable, match="损坏"):
        open_source(b"%PDF-1.4 and then nothing", "坏.pdf")
    with pytest.raises(Unreadable, match="没有文字"):
        open_source(papers.pdf([[]]), "空白.pdf")


def test_many_pages_are_read_one_after_another():
    seen = []
    pages = [papers.typeset([f"{number}.检查第{number}类场所。"]) for number in range(1, 61)]
    source = open_source(papers.pdf(pages), "长.pdf", progress=lambda done, total: seen.append((done, total)))[0]
    assert len(source.text.split("\n")) == 60
    assert seen[-1] == (60, 60)


def test_without_the_recogniser_a_scan_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    scan = papers.scanned_pdf([papers.page_picture(["2026"])])
    with pytest.raises(Unreadable, match="没有安装文字识别组件"):
        open_source(scan, "扫描.pdf")
    with pytest.raises(Unreadable, match="没有安装文字识别组件"):
        open_source(papers.picture_file(papers.page_picture(["2026"]), "PNG"), "照片.png")


@pytest.mark.needs_service("ocr")
def test_a_scan_and_photographs_are_recognised_in_a_process_of_their_own(tmp_path):
    first, second = papers.page_picture(["PLAN 2026-12-31", "95% BEFORE JUNE"]), papers.page_picture(["SECOND PAGE"])
    (opened,) = open_each(papers.scanned_pdf([first, second]), "扫描.pdf", ocr_dir=tmp_path)
    assert isinstance(opened, Opened)
    assert "2026-12-31" in opened.source.text
    assert "SECOND" in opened.source.text
    assert {block.page for block in opened.source.blocks} == {1, 2}
    assert any("对照原件" in sentence for sentence in opened.warnings)
    (photograph,) = open_each(papers.picture_file(second, "JPEG"), "照片.jpg", ocr_dir=tmp_path)
    assert "SECOND" in photograph.source.text


@pytest.mark.needs_service("ocr")
def test_a_killed_recognition_goes_on_where_it_stopped(tmp_path, monkeypatch):
    """The second page's file is what a run left that was killed in the middle; only the first is recognised now."""
    content = papers.scanned_pdf([papers.page_picture(["FIRST PAGE"]), papers.page_picture(["LOST"])])
    folder = tmp_path / f"{ocr._digest(content)}-{ocr._FORMAT}"
    folder.mkdir()
    kept = {"lines": [["KEPT FROM BEFORE", 100, 900, 100, 140, 40]], "confidence": 0.99}
    (folder / "2.json").write_text(json.dumps(kept))
    text = open_source(content, "扫描.pdf", ocr_dir=tmp_path)[0].text
    assert "FIRST" in text
    assert "KEPT FROM BEFORE" in text
    monkeypatch.setattr(ocr, "_run", lambda *args, **more: pytest.fail("everything was recognised before"))
    assert open_source(content, "扫描.pdf", ocr_dir=tmp_path)[0].text == text


def test_a_page_that_brings_the_recogniser_down_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(ocr, "is_available", lambda: True)
    runs = []
    monkeypatch.setattr(ocr, "_run", lambda *args, **more: runs.append(1))
    with pytest.raises(Unreadable, match="第 1 页识别文字时出错"):
        open_source(papers.picture_file(papers.page_picture(["X"]), "PNG"), "照片.png", ocr_dir=tmp_path)
    assert len(runs) == 2


def test_a_picture_too_large_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(limits, "OCR_PIXELS", 1000)
    out = io.BytesIO()
    Image.new("1", (2000, 2000)).save(out, "PNG")
    with pytest.raises(Unreadable, match="像素"):
        open_source(out.getvalue(), "大.png")
    with pytest.raises(Unreadable, match="图片已损坏"):
        open_source(b"\x89PNG\r\n\x1a\n broken", "坏.png")
