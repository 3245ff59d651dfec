"""Tables of a PDF, drawn as programs draw them."""

from itertools import pairwise

import pytest

from zhiben.modules.plans.sources.open import open_source

from . import papers

COLUMNS = (70, 110, 350, 520)
Row = tuple[str, ...]


def by_lines(top: float, rows: int, height: float) -> str:
    """Every line of the grid once."""
    bottom = top - rows * height
    level = [f"{COLUMNS[0]} {top - row * height} m {COLUMNS[-1]} {top - row * height} l S" for row in range(rows + 1)]
    return "\n".join([*level, *(f"{x} {top} m {x} {bottom} l S" for x in COLUMNS)])


def by_boxes(top: float, rows: int, height: float) -> str:
    """A rectangle for every cell."""
    return "\n".join(
        f"{left} {top - (row + 1) * height} {right - left} {height} re S"
        for row in range(rows)
        for left, right in pairwise(COLUMNS)
    )


def by_bars(top: float, rows: int, height: float) -> str:
    """A thin filled bar for every side of every cell, as Word does."""
    bars = []
    for row in range(rows + 1):
        bars += [f"{left} {top - row * height} {right - left} 0.5 re f" for left, right in pairwise(COLUMNS)]
    for row in range(rows):
        bars += [f"{x} {top - (row + 1) * height} 0.5 {height} re f" for x in COLUMNS]
    return "\n".join(bars)


def typed(rows: list[Row], top: float, height: float, size: float = 12) -> list[papers.TypedLine]:
    """Each line of a cell under the other, 5 points from its left side."""
    return [
        (COLUMNS[column] + 5, top - row * height - (line + 1.2) * size, size, text)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
        for line, text in enumerate(cell.split("\n"))
        if text
    ]


def cells_of(content: bytes) -> list[tuple[int | None, int | None, int, int, str]]:
    source = open_source(content, "分工表.pdf")[0]
    return [
        (block.row, block.column, block.row_span, block.column_span, source.text[block.start : block.end])
        for block in source.blocks
        if block.kind == "cell"
    ]


ROWS = [
    ("序号", "任务", "牵头单位"),
    ("1", "开展全员培训，覆盖所有岗位和全体从业\n人员。", "县应急局"),
    ("2", "开展隐患排查。\n建立台账。", "县住建局"),
]


@pytest.mark.parametrize("draw", [by_lines, by_boxes, by_bars])
def test_a_ruled_table_keeps_its_cells_and_the_text_around_it_its_place(draw):
    around = [(70, 780, 16, "二、主要任务"), (70, 500, 16, "三、保障措施")]
    content = papers.pdf([[*around, *typed(ROWS, 740, 50)]], [draw(740, 3, 50)])
    source = open_source(content, "分工表.pdf")[0]
    assert source.text.startswith("二、主要任务\n序号\n任务\n牵头单位\n1\n")
    assert source.text.endswith("县住建局\n三、保障措施")
    assert cells_of(content)[3:] == [
        (1, 0, 1, 1, "1"),
        (1, 1, 1, 1, "开展全员培训，覆盖所有岗位和全体从业人员。"),
        (1, 2, 1, 1, "县应急局"),
        (2, 0, 1, 1, "2"),
        (2, 1, 1, 1, "开展隐患排查。\n建立台账。"),
        (2, 2, 1, 1, "县住建局"),
    ]


def test_a_cell_without_a_line_inside_is_merged():
    height, top = 50, 740
    level = [f"70 {y} m 520 {y} l S" for y in (740, 690, 590)] + ["70 640 m 350 640 l S"]
    upright = [f"{x} 740 m {x} 590 l S" for x in COLUMNS]
    rows = [("序号", "任务", "单位"), ("1", "培训", "县应急局"), ("2", "检查", "")]
    found = cells_of(papers.pdf([typed(rows, top, height)], ["\n".join(level + upright)]))
    assert (1, 2, 2, 1, "县应急局") in found
    assert len(found) == 8


def test_a_table_over_two_pages_is_one_and_its_repeated_head_and_cut_row_are_mended():
    first = [ROWS[0], ("1", "开展全员培训，覆盖所有岗位和全体从业", "县应急局")]
    second = [ROWS[0], ("", "人员。", ""), ("2", "检查", "县住建局")]
    content = papers.pdf(
        [[*typed(first, 140, 40), (290, 30, 10, "- 1 -")], [*typed(second, 780, 40), (290, 30, 10, "- 2 -")]],
        [by_lines(140, 2, 40), by_lines(780, 3, 40)],
    )
    assert cells_of(content)[3:] == [
        (1, 0, 1, 1, "1"),
        (1, 1, 1, 1, "开展全员培训，覆盖所有岗位和全体从业人员。"),
        (1, 2, 1, 1, "县应急局"),
        (2, 0, 1, 1, "2"),
        (2, 1, 1, 1, "检查"),
        (2, 2, 1, 1, "县住建局"),
    ]


def test_two_tables_with_text_between_stay_two():
    content = papers.pdf(
        [typed(ROWS[:2], 140, 40), [(70, 800, 16, "附件2"), *typed(ROWS[:2], 780, 40)]],
        [by_lines(140, 2, 40), by_lines(780, 2, 40)],
    )
    source = open_source(content, "分工表.pdf")[0]
    assert {block.table for block in source.blocks if block.kind == "cell"} == {0, 1}


def test_a_frame_or_a_red_line_is_no_table():
    content = papers.pdf([[(100, 700, 16, "某县安委会文件")]], ["70 680 m 520 680 l S\n60 60 480 720 re S"])
    assert cells_of(content) == []
