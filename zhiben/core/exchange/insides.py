"""What an xlsx file says that its cells do not: hidden rows and columns, errors, formulas without a result.

The package is looked through as a stream before anything parses it, so that a small file which unpacks to gigabytes,
or claims a million rows, is refused while it is still small.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from zhiben.core.refusal import Refused

from .shared_texts import is_shared_texts, longest_text

_PIECE = 1 << 20
_MOST_UNPACKED = 800 * _PIECE
_MOST_PARTS = 5000
_MOST_FLAWS = 100_000
_PARSER_OPTIONS = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}

_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_NUMBER = re.compile(rb'\br="(\d+)"')
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})\d+"[^>]*(?<!/)>')
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_FLAWED = re.compile(
    rb'<(?:\w+:)?c\b(?P<before>[^>]*?)\br="(?P<column>[A-Z]{1,3})(?P<row>\d+)"(?P<after>[^>]*)(?<!/)>'
    rb"(?P<formula><(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>))?"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>(?P<value>[^<]*)</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_SHORTEST_CELL = '<c t="s"><v>0</v></c>'
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


class NotWhole(Exception):
    """The package is damaged."""


@dataclass
class SheetFacts:
    height: int = 0
    """Number of the last row that holds a value, from 1."""
    width: int = 0
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    """From 0."""
    flaws: dict[tuple[int, int], str] = field(default_factory=dict)
    """(row from 1, column from 0) → the error, or "" for a formula without a result."""
    part: str = ""
    most_cells: int = 0
    """That refer to a shared text: as many as fit into the length of the part."""


@dataclass
class Insides:
    is_1904: bool = False
    sheets: dict[str, SheetFacts] = field(default_factory=dict)
    longest_text: int = 0
    """Bytes of the longest text that cells share, or more."""

    def sheet(self, name: str) -> SheetFacts:
        return self.sheets.get(name, SheetFacts())


def look_inside(path: Path, *, most_rows: int, most_columns: int) -> Insides:
    """Raises Refused for a file that unpacks to too much, NotWhole for a damaged one."""
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(archive)
            insides = _workbook(archive)
            parts = _parts_of_sheets(archive)
            for name, part in parts.items():
                insides.sheets[name] = _facts(archive, part)
            insides.longest_text = _read_through(archive, {*parts.values()})
            return insides
    except (zipfile.BadZipFile, KeyError, EOFError, etree.XMLSyntaxError, NotImplementedError, RuntimeError) as broken:
        raise NotWhole(str(broken)) from broken


def column_number(letters: str) -> int:
    """
    >>> column_number("A"), column_number("AA")
    (0, 26)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(number: int) -> str:
    """
    >>> column_letters(0), column_letters(26)
    ('A', 'AA')
    """
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _refuse_bomb(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unpacked = sum(each.file_size for each in parts if not each.filename.startswith("xl/media/"))
    if unpacked > _MOST_UNPACKED or len(parts) > _MOST_PARTS:
        raise Refused(
            f"文件解压后有 {unpacked // _PIECE:,} MB，太大了，没有读取。请删去用不到的工作表和格式，或拆成几个文件。",
            "file",
        )


def _read_through(archive: zipfile.ZipFile, read: set[str]) -> int:
    """Read the other XML parts once: one that unpacks to more than its directory claims fails here on its checksum,
    and not later in the memory of the reader. Returns the bytes of the longest shared text."""
    longest = 0
    for part in archive.infolist():
        if part.filename.lower().endswith((".xml", ".rels")) and part.filename not in read:
            with archive.open(part) as stream:
                if is_shared_texts(part.filename):
                    longest = max(longest, longest_text(stream))
                while stream.read(_PIECE):
                    pass
    return longest


def _workbook(archive: zipfile.ZipFile) -> Insides:
    tree = _parsed(archive, "xl/workbook.xml")
    properties = next(tree.iter("{*}workbookPr"), None)
    return Insides(is_1904=properties is not None and properties.get("date1904") in ("1", "true"))


def _parts_of_sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    targets = {
        each.get("Id"): each.get("Target", "")
        for each in _parsed(archive, "xl/_rels/workbook.xml.rels").iter("{*}Relationship")
    }
    found = {}
    names = [each.replace("\\", "/").lower() for each in archive.namelist()]  # as the reader finds them
    for sheet in _parsed(archive, "xl/workbook.xml").iter("{*}sheet"):
        target = targets.get(sheet.get(_RELATION) or sheet.get(_STRICT_RELATION), "")
        part = target.lstrip("/") if target.startswith(("/", "xl/")) else f"xl/{target}"
        if names.count(part.lower()) > 1:
            raise NotWhole(part)
        if part.lower() in names:
            found[sheet.get("name", "")] = archive.namelist()[names.index(part.lower())]
    return found


def _parsed(archive: zipfile.ZipFile, part: str) -> etree._Element:
    if archive.getinfo(part).file_size > 8 * _PIECE:
        raise NotWhole(part)
    return etree.fromstring(archive.read(part), etree.XMLParser(**_PARSER_OPTIONS))


def _facts(archive: zipfile.ZipFile, part: str) -> SheetFacts:
    facts, hidden, further, counted = SheetFacts(part=part), set(), _further_right(""), 0
    facts.most_cells = archive.getinfo(part).file_size // len(_SHORTEST_CELL)
    for piece in _rows_of(archive, part):
        if not facts.hidden_columns and b"hidden=" in piece:
            facts.hidden_columns = frozenset(_hidden_columns(piece))
        last_value = max(piece.rfind(mark) for mark in (b"v>", b"t>"))
        rows = list(_ROW.finditer(piece)) if b'hidden="' in piece else _last_rows(piece, last_value)
        if not rows:
            continue
        if further.search(piece):
            letters = {each.decode() for each in _CELL.findall(piece)}
            facts.width = max([facts.width, *(column_number(each) + 1 for each in letters)])
            further = _further_right(column_letters(facts.width - 1))
        for row in rows:
            given = _NUMBER.search(row[1])
            counted = int(given[1]) if given else counted + 1
            if row.start() < last_value:
                facts.height = counted
            if _HIDDEN.search(row[1]):
                hidden.add(counted)
        if (b"<f" in piece or b":f" in piece or b't="e"' in piece) and len(facts.flaws) < _MOST_FLAWS:
            _note_flaws(piece, facts.flaws)
    facts.hidden_rows = frozenset(each for each in hidden if each <= facts.height)
    return facts


def _last_rows(piece: bytes, last_value: int) -> list[re.Match[bytes]]:
    """The rows of a piece from the last one on that holds a value and says its number: those above it tell neither how
    high the sheet is nor what the next row is called."""
    rows: list[re.Match[bytes]] = []
    at = len(piece)
    while (at := piece.rfind(b"<", 0, max(piece.rfind(b"row", 0, at), 0))) >= 0:
        if row := _ROW.match(piece, at):
            if piece.rfind(b"<", piece.rfind(b">", 0, at) + 1, at) >= 0:  # a tag within a tag: read as it stands
                return list(_ROW.finditer(piece))
            rows.append(row)
            if at < last_value and _NUMBER.search(row[1]):
                break
    return rows[::-1]


def _further_right(letters: str) -> re.Pattern[bytes]:
    """Finds what may be a cell with a value to the right of this column. Most pieces of a sheet reach no further than
    its first: this quick look spares them the thorough one.

    >>> [bool(_further_right("K").search(cell)) for cell in (b'<c r="K7"><v>1</v></c>', b'<c r="AB7"><v>1</v></c>')]
    [False, True]
    """
    longer = [f"[A-Z]{{{len(letters) + 1},3}}"] if len(letters) < 3 else []
    later = [
        f"{letters[:at]}[{chr(ord(letter) + 1)}-Z]{'[A-Z]' * (len(letters) - at - 1)}"
        for at, letter in enumerate(letters)
        if letter < "Z"
    ]
    return re.compile(rf'r="(?:{"|".join((*longer, *later))})\d+"(?!(?: s="\d+")?/>)'.encode())


def _rows_of(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The part in pieces that end where a row ends."""
    rest = b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            rest += piece
            cut = rest.rfind(b"row>") + 4
            if cut > 3:
                yield rest[:cut]
                rest = rest[cut:]
            elif len(rest) > 32 * _PIECE:
                raise NotWhole("a row without an end")
    yield rest


def _hidden_columns(piece: bytes) -> Iterator[int]:
    for column in _COLUMN.finditer(piece):
        first, last = re.search(rb'\bmin="(\d+)"', column[1]), re.search(rb'\bmax="(\d+)"', column[1])
        if _HIDDEN.search(column[1]) and first and last:
            yield from range(int(first[1]) - 1, min(int(last[1]), 16_384))


def _note_flaws(piece: bytes, flaws: dict[tuple[int, int], str]) -> None:
    for cell in _FLAWED.finditer(piece):
        value = (cell["value"] or b"").decode("utf-8", "replace")
        is_error = b't="e"' in cell["before"] + cell["after"]
        if is_error or (cell["formula"] and not value and b't="str"' not in cell["before"] + cell["after"]):
            flaws[int(cell["row"]), column_number(cell["column"].decode())] = value if is_error else ""
