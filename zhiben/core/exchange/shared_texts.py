"""Texts that an xlsx file holds once and many cells share. The reader gives each cell a copy of its own, so that a
small file can become gigabytes: what the cells of a sheet would hold is known before they are read.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from lxml import etree

from zhiben.core.refusal import Refused

_PIECE = 1 << 20
MOST_TEXT = 800 * _PIECE
"""Bytes of text in the cells of one sheet: as much as a file may unpack to where each text stands in its cell."""
_LONGEST = 32 * _PIECE
_STEP = 1000
_END = b"</si>"
_DECLARATION = re.compile(rb"[^<]*<\?xml[^<>]*>")
_END_IN_A_TAG = re.compile(rb"=\s*(?:\"[^\"<]*<|'[^'<]*<)")
_OVERLAP = 32
_ODD_NUMBER = re.compile(rb">\d{1,9}&|<!\[|<!DOCTYPE")
_PARSER_OPTIONS: dict[str, Any] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False,
}  # fmt: skip


def is_shared_texts(part: str) -> bool:
    """The reader is as forgiving about the case of the name."""
    return part.replace("\\", "/").lower() == "xl/sharedstrings.xml"


def longest_text(stream: IO[bytes]) -> int:
    """Bytes that the longest shared text takes, or more: short ones are passed over a thousand bytes at a time. A part
    written as no spreadsheet program writes it counts as one text."""
    longest, piece = 0, stream.read(_PIECE)
    declaration = _DECLARATION.match(piece)
    rest = piece[declaration.end() :] if declaration else piece
    while piece:
        if b"<!" in rest or b"<?" in rest or _END_IN_A_TAG.search(rest):
            longest = _LONGEST
        start = 0
        while (end := rest.rfind(_END, start, start + _STEP)) >= 0 or (end := rest.find(_END, start)) >= 0:
            longest = max(longest, end - start)
            start = end + len(_END)
        rest = rest[start:]
        if len(rest) > _LONGEST:
            longest, rest = _LONGEST, b""
        piece = stream.read(_PIECE)
        rest += piece
    return max(longest, len(rest))


def refuse_much_text(path: Path, part: str, name: str, *, cells: int, longest: int) -> None:
    """Raises Refused where the cells of the sheet in `part`, at most so many, would hold too much; SyntaxError or
    ValueError for a broken file. Most files are neither long nor large enough to be counted."""
    if cells * longest <= MOST_TEXT:
        return
    with zipfile.ZipFile(path) as archive:
        if longest * sum(piece.count(b'"s"') + piece.count(b"'s'") for piece in _pieces(archive, part)) <= MOST_TEXT:
            return
        texts = _Texts()
        [part_of_texts] = filter(is_shared_texts, archive.namelist())
        for _ in _parsed(archive, part_of_texts, texts):
            pass
        held = _Cells(texts.sizes, longest)
        for piece in _parsed(archive, part, held):
            held.is_odd = held.is_odd or bool(_ODD_NUMBER.search(piece))
            if held.bytes > MOST_TEXT:
                raise Refused(
                    f"工作表“{name}”里的文字展开后超过 {MOST_TEXT // _PIECE:,} MB，太大了，没有读取。"
                    "请删去大段重复的文字，或拆成几个文件分次导入。",
                    "file",
                )


def _pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Each begins with the last bytes of the one before, so that nothing short is cut in two."""
    last = b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            yield last + piece
            last = piece[-_OVERLAP:]


def _parsed(archive: zipfile.ZipFile, part: str, target: Any) -> Iterator[bytes]:
    """Yields each piece before it is parsed, and an empty one at the end. A target, unlike a tree, keeps nothing."""
    parser = etree.XMLParser(target=target, **_PARSER_OPTIONS)
    for number, piece in enumerate(_pieces(archive, part)):
        yield piece
        parser.feed(piece[_OVERLAP if number else 0 :])
    parser.close()
    yield b""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


class _Texts:
    """Bytes of each shared text; all that stands within one is counted."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def start(self, tag: str, _attributes: Any) -> None:
        if _local(tag) == "si":
            self.sizes.append(0)

    def data(self, text: str) -> None:
        if self.sizes:
            self.sizes[-1] += len(text.encode())

    def end(self, _tag: str) -> None: ...

    def close(self) -> None: ...


class _Cells:
    """Bytes of text that the cells of a sheet hold as copies. Where the reader may take another number for the right
    one than stands here, the cell counts as if it held the longest text."""

    def __init__(self, sizes: list[int], longest: int) -> None:
        self.bytes, self.is_odd = 0, False
        self._sizes, self._longest = sizes, longest
        self._cells: list[bool] = []
        """Whether a cell shares a text: those that stand in each other, from the outermost."""
        self._number = ""

    def start(self, tag: str, attributes: Any) -> None:
        name = _local(tag)
        if name == "c":
            self._cells.append(attributes.get("t") == "s")
        self._number = "" if name == "v" else "?"

    def data(self, text: str) -> None:
        self._number += text[:10]

    def comment(self, _text: str) -> None:
        self.is_odd = True

    def pi(self, _target: str, _data: str | None = None) -> None:
        self.is_odd = True

    def end(self, tag: str) -> None:
        name = _local(tag)
        if name == "v" and any(self._cells):
            self.bytes += self._size(self._number)
        elif name == "c":
            self._cells.pop()
        self._number = "?"

    def _size(self, number: str) -> int:
        if self.is_odd or len(number) > 9 or not (number.isascii() and number.isdecimal()):
            return self._longest
        return self._sizes[int(number)] if int(number) < len(self._sizes) else 0

    def close(self) -> None: ...
