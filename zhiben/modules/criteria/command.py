"""The operator's command `zhiben criteria judge FILE.csv --out FILE.jsonl`: candidates for every row. No database, no Django."""

import argparse
import codecs
import contextlib
import csv
import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from zhiben.core.clock import local_day, machine_now
from zhiben.core.text.dates import date_expressions

from .judging.engine import judge
from .judging.judgement import Judgement

USAGE = """用法：zhiben criteria judge 文件.csv --out 文件.jsonl [--on 日期]

为每一行隐患描述找出可能适用的重大事故隐患判定情形，每行写成一行 JSON，最可能的排在最前。
只是供人判定的参考，不是结论。不需要数据库。

CSV 的列：id 编号、description 描述、sector 行业（可以为空）、found_on 发现日期（如 2026-11-21）；
另可有 trades 行业细类、captions 照片说明，多项用分号隔开。

  --out 文件   结果写到哪里；已有的同名文件会被替换
  --on 日期    没有写发现日期的行按哪一天判定，如 2026-11-21；不写时按今天

退出码：0 全部写出；1 有的行不能判定（原因已说明，其余已写出）；2 用法不对，或读写不了文件
"""


_LONGEST_HEAD = 10_000
_SPREADSHEET_ZERO = date(1899, 12, 30)
_NUMBER_OF_DAY = re.compile(r"[345]\d{4}")
"""Days since then: from 1982 to 2064."""


class _Misused(Exception):
    """Empty when only the usage was asked for."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> "None":  # type: ignore[override]  # argparse's own would speak English and exit
        raise _Misused("参数不完整或写法不对：--out 后面要写文件，--on 后面要写日期，如 2026-11-21。")


def main(argv: Sequence[str]) -> int:
    """The command; `argv` without the program and the two words of the command. Returns the exit code."""
    try:
        return _run(_parsed(argv))
    except _Misused as misused:
        _say(f"{misused}\n\n{USAGE}" if str(misused) else USAGE)
        return 2 if str(misused) else 0


def _run(arguments: argparse.Namespace) -> int:
    out: Path = arguments.out
    if out.exists() and arguments.file.exists() and out.samefile(arguments.file):
        raise _Misused("结果不能写进要读取的文件，--out 请换一个文件名。")
    if out.is_dir():
        raise _Misused(f"{out} 是一个文件夹，--out 请写文件名，如 结果.jsonl。")
    rows = _rows(arguments.file)
    first = list(islice(rows, 1))  # what is wrong with the file is said before anything is written
    usual = arguments.on or local_day(machine_now())
    refused = written = 0
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as stream:
            for line, row in chain(first, rows):
                outcome = _judged(row, usual)
                if isinstance(outcome, str):
                    refused += 1
                    _say(f"第 {line} 行：{outcome}")
                    outcome = {"id": _cell(row, "id"), "candidates": [], "refused": outcome}
                written += 1
                stream.write(json.dumps(outcome, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(out)
    except OSError as error:
        _say(f"结果写不进 {out}：{_reason(error)}。请换一个位置或清理磁盘后重新运行。")
        return 2
    finally:
        temporary.unlink(missing_ok=True)
    _say(f"共 {written} 行，写入 {out}" + (f"；{refused} 行不能判定" if refused else "") + "。")
    return 1 if refused else 0


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--on", type=date.fromisoformat)
    parser.add_argument("--help", "-h", action="store_true")
    arguments, unknown = parser.parse_known_args(list(argv))
    if arguments.help:
        raise _Misused
    if unknown:
        raise _Misused(f"不认识的参数：{' '.join(unknown)}。")
    if arguments.file is None:
        raise _Misused("没有写要读取的 CSV 文件。")
    if arguments.out is None:
        raise _Misused("没有写结果放在哪里（--out 文件）。")
    return arguments


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the number of the line on which it ends, read as they are asked for: a file may be any length."""
    try:
        stream = path.open(encoding=_encoding(path), newline="")
    except OSError as error:
        raise _Misused(f"{path} 读不了：{_reason(error)}。") from None
    csv.field_size_limit(1 << 24)  # of a long description only the beginning is read; it is no reason to stop
    with stream:
        try:
            reader = csv.DictReader(stream, delimiter=_delimiter(stream))
            reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
            if not reader.fieldnames:
                raise _Misused(f"{path} 是空的：第一行要写列名 id,description,sector,found_on。")
            if "description" not in reader.fieldnames:
                raise _Misused(f"{path} 没有 description 列：第一行要写列名 id,description,sector,found_on。")
            yield from ((reader.line_num, row) for row in reader)
        except csv.Error:
            raise _Misused(
                f"{path} 第 {reader.line_num} 行读不下去：可能引号没有成对，请在表格软件里另存为“CSV UTF-8”后再试。"
            ) from None


