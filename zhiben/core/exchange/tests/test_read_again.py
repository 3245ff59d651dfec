"""How far a sheet reaches is seen without going through all of it, and what was read is not read again."""

import zipfile
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from zhiben.core.exchange import insides, shared_texts
from zhiben.core.exchange.packing import packed
from zhiben.core.exchange.sheets import MOST_COLUMNS, MOST_ROWS, Table, opened
from zhiben.core.refusal import Refused

from .conftest import book_of

HEADS = ("事项", "期限", "承办单位")


def book_with(rows: str) -> bytes:
    """An xlsx whose one sheet holds these rows, as XML."""
    out, source = BytesIO(), BytesIO(book_of([]))
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            content = old.read(part).replace(b"<sheetData/>", f"<sheetData>{rows}</sheetData>".encode())
            new.writestr(part, content)
    return out.getvalue()


def row(number: int | str, *cells: str, more: str = "") -> str:
    numbered = f' r="{number}"' if number else ""
    return f"<row{numbered}{more}>{''.join(cells)}</row>"


def held(place: str) -> str:
    return f'<c r="{place}"><v>1</v></c>'


def styled(place: str) -> str:
    return f'<c r="{place}" s="1"/>'


LONG = "".join(row(number, held(f"A{number}"), held(f"B{number}"), styled(f"Z{number}")) for number in range(1, 90))


@pytest.mark.parametrize(
    ("rows", "height", "width", "hidden"),
    [
        (LONG, 89, 2, set()),
        (LONG + row(90, held("A90"), held("AB90")) + row(91, held("A91")), 91, 28, set()),
        (LONG + row("", held("A90")) + row("", held("A91")) + row("", styled("C92")), 91, 2, set()),
        (LONG + row(700, styled("A700")) + row(701, styled("C701")), 89, 2, set()),
        (LONG + row(90, held("A90"), more=' hidden="1"') + row(95, styled("A95"), more=' hidden="1"'), 90, 2, {90}),
        (row("", held("A1")) + row(7, held("A7")) + row("", held("C8")), 8, 3, set()),
        # not well formed, but whoever reads it may be as forgiving
        (LONG + f'<row r="1048576" x="<row r="5">{held("A5")}</row>', 1_048_576, 2, set()),
        ("", 0, 0, set()),
    ],
)
@pytest.mark.parametrize("piece", [300, 1 << 20])
def test_how_far_a_sheet_reaches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, rows: str, height: int, width: int, hidden: set[int]
) -> None:
    place = tmp_path / "表.xlsx"
    place.write_bytes(book_with(rows))
    monkeypatch.setattr(insides, "_PIECE", piece)
    facts = insides.look_inside(place, most_rows=MOST_ROWS, most_columns=MOST_COLUMNS).sheet("甲")
    assert (facts.height, facts.width, set(facts.hidden_rows)) == (height, width, hidden)


def test_packed_rows_come_back_as_they_were() -> None:
    cells = ["甲", 1, 1.0, True, date(2026, 3, 1), datetime(2026, 3, 1, 8), time(8), timedelta(hours=30), ""]
    rows = packed([list(cells) for _ in range(1234)])
    assert rows is not None
    for read in (list(rows), list(rows)):
        assert len(read) == 1234
        assert [(type(cell), cell) for cell in read[-1]] == [(type(cell), cell) for cell in cells]


def test_what_packs_into_too_much_is_not_kept() -> None:
    assert packed(([str(number)] for number in range(10_000)), most=1000) is None


def read(place: Path) -> Table:
    with opened(place, name="表.xlsx") as book:
        return book.table("甲")


def test_a_sheet_is_not_read_again_until_its_file_changes(tmp_path: Path) -> None:
    place, other = tmp_path / "表.xlsx", tmp_path / "另一张表.xlsx"
    place.write_bytes(book_of([HEADS, ["巡查", "2026-03-01", "柳溪镇"]]))
    other.write_bytes(book_of([HEADS]))
    first = read(place)
    for _, cells in first.rows():
        cells[0] = "改"
    assert read(place) is first
    assert [cells[0] for _, cells in first.rows()] == ["事项", "巡查"]  # whoever changes a row changes their own
    place.write_bytes(book_of([HEADS, ["值守检查", "2026-03-01", "柳溪镇"]]))
    assert [cells[0] for _, cells in read(place).rows()] == ["事项", "值守检查"]
    kept = read(place)
    read(other)
    assert read(place) is not kept


def sharing(texts: str, rows: str) -> bytes:
    """An xlsx whose one sheet has these rows, and whose cells share these texts, both as XML."""
    out, source = BytesIO(), BytesIO(book_with(rows))
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != "xl/sharedStrings.xml":
                new.writestr(part, old.read(part))
        head = '<?xml version="1.0" encoding="UTF-8"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml'
        new.writestr("xl/sharedStrings.xml", f'{head}/2006/main">{texts}</sst>')
    return out.getvalue()


def shared(text: str) -> str:
    return f"<si><t>{text}</t></si>"


def cells(count: int, cell: str = '<c t="s"><v>1</v></c>') -> str:
    return "".join(row(number, cell * 10) for number in range(1, count // 10 + 1))


TEN, FIFTY = "十" * 10, "五" * 50_000


@pytest.mark.parametrize(
    ("texts", "rows"),
    [
        (shared(TEN) + shared(FIFTY), cells(1000)),
        (shared(TEN) + shared(FIFTY), cells(1000, "<c t = 's'><v>1</v></c>")),
        (shared(TEN) + shared(FIFTY), cells(1000, '<x:c xmlns:x="x" t="s"><x:v>01</x:v></x:c>')),
        (shared(TEN) + shared(FIFTY), cells(1000, '<c t="s"><v>1<!-- --></v></c>')),
        (shared(TEN) + shared(FIFTY), cells(1000, '<c t="s"><v>1&#48;</v></c>')),
        (shared(TEN) + "<si>" + f"<r><t>{TEN * 50}</t></r>" * 100 + "</si>", cells(1000)),
        (shared(TEN) + "<si>" + f"<r><t>{TEN * 30}<!--</si>--></t></r>" * 200 + "</si>", cells(1000)),
        (shared(TEN) + "<si>" + f'<r x="></si>"><t>{TEN * 30}</t></r>' * 200 + "</si>", cells(1000)),
    ],
)
def test_a_text_that_too_many_cells_share_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: str, rows: str
) -> None:
    place = tmp_path / "表.xlsx"
    place.write_bytes(sharing(texts, rows))
    monkeypatch.setattr(shared_texts, "MOST_TEXT", 100 * 150_000)
    with opened(place, name="表.xlsx") as book, pytest.raises(Refused, match=r"太大了，没有读取。请|可能已损坏。请"):
        book.table("甲")


def test_a_long_text_among_many_short_ones_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = row(9999, '<c t="s"><v>1</v></c>' * 5)
    place = tmp_path / "表.xlsx"
    place.write_bytes(sharing(shared(TEN) + shared(FIFTY), cells(1000, '<c t="s"><v>0</v></c><c><v>1</v></c>') + long))
    monkeypatch.setattr(shared_texts, "MOST_TEXT", 6 * 150_000)
    with opened(place, name="表.xlsx") as book:
        *_, (_, last) = book.table("甲").rows()
    assert last[:5] == [FIFTY] * 5
