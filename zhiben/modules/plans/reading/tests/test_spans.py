"""Every reading can be shown in its place, whatever the document looks like; and nothing breaks the reader."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiben.core.text.normal import normalised_text
from zhiben.modules.plans.reading.ledger import Ledger, Reading
from zhiben.modules.plans.reading.read import read_plan
from zhiben.modules.plans.reading.source import Block, SourceText

from .mutations import broken_by_printing, traditional, web_page
from .test_fixtures import FIXTURES, parsed

TABLE = [
    ["序号", "重点任务", "具体措施", "责任单位", "完成时限"],
    ["1", "健全责任体系", "修订责任清单,签订率达到100%", "县应急局(牵头)、各乡镇", "2024年6月底前"],
    ["2", "治理燃气隐患", "改造老旧管网6公里", "县住建局", "2025年12月"],
    ["", "", "更换软管2000户", "县城管局", "2026年6月"],
]


def plain(text: str) -> str:
    bare = re.sub(r"<[^>]*>|&nbsp;|\*\*|[—\-]\s*\d+\s*[—\-]", "", text)
    return re.sub(r"\s", "", normalised_text(bare))


def readings(ledger: Ledger) -> Iterator[Reading]:
    for group in (ledger.actions, ledger.tasks, ledger.goals, ledger.obligations, ledger.default_departments):
        yield from group
    for task in ledger.tasks:
        for group in (task.departments, task.milestones, task.indicators, task.frequencies):
            yield from group


def table_source(rows: list[list[str]], merged: dict[tuple[int, int], int]) -> SourceText:
    """A docx table: one cell a line, merged cells once, as the sources deliver it."""
    text, blocks = "县治本攻坚三年行动任务分工表\n", []
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if cell:
                span = merged.get((row, column), 1)
                blocks.append(Block("cell", len(text), len(text) + len(cell), 0, row, column, row_span=span))
                text += cell + "\n"
    return SourceText(text + "附:联系人名单\n", tuple(blocks))


SAVED_AS = (str, broken_by_printing, traditional, web_page)


@pytest.mark.parametrize(("turn", "path"), list(enumerate(FIXTURES)), ids=[path.stem for path in FIXTURES])
def test_what_was_read_stands_where_the_span_says(turn: int, path: Path) -> None:
    """Each fixture in one of the four forms, in turn."""
    text = SAVED_AS[turn % len(SAVED_AS)](parsed(path)[0])
    ledger = read_plan(SourceText(text))
    for reading in readings(ledger):
        start, end = reading.span
        assert 0 <= start <= end <= len(text)
        assert 0 <= reading.confidence <= 1
    for task in ledger.tasks:
        assert task.body_span[0] <= task.span[0] or task.number == "" or task.body_span[1] >= task.span[1]
        for unit in task.departments:
            assert plain(text[slice(*unit.span)]) == plain(unit.name)


def test_a_table_out_of_docx() -> None:
    source = table_source(TABLE, {(2, 0): 2, (2, 1): 2})
    first, second = read_plan(source).tasks
    assert (first.number, first.title) == ("1", "健全责任体系")
    assert [(unit.name, unit.role) for unit in first.departments] == [("县应急局", "lead"), ("各乡镇", "participant")]
    assert [one.due.isoformat() for one in first.milestones] == ["2024-06-30"]
    assert [(one.value, one.unit) for one in first.indicators] == [(100, "%")]
    assert [unit.name for unit in second.departments] == ["县住建局", "县城管局"]
    assert [one.due.isoformat() for one in second.milestones] == ["2025-12-31", "2026-06-30"]
    assert [(one.value, one.unit) for one in second.indicators] == [(6, "公里"), (2000, "户")]
    assert source.text[slice(*second.departments[1].span)] == "县城管局"


def test_a_table_that_repeats_the_tasks_of_the_text_fills_them_in() -> None:
    prose = "行动方案\n一、重点任务\n1.健全责任体系。修订清单。\n2.治理燃气隐患。改造管网。\n二、保障措施\n加强领导。\n附件\n"
    table = table_source([row for row in TABLE if row[0]], {})
    shift = len(prose)
    blocks = tuple(Block("cell", b.start + shift, b.end + shift, 0, b.row, b.column) for b in table.blocks)
    ledger = read_plan(SourceText(prose + table.text, blocks))
    assert [(task.number, task.title) for task in ledger.tasks] == [("1", "健全责任体系"), ("2", "治理燃气隐患")]
    assert [unit.name for unit in ledger.tasks[1].departments] == ["县住建局"]


def test_a_document_without_tasks_says_so() -> None:
    ledger = read_plan(SourceText("关于召开会议的通知\n请于2024年5月10日前报送参会名单。"))
    assert ledger.tasks == ledger.actions == ()
    assert "没有读到任务" in ledger.doubts[0]
    assert [one.due.isoformat() for one in ledger.obligations if one.due] == ["2024-05-10"]


def test_goals_and_the_duties_of_everybody() -> None:
    text, _ = parsed(FIXTURES[0])
    ledger = read_plan(SourceText(text))
    assert [(goal.due.isoformat(), [i.value for i in goal.indicators]) for goal in ledger.goals] == [
        ("2024-12-31", []), ("2025-12-31", [98]), ("2026-12-31", []),
    ]  # fmt: skip
    duties = {(one.per, one.due and one.due.isoformat(), one.min_count) for one in ledger.obligations}
    assert duties == {(None, "2024-04-10", None), ("quarter", None, 1), ("year", "2024-12-05", 1)}


_PIECES = st.sampled_from(
    ["一、", "二、主要任务", "(一)", "1.", "2.", "(1)", "①", "第一章", "县应急局", "牵头", "负责", "(", ")", "责任单位:", "、", ",",
     "。", ";", "\n", " ", "2024年", "底前", "6月", "每季度", "至少", "1次", "100%", "达到", "《", "》", "“", "<p>", "</table>",
     "<td>", "|", "---|---", "**", "序号\n", "重点任务\n", "牵头单位\n", "完成时间\n", "— 3 —", "權(quán)", "附件", "以下均需", "等",
     "和", "方案", "关于印发", "\r\n", "\f", "⻔", "㈠", "\u200b", "&nbsp;", "<script>", "-", "第一位的为牵头"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES, max_size=60).map("".join))
def test_no_text_breaks_the_reader(text: str) -> None:
    ledger = read_plan(SourceText(text))
    assert all(0 <= one.span[0] <= one.span[1] <= len(text) for one in readings(ledger))
    assert ledger == read_plan(SourceText(text))
    ledger.to_json()


def test_thousands_of_lines_and_one_very_long_line() -> None:
    line = "完成第{0}处整治,2025年底前销号。(县应急局牵头,县水务局配合)"
    many = "二、主要任务\n" + "\n".join(f"{number}.{line.format(number)}" for number in range(1, 4_001))
    assert len(read_plan(SourceText(many)).tasks) == 4_000
    long = "二、主要任务" + "".join(f"{number}.{line.format(number) * 5}" for number in range(1, 1_501))
    assert len(long) > 200_000
    assert len(read_plan(SourceText(long)).tasks) == 1_500