def _delimiter(stream: TextIO) -> str:
    """By the first line: office programs also save tables with tabs, or with semicolons."""
    head = stream.readline(_LONGEST_HEAD)
    stream.seek(0)
    return max(",\t;", key=head.count)


def _encoding(path: Path) -> str:
    """Office programs in China write CSV in GB 18030, others in UTF-8; what they call Unicode text is UTF-16."""
    with path.open("rb") as raw:
        is_wide = raw.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "gb18030"):
        with path.open(encoding=encoding, newline="") as stream, contextlib.suppress(UnicodeDecodeError):
            while stream.read(1 << 20):
                pass
            return encoding
    raise _Misused(f"{path} 不是文本文件：请在表格软件里另存为“CSV UTF-8”后再试。")


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "没有这个文件或文件夹，请核对路径"
    if isinstance(error, IsADirectoryError):
        return "这是一个文件夹，请写文件名"
    if isinstance(error, PermissionError):
        return "没有权限"
    return error.strerror or str(error)


def _judged(row: dict[str, str], usual: date) -> dict[str, Any] | str:
    """The line to write, or why there is none."""
    description = _cell(row, "description")
    if not description:
        return "没有描述，请填写 description 列。"
    day = _day(_cell(row, "found_on")) if _cell(row, "found_on") else usual
    if day is None:
        return f"看不懂发现日期“{_cell(row, 'found_on')}”：请写成 2026-11-21 的样子。"
    answer = judge(
        description,
        sector=_cell(row, "sector"),
        trades=tuple(_several(_cell(row, "trades"))),
        found_on=day,
        captions=tuple(_several(_cell(row, "captions"))),
    )
    told = as_json(answer)
    return {
        "id": _cell(row, "id"),
        "candidates": told["candidates"],
        **({"gaps": told["gaps"]} if told["gaps"] else {}),
    }


def as_json(answer: Judgement) -> dict[str, Any]:
    """A judgement as the file and the API give it."""
    return {
        "candidates": [
            {
                "criteria_key": candidate.criteria_key,
                "kind": candidate.kind,
                "score": candidate.score,
                "because": list(candidate.because),
                "to_establish": list(candidate.to_establish),
            }
            for candidate in answer.candidates
        ],
        "gaps": list(answer.gaps),
    }


def _cell(row: dict[str, str], name: str) -> str:
    return (row.get(name) or "").strip()


def _several(cell: str) -> Iterator[str]:
    yield from (part.strip() for part in cell.replace("；", ";").split(";") if part.strip())


def _day(cell: str) -> date | None:
    """2026-11-21, 20261121, 2026/11/21, 2026年11月21日, full-width figures, and the number of a day as spreadsheets keep
    it (46347); a time behind it is left off."""
    cell = unicodedata.normalize("NFKC", cell)
    if _NUMBER_OF_DAY.fullmatch(cell):
        return _SPREADSHEET_ZERO + timedelta(days=int(cell))
    with contextlib.suppress(ValueError):
        return date.fromisoformat(cell)
    found = [expression for expression in date_expressions(cell, default_year=1) if expression.precision == "day"]
    return found[0].begin_day if len(found) == 1 and found[0].year_given else None


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
