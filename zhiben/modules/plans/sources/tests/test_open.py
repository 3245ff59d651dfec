import io
import zipfile
from random import Random

import pytest

from zhiben.core.files import office
from zhiben.modules.plans.sources import limits
from zhiben.modules.plans.sources.open import open_each, open_source
from zhiben.modules.plans.sources.opened import Opened
from zhiben.modules.plans.sources.unreadable import Unreadable

from . import papers

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def ole(stream: str, at_512: bytes = b"") -> bytes:
    return OLE + at_512.ljust(512, b"\0") + stream.encode("utf-16-le") + b"\0\0" + b"\0" * 400


PLAN = "一、主要任务\n1.检查。（县应急局负责）"


def refused(content: bytes, name: str) -> str:
    with pytest.raises(Unreadable) as refusal:
        open_source(content, name)
    assert refusal.value.name == name
    return str(refusal.value)


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "空.docx", "文件是空的"),
        (b"MZ\x90\0" + b"\0" * 100, "方案.docx", "可执行程序"),
        (ole("EncryptedPackage"), "方案.docx", "打开密码"),
        (ole("WordDocument", b"\xec\xa5" + b"\0" * 8 + b"\0\x01"), "方案.doc", "打开密码"),
        (ole("Workbook"), "表.xls", "Excel"),
        (ole("Something"), "x.doc", "复合文档"),
        (b"Rar!\x1a\x07\0rest", "方案.rar", "重新压缩为 zip"),
        (b"7z\xbc\xaf\x27\x1crest", "方案.7z", "重新压缩为 zip"),
        (papers.archive({"OFD.xml": b"<x/>"}), "方案.ofd", "导出为 PDF"),
        (papers.archive({"[Content_Types].xml": b"spreadsheetml"}), "表.xlsx", "Excel"),
        (b"ID3\x03" + b"\0" * 50, "录音.mp3", "不是方案文件"),
        (b"PK\x03\x04 and no more", "坏.zip", "压缩包已损坏"),
        (papers.archive({}), "空.zip", "压缩包是空的"),
    ],
)
def test_each_wrong_file_gets_its_own_sentence(content, name, sentence):
    assert sentence in refused(content, name)


def test_a_file_over_the_limit_is_not_opened(tmp_path):
    huge = tmp_path / "大.docx"
    with huge.open("wb") as stream:
        stream.truncate(limits.FILE + 1)
    with pytest.raises(Unreadable, match="超过 200 MB"):
        open_source(huge, huge.name)


def test_the_kind_is_judged_by_content_and_not_by_name():
    assert open_source(papers.division_table(), "其实是 Word.txt")[0].text.startswith("一、")
    assert open_source(PLAN.encode(), "其实是文本.docx")[0].text == PLAN
    assert open_source(papers.pdf([papers.typeset([PLAN])]), "其实是 PDF.doc")[0].media_type == "application/pdf"


def test_without_libreoffice_an_old_document_says_what_to_do(monkeypatch):
    monkeypatch.setattr(office, "soffice", lambda: None)
    assert "另存为 docx" in refused(ole("WordDocument"), "方案.doc")
    assert "另存为 docx" in refused(b"{\\rtf1 x}", "方案.rtf")


@pytest.mark.needs_service("libreoffice")
def test_rtf_goes_through_libreoffice():
    hexed = "".join(f"\\'{byte:02x}" for byte in "一、主要任务".encode("gbk"))
    source = open_source(
        b"{\\rtf1\\ansi\\ansicpg936{\\fonttbl{\\f0\\fcharset134 SimSun;}}\\f0 " + hexed.encode() + b"\\par}", "方案.rtf"
    )
    assert source[0].text == "一、主要任务"
    assert source[0].media_type == "application/rtf"


@pytest.mark.needs_service("libreoffice")
def test_a_broken_old_document_is_refused_after_trying():
    assert "打不开" in refused(ole("WordDocument"), "坏.doc")


