"""Official documents as they come out on paper: measured on rendered pages against GB/T 9704-2012."""

import re
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image, ImageChops

from zhiben.core.documents.layout.packing import unpacked
from zhiben.core.documents.layout.title import WIDEST, lines_of
from zhiben.core.documents.layout.widths import width
from zhiben.core.documents.package import opened
from zhiben.core.documents.paper import (
    Annex,
    Heading,
    PageBreak,
    Paper,
    Paragraph,
    Picture,
    Run,
    Table,
    compose,
)  # fmt: skip
from zhiben.core.documents.services import render_pdf
from zhiben.core.refusal import Refused

MM = 25.4 / 72
FULL = Paper(
    issuer="澄溪县安全生产委员会办公室文件",
    number="澄安委办〔2026〕3号",
    copy_number="000012",
    secrecy="内部★1年",
    urgency="特急",
    title="关于2026年3月治本攻坚三年行动任务落实情况的通报",
    to="各乡镇人民政府，县安委会各成员单位",
    body=[Paragraph("现将任务落实情况通报如下。"), Heading(1, "总体情况"), *[Paragraph("安" * 26 + "全" * 28 * 9)] * 4],
    annexes=[Annex("逾期任务清单", [Paragraph("附件正文。")]), Annex("统计口径", [Paragraph("口径说明。")])],
    issued_by="澄溪县安全生产委员会办公室",
    issued_on=date(2026, 4, 2),
    contact="联系人：安宁，电话：0990-1234567",
    copies_to="县委办公室，县人大常委会办公室，县政府办公室，县政协办公室，县纪委监委，县法院，县检察院",
    printed_by="澄溪县安全生产委员会办公室",
)


