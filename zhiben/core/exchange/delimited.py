"""Text tables: csv as Excel, WPS and other systems write it, in whatever encoding and with whatever separator."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zhiben.core.refusal import Refused

_SEPARATORS = ",\t;，"
_LOOKED_AT = 50
"""Lines by which the separator is judged."""
_AS_FORMULA = re.compile(r'^="(.*)"$', re.DOTALL)
"""="00123": how exporting systems keep a spreadsheet from losing zeros; it is a text in disguise, not a formula."""


def delimited_rows(path: Path) -> Iterator[list[Any]]:
    """The rows of the file, every cell a text. Raises Refused."""
    encoding = encoding_of(path)
    try:
        with path.open(encoding=encoding, newline="") as stream:
            separator = _separator([line for line, _ in zip(stream, range(_LOOKED_AT), strict=False)])
            stream.seek(0)
            lines = (line.replace("\0", "") for line in stream)
            for row in csv.reader(lines, delimiter=separator):
                yield [_plain(cell) for cell in row]
    except csv.Error as broken:
        raise Refused(
            "文本表格的引号不成对，或某一格太长，读不下去。请用表格软件打开，另存为 .xlsx 后重新上传。", "file"
        ) from broken


def encoding_of(path: Path) -> str:
    """utf-8-sig, utf-16, utf-16-le/be or gb18030. Raises Refused."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates: tuple[str, ...] = ("utf-16",)
    elif start.count(b"\0") > len(start) // 8:  # UTF-16 without a mark: every ASCII character has a zero beside it
        candidates = ("utf-16-le",) if start[1::2].count(b"\0") > start[::2].count(b"\0") else ("utf-16-be",)
    else:
        candidates = ("utf-8-sig", "gb18030")
    for encoding in candidates:
        if _decodes(path, encoding):
            return encoding
    raise Refused("认不出文件的编码。请用表格软件打开，另存为“Excel 工作簿（.xlsx）”后重新上传。", "file")


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding) as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeError:
        return False
    return True


def _separator(lines: list[str]) -> str:
    """The character that occurs in most of the first lines, then the most often."""
    return max(_SEPARATORS, key=lambda each: (sum(each in line for line in lines), sum(map(_counter(each), lines))))


def _counter(separator: str) -> Any:
    return lambda line: line.count(separator)


def _plain(cell: str) -> str:
    match = _AS_FORMULA.match(cell)
    return match[1] if match else cell