def test_a_conversion_that_hangs_is_stopped(monkeypatch, tmp_path):
    sleeper = tmp_path / "soffice"
    sleeper.write_text("#!/bin/sh\nsleep 60\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(office, "soffice", lambda: str(sleeper))
    monkeypatch.setattr(limits, "OFFICE_SECONDS", 0.2)
    assert "已停止" in refused(b"{\\rtf1 x}", "方案.rtf")


def test_a_zip_gives_each_of_its_documents_with_chinese_names():
    for encoding in (None, "gbk", "utf-8"):
        content = papers.archive(
            {
                "方案/甲县方案.txt": PLAN.encode("gbk"),
                "方案/分工表.docx": papers.division_table(),
                "__MACOSX/._甲": b"x",
            },
            encoding=encoding,
        )
        names = [source.name for source in open_source(content, "各县.zip")]
        assert names == ["各县.zip/方案/甲县方案.txt", "各县.zip/方案/分工表.docx"]


def test_one_bad_member_does_not_stop_the_others():
    content = papers.archive({"坏.docx": b"PK\x03\x04x", "好.txt": PLAN.encode(), "空.txt": b""})
    outcomes = list(open_each(content, "包.zip"))
    assert [type(outcome) for outcome in outcomes] == [Unreadable, Opened, Unreadable]
    assert outcomes[0].name == "包.zip/坏.docx"


def test_a_zip_in_a_zip_is_opened_and_a_third_level_is_not():
    inner = papers.archive({"方案.txt": PLAN.encode()})
    second = papers.archive({"内.zip": inner})
    assert len(open_source(second, "外.zip")) == 1
    assert "多层" in refused_anywhere(papers.archive({"中.zip": second}), "外.zip")


def refused_anywhere(content: bytes, name: str) -> str:
    with pytest.raises(Unreadable) as refusal:
        open_source(content, name)
    return str(refusal.value)


def test_names_cannot_climb_out_of_the_archive():
    content = papers.archive(
        {"../../etc/方案.txt": PLAN.encode(), "/abs/乙.txt": PLAN.encode(), "C:\\丙.txt": PLAN.encode()}
    )
    names = [source.name for source in open_source(content, "包.zip")]
    assert names[:2] == ["包.zip/etc/方案.txt", "包.zip/abs/乙.txt"]
    assert not any(".." in name for name in names)


def test_a_bomb_is_not_unpacked(monkeypatch):
    bomb = papers.archive({"0.txt": b"0" * (60 * limits.MB)})
    assert len(bomb) < limits.MB
    assert "恶意" in refused(bomb, "炸弹.zip")
    monkeypatch.setattr(limits, "ARCHIVE_UNPACKED", 1000)
    assert "恶意" in refused(papers.archive({"a.txt": b"ab" * 400, "b.txt": b"cd" * 400}), "包.zip")


def test_a_bomb_that_lies_about_its_size_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(limits, "ARCHIVE_UNPACKED", 100_000)
    content = bytearray(papers.archive({"a.txt": b"0" * 500_000}))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")  # “10 bytes when unpacked”
    outcomes = list(open_each(bytes(content), "包.zip"))
    assert all(isinstance(outcome, Unreadable) for outcome in outcomes)


def test_a_docx_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(limits, "OFFICE_PART", 10_000)
    assert "解压后过大" in refused(papers.word(papers.paragraph("字" * 20_000)), "炸弹.docx")


def test_too_many_members_are_refused(monkeypatch):
    monkeypatch.setattr(limits, "ARCHIVE_MEMBERS", 2)
    assert "上限" in refused(papers.archive({f"{n}.txt": b"x" for n in range(3)}), "包.zip")


def test_a_locked_zip_says_so():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("方案.txt", PLAN)
    content = bytearray(out.getvalue())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    assert "密码" in refused_anywhere(bytes(content), "包.zip")


def test_ten_thousand_numbered_lines_are_read():
    numbering = papers.abstract_list(1, papers.level(0, "decimal", "%1.")) + papers.list_of(1, 1)
    body = "".join(papers.paragraph("检查。", papers.in_list(1, 0)) for _ in range(10_000))
    text = open_source(papers.word(body, numbering=numbering), "长.docx")[0].text
    assert text.endswith("\n10000. 检查。")


DAMAGED = {
    "方案.docx": papers.division_table(),
    "方案.pdf": papers.pdf([papers.typeset([PLAN])]),
    "方案.zip": papers.archive({"方案.txt": PLAN.encode(), "分工表.docx": papers.division_table()}),
    "方案.html": f"<html><body><table><tr><td>{PLAN}</td><td>甲</td></tr></table></body></html>".encode("gbk"),
    "方案.txt": (PLAN * 20).encode("gb18030"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_whatever_the_damage_the_answer_is_text_or_a_sentence(name):
    dice = Random(20260310)
    for _ in range(60):
        content = bytearray(DAMAGED[name])
        for _ in range(dice.choice((1, 2, 5, 10))):
            at = dice.randrange(len(content))
            if dice.random() < 0.7:
                content[at] = dice.randrange(256)
            else:
                del content[at : at + dice.randrange(1, 10)]
        for outcome in open_each(bytes(content), name):
            assert isinstance(outcome, Opened) or outcome.sentence