class Page:
    """A rendered page, measured in millimetres from its upper left corner."""

    def __init__(self, page: Any) -> None:
        self.page, self.text = page, page.get_textpage()
        self.width, self.height = page.get_width() * MM, page.get_height() * MM

    def place(self, words: str) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the words, which stand on one line."""
        at = self.text.search(words).get_next()
        assert at, f"{words} is not on this page: {self.text.get_text_range()}"
        boxes = [self.text.get_charbox(at[0] + i, loose=False) for i in range(at[1])]
        return (
            min(box[0] for box in boxes) * MM,
            self.height - max(box[3] for box in boxes) * MM,
            max(box[2] for box in boxes) * MM,
            self.height - min(box[1] for box in boxes) * MM,
        )

    def has(self, words: str) -> bool:
        return self.text.search(words).get_next() is not None

    @property
    def lines(self) -> list[str]:
        return [line for line in self.text.get_text_range().split("\r\n") if line.strip()]

    def rules(self, red: bool) -> list[tuple[float, float, float]]:
        """(top, left, right) of every horizontal rule that is at least 100 mm long."""
        r, g, b = self.page.render(scale=150 / 72).to_pil().convert("RGB").split()
        dark = [channel.point(lambda value: 255 * (value < 130)) for channel in (r, g, b)]
        if red:
            dark[0] = r.point(lambda value: 255 * (value > 150))
        mask = ImageChops.darker(ImageChops.darker(dark[0], dark[1]), dark[2])
        found: list[tuple[float, float, float]] = []
        across, marks = mask.width, mask.tobytes()
        for y in range(mask.height):
            row = marks[y * across : (y + 1) * across]
            begin, end = row.find(b"\xff"), row.rfind(b"\xff") + 1
            if end - begin > 100 / 25.4 * 150 and row.count(b"\xff") > 0.95 * (end - begin):
                top, left, right = (value / 150 * 25.4 for value in (y, begin, end))
                if not found or top - found[-1][0] > 1:
                    found.append((top, left, right))
        return found


@cache
def printed(paper_name: str) -> list[Page]:
    pages = {"full": FULL, "superior": SUPERIOR}[paper_name]
    return pages_of(pages)


def pages_of(paper: Paper) -> list[Page]:
    document = pypdfium2.PdfDocument(render_pdf(compose(paper)))
    return [Page(document[number]) for number in range(len(document))]


SUPERIOR = Paper(
    issuer="澄溪县安全生产委员会办公室文件",
    number="澄安委办〔2026〕8号",
    signer="高远",
    title="关于申请专项资金的请示",
    to="安澜市安全生产委员会办公室",
    body=[Paragraph("请示如下。")],
    issued_by="县安委办",
    issued_on=date(2026, 11, 12),
    printed_on=date(2026, 11, 13),
    printed_by="澄溪县安全生产委员会办公室",
)


@pytest.mark.needs_service("libreoffice")
class TestOnPaper:
    def test_the_page_and_the_head(self):
        first = printed("full")[0]
        assert (round(first.width), round(first.height)) == (210, 297)
        left, top, _, _ = first.place("000012")
        assert left == pytest.approx(28, abs=1)
        assert 37 <= top <= 37 + 10.3, "on the first line of the text"
        assert first.place("内部")[1] < first.place("特急")[1]
        left, top, right, bottom = first.place("澄溪县安全生产委员会办公室文件")
        assert top == pytest.approx(37 + 35, abs=1.5), "the mark begins 35 mm below the upper edge of the text"
        assert (left + right) / 2 == pytest.approx(28 + 78, abs=1), "centred"
        assert right - left <= 156
        ((rule, begin, end),) = first.rules(red=True)
        number = first.place("澄安委办")
        assert rule - number[3] == pytest.approx(4, abs=0.6)
        assert begin == pytest.approx(28, abs=0.6)
        assert end == pytest.approx(28 + 156, abs=0.6)
        assert number[1] - bottom == pytest.approx(2 * 10.2, abs=6), "two empty lines"
        assert first.place("治本攻坚")[1] > rule + 2 * 10.2
        assert first.place("各乡镇")[0] == pytest.approx(28, abs=1)
        assert first.has("现将任务"), "the first page shows the text"

    def test_22_lines_of_28_characters(self):
        second = printed("full")[1]
        assert len(second.lines) - 1 == 22, "and the page number"
        ends = [place for place, line in enumerate(second.lines[:22]) if "安" in second.lines[place + 1]]
        full = [line for place, line in enumerate(second.lines[:22]) if place not in ends and "安" not in line]
        assert len(full) >= 18
        assert set(full) == {"全" * 28}, "every line but the first and last of a paragraph is full"
        left, top, right, _ = second.place("全" * 28)
        assert left == pytest.approx(28, abs=1)
        assert right == pytest.approx(28 + 156, abs=1)
        bottoms = [
            second.height - second.text.get_charbox(index)[1] * MM for index in (0, second.text.count_chars() - 10)
        ]
        assert 37 <= top <= 37 + 10.3
        assert max(bottoms) <= 37 + 225 + 12

    def test_a_paragraph_begins_two_characters_in(self):
        first = printed("full")[0]
        assert first.place("现将任务")[0] == pytest.approx(28 + 2 * 156 / 28, abs=1)

    def test_page_numbers_right_and_left_7_mm_below_the_text(self):
        for index, page in enumerate(printed("full"), start=1):
            left, top, right, bottom = page.place(f"— {index} —")
            assert (top + bottom) / 2 == pytest.approx(37 + 225 + 7, abs=1.5)
            if index % 2:
                assert right == pytest.approx(184 - 4.94, abs=1.5)
            else:
                assert left == pytest.approx(28 + 4.94, abs=1.5)

    def test_the_signature_stands_over_the_date(self):
        """A character is 156/28 = 5.57 mm, the date of November seven of them: 3 of its own and 8 figures of a half. In
        another font it is wider; it stands around the same middle then."""
        short = printed("superior")[0]
        by, on = short.place("县安委办"), short.place("2026年11月12日")
        assert (by[0] + by[2]) / 2 == pytest.approx((on[0] + on[2]) / 2, abs=0.5)
        assert 184 - (on[0] + on[2]) / 2 == pytest.approx((4 + 7 / 2) * 156 / 28, abs=0.5), "four from the right"
        name = "澄溪县安全生产委员会办公室工作专班"
        (page,) = pages_of(Paper(body=[Paragraph("文。")], issued_by=name, issued_on=date(2026, 4, 2)))
        by, on = page.place(name), page.place("2026年4月2日")
        assert 184 - by[2] == pytest.approx(0, abs=1), "too long to be centred over the date: it ends at the margin"
        assert (on[0] + on[2]) / 2 == pytest.approx(184 - len(name) / 2 * 156 / 28, abs=0.7), (
            "the date under its middle"
        )

    def test_without_a_seal_the_name_ends_two_characters_in_and_the_date_begins_two_after_it(self):
        character = 156 / 28
        body = [Paragraph("正文。")]
        long, short = "澄溪县安全生产委员会办公室", "县安委办"
        (page,) = pages_of(Paper(body=body, issued_by=long, issued_on=date(2026, 4, 2), sealed=False))
        by, on = page.place(long), page.place("2026年")
        assert 184 - by[2] == pytest.approx(2 * character, abs=1)
        assert on[0] - by[0] == pytest.approx(2 * character, abs=1)
        (page,) = pages_of(Paper(body=body, issued_by=short, issued_on=date(2026, 11, 12), sealed=False))
        by, on = page.place(short), page.place("2026年11月12日")
        assert 184 - on[2] == pytest.approx(2 * character, abs=1.5), "a longer date ends two characters in"
        assert 184 - by[0] == pytest.approx((2 + 7 + 2) * character, abs=1), "and the name begins two before it"

    def test_the_signature_never_stands_alone_on_a_page(self):
        for lines in (19, 20, 21):
            body = [Paragraph("工" * 26)] * lines
            pages = pages_of(Paper(body=body, issued_by="县安委办", issued_on=date(2026, 4, 2)))
            last = next(page for page in pages if page.has("县安委办"))
            assert last.has("工" * 26), "a line of the text is with it"
            assert last.has("2026年4月2日")

    def test_to_a_superior_the_number_stands_left_and_the_signer_right(self):
        first = printed("superior")[0]
        assert first.place("澄安委办〔")[0] == pytest.approx(28 + 5.6, abs=1)
        signer = first.place("高远")
        assert signer[2] == pytest.approx(184 - 5.6, abs=1.5)
        assert signer[3] == pytest.approx(first.place("澄安委办〔")[3], abs=1.5)

    def test_the_colophon_stands_at_the_foot_of_the_last_page(self):
        for name in ("full", "superior"):
            *others, last = printed(name)
            assert not any(page.has("印发") for page in others)
            rules = last.rules(red=False)
            assert rules[-1][0] == pytest.approx(37 + 225, abs=2)
            assert all(
                begin == pytest.approx(28, abs=0.6) and end == pytest.approx(184, abs=0.6) for _, begin, end in rules
            )
            assert last.place("印发")[2] == pytest.approx(184 - 4.94, abs=1.5)
        assert len(printed("full")[-1].rules(red=False)) == 3

    def test_each_annex_begins_a_page(self):
        pages = printed("full")
        (first,) = [page for page in pages if page.has("附件1")]
        assert first.place("附件1")[1] < 37 + 10.3
        assert first.place("逾期任务清单")[1] == pytest.approx(37 + 2.3 * 10.2, abs=4), "on the third line"
        listed = next(page for page in pages if page.has("附件："))
        assert listed.place("统计口径")[0] == pytest.approx(listed.place("逾期任务清单")[0], abs=0.5)

    def test_a_long_table_sixty_addressees_and_an_endless_title(self):
        long = "镇人民政府和它下属的安全生产监督管理机构以及有关单位"
        rows = [[str(number), f"第{number}{long}", str(number * 1000), "66.7%"] for number in range(1, 61)]
        table = Table(
            ["序号", "单位", "任务数", "办结率"], rows, widths=[1, 3, 2, 2], numeric=[2, 3], caption="表1 情况"
        )
        to = "，".join(f"第{number}镇" for number in range(60))
        title = "关于" + "进一步加强安全生产治本攻坚三年行动重点任务落实情况" * 4 + "的通报"
        pages = pages_of(Paper(issuer="澄溪县人民政府文件", number="澄政〔2026〕1号", title=title, to=to, body=[table]))
        assert "第59镇：" in "".join(line for page in pages for line in page.lines).replace(" ", "")
        shown = [page for page in pages if page.has("监督管理机构")]
        assert len(shown) > 2
        assert all(page.has("办结率") for page in shown), "the head stands on every page"
        middle = shown[1]
        text = middle.text.get_text_range()
        ends = [match.end() - 1 for match in re.finditer(r"(?<=\s)\d+000(?=\s)", text)]
        assert len(ends) > 5
        right = {round(middle.text.get_charbox(end)[2] * MM) for end in ends}
        assert len(right) == 1, "figures end in one column"


# ── lines of a title ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("关于召开会议的通知", 1),
        ("关于2026年3月治本攻坚三年行动任务落实情况的通报", 2),
        ("关于转发《省安委会办公室关于深入开展重大事故隐患专项排查整治行动的通知》的通知", 3),
    ],
)
def test_a_title_is_cut_by_sense(title, lines):
    cut = lines_of(title)
    assert len(cut) == lines
    assert "".join(cut) == title
    assert all(width(line) <= WIDEST for line in cut)
    assert not any(line[0] in "的了、，。》”" or line[-1] in "《“〔" for line in cut)


@given(st.text(alphabet="关于安全生产治本攻坚的通知、《》“”2026年abc ", max_size=120))
def test_no_title_loses_a_character(title):
    assert "".join(lines_of(title)) == title


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_paper_gives_the_same_bytes():
    assert compose(FULL) == compose(FULL)


HOSTILE = st.text(alphabet="安全𠮷𪚥\x00\x01\x0b\x0c\x1b\ud800\udfff\uffff\n\r\t<>&{}%\"'w:p]]>\u200b﻿", max_size=40)


@settings(max_examples=30, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_text_breaks_the_file(one, two, three):
    paper = Paper(
        issuer=one, number=two, signer=[three, one], title=two, to=three, secrecy=one, urgency=two, copy_number=three,
        body=[
            Heading(1, one, then=two), Paragraph([Run(two, bold=True), Run(three, face="kai")]), PageBreak(),
            Table([one, two], [[two, three], [three]], caption=one, style="three-line", total_row=True),
        ],
        annexes=[Annex(one, [Paragraph(two)]), Annex(three)], issued_by=one, issued_on=two, contact=three, copies_to=one,
        printed_by=two, keywords=[one, three],
    )  # fmt: skip
    assert opened(compose(paper))


def test_levels_are_numbered_in_text_and_in_outline():
    body = [
        Heading(1, "甲"),
        Heading(2, "乙"),
        Heading(2, "丙"),
        Heading(3, "丁"),
        Heading(4, "戊"),
        Heading(1, "己"),
        Heading(2, "庚"),
    ]
    root = etree.fromstring(unpacked(compose(Paper(title="题", body=body)))["word/document.xml"])
    texts = ["".join(p.itertext("{*}t")) for p in root.iter("{*}p")]
    assert [text for text in texts if text][1:] == [
        "一、甲",
        "（一）乙",
        "（二）丙",
        "1.丁",
        "（1）戊",
        "二、己",
        "（一）庚",
    ]
    styles = unpacked(compose(Paper()))["word/styles.xml"].decode()
    assert styles.count("outlineLvl") == 5


def test_a_picture_is_turned_and_fits():
    photo, out = Image.new("RGB", (3000, 1000), "red"), BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera turned by 90°
    exif[0x010E] = "where it was taken"
    photo.save(out, "JPEG", exif=exif)
    parts = unpacked(compose(Paper(body=[Picture(out.getvalue(), "图1 现场")])))
    (kept,) = [content for name, content in parts.items() if "media" in name]
    with Image.open(BytesIO(kept)) as shown:
        assert shown.height > shown.width
        assert not shown.getexif()
    root = etree.fromstring(parts["word/document.xml"])
    (extent,) = root.iter("{*}extent")
    assert int(extent.get("cx")) <= 156 * 36_000
    assert int(extent.get("cy")) <= 180 * 36_000
    with pytest.raises(Refused, match="图片打不开"):
        compose(Paper(body=[Picture(b"no picture")]))


def test_labels_without_content_vanish():
    """As a template leaves them that is filled with nothing."""
    paper = Paper(
        issuer="甲县安委办文件", number="甲安委办〔2026〕1号", signer=" ", secrecy=" ", urgency="特急", title="题", body=[Paragraph("文。")],
        issued_by="甲县安委办", issued_on=date(2026, 4, 2), contact="联系人：，电话：", copies_to=" ", printed_by="甲县安委办",
    )  # fmt: skip
    root = etree.fromstring(unpacked(compose(paper))["word/document.xml"])
    texts = ["".join(p.itertext("{*}t")) for p in root.iter("{*}p")]
    assert texts[0] == "特急", "what is given moves up to the first line"
    assert "甲安委办〔2026〕1号" in texts
    assert not any(word in text for text in texts for word in ("签发人", "联系人", "抄送"))
    rules = [
        p
        for p in root.iter("{*}p")
        if p.find("{*}pPr/{*}pStyle").get(p.nsmap["w"].join("{}") + "val") == "ColophonRule"
    ]
    assert len(rules) == 2
