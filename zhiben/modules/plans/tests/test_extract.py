"""The operator's command `zhiben plans extract`."""

import errno
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from zhiben.config.cli import main as zhiben
from zhiben.modules.plans import extract
from zhiben.modules.plans.sources.tests import papers

PLAN = """某县安全生产治本攻坚三年行动方案（2024—2026年）
一、总体要求
坚持人民至上、生命至上。
二、主要任务
（一）开展教育培训行动
1.组织全员培训。2026年底前完成。（县应急局牵头，县住建局配合）
2.开展警示教育。每季度至少开展1次。（县应急局负责）
三、保障措施
（一）加强组织领导。各部门要高度重视。
"""
NOTICE = "关于召开会议的通知\n各单位：\n定于下周召开会议，请准时参加。\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "收文"
    folder.mkdir()
    (folder / "方案.txt").write_text(PLAN, encoding="gb18030")
    return folder


def run(*words: object) -> int:
    return zhiben(["plans", "extract", *map(str, words)])


def ledger(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def test_a_plan_becomes_a_ledger_whose_places_are_in_the_text(inbox, tmp_path, capsys):
    out = tmp_path / "台账"
    assert run(inbox / "方案.txt", "--out", out, "--text") == 0
    found = ledger(out / "方案.json")
    assert [task["number"] for task in found["tasks"]] == ["1", "2"]
    text = (out / "方案.txt").read_text("utf-8")
    start, end = found["tasks"][0]["span"]
    assert "组织全员培训" in text[start:end]
    assert found["source"] == {"name": "方案.txt", "media_type": "text/plain", "characters": len(text)}
    assert "读完 1 份" in capsys.readouterr().err


def as_word(plan: str) -> bytes:
    """The plan as offices type it: Word counts, so no number stands in the text."""
    numbering = papers.abstract_list(
        1,
        papers.level(0, "chineseCountingThousand", "%1、"),
        papers.level(1, "chineseCountingThousand", "（%2）"),
        papers.level(2, "decimal", "%3."),
    )
    body = ""
    for line in plan.splitlines():
        number = re.match(r"([一二三]、)|(（[一二三]）)|(\d\.)", line)
        level = number.lastindex - 1 if number and number.lastindex else None
        text = line[number.end() :] if number else line
        body += papers.paragraph(text, "" if level is None else papers.in_list(1, level))
    return papers.word(body, numbering=numbering + papers.list_of(1, 1))


def as_page(plan: str) -> bytes:
    return f"<html><body>{''.join(f'<p>{line}</p>' for line in plan.splitlines())}</body></html>".encode()


def test_the_same_plan_reads_the_same_from_every_format(tmp_path):
    inbox, out = tmp_path / "收文", tmp_path / "out"
    inbox.mkdir()
    copies = {
        "文本.txt": PLAN.encode("gb18030"),
        "文档.docx": as_word(PLAN),
        "网页.html": as_page(PLAN),
        "版式.pdf": papers.pdf([papers.typeset(PLAN.splitlines())]),
        "标记.md": PLAN.replace("\n", "\n\n").encode(),
    }
    for name, content in copies.items():
        (inbox / name).write_bytes(content)
    assert run(inbox, "--out", out, "--quiet") == 0

    def read(stem: str) -> list[tuple]:
        return [
            (
                task["action_ordinal"],
                task["number"],
                task["title"],
                [(department["name"], department["role"]) for department in task["departments"]],
                [milestone["due"] for milestone in task["milestones"]],
                [(frequency["per"], frequency["min_count"]) for frequency in task["frequencies"]],
            )
            for task in ledger(out / f"{stem}.json")["tasks"]
        ]

    expected = read("文本")
    assert len(expected) == 2
    for name in copies:
        assert read(Path(name).stem) == expected, name


def test_what_cannot_be_read_is_explained_and_the_rest_goes_on(inbox, tmp_path, capsys):
    (inbox / "空.docx").write_bytes(b"")
    (inbox / "程序.doc").write_bytes(b"MZ\x90")
    assert run(inbox, inbox / "没有.txt", "--out", tmp_path / "out", "--quiet") == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert any("空.docx：文件是空的" in line for line in said)
    assert any("程序.doc：这是可执行程序" in line for line in said)
    assert any("没有.txt：找不到这个文件" in line for line in said)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["方案.json"]


def test_the_same_stem_does_not_overwrite_and_the_same_file_is_read_once(inbox, tmp_path, capsys):
    (inbox / "方案.docx").write_bytes(papers.division_table())
    (inbox / "附.zip").write_bytes(papers.archive({"甲/方案.txt": PLAN.encode()}))
    assert run(inbox, inbox / "方案.txt", "--out", tmp_path / "out") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["方案-2.json", "方案-3.json", "方案.json"]
    assert "同名" in capsys.readouterr().err
    assert ledger(tmp_path / "out" / "方案-3.json")["source"]["name"] == "附.zip/甲/方案.txt"


def test_a_document_without_tasks_gives_an_empty_ledger_and_says_so(inbox, tmp_path, capsys):
    (inbox / "方案.txt").write_text(NOTICE, "utf-8")
    assert run(inbox, "--out", tmp_path / "out") == 0
    assert ledger(tmp_path / "out" / "方案.json")["tasks"] == []
    assert "没有读到任务" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "没有写要读取的文件"),
        (("方案.txt",), "没有写台账放在哪里"),
        (("方案.txt", "--out"), "--out 后面要写目录"),
        (("方案.txt", "--out", "x", "--fast"), "不认识的参数：--fast"),
    ],
)
def test_wrong_usage_is_explained(words, sentence, capsys):
    assert run(*words) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "用法：zhiben plans extract" in said


def test_help_is_not_an_error(capsys):
    assert run("--help") == 0
    assert "退出码" in capsys.readouterr().err


def test_a_full_disk_leaves_no_half_ledger(inbox, tmp_path, monkeypatch, capsys):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(extract.os, "fsync", full)
    assert run(inbox, "--out", tmp_path / "out") == 2
    assert "磁盘已满" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


def test_progress_shows_the_count_and_the_time_left(inbox, tmp_path, monkeypatch, capsys):
    for number in range(3):
        (inbox / f"{number}.txt").write_text(NOTICE, "utf-8")
    monkeypatch.setattr(extract, "_REPORT_EVERY", 0)
    run(inbox, "--out", tmp_path / "out")
    assert "已读 2/4 个文件，约剩" in capsys.readouterr().err


def test_neither_django_nor_a_database_is_touched(inbox, tmp_path):
    """In a process of its own: this one has Django loaded already."""
    program = (
        "import sys; from zhiben.config.cli import main; "
        f"code = main(['plans', 'extract', {str(inbox)!r}, '--out', {str(tmp_path / 'out')!r}]); "
        "sys.exit(code or any(name.split('.')[0] == 'django' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode == 0
