"""`zhiben criteria judge`: a file in, a line for each row out, without Django and without a database."""

import json
import subprocess
import sys
from pathlib import Path

from zhiben.modules.criteria.command import main

HEAD = "id,description,sector,found_on\n"


def judged(tmp_path: Path, content: str | bytes, *more: str) -> tuple[int, list[dict]]:
    source, out = tmp_path / "in.csv", tmp_path / "out.jsonl"
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    code = main([str(source), "--out", str(out), *more])
    return code, [json.loads(line) for line in out.read_text("utf-8").splitlines()] if out.exists() else []


def test_one_line_for_each_row_best_first(tmp_path: Path) -> None:
    code, lines = judged(
        tmp_path, HEAD + "甲,塔机力矩限制器被短接,,2026-11-21\n乙,配电箱没贴标志,工贸-机械,2026/11/21\n"
    )
    assert code == 0
    assert [line["id"] for line in lines] == ["甲", "乙"]
    assert all(line.keys() == {"id", "candidates"} for line in lines), "gaps are told only where there are any"
    first = lines[0]["candidates"][0]
    assert first.keys() == {"criteria_key", "kind", "score", "because", "to_establish"}
    assert first["kind"] == "match"
    assert first["because"]


def test_a_row_that_cannot_be_judged_says_why_and_keeps_its_place(tmp_path: Path, capsys) -> None:
    code, lines = judged(
        tmp_path, HEAD + "1,,,2026-11-21\n2,脚手架没有连墙件,,去年\n3,脚手架没有连墙件,,\n", "--on", "2026-11-21"
    )
    assert code == 1
    assert [bool(line["candidates"]) for line in lines] == [False, False, True]
    told = capsys.readouterr().err
    assert "第 2 行" in told
    assert "看不懂发现日期“去年”" in told


def test_tables_of_office_programs_are_read(tmp_path: Path) -> None:
    text = HEAD + '1,"脚手架整层\n没有连墙件",房屋市政工程,2026年11月21日\n'
    as_text = text.replace(",", "\t")
    for content in (
        text.encode("gb18030"),
        text.encode("utf-8-sig"),
        text.replace("\n", "\r\n").encode(),
        as_text.encode("utf-16"),
        text.replace(",", ";").encode(),
    ):
        code, lines = judged(tmp_path, content)
        assert (code, len(lines)) == (0, 1)
        assert lines[0]["candidates"]


def test_days_are_read_as_tables_hold_them(tmp_path: Path) -> None:
    """The version in force is the day's: before and after the first of July another one of the coal mines' standard."""
    before = ("2026-06-30", "46203", "２０２６-０６-３０", "2026.6.30", "20260630", "2026-06-30 23:59:59")
    rows = [*before, "2026-07-01"]
    told = "".join(f"{number},采煤工作面瓦斯传感器被塑料袋包住,煤矿,{day}\n" for number, day in enumerate(rows))
    code, lines = judged(tmp_path, HEAD + told)
    first = [line["candidates"][0]["criteria_key"].partition("|")[0] for line in lines]
    assert (code, first) == (0, ["应急管理部令第4号"] * len(before) + ["应急管理部令第21号"])


def test_misuse_is_explained_and_writes_nothing(tmp_path: Path, capsys) -> None:
    assert main([]) == 2
    assert main(["没有这个.csv", "--out", str(tmp_path / "x")]) == 2
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    assert main([str(tmp_path / "a.csv"), "--out", str(tmp_path / "x")]) == 2
    assert not (tmp_path / "x").exists()
    assert "没有 description 列" in capsys.readouterr().err


def test_the_file_that_is_read_is_never_written_over(tmp_path: Path, capsys) -> None:
    source = tmp_path / "a.csv"
    source.write_text(HEAD + "1,脚手架没有连墙件,,2026-11-21\n", "utf-8")
    before = source.read_bytes()
    for out in (source, tmp_path, tmp_path / "没有的文件夹" / "x"):
        assert main([str(source), "--out", str(out)]) == 2
    assert source.read_bytes() == before
    told = capsys.readouterr().err
    assert "不能写进要读取的文件" in told
    assert "是一个文件夹" in told
    assert "没有这个文件或文件夹" in told


def test_odd_tables_are_read_or_explained(tmp_path: Path, capsys) -> None:
    """Names of columns with blanks and capitals, a row too short, a row too long, a text longer than any field."""
    long = "塔机力矩限制器被短接。" + "字" * 200_000
    code, lines = judged(tmp_path, f'ID, Description \n1,"{long}"\n2\n3,脚手架没有连墙件,多的,还多\n')
    assert code == 1
    assert [bool(line["candidates"]) for line in lines] == [True, False, True]
    for content, sentence in (
        (b"", "是空的"),
        (b"\x00\x81\xff\xfe" * 9, "不是文本文件"),
        (b"\xff\xfe\x00\xd8\x00", "不是文本文件"),
    ):
        assert judged(tmp_path, content)[0] == 2
        assert sentence in capsys.readouterr().err


def test_it_starts_without_a_database() -> None:
    code = "import sys; import zhiben.modules.criteria.command; sys.exit('django.db' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
