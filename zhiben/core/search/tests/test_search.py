"""Finding a few characters: the index and the comparison give the same rows, whatever was typed."""

from datetime import date

import pytest
from django.core.management import call_command

from zhiben.core.search import index
from zhiben.core.search.matching import matching
from zhiben.core.text.grams import grams
from zhiben.modules.tasks.models import Duty, Task
from zhiben.modules.tasks.services import Assignment, Order, Origin, dispatch_task

FIELDS = ("title", "content")


@pytest.fixture
def findable(monkeypatch):
    monkeypatch.setattr(index, "SEARCHABLE", {})
    monkeypatch.setattr("zhiben.core.search.matching.SEARCHABLE", index.SEARCHABLE)
    index.searchable(Task, FIELDS)


@pytest.fixture
def give(cast, now):
    def give(title: str, content: str = "") -> Task:
        order = Order(
            title=title,
            content=content,
            assignments=[Assignment(cast.bureau_officer.unit, Duty.LEAD)],
            due_on=date(2026, 9, 30),
            origin=Origin(type="x", id="1"),
        )
        return dispatch_task(order=order, supervising_unit=cast.office.unit, by=cast.office, now=now)

    return give


def titles(text: str) -> list[str]:
    return sorted(task.title for task in matching(Task.objects.all(), FIELDS, text))


def test_pairs_of_characters_ignore_marks_and_writing():
    assert grams("ＬＰＧ 钢瓶，5只") == ["lp", "pg", "g钢", "钢瓶", "瓶5", "5只"]
    assert grams("瓶") == []


def test_what_was_kept_is_found_by_any_piece_of_it(findable, give):
    index.keep(Task, [give("清查后厨钢瓶", "消防通道堵塞"), give("检查消防水池")])
    assert titles("钢瓶") == ["清查后厨钢瓶"]
    assert titles("消防") == ["检查消防水池", "清查后厨钢瓶"]
    assert titles("消防 钢瓶") == ["清查后厨钢瓶"]
    assert titles("消防通道") == ["清查后厨钢瓶"]
    assert titles("防水") == ["检查消防水池"]
    assert titles("通消") == []


def test_pairs_that_stand_apart_are_not_the_text(findable, give):
    index.keep(Task, [give("防火与火灾")])
    assert index.found(Task, "防火灾", most=10), "both pairs are there"
    assert titles("防火灾") == []


def test_changed_text_is_found_and_the_old_is_not(findable, give):
    task = give("清查钢瓶")
    index.keep(Task, [task])
    task.title = "清查锅炉"
    task.save()
    index.keep(Task, [task])
    assert titles("锅炉") == ["清查锅炉"]
    assert titles("钢瓶") == []
    assert index.found(Task, "钢瓶", most=10) == []


def test_one_character_and_frequent_words_are_found_by_comparing(findable, give, monkeypatch):
    index.keep(Task, [give(f"钢瓶{number}号") for number in range(4)])
    monkeypatch.setattr("zhiben.core.search.matching.FEW", 3)
    assert index.found(Task, "钢瓶", most=3) is None
    assert len(titles("钢瓶")) == 4
    assert titles("3") == ["钢瓶3号"]


@pytest.mark.parametrize(
    "text", ["'", '"', "钢' | '瓶", "a'b", "\\", "%_", "钢瓶*", "NEAR(钢瓶)", "OR", "钢 OR 瓶", "：*&|!()"]
)
def test_no_text_is_an_instruction(findable, give, text):
    index.keep(Task, [give("清查钢瓶")])
    assert titles(text) == []


def test_the_index_can_be_made_anew(findable, give, capsys):
    give("清查钢瓶")
    assert index.found(Task, "钢瓶", most=10) == []
    call_command("search", "rebuild")
    assert titles("钢瓶") == ["清查钢瓶"]
    assert "任务：1 条" in capsys.readouterr().out
